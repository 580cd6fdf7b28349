//! Enrolment: somebody becomes a collaborator, by whichever way.

use crate::access::invite::InvitationState;
use crate::access::{COLLABORATORS, Collaborator, INVITES, OPEN_INVITES, Role, Term, issue};
use crate::common::resource::ResourceActor;
use crate::tie::provide;
use pritchel_actor::{ActId, ActorId, Halt, Turn};

/// Gives `who` a Grant of `role`, for as long as `term` says, in fulfilment of `fulfills` and enters them as a collaborator. An invitation they have not
/// answered ends: kept open, it would let them back in after they were removed. A tracker may be tied by it.
pub fn enrol<A: ResourceActor>(
    actor: &mut A,
    turn: &mut Turn<'_>,
    who: &ActorId,
    (role, term): (Role, Term),
    fulfills: &ActId,
) -> Result<(), Halt> {
    provide::begin::<A>(turn, who, role)?;
    let grant = issue::direct(actor, turn, who, (role, &term), fulfills)?;
    let since = turn.now();
    COLLABORATORS.put(turn, who, &Collaborator { role, grants: vec![grant], since, term });
    close_invitation(turn, who)
}

/// Ends the open invitation of `who`, if there is one.
pub fn close_invitation(turn: &mut Turn<'_>, who: &ActorId) -> Result<(), Halt> {
    let Some(open) = OPEN_INVITES.get(turn, who)? else { return Ok(()) };
    OPEN_INVITES.remove(turn, who);
    if let Some(mut invitation) = INVITES.get(turn, &open)?.filter(|invite| invite.state == InvitationState::Offered) {
        invitation.state = InvitationState::Ended;
        INVITES.put(turn, &open, &invitation);
    }
    Ok(())
}
