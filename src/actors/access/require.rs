//! What a method calls first.

use crate::access::{COLLABORATORS, Role, chain, wire};
use crate::common::resource::{ResourceActor, Visibility};
use crate::forgefed::AUTHORITY;
use pritchel_actor::switch::is_off;
use pritchel_actor::{ActId, ActorId, Halt, Refusal, Turn, demand};

/// How a call was authorised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authority {
    /// Everybody may do it here.
    Implicit,
    /// By this Grant, worth this role.
    Grant(ActId, Role),
}

/// Demands that the caller may act in `role` on this resource: by a verified Grant, or because everybody may.
/// - errors: a refusal naming the step of the verification that failed
///
/// Source: ForgeFed, "Verifying an invocation".
pub fn require<A: ResourceActor>(actor: &A, turn: &mut Turn<'_>, role: Role) -> Result<Authority, Halt> {
    let resource = turn.me().clone();
    let caller = turn.caller().id().clone();
    let Some(act) = turn.act() else {
        return Err(Refusal::new("no-act", "authority is shown by an act").into());
    };
    match wire::capability(&act) {
        Some(capability) => match chain::verify(turn, &resource, &caller, &capability, role) {
            Err(Halt::Refuse(_)) if is_off(AUTHORITY) => Ok(Authority::Implicit),
            worth => Ok(Authority::Grant(capability, worth?)),
        },
        None if actor.resource().visibility.implicit_roles().contains(&role) => Ok(Authority::Implicit),
        None if is_off(AUTHORITY) => Ok(Authority::Implicit),
        None => {
            let why = format!("this needs the role {role} on {resource}, and no `capability` was shown");
            Err(Refusal::new("no-capability", why).at_step("3").into())
        }
    }
}

/// The role that somebody has here, as a private method is told of it: what the Grant they show is worth, which must be `needed`, or
/// else what they have as a collaborator, if they have anything.
///
/// Source: ForgeFed, "Remote Push", step 4.
pub fn proved(
    turn: &mut Turn<'_>,
    who: &ActorId,
    capability: Option<&ActId>,
    needed: Role,
) -> Result<Option<Role>, Halt> {
    let Some(capability) = capability else {
        let now = turn.now();
        let collaborator = COLLABORATORS.get(turn, who)?.filter(|collaborator| collaborator.holds(now));
        return Ok(collaborator.map(|collaborator| collaborator.role));
    };
    let me = turn.me().clone();
    chain::verify(turn, &me, who, capability, needed).map(Some)
}

/// Demands that whoever has asked for something by this act is an admin still, when it comes to pass: what others have agreed to meanwhile is not
/// given in the name of somebody who may give nothing any more.
/// - errors: a refusal naming the step of the verification that failed
pub fn still_admin(turn: &mut Turn<'_>, by: &ActorId, act: &ActId) -> Result<(), Halt> {
    let now = turn.now();
    let of_own = COLLABORATORS.get(turn, by)?;
    if of_own.is_some_and(|collaborator| collaborator.holds(now) && collaborator.role >= Role::Admin) {
        return Ok(());
    }
    let me = turn.me().clone();
    let asked = turn.known_act(act)?;
    let Some(capability) = asked.as_deref().and_then(wire::capability) else {
        let why = format!("{act} was asked for by {by}, who is no admin any more");
        return Err(Refusal::new("no-longer-admin", why).into());
    };
    chain::verify(turn, &me, by, &capability, Role::Admin).map(drop)
}

/// Demands that the caller of a private method is an admin here, by the Grant they show or by themselves; answers who it is.
pub fn administers(turn: &mut Turn<'_>, capability: Option<&ActId>) -> Result<ActorId, Halt> {
    let by = turn.caller().id().clone();
    let role = proved(turn, &by, capability, Role::Admin)?;
    demand(role == Some(Role::Admin), || {
        Refusal::new("role-too-small", format!("this needs the role {}", Role::Admin))
    })?;
    Ok(by)
}

/// Demands that the caller may see this resource, where the method itself asks for no role: of what is private nobody else
/// learns a part, not even by the reason of a refusal.
pub fn must_see<A: ResourceActor>(actor: &A, turn: &mut Turn<'_>) -> Result<(), Halt> {
    let caller = turn.caller().id().clone();
    if actor.resource().visibility != Visibility::Private {
        return Ok(());
    }
    let now = turn.now();
    if COLLABORATORS.get(turn, &caller)?.is_some_and(|collaborator| collaborator.holds(now)) {
        return Ok(());
    }
    require(actor, turn, Role::Visit).map(drop)
}
