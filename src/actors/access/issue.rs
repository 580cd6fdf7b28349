//! Giving a Grant.

use crate::access::wire;
use crate::access::{GRANTS, Issued, Lapse, Role, Span, Target, Term};
use crate::common::agenda;
use crate::common::resource::ResourceActor;
use crate::link::{Link, wire as link_wire};
use pritchel_actor::{ActId, ActorId, Halt, Turn};

/// Gives `target` a role on this resource for some time, in fulfilment of the act `fulfills`.
///
/// Source: ForgeFed, "Direct Granting".
pub fn direct<A: ResourceActor>(
    actor: &mut A,
    turn: &mut Turn<'_>,
    target: &ActorId,
    (role, term): (Role, &Term),
    fulfills: &ActId,
) -> Result<ActId, Halt> {
    let span = term.grant(turn.now());
    let id = wire::direct_grant(turn, target, (role, &span), fulfills)?;
    let (target, fulfills) = (Target::Actor(target.clone()), Some(fulfills.clone()));
    let issued = Issued { target, role, fulfills, via: None, since: turn.now(), span, active: true };
    record(actor, turn, &id, &issued, term)?;
    Ok(id)
}

/// Gives the peer of a link access to this resource, to be passed on, for as long as the link is agreed to. `None`: the link is
/// none over which access comes.
///
/// Source: ForgeFed, "Starting a delegation chain".
pub fn start<A: ResourceActor>(
    actor: &mut A,
    turn: &mut Turn<'_>,
    add: &ActId,
    link: &Link,
) -> Result<Option<ActId>, Halt> {
    let (Some(role), Some(delegate)) = (link.role, &link.delegate) else { return Ok(None) };
    let span = link.term.grant(turn.now());
    let id = link_wire::start(turn, link, (role, &span), delegate)?;
    let (target, via) = (Target::Actor(link.peer.clone()), Some(add.clone()));
    let issued = Issued { target, role, fulfills: None, via, since: turn.now(), span, active: true };
    record(actor, turn, &id, &issued, &link.term)?;
    Ok(Some(id))
}

/// Publishes a role that everybody has.
///
/// Source: ForgeFed, "Public Granting".
pub fn public(turn: &mut Turn<'_>, role: Role) -> Result<ActId, Halt> {
    let id = wire::public_grant(turn, role)?;
    let (target, since) = (Target::Public, turn.now());
    let issued = Issued { target, role, fulfills: None, via: None, since, span: Span::default(), active: true };
    GRANTS.put(turn, &id, &issued);
    Ok(id)
}

/// Keeps a Grant that was given, and notes when it is to be given anew and when it is over.
fn record<A: ResourceActor>(
    actor: &mut A,
    turn: &mut Turn<'_>,
    id: &ActId,
    issued: &Issued,
    term: &Term,
) -> Result<(), Halt> {
    GRANTS.put(turn, id, issued);
    if let Some(at) = term.renewed_at(&issued.span) {
        agenda::note(actor, turn, (at, id), Lapse::Renew { grant: id.clone() })?;
    }
    match issued.span.end {
        Some(end) => agenda::note(actor, turn, (end, id), Lapse::Issued { grant: id.clone() }),
        None => Ok(()),
    }
}
