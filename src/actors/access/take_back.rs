//! Taking Grants back: from then on they are worth nothing here. The `Revoke` only tells it.

use crate::access::{COLLABORATORS, GRANTS, wire};
use crate::common::resource::ResourceActor;
use crate::link::member_delegates;
use crate::tie::provide;
use pritchel_actor::{ActId, ActorId, Halt, Turn};

/// Takes back all Grants of a collaborator, ends the collaboration, and tells whom it concerns. From then on the one who was
/// a collaborator is told nothing of what is private.
/// - `fulfills`: the act that asked for it
///
/// Source: ForgeFed, "Revoking a Grant".
pub fn all_of<A: ResourceActor>(
    actor: &mut A,
    turn: &mut Turn<'_>,
    target: &ActorId,
    fulfills: Option<&ActId>,
) -> Result<Option<ActId>, Halt> {
    let Some(collaborator) = COLLABORATORS.get(turn, target)? else { return Ok(None) };
    for grant in &collaborator.grants {
        disable(turn, grant)?;
    }
    COLLABORATORS.remove(turn, target);
    provide::end(actor, turn, target)?;
    member_delegates::end::<A>(turn, target)?;
    actor.lost_access(turn, target)?;
    wire::revoke(turn, &collaborator.grants, &[target], fulfills).map(Some)
}

/// Disables one Grant.
pub fn disable(turn: &mut Turn<'_>, grant: &ActId) -> Result<(), Halt> {
    if let Some(mut issued) = GRANTS.get(turn, grant)? {
        issued.active = false;
        GRANTS.put(turn, grant, &issued);
    }
    Ok(())
}
