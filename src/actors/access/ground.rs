//! Where a verification stands: in the turn of a call, which has to be decided, or in a look, by somebody who wants to see
//! how it goes. Both run the same steps; only the second keeps what each of them found.
//! - [`Ground`]: what [`super::chain`] asks; a [`Turn`] is one, [`super::afar`] has another
//! - [`VerifyGrant`]: the look. It asks for documents as a turn does, and whoever looks brings them: see [`Traced::Wants`]
//! - [`brought`]: what a Grant is worth that somebody brings to be shown what others are not

use crate::access::view::may_see;
use crate::access::wire::Link;
use crate::access::{Role, chain};
use crate::common::resource::ResourceActor;
use pritchel_actor::need::Evidence;
use pritchel_actor::{ActId, ActorId, Credential, Halt, Header, Look, Need, Refusal, Seconds, Turn, Value, View};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of the first Grant of a chain, which the resource has given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// The resource holds to it.
    Holds,
    /// The resource has taken it back.
    TakenBack,
    /// The resource has given no such Grant.
    Never,
    /// Only the resource knows, and names no address that tells.
    Untold,
}

/// What a verification asks of wherever it runs.
pub trait Ground {
    /// The time.
    fn now(&self) -> Seconds;
    /// A Grant at an address of the resource itself.
    fn own_grant(&mut self, resource: &ActorId, id: &ActId) -> Result<Arc<Value>, Halt>;
    /// Whether the resource holds to the first Grant of a chain.
    fn root(&mut self, link: &Link) -> Result<Root, Halt>;
    /// The document at this address, authentic for its origin.
    fn document(&mut self, uri: &str) -> Result<Evidence, Halt>;
    /// Whether this address answers, checked not longer than `within` seconds ago.
    fn alive(&mut self, uri: &str, within: Seconds) -> Result<Evidence, Halt>;
    /// Asks for several things at once.
    fn need_all(&mut self, needs: Vec<Need>) -> Result<(), Halt>;
    /// A step has been passed.
    /// - `found`: what it found, in words; only called where somebody wants to see it
    fn passed(&mut self, step: &'static str, found: impl FnOnce() -> String);
}

impl Ground for Turn<'_> {
    fn now(&self) -> Seconds {
        Turn::now(self)
    }

    fn own_grant(&mut self, resource: &ActorId, id: &ActId) -> Result<Arc<Value>, Halt> {
        chain::published(self.known_act(id)?, resource, id)
    }

    fn root(&mut self, link: &Link) -> Result<Root, Halt> {
        chain::issued(self, link)
    }

    fn document(&mut self, uri: &str) -> Result<Evidence, Halt> {
        Turn::document(self, uri)
    }

    fn alive(&mut self, uri: &str, within: Seconds) -> Result<Evidence, Halt> {
        Turn::alive(self, uri, within)
    }

    fn need_all(&mut self, needs: Vec<Need>) -> Result<(), Halt> {
        Turn::need_all(self, needs)
    }

    fn passed(&mut self, _: &'static str, _: impl FnOnce() -> String) {}
}

/// One step of a verification, as it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its number, as the manual and refusals name it.
    pub number: String,
    /// What was expected.
    pub expected: &'static str,
    /// What was found.
    pub found: String,
    /// Whether that is as expected. The verification ends with the first that is not.
    pub passed: bool,
}

impl Step {
    /// One that was passed.
    pub(super) fn passed(number: &'static str, found: String) -> Self {
        Self { number: number.to_owned(), expected: expected(number), found, passed: true }
    }
}

/// A verification that has come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The steps that were taken, in their order.
    pub steps: Vec<Step>,
    /// The role the Grant is worth, or why it was refused.
    pub outcome: Result<Role, Refusal>,
}

/// How far a look at a verification came.
#[derive(Clone, Debug, PartialEq)]
pub enum Traced {
    /// It lacks these documents and liveness checks: ask again with them.
    Wants(Vec<Need>),
    /// It came to its end.
    Ended(Trace),
}

/// Verifies a Grant on this resource as a call by `caller` would, and tells every step. Shown to whoever may see the
/// resource, and to the caller.
#[derive(Clone, Debug)]
pub struct VerifyGrant {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// Who would use it.
    pub caller: ActorId,
    /// The Grant.
    pub grant: ActId,
    /// The role that would be needed.
    pub needed: Role,
    /// The documents that were wanted.
    pub documents: BTreeMap<String, Evidence>,
    /// The liveness checks that were wanted.
    pub alive: BTreeMap<String, Evidence>,
}

impl<A: ResourceActor> View<A> for VerifyGrant {
    type Answer = Traced;

    fn look(&self, actor: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Traced, Halt> {
        if self.viewer.as_ref() != Some(&self.caller) {
            may_see(actor, look, self.viewer.as_ref())?;
        }
        let resource = look.me().clone();
        let (documents, alive) = (&self.documents, &self.alive);
        let mut watched = Watched { look, documents, alive, steps: Vec::new() };
        let outcome = chain::verify(&mut watched, &resource, &self.caller, &self.grant, self.needed);
        traced(outcome, watched.steps)
    }
}

/// How far a verification came that ended so, with the steps it passed.
pub(super) fn traced(outcome: Result<Role, Halt>, mut steps: Vec<Step>) -> Result<Traced, Halt> {
    let outcome = match outcome {
        Ok(worth) => Ok(worth),
        Err(Halt::Refuse(why)) => Err(why),
        Err(Halt::Need(needs)) if needs.iter().all(is_outside) => return Ok(Traced::Wants(needs)),
        Err(halt) => return Err(halt),
    };
    if let Err(why) = &outcome {
        let number = why.step.clone().unwrap_or_default();
        steps.push(Step { expected: expected(&number), found: why.summary.clone(), number, passed: false });
    }
    Ok(Traced::Ended(Trace { steps, outcome }))
}

/// The role that a Grant is worth which whoever looks has brought, verified as a call by them would be; `None`: they have brought
/// none, or it does not hold.
pub fn brought(look: &mut Look<'_, '_>, viewer: &ActorId) -> Result<Option<Role>, Halt> {
    let Some(credential) = look.brought().filter(|credential| credential.by == *viewer) else { return Ok(None) };
    let Credential { grant, documents, alive, .. } = &*credential;
    let resource = look.me().clone();
    let mut watched = Watched { look, documents, alive, steps: Vec::new() };
    match chain::verify(&mut watched, &resource, viewer, grant, Role::Visit) {
        Ok(worth) => Ok(Some(worth)),
        Err(Halt::Refuse(_)) => Ok(None),
        Err(Halt::Need(needs)) if needs.iter().all(is_outside) => Ok(None),
        Err(halt) => Err(halt),
    }
}

/// Whether something is to be had outside the boxes of this node's actors.
fn is_outside(need: &Need) -> bool {
    matches!(need, Need::Document(_) | Need::Alive { .. })
}

/// A document that whoever looks has brought.
pub(super) fn document(documents: &BTreeMap<String, Evidence>, uri: &str) -> Result<Evidence, Halt> {
    let found = documents.get(uri).cloned();
    found.ok_or_else(|| Halt::Need(vec![Need::Document(uri.to_owned())]))
}

/// Whether an address answers, as whoever looks has found out.
pub(super) fn alive(alive: &BTreeMap<String, Evidence>, uri: &str, within: Seconds) -> Result<Evidence, Halt> {
    let found = alive.get(uri).cloned();
    found.ok_or_else(|| Halt::Need(vec![Need::Alive { uri: uri.to_owned(), within }]))
}

/// Demands that all of this has been brought.
pub(super) fn all_of(
    documents: &BTreeMap<String, Evidence>,
    alive: &BTreeMap<String, Evidence>,
    needs: Vec<Need>,
) -> Result<(), Halt> {
    let lacks = |need: &Need| match need {
        Need::Document(uri) => !documents.contains_key(uri),
        Need::Alive { uri, .. } => !alive.contains_key(uri),
        Need::Row { .. } | Need::Page(_) | Need::Act(_) | Need::Vacancy(_) => false,
    };
    let missing: Vec<Need> = needs.into_iter().filter(lacks).collect();
    if missing.is_empty() { Ok(()) } else { Err(Halt::Need(missing)) }
}

struct Watched<'w, 'l, 'd> {
    look: &'w mut Look<'l, 'd>,
    documents: &'w BTreeMap<String, Evidence>,
    alive: &'w BTreeMap<String, Evidence>,
    steps: Vec<Step>,
}

impl Ground for Watched<'_, '_, '_> {
    fn now(&self) -> Seconds {
        self.look.now()
    }

    fn own_grant(&mut self, resource: &ActorId, id: &ActId) -> Result<Arc<Value>, Halt> {
        chain::published(self.look.act(id)?, resource, id)
    }

    fn root(&mut self, link: &Link) -> Result<Root, Halt> {
        chain::issued(self.look, link)
    }

    fn document(&mut self, uri: &str) -> Result<Evidence, Halt> {
        document(self.documents, uri)
    }

    fn alive(&mut self, uri: &str, within: Seconds) -> Result<Evidence, Halt> {
        alive(self.alive, uri, within)
    }

    fn need_all(&mut self, needs: Vec<Need>) -> Result<(), Halt> {
        all_of(self.documents, self.alive, needs)
    }

    fn passed(&mut self, step: &'static str, found: impl FnOnce() -> String) {
        self.steps.push(Step::passed(step, found()));
    }
}

/// What a step expects.
///
/// Source: ForgeFed, "Verifying an invocation", in our own words.
fn expected(step: &str) -> &'static str {
    match step {
        "5" => "the Grant is to be had at its address, from its giver's server",
        "6" => "what is there can be read as a Grant",
        "7" => "it is about this resource",
        "8" => "it was given to whoever uses it or passes it on",
        "9" => "no Grant comes twice, and there are not too many",
        "10" => "it has begun and has not ended",
        "11" => "the first Grant was given by the resource itself, which still holds to it",
        "12" => "whoever passed a Grant on still answers for that",
        "14" => "it gives no more than the Grant it passes on",
        "15" => "the Grant it passes on may be passed on, by that kind of actor and in this way",
        "16" => "the last Grant was given to be used",
        "17" => "its role is enough",
        _ => "the chain can be verified",
    }
}
