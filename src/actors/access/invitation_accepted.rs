//! The invited accepts: now there is a Grant.

use crate::access::invite::InvitationState;
use crate::access::{COLLABORATORS, INVITES, enrol, still_admin};
use crate::common::resource::{ResourceActor, followers, spread};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Accepts an invitation. Only the invited can; being asked is authority enough. Answered by the Grant.
///
/// Source: ForgeFed, "Offering access using Invite activities".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InvitationAccepted {
    /// The `Invite`.
    pub invite: ActId,
}

impl<A: ResourceActor> Method<A> for InvitationAccepted {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        let Some(mut invitation) = INVITES.get(turn, &self.invite)? else {
            return Err(Refusal::new("no-such-invite", format!("{} is no invitation made here", self.invite)).into());
        };
        demand(caller == invitation.invitee, || {
            Refusal::new(
                "not-the-invited",
                format!("{} invites {}, accepted by {caller}", self.invite, invitation.invitee),
            )
        })?;
        demand(invitation.state == InvitationState::Offered && !COLLABORATORS.has(turn, &caller)?, || {
            Refusal::new("already-answered", format!("{} was answered before", self.invite))
        })?;
        invitation.term.still_open(turn.now())?;
        still_admin(turn, &invitation.by, &self.invite)?;
        spread(turn, vec![followers()])?;
        enrol(actor, turn, &caller, (invitation.role, invitation.term), &self.invite)?;
        invitation.state = InvitationState::Accepted;
        INVITES.put(turn, &self.invite, &invitation);
        Ok(())
    }
}
