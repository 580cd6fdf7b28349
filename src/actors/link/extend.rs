//! Passing access on: what one who is downstream should have of a Grant is compared with what they have.

use crate::access::Role;
use crate::common::resource::ResourceActor;
use crate::link::rows::{Downstream, EXTENDED_TO, EXTENSIONS, Extension, Held, RESULTS};
use crate::link::wire;
use pritchel_actor::{ActId, Halt, Need, RowKey, Turn};

/// Gives, changes or takes back what `down`, who gave the delegate-Grant `delegate`, should have of the Grant `grant`.
///
/// Source: ForgeFed, "Extending a delegation chain"; the role is the least of what the Grant, the link or membership, and
/// the filter of this actor allow (protocol decisions F-12 and F-30).
pub fn reconcile<A: ResourceActor>(
    actor: &A,
    turn: &mut Turn<'_>,
    (grant, held): (&ActId, &Held),
    (delegate, down): (&ActId, &Downstream),
) -> Result<(), Halt> {
    let pair = (grant.clone(), delegate.clone());
    let span = held.span.and(down.span);
    let wanted = wanted(actor, held, down).filter(|_| !span.is_over(turn.now()));
    let now = EXTENSIONS.get(turn, &pair)?;
    if now.as_ref().map(|extension| extension.role) == wanted {
        return Ok(());
    }
    if let Some(extension) = &now {
        take_back(turn, &pair, extension)?;
    }
    let Some(role) = wanted else { return Ok(()) };
    let id = wire::extension(turn, (grant, held), (delegate, down), (role, &span))?;
    EXTENSIONS.put(turn, &pair, &Extension { grant: id.clone(), to: down.peer.clone(), role, end: span.end });
    EXTENDED_TO.put(turn, &(delegate.clone(), grant.clone()), &id);
    RESULTS.put(turn, &id, &pair);
    Ok(())
}

/// The rows that [`reconcile`] will read, to be asked for at once.
pub fn row(grant: &ActId, delegate: &ActId) -> Need {
    Need::Row { table: EXTENSIONS.name().to_owned(), key: (grant.clone(), delegate.clone()).encode() }
}

/// Takes an extension back. From now on its `result` does not answer. One that has ended by itself needs no word.
pub fn take_back(turn: &mut Turn<'_>, pair: &(ActId, ActId), extension: &Extension) -> Result<(), Halt> {
    EXTENSIONS.remove(turn, pair);
    EXTENDED_TO.remove(turn, &(pair.1.clone(), pair.0.clone()));
    RESULTS.remove(turn, &extension.grant);
    let over = extension.end.is_some_and(|end| end <= turn.now());
    if over { Ok(()) } else { wire::revoke_extension(turn, extension) }
}

fn wanted<A: ResourceActor>(actor: &A, held: &Held, down: &Downstream) -> Option<Role> {
    // What the receiver gave is not given back to it.
    if down.peer == held.giver || down.peer == held.context {
        return None;
    }
    let filter = actor.role_filter();
    let filtered = match &held.kind {
        Some(kind) => filter.get(kind).copied(),
        // Whoever filters by type does not pass on what has none.
        None if !filter.is_empty() => Some(None),
        None => None,
    };
    let most = held.role.min(down.role);
    match filtered {
        None => Some(most),
        Some(None) => None,
        Some(Some(role)) => Some(most.min(role)),
    }
}
