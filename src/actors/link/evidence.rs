//! What documents of other actors say about them: their type, and whose a collection is.

use crate::access::wire;
use crate::link::End;
use crate::link::kind::link_owner;
use pritchel_actor::{ActId, ActorId, Halt, NotFound, Refusal, Turn, Value, demand};

/// The types an actor's document names.
/// - errors: a refusal if the document cannot be had; the need for it while it is not at hand
pub fn types(turn: &mut Turn<'_>, actor: &ActorId) -> Result<Vec<String>, Halt> {
    let value = had(turn, actor.as_str())?;
    wire::types(&value).map_err(|why| strange(actor.as_str(), &why))
}

/// Whether an actor is a team, as its document has it. Of what cannot be had it is not known, and not so.
pub fn is_team(turn: &mut Turn<'_>, actor: &ActorId) -> Result<bool, Halt> {
    let found = turn.document(actor.as_str())?.found;
    Ok(found.is_ok_and(|document| wire::is_type(&document, "Team")))
}

/// The collaborators collection that an actor's document names.
pub fn collaborators(turn: &mut Turn<'_>, actor: &ActorId) -> Result<Option<String>, Halt> {
    let document = had(turn, actor.as_str())?;
    Ok(wire::addresses(&document, "collaborators").into_iter().next())
}

/// Which of `ends` this actor is to the owner of a collection, and the owner. A collection says in `context` whose it is, and
/// that actor has to point back at it and be of a kind that can stand there, or anybody could pretend that somebody else is
/// asked. One that says nothing of that may be of the actor below whose address it lies: that it points at it shows it.
///
/// Source: ForgeFed, "Associating Projects and Components", step 3; protocol decisions F-02 and F-04.
pub fn end_towards(turn: &mut Turn<'_>, collection: &str, ends: &[End]) -> Result<(End, ActorId), Halt> {
    let shown = had(turn, collection)?;
    let owner = match wire::addresses(&shown, "context").as_slice() {
        [owner] => ActorId::new(owner.as_str()),
        [] => ActorId::new(link_owner(collection).ok_or_else(|| strange(collection, "it has no `context`"))?),
        several => return Err(strange(collection, &format!("it has {} `context`s", several.len()))),
    };
    let document = had(turn, owner.as_str())?;
    let types = types(turn, &owner)?;
    let fits = |end: &&End| {
        let listed = wire::addresses(&document, end.opposite().collection());
        listed.iter().any(|uri| uri == collection) && types.iter().any(|name| end.peer_types().contains(&name.as_str()))
    };
    let end = ends.iter().find(fits).ok_or_else(|| {
        let names: Vec<_> = ends.iter().map(|end| end.opposite().collection()).collect();
        strange(collection, &format!("{owner}, which is {types:?}, has it as none of {names:?}"))
    })?;
    Ok((*end, owner))
}

/// Walks from a Grant back to the one its resource gave.
/// - errors: a refusal if the chain is too long to be passed on, or already passes through this actor
///
/// Source: ForgeFed, "Verifying an invocation"; loop prevention as Vervis has it.
pub fn check_passable(turn: &mut Turn<'_>, first: Option<ActId>) -> Result<(), Halt> {
    let mut next = first;
    for _ in 1..crate::limits::CHAIN_MAX - 1 {
        let Some(id) = next else { return Ok(()) };
        let value = match turn.known_act(&id)? {
            Some(act) => act.body.clone(),
            None => had(turn, id.as_str())?,
        };
        let link = wire::link(&value).map_err(|why| strange(id.as_str(), &why))?;
        demand(link.giver != *turn.me(), || Refusal::new("loop", format!("{id} has been passed on here before")))?;
        next = link.delegates;
    }
    match next {
        None => Ok(()),
        Some(_) => Err(Refusal::new("chain-too-long", "passed on once more it could not be used").into()),
    }
}

fn had(turn: &mut Turn<'_>, uri: &str) -> Result<std::sync::Arc<Value>, Halt> {
    match turn.document(uri)?.found {
        Ok(value) => Ok(value),
        Err(NotFound::Gone { status, .. }) => Err(strange(uri, &format!("it is gone ({status})"))),
        Err(NotFound::Unavailable { why, .. }) => Err(Refusal::new("unavailable", format!("{uri}: {why}")).into()),
    }
}

fn strange(uri: &str, why: &str) -> Halt {
    Refusal::new("not-linkable", format!("{uri}: {why}")).into()
}
