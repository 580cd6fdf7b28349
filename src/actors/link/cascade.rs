//! Cascade: what concerns many is done a few at a time, one turn after the other.

use crate::common::resource::ResourceActor;
use crate::limits::CASCADE_STEP;
use crate::link::extend::{reconcile, row, take_back};
use crate::link::rows::{DOWNSTREAM, EXTENDED_TO, EXTENSIONS, HELD, HELD_VIA};
use pritchel_actor::rows::pair_prefix;
use pritchel_actor::{ActId, Halt, Method, Page, RowKey, Turn};
use serde::{Deserialize, Serialize};

/// Private, called by the actor itself: one step of passing on or taking back, and the call of the next.
///
/// Source: ForgeFed, "Extending a delegation chain" and "Revoking a Grant".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cascade {
    /// Passes one Grant on to everybody.
    Extend {
        /// The Grant.
        grant: ActId,
        /// Those whose delegate-Grant comes after this one.
        after: Option<ActId>,
    },
    /// Passes everything on to one.
    ExtendTo {
        /// Their delegate-Grant.
        delegate: ActId,
        /// The Grants after this one.
        after: Option<ActId>,
    },
    /// Compares everything with what should be, after the filter has changed.
    ExtendAll {
        /// The Grants after this one.
        after: Option<ActId>,
    },
    /// Takes back whatever was passed on of one Grant.
    Strip {
        /// The Grant.
        grant: ActId,
    },
    /// Takes back whatever was passed on to one.
    StripOf {
        /// Their delegate-Grant.
        delegate: ActId,
    },
    /// Lets go of everything that came over one link.
    LetGo {
        /// The `Add` of the link.
        add: ActId,
    },
}

impl<A: ResourceActor> Method<A> for Cascade {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let next = match self {
            Self::Extend { grant, after } => extend(actor, turn, grant, after.as_ref())?,
            Self::ExtendTo { delegate, after } => extend_to(actor, turn, delegate, after.as_ref())?,
            Self::ExtendAll { after } => extend_all::<A>(turn, after.as_ref())?,
            Self::Strip { grant } => strip(turn, grant)?,
            Self::StripOf { delegate } => strip_of(turn, delegate)?,
            Self::LetGo { add } => let_go(actor, turn, add)?,
        };
        let myself = turn.myself::<A>();
        next.map_or(Ok(()), |next| turn.call(&myself, next))
    }
}

fn step<'a>(prefix: &'a [u8], after: &'a [u8]) -> Page<'a> {
    Page { prefix, after, limit: CASCADE_STEP, newest_first: false }
}

fn key(after: Option<&ActId>) -> Vec<u8> {
    after.map(RowKey::encode).unwrap_or_default()
}

fn extend<A: ResourceActor>(
    actor: &A,
    turn: &mut Turn<'_>,
    grant: ActId,
    after: Option<&ActId>,
) -> Result<Option<Cascade>, Halt> {
    // It may have been taken back since.
    let Some(held) = HELD.get(turn, &grant)? else { return Ok(None) };
    let all = DOWNSTREAM.page(turn, step(&[], &key(after)))?;
    turn.need_all(all.iter().map(|(delegate, _)| row(&grant, delegate)).collect())?;
    for (delegate, down) in &all {
        reconcile(actor, turn, (&grant, &held), (delegate, down))?;
    }
    Ok(last(&all).map(|after| Cascade::Extend { grant, after: Some(after) }))
}

fn extend_to<A: ResourceActor>(
    actor: &A,
    turn: &mut Turn<'_>,
    delegate: ActId,
    after: Option<&ActId>,
) -> Result<Option<Cascade>, Halt> {
    let Some(down) = DOWNSTREAM.get(turn, &delegate)? else { return Ok(None) };
    let all = HELD.page(turn, step(&[], &key(after)))?;
    turn.need_all(all.iter().map(|(grant, _)| row(grant, &delegate)).collect())?;
    for (grant, held) in &all {
        reconcile(actor, turn, (grant, held), (&delegate, &down))?;
    }
    Ok(last(&all).map(|after| Cascade::ExtendTo { delegate, after: Some(after) }))
}

fn extend_all<A: ResourceActor>(turn: &mut Turn<'_>, after: Option<&ActId>) -> Result<Option<Cascade>, Halt> {
    let all = HELD.page(turn, step(&[], &key(after)))?;
    let myself = turn.myself::<A>();
    for (grant, _) in &all {
        turn.call(&myself, Cascade::Extend { grant: grant.clone(), after: None })?;
    }
    Ok(last(&all).map(|after| Cascade::ExtendAll { after: Some(after) }))
}

fn strip(turn: &mut Turn<'_>, grant: ActId) -> Result<Option<Cascade>, Halt> {
    let all = EXTENSIONS.page(turn, step(&pair_prefix(&grant.encode()), &[]))?;
    for (pair, extension) in &all {
        take_back(turn, pair, extension)?;
    }
    Ok((all.len() == CASCADE_STEP).then_some(Cascade::Strip { grant }))
}

fn strip_of(turn: &mut Turn<'_>, delegate: ActId) -> Result<Option<Cascade>, Halt> {
    let all = EXTENDED_TO.page(turn, step(&pair_prefix(&delegate.encode()), &[]))?;
    turn.need_all(all.iter().map(|((delegate, grant), _)| row(grant, delegate)).collect())?;
    for ((delegate, grant), _) in &all {
        let pair = (grant.clone(), delegate.clone());
        if let Some(extension) = EXTENSIONS.get(turn, &pair)? {
            take_back(turn, &pair, &extension)?;
        }
    }
    Ok((all.len() == CASCADE_STEP).then_some(Cascade::StripOf { delegate }))
}

fn let_go<A: ResourceActor>(actor: &mut A, turn: &mut Turn<'_>, add: ActId) -> Result<Option<Cascade>, Halt> {
    let all = HELD_VIA.page(turn, step(&pair_prefix(&add.encode()), &[]))?;
    for ((_, grant), _) in &all {
        drop_held(actor, turn, &add, grant)?;
    }
    Ok((all.len() == CASCADE_STEP).then_some(Cascade::LetGo { add }))
}

/// Forgets a Grant that came over a link, and has what was passed on of it taken back.
pub fn drop_held<A: ResourceActor>(actor: &mut A, turn: &mut Turn<'_>, add: &ActId, grant: &ActId) -> Result<(), Halt> {
    HELD.remove(turn, grant);
    HELD_VIA.remove(turn, &(add.clone(), grant.clone()));
    let links = &mut actor.resource_mut().links;
    links.held = links.held.saturating_sub(1);
    let myself = turn.myself::<A>();
    turn.call(&myself, Cascade::Strip { grant: grant.clone() })
}

fn last<V>(all: &[(ActId, V)]) -> Option<ActId> {
    if all.len() < CASCADE_STEP { None } else { all.last().map(|(id, _)| id.clone()) }
}
