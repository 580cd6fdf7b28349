//! Giving a Grant.

use crate::access::wire;
use crate::access::{GRANTS, Issued, Role, Target};
use pritchel_actor::{ActId, ActorId, Halt, Turn};

/// Gives `target` a role on this resource, in fulfilment of the act `fulfills`.
///
/// Source: ForgeFed, "Direct Granting".
pub fn direct(turn: &mut Turn<'_>, target: &ActorId, role: Role, fulfills: &ActId) -> Result<ActId, Halt> {
    let id = wire::direct_grant(turn, target, role, fulfills)?;
    record(turn, &id, Target::Actor(target.clone()), role, Some(fulfills.clone()));
    Ok(id)
}

/// Publishes a role that everybody has.
///
/// Source: ForgeFed, "Public Granting".
pub fn public(turn: &mut Turn<'_>, role: Role) -> Result<ActId, Halt> {
    let id = wire::public_grant(turn, role)?;
    record(turn, &id, Target::Public, role, None);
    Ok(id)
}

fn record(turn: &mut Turn<'_>, id: &ActId, target: Target, role: Role, fulfills: Option<ActId>) {
    let issued = Issued { target, role, fulfills, since: turn.now(), active: true };
    GRANTS.put(turn, id, &issued);
}
