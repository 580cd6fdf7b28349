//! The invited declines.

use crate::access::invite::InvitationState;
use crate::access::{INVITES, OPEN_INVITES, wire};
use crate::common::resource::ResourceActor;
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Declines an invitation, for good.
///
/// Source: ForgeFed, "Offering access using Invite activities".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InvitationRejected {
    /// The `Invite`.
    pub invite: ActId,
}

impl<A: ResourceActor> Method<A> for InvitationRejected {
    type Answer = ();

    fn turn(self, _actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        let Some(mut invitation) = INVITES.get(turn, &self.invite)?.filter(|invitation| invitation.invitee == caller)
        else {
            return Err(Refusal::new("not-the-invited", format!("{} does not invite {caller}", self.invite)).into());
        };
        demand(invitation.state == InvitationState::Offered, || {
            Refusal::new("already-answered", format!("{} was answered before", self.invite))
        })?;
        invitation.state = InvitationState::Declined;
        INVITES.put(turn, &self.invite, &invitation);
        OPEN_INVITES.remove(turn, &caller);
        let by = invitation.by.clone();
        wire::reject_of(turn, &self.invite, &[&by], "declined")?;
        Ok(())
    }
}
