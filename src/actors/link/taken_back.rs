//! TakenBack: Grants that this actor has are worth nothing any more.

use crate::common::resource::{ResourceActor, followers};
use crate::limits::UNDONE_MAX;
use crate::link::cascade::drop_held;
use crate::link::rows::{DELEGATES, DOWNSTREAM, HELD, LINKS, MEMBER_DELEGATES};
use crate::link::{LinkKind, Side, member_delegates, unlink};
use pritchel_actor::heeded;
use pritchel_actor::{ActId, ActorId, Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Acts on a `Revoke`: a delegate-Grant taken back ends its link or what a member was given; access taken back is taken
/// back from all it was passed on to, and ends the tie it made. Only who gave a Grant can take it back; others in the list are left alone.
///
/// Source: ForgeFed, "Revoking a Grant"; one handler for all kinds by protocol decision F-39.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TakenBack {
    /// The Grants.
    pub grants: Vec<ActId>,
}

impl<A: ResourceActor> Method<A> for TakenBack {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let giver = turn.caller().id().clone();
        let mut ended = false;
        for grant in self.grants.iter().take(UNDONE_MAX) {
            ended |= one(actor, turn, &giver, grant)?;
        }
        // Who follows is told what ended a link, as of what began it.
        if ended { turn.forward(vec![followers()]) } else { Ok(()) }
    }
}

/// Acts on one Grant that was taken back. Answers whether a link has ended by it.
fn one<A: ResourceActor>(actor: &mut A, turn: &mut Turn<'_>, giver: &ActorId, grant: &ActId) -> Result<bool, Halt> {
    if let Some(add) = DELEGATES.get(turn, grant)? {
        let link = LINKS.get(turn, &add)?;
        let theirs =
            link.is_some_and(|link| link.end.side == Side::Source && heeded("not-its-grant", link.peer == *giver));
        return if theirs { unlink::end::<A>(turn, &add, None).map(|()| true) } else { Ok(false) };
    }
    if let Some(held) = HELD.get(turn, grant)?.filter(|held| held.giver == *giver) {
        drop_held(actor, turn, &held.via, grant)?;
        let link = LINKS.get(turn, &held.via)?;
        // A component leaves its project by taking back what it gave.
        let leaves = link.is_some_and(|link| link.end.kind == LinkKind::Component) && held.context == *giver;
        return if leaves { unlink::end::<A>(turn, &held.via, None).map(|()| true) } else { Ok(false) };
    }
    let theirs = DOWNSTREAM.get(turn, grant)?.is_some_and(|down| down.peer == *giver);
    if theirs && MEMBER_DELEGATES.get(turn, giver)?.as_ref() == Some(grant) {
        return member_delegates::end::<A>(turn, giver).map(|()| false);
    }
    crate::tie::form::taken_back::<A>(turn, giver, grant).map(|()| false)
}
