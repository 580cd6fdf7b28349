//! Whom a new ticket mentions: the tracker tells them that it took the ticket in, and so where it is.

use crate::access::COLLABORATORS;
use crate::common::resource::Visibility;
use crate::limits::MENTIONED_MAX;
use crate::ticket_tracker::ticket::Ticket;
use crate::ticket_tracker::{Tracks, wire};
use pritchel_actor::{ActorId, Halt, Turn};

/// Those whom a ticket mentions in its `tag`, at most [`MENTIONED_MAX`]; of one that is private, those who collaborate.
pub fn mentioned<A: Tracks>(tracker: &A, turn: &mut Turn<'_>, ticket: &Ticket) -> Result<Vec<ActorId>, Halt> {
    let (private, now) = (tracker.resource().visibility == Visibility::Private, turn.now());
    let mut mentioned = Vec::new();
    for whom in wire::mentions(ticket).into_iter().take(MENTIONED_MAX) {
        let sees = !private || COLLABORATORS.get(turn, &whom)?.is_some_and(|one| one.holds(now));
        if sees && whom != ticket.author && !mentioned.contains(&whom) {
            mentioned.push(whom);
        }
    }
    Ok(mentioned)
}
