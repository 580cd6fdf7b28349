//! MemberDelegates: a member is ready to receive access.

use crate::access::{COLLABORATORS, GRANTS, Target};
use crate::common::resource::ResourceActor;
use crate::link::Cascade;
use crate::link::rows::{DOWNSTREAM, Downstream, MEMBER_DELEGATES};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes down the delegate-Grant of a member and passes on to them what this actor has, in at most the member's own role.
///
/// Source: ForgeFed, the handlers of `Grant` of Project and Team: "a delegator-Grant from a collaborator".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberDelegates {
    /// The delegate-Grant.
    pub delegate: ActId,
    /// The Grant that made them a member.
    pub membership: ActId,
}

impl<A: ResourceActor> Method<A> for MemberDelegates {
    type Answer = ();

    fn turn(self, _actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let member = turn.caller().id().clone();
        let issued = GRANTS.get(turn, &self.membership)?.filter(|issued| issued.active);
        let theirs = issued.is_some_and(|issued| issued.target == Target::Actor(member.clone()));
        let Some(collaborator) = COLLABORATORS.get(turn, &member)?.filter(|_| theirs) else {
            return Err(Refusal::new("no-collaborator", format!("{member} is no member by {}", self.membership)).into());
        };
        demand(!MEMBER_DELEGATES.has(turn, &member)?, || {
            Refusal::new("already-delegated", format!("{member} has given a delegate-Grant before"))
        })?;
        MEMBER_DELEGATES.put(turn, &member, &self.delegate);
        let allows = "invoke".to_owned();
        let down = Downstream { peer: member, role: collaborator.role, allows, span: collaborator.term.span() };
        DOWNSTREAM.put(turn, &self.delegate, &down);
        let myself = turn.myself::<A>();
        turn.call(&myself, Cascade::ExtendTo { delegate: self.delegate, after: None })
    }
}

/// The member is one no more: nothing is passed on to them, and what was is taken back.
pub fn end<A: ResourceActor>(turn: &mut Turn<'_>, member: &pritchel_actor::ActorId) -> Result<(), Halt> {
    let Some(delegate) = MEMBER_DELEGATES.get(turn, member)? else { return Ok(()) };
    MEMBER_DELEGATES.remove(turn, member);
    DOWNSTREAM.remove(turn, &delegate);
    let myself = turn.myself::<A>();
    turn.call(&myself, Cascade::StripOf { delegate })
}
