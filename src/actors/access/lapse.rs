//! Lapse: the time has come for a Grant to be given anew, or for one to be over.

use crate::access::{COLLABORATORS, GRANTS, Target, followings, issue, take_back};
use crate::common::resource::ResourceActor;
use crate::link::cascade::drop_held;
use crate::link::rows::{HELD, LINKS};
use crate::link::{LinkState, unlink};
use crate::tie::form;
use pritchel_actor::{ActId, ActorId, Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Private, from the resource's own agenda. Each looks first whether there is still anything to do: what it is about may have
/// been taken back, or replaced, long ago.
///
/// Source: ForgeFed, "Time Bounds"; protocol decision F-53.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lapse {
    /// A Grant this resource gave is given anew: its end is near, and the access goes on.
    Renew {
        /// The Grant.
        grant: ActId,
    },
    /// A Grant this resource gave is over.
    Issued {
        /// The Grant.
        grant: ActId,
    },
    /// A link was agreed to until now.
    Link {
        /// The `Add` that asked for it.
        add: ActId,
    },
    /// A Grant that came over a link is over.
    Held {
        /// The Grant.
        grant: ActId,
    },
    /// A Grant by which a tie stood is over.
    Tie {
        /// The Grant.
        grant: ActId,
    },
    /// Whoever follows something private by a Grant that was passed on: whether it still holds.
    Following {
        /// Who.
        who: ActorId,
    },
    /// The same of all who do, after this one.
    Followings {
        /// The last that was looked at.
        after: ActorId,
    },
}

impl<A: ResourceActor> Method<A> for Lapse {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        match self {
            Self::Renew { grant } => renew(actor, turn, &grant),
            Self::Issued { grant } => issued_ends(actor, turn, &grant),
            Self::Link { add } => {
                let now = turn.now();
                let link = LINKS.get(turn, &add)?;
                let over = link.is_some_and(|link| link.term.span().is_over(now));
                if over { unlink::end::<A>(turn, &add, None) } else { Ok(()) }
            }
            Self::Held { grant } => {
                let now = turn.now();
                // Nobody has to be told: what was passed on of it has ended no later.
                match HELD.get(turn, &grant)?.filter(|held| held.span.is_over(now)) {
                    Some(held) => drop_held(actor, turn, &held.via, &grant),
                    None => Ok(()),
                }
            }
            Self::Tie { grant } => form::lapsed(turn, &grant),
            Self::Following { who } => followings::verify(actor, turn, &who),
            Self::Followings { after } => followings::verify_all::<A>(turn, Some(&after)),
        }
    }
}

/// Gives a Grant anew, fulfilling the same act. The old one holds until its own end, so that there is no gap.
fn renew<A: ResourceActor>(actor: &mut A, turn: &mut Turn<'_>, grant: &ActId) -> Result<(), Halt> {
    let Some(issued) = GRANTS.get(turn, grant)?.filter(|issued| issued.active) else { return Ok(()) };
    if let Some(add) = &issued.via {
        let link = LINKS.get(turn, add)?.filter(|link| link.state == LinkState::Linked);
        let Some(mut link) = link.filter(|link| link.start.as_ref() == Some(grant)) else { return Ok(()) };
        link.former = link.start.take();
        link.start = issue::start(actor, turn, add, &link)?;
        LINKS.put(turn, add, &link);
        return Ok(());
    }
    let (Target::Actor(holder), Some(fulfills)) = (&issued.target, &issued.fulfills) else { return Ok(()) };
    let collaborator = COLLABORATORS.get(turn, holder)?.filter(|collaborator| collaborator.grants.contains(grant));
    let Some(mut collaborator) = collaborator else { return Ok(()) };
    let renewed = issue::direct(actor, turn, holder, (collaborator.role, &collaborator.term), fulfills)?;
    collaborator.grants.push(renewed);
    COLLABORATORS.put(turn, holder, &collaborator);
    Ok(())
}

/// Whoever has no other Grant by now collaborates no longer, and is told so.
fn issued_ends<A: ResourceActor>(actor: &mut A, turn: &mut Turn<'_>, grant: &ActId) -> Result<(), Halt> {
    let now = turn.now();
    let issued = GRANTS.get(turn, grant)?.filter(|issued| issued.active && issued.span.is_over(now));
    let Some(issued) = issued else { return Ok(()) };
    take_back::disable(turn, grant)?;
    if let Some(add) = &issued.via {
        if let Some(mut link) = LINKS.get(turn, add)?.filter(|link| link.former.as_ref() == Some(grant)) {
            link.former = None;
            LINKS.put(turn, add, &link);
        }
        return Ok(());
    }
    let Target::Actor(holder) = &issued.target else { return Ok(()) };
    let Some(mut collaborator) = COLLABORATORS.get(turn, holder)? else { return Ok(()) };
    if collaborator.grants == [grant.clone()] {
        return take_back::all_of(actor, turn, holder, None).map(drop);
    }
    collaborator.grants.retain(|held| held != grant);
    COLLABORATORS.put(turn, holder, &collaborator);
    Ok(())
}
