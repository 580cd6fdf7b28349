//! Whom a new ticket mentions: the tracker tells them that it took the ticket in, and so where it is.

use crate::access::COLLABORATORS;
use crate::common::resource::Visibility;
use crate::limits::MENTIONED_MAX;
use crate::ticket_tracker::Tracks;
use crate::ticket_tracker::ticket::Ticket;
use pritchel_actor::{ActorId, Halt, Turn, Value};
use pritchel_vocab::ActorUri;

/// Those whom a ticket mentions in its `tag`, at most [`MENTIONED_MAX`]; of one that is private, those who collaborate.
pub fn mentioned<A: Tracks>(tracker: &A, turn: &mut Turn<'_>, ticket: &Ticket) -> Result<Vec<ActorId>, Halt> {
    let tags = match ticket.further.get("tag") {
        Some(Value::Array(tags)) => tags.as_slice(),
        Some(tag) => std::slice::from_ref(tag),
        None => &[],
    };
    let named = tags.iter().filter(|tag| tag.get("type").and_then(Value::as_str) == Some("Mention"));
    let named = named.filter_map(|tag| ActorUri::parse(tag.get("href")?.as_str()?).ok());
    let (private, now) = (tracker.resource().visibility == Visibility::Private, turn.now());
    let mut mentioned = Vec::new();
    for whom in named.take(MENTIONED_MAX).map(|uri| ActorId::new(uri.as_str())) {
        let sees = !private || COLLABORATORS.get(turn, &whom)?.is_some_and(|one| one.holds(now));
        if sees && whom != ticket.author && !mentioned.contains(&whom) {
            mentioned.push(whom);
        }
    }
    Ok(mentioned)
}
