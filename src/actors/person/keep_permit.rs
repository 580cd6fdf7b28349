//! The person is given a Grant.

use crate::access::{Role, Span};
use crate::common::agenda;
use crate::common::naming::origin;
use crate::common::wire::time;
use crate::person::rows::{DELEGATIONS, EARLY_REVOKES, INVITED, NEWEST_PERMITS, PERMITS, Permit, REVOKED_EARLY, SENT};
use crate::person::{Delegate, PermitEnds, Person, publish, wire};
use pritchel_actor::{ActId, ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Keeps a Grant that fulfils something the person asked for or was offered. One nobody asked for is refused: a stranger
/// must not be able to fill the person's list.
///
/// Source: ForgeFed, the Person's handler of `Grant`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeepPermit {
    /// The Grant.
    pub grant: ActId,
    /// For whom it is.
    pub target: ActorId,
    /// On which resource.
    pub resource: ActorId,
    /// The role.
    pub role: Role,
    /// What it fulfils.
    pub fulfills: Option<ActId>,
    /// The person's own delegate-Grant by which it was passed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<ActId>,
    /// The Grant it passes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<ActId>,
    /// From when on and until when it holds.
    #[serde(default, skip_serializing_if = "Span::is_open")]
    pub span: Span,
}

impl Method<Person> for KeepPermit {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        self.keep(person, turn)
    }
}

impl KeepPermit {
    /// Keeps the Grant if it is one that the person asked for or was offered, and as it was asked for.
    pub fn keep(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let giver = turn.caller().id().clone();
        demand(self.target == *turn.me(), || {
            Refusal::new("not-for-me", format!("{} is for {}", self.grant, self.target))
        })?;
        let (mut private, mut administers) = (false, false);
        if self.of.is_some() {
            check_passed_on(turn, &giver, self.capability.as_ref())?;
        } else if self.resource != giver {
            let why = format!("{giver} cannot give access to {}", self.resource);
            return Err(Refusal::new("not-its-resource", why).into());
        } else {
            let Some(fulfills) = &self.fulfills else {
                return Err(Refusal::new("fulfils-nothing", "a Grant says what it fulfils").into());
            };
            check(turn, &giver, self.role, fulfills)?;
            private = wire::made_privately(turn, fulfills)?;
            administers = self.role == Role::Admin && !wire::made(turn, fulfills)?;
        }
        demand(!self.span.is_over(turn.now()), || {
            let end = self.span.end.map(|end| time(end).to_string()).unwrap_or_default();
            Refusal::new("ended", format!("{} ended at {end}, it is {}", self.grant, time(turn.now())))
        })?;
        let live = !revoked_early(person, turn, &giver, &self.grant)?;
        let mut permit = Permit {
            giver,
            resource: self.resource,
            role: self.role,
            fulfills: self.fulfills,
            since: turn.now(),
            live,
            delegate: None,
            of: self.of,
            span: self.span,
            orphaned: false,
            renewed: false,
        };
        let renews = replace(turn, &self.grant, &mut permit)?;
        PERMITS.put(turn, &self.grant, &permit);
        if let Some(end) = permit.span.end {
            agenda::note(person, turn, (end, &self.grant), PermitEnds { grant: self.grant.clone() })?;
        }
        // Whoever makes something, or administers it, wants to hear of it. What is made for all to see is followed when that is known.
        if (private || administers) && live && !renews {
            publish::follow(turn, &permit.resource, Some(&self.grant))?;
        }
        // A delegate-Grant that was given for the one before serves for this one, too.
        if permit.of.is_some() || permit.delegate.is_some() {
            return Ok(());
        }
        let myself = turn.myself::<Person>();
        turn.call(&myself, Delegate { grant: self.grant, tries: 0 })
    }
}

/// Finds the Grant by which the same giver gave the same access until now, if that has an end, and has the new one take its
/// place: it holds beside it until its own end, and is not kept after that. Answers whether there was one.
///
/// Source: protocol decision F-53.
fn replace(turn: &mut Turn<'_>, grant: &ActId, permit: &mut Permit) -> Result<bool, Halt> {
    let place = (permit.giver.clone(), permit.resource.clone());
    let before = NEWEST_PERMITS.get(turn, &place)?;
    if permit.span.end.is_some() {
        NEWEST_PERMITS.put(turn, &place, grant);
    } else if before.is_some() {
        NEWEST_PERMITS.remove(turn, &place);
    }
    let Some(before) = before.filter(|before| before != grant) else { return Ok(false) };
    // The same access, for longer. What came on another way, for another role or for ever, holds beside it: taken for its successor, it would
    // hide what ends before.
    let goes_on = |old: &Permit| {
        old.live && old.fulfills == permit.fulfills && old.role == permit.role && old.span.end < permit.span.end
    };
    let Some(mut old) = PERMITS.get(turn, &before)?.filter(goes_on) else {
        return Ok(false);
    };
    old.renewed = true;
    permit.delegate = old.delegate.take();
    PERMITS.put(turn, &before, &old);
    Ok(true)
}

/// What is passed on comes from whom the person gave a delegate-Grant, and by it.
fn check_passed_on(turn: &mut Turn<'_>, giver: &ActorId, capability: Option<&ActId>) -> Result<(), Halt> {
    let to = match capability {
        Some(delegate) => DELEGATIONS.get(turn, delegate)?,
        None => None,
    };
    if to.as_ref() == Some(giver) {
        return Ok(());
    }
    Err(Refusal::new("not-asked-for", format!("{giver} has no delegate-Grant by which to pass this on")).into())
}

/// The Grant fulfils an invitation to this resource into this role, or something the person asked for: a request to join
/// gives the role that was asked for on the resource that was asked, something made by a factory gives its maker admin.
fn check(turn: &mut Turn<'_>, giver: &ActorId, role: Role, fulfills: &ActId) -> Result<(), Halt> {
    if let Some(invited) = INVITED.get(turn, fulfills)? {
        let fits = invited.resource == *giver && invited.role == Some(role) && invited.answered == Some(true);
        return if fits {
            Ok(())
        } else {
            let into = invited.role.map_or("no role", Role::as_str);
            let why = format!("the invitation was to {} into {into}", invited.resource);
            Err(Refusal::new("not-as-invited", why).into())
        };
    }
    let asked_for_none = || Halt::from(Refusal::new("not-asked-for", format!("{fulfills} asked for no Grant")));
    let Some(sent) = SENT.get(turn, fulfills)? else { return Err(asked_for_none()) };
    let asked = sent.asked.ok_or_else(asked_for_none)?;
    let (fits, wanted) = match sent.kind.as_str() {
        "Join" => {
            let wanted = wire::joined_as(turn, fulfills)?;
            (asked == *giver && wanted == Some(role), format!("{wanted:?} on {asked}"))
        }
        // What a factory makes lives on its server: nobody else can know what was made.
        "Create" => (origin(&asked) == origin(giver) && role == Role::Admin, format!("admin on something of {asked}")),
        _ => return Err(asked_for_none()),
    };
    if fits {
        return Ok(());
    }
    Err(Refusal::new("not-as-asked", format!("{fulfills} asked for {wanted}, this gives {role} on {giver}")).into())
}

/// Whether the Grant was taken back before it came. What was remembered of that is not needed any more.
fn revoked_early(person: &mut Person, turn: &mut Turn<'_>, giver: &ActorId, grant: &ActId) -> Result<bool, Halt> {
    let early = (giver.clone(), grant.clone());
    if EARLY_REVOKES.has(turn, &early)? {
        EARLY_REVOKES.remove(turn, &early);
        person.revoked_early = person.revoked_early.saturating_sub(1);
        return Ok(true);
    }
    Ok(REVOKED_EARLY.get(turn, grant)?.as_ref() == Some(giver))
}
