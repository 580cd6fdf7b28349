//! Views: what may be asked without changing anything. A view runs on the committed state, whether or not the actor is
//! resident, and wakes nobody.

use crate::key::{ActId, ActorId, Naming, Seconds};
use crate::kind::Kinds;
use crate::look::{Desk, Look, Overlay};
use crate::method::Actor;
use crate::need::{Evidence, Found, Need};
use crate::outcome::{Halt, Refusal};
use crate::port::{BoxError, Boxes};
use crate::state::{Header, Stored};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// A question to an actor of kind `A`, answered from what it has committed.
pub trait View<A: Actor>: Send + Sync {
    /// What it answers.
    type Answer: Send;
    /// Answers it. A refusal is what the asker is shown.
    fn look(&self, actor: &A, header: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt>;
}

/// What whoever looks shows to be let in: a capability, with what its verification wants from outside. What it is worth is for
/// the actor that is looked at to find out.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Who shows it.
    pub by: ActorId,
    /// The act by which they hold it.
    pub grant: ActId,
    /// The documents that are wanted, by their addresses.
    pub documents: BTreeMap<String, Evidence>,
    /// Whether addresses answer.
    pub alive: BTreeMap<String, Evidence>,
}

/// The credentials that go with the looks of one request, by the actor they are for; `None`: there is none.
#[derive(Debug, Default)]
pub struct Brought(Mutex<BTreeMap<ActorId, Option<Arc<Credential>>>>);

impl Brought {
    /// What is brought for this actor; `None`: nobody has looked for it yet.
    pub fn of(&self, actor: &ActorId) -> Option<Option<Arc<Credential>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(actor).cloned()
    }

    /// Brings this for an actor.
    pub fn put(&self, actor: ActorId, credential: Option<Arc<Credential>>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(actor, credential);
    }
}

/// Where a look is taken.
#[derive(Clone, Copy)]
pub struct Vantage<'v> {
    /// The durable boxes.
    pub boxes: &'v dyn Boxes,
    /// The kinds of actors.
    pub kinds: &'v Kinds,
    /// How actors and acts are named.
    pub naming: &'v dyn Naming,
    /// The time.
    pub now: Seconds,
    /// What is shown to be let in.
    pub brought: Option<&'v Arc<Credential>>,
}

/// Why a view has no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ViewError {
    /// There is no such actor here, or it is of another kind, or it has ended.
    #[error("there is no such actor here")]
    NoActor,
    /// The actor does not show it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Its data cannot be read.
    #[error("{0}")]
    Broken(String),
}

impl From<BoxError> for ViewError {
    fn from(error: BoxError) -> Self {
        Self::Broken(error.to_string())
    }
}

/// Looks at an actor.
pub async fn look<A: Actor, V: View<A>>(
    boxes: &dyn Boxes,
    kinds: &Kinds,
    naming: &dyn Naming,
    now: Seconds,
    actor: &ActorId,
    view: &V,
) -> Result<V::Answer, ViewError> {
    look_at(Vantage { boxes, kinds, naming, now, brought: None }, actor, view, false).await
}

/// The same from a vantage where something is brought.
pub async fn look_from<A: Actor, V: View<A>>(
    vantage: Vantage<'_>,
    actor: &ActorId,
    view: &V,
) -> Result<V::Answer, ViewError> {
    look_at(vantage, actor, view, false).await
}

/// Looks at an actor that has ended, as it was then. [`ViewError::NoActor`]: there never was one, or it is still here.
pub async fn look_back<A: Actor, V: View<A>>(
    boxes: &dyn Boxes,
    kinds: &Kinds,
    naming: &dyn Naming,
    now: Seconds,
    actor: &ActorId,
    view: &V,
) -> Result<V::Answer, ViewError> {
    look_at(Vantage { boxes, kinds, naming, now, brought: None }, actor, view, true).await
}

async fn look_at<A: Actor, V: View<A>>(
    vantage: Vantage<'_>,
    actor: &ActorId,
    view: &V,
    ended: bool,
) -> Result<V::Answer, ViewError> {
    let Vantage { boxes, kinds, .. } = vantage;
    let fits = |stored: &Stored| stored.kind == A::KIND && stored.header.ended == ended;
    let stored = boxes.open(actor).await?.filter(fits).ok_or(ViewError::NoActor)?;
    let (held, header) = opened::<A>(kinds, stored)?;
    let mut found = Found::default();
    for _ in 0..crate::limits::RUNS_MAX {
        let needs = match run(actor, &held, &header, &found, vantage, view) {
            Ok(answer) => return Ok(answer),
            Err(Halt::Refuse(why)) => return Err(ViewError::Refused(why)),
            Err(Halt::Broken(why)) => return Err(ViewError::Broken(why)),
            Err(Halt::Need(needs)) => needs,
        };
        if needs.iter().any(|need| matches!(need, Need::Document(_) | Need::Alive { .. })) {
            return Err(ViewError::Broken("a view that wants a document".to_owned()));
        }
        let more = boxes.find(actor, needs).await?;
        found.extend(more);
    }
    Err(ViewError::Broken("a view that never has enough".to_owned()))
}

fn opened<A: Actor>(kinds: &Kinds, stored: Stored) -> Result<(A, Header), ViewError> {
    let held = kinds.open(&stored).map_err(|e| ViewError::Broken(e.to_string()))?;
    let actor = held.any().downcast_ref::<A>().cloned().ok_or(ViewError::NoActor)?;
    Ok((actor, stored.header))
}

fn run<A: Actor, V: View<A>>(
    me: &ActorId,
    actor: &A,
    header: &Header,
    found: &Found,
    vantage: Vantage<'_>,
    view: &V,
) -> Result<V::Answer, Halt> {
    let Vantage { naming, now, brought, .. } = vantage;
    let overlay = Overlay::new();
    let ahead = Found::default();
    let mut desk = Desk { me, now, naming, found, ahead: &ahead, overlay: &overlay, written: BTreeMap::new() };
    view.look(actor, header, &mut Look::at(&mut desk, brought))
}
