//! Taking Grants back: from then on they are worth nothing here. The `Revoke` only tells it.

use crate::access::{COLLABORATORS, GRANTS, wire};
use pritchel_actor::{ActId, ActorId, Halt, Turn};

/// Takes back all Grants of a collaborator, ends the collaboration, and tells whom it concerns.
/// - `fulfills`: the act that asked for it
///
/// Source: ForgeFed, "Revoking a Grant".
pub fn all_of(turn: &mut Turn<'_>, target: &ActorId, fulfills: Option<&ActId>) -> Result<Option<ActId>, Halt> {
    let Some(collaborator) = COLLABORATORS.get(turn, target)? else { return Ok(None) };
    for grant in &collaborator.grants {
        disable(turn, grant)?;
    }
    COLLABORATORS.remove(turn, target);
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
