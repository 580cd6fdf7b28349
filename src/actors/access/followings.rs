//! Followers of something private who see it by a Grant that was passed on to them. Nobody tells the resource that a team has let somebody go: so the
//! Grant they followed by is verified again, every hour and whenever a link of the resource ends, and whoever it is worth nothing for any more is
//! told no more.
//!
//! Source: ours; ForgeFed, "Following", leaves open how long a follow of something private lasts.

use crate::access::{Authority, COLLABORATORS, Lapse, Role, chain};
use crate::common::agenda;
use crate::common::resource::{ResourceActor, Visibility};
use crate::limits::{CASCADE_STEP, FOLLOW_VERIFIED_S};
use pritchel_actor::{ActId, ActorId, Halt, Page, RowKey, Rows, Seconds, Turn};
use serde::{Deserialize, Serialize};

/// By what somebody follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Followed {
    /// The Grant.
    grant: ActId,
    /// When it is verified again.
    next: Seconds,
}

/// Who follows by a Grant of another than this resource: it, or one thing that it keeps.
const FOLLOWED_BY: Rows<ActorId, Followed> = Rows::new("followed_by");

/// Notes by what the caller follows, where that can end without this resource's doing.
pub fn note<A: ResourceActor>(actor: &mut A, turn: &mut Turn<'_>, shown: &Authority) -> Result<(), Halt> {
    let Authority::Grant(grant, _) = shown else { return Ok(()) };
    let who = turn.caller().id().clone();
    if actor.resource().visibility != Visibility::Private || COLLABORATORS.has(turn, &who)? {
        return Ok(());
    }
    let next = turn.now() + FOLLOW_VERIFIED_S;
    let before = FOLLOWED_BY.get(turn, &who)?;
    let noted = before.as_ref().is_some_and(|before| before.next > turn.now());
    let next = before.filter(|_| noted).map_or(next, |before| before.next);
    FOLLOWED_BY.put(turn, &who, &Followed { grant: grant.clone(), next });
    if noted { Ok(()) } else { again(actor, turn, (next, grant), &who) }
}

/// Has all of them verified.
pub fn verify_all<A: ResourceActor>(turn: &mut Turn<'_>, after: Option<&ActorId>) -> Result<(), Halt> {
    let after = after.map(RowKey::encode).unwrap_or_default();
    let page = FOLLOWED_BY.page(turn, Page { after: &after, ..Page::first(&[], CASCADE_STEP) })?;
    let (me, last) =
        (turn.myself::<A>(), page.last().filter(|_| page.len() == CASCADE_STEP).map(|(who, _)| who.clone()));
    for (who, _) in page {
        turn.call(&me, Lapse::Following { who })?;
    }
    match last {
        Some(last) => turn.call(&me, Lapse::Followings { after: last }),
        None => Ok(()),
    }
}

/// Verifies by what somebody follows. A Grant that cannot be had at this moment is verified the next time.
pub fn verify<A: ResourceActor>(actor: &mut A, turn: &mut Turn<'_>, who: &ActorId) -> Result<(), Halt> {
    let Some(Followed { grant, next }) = FOLLOWED_BY.get(turn, who)? else { return Ok(()) };
    // Everybody may follow what all may see; and of collaborators the resource knows itself.
    if actor.resource().visibility != Visibility::Private || COLLABORATORS.has(turn, who)? {
        FOLLOWED_BY.remove(turn, who);
        return Ok(());
    }
    let me = turn.me().clone();
    match chain::verify(turn, &me, who, &grant, Role::Visit) {
        Err(Halt::Refuse(why)) if why.code != "grant-unavailable" => {
            FOLLOWED_BY.remove(turn, who);
            return actor.lost_access(turn, who);
        }
        Ok(_) | Err(Halt::Refuse(_)) => {}
        Err(other) => return Err(other),
    }
    if next > turn.now() {
        return Ok(());
    }
    let next = turn.now() + FOLLOW_VERIFIED_S;
    FOLLOWED_BY.put(turn, who, &Followed { grant: grant.clone(), next });
    again(actor, turn, (next, &grant), who)
}

fn again<A: ResourceActor>(
    actor: &mut A,
    turn: &mut Turn<'_>,
    when: (Seconds, &ActId),
    who: &ActorId,
) -> Result<(), Halt> {
    agenda::note(actor, turn, when, Lapse::Following { who: who.clone() })
}
