//! Whom a ticket mentions. Of a new one the tracker tells them that it took it in, and so where it is; of one that is edited whoever edits it.

use crate::access::COLLABORATORS;
use crate::common::resource::Visibility;
use crate::common::text::Line;
use crate::limits::MENTIONED_MAX;
use crate::ticket_tracker::ticket::Ticket;
use crate::ticket_tracker::{Tracks, wire};
use pritchel_actor::{ActorId, Halt, Turn, Value};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Somebody named in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// Who.
    pub whom: ActorId,
    /// As the text names them, with an `@`.
    pub name: Line,
}

/// Has a ticket mention these and nobody else; what it is tagged with besides stays.
pub fn mention(ticket: &mut Ticket, mentions: &[Mention]) {
    let before = ticket.further.remove("tag").map(|tag| if let Value::Array(all) = tag { all } else { vec![tag] });
    let others = before.into_iter().flatten().filter(|tag| !wire::is_mention(tag));
    let named = mentions.iter().map(|Mention { whom, name }| json!({"type": "Mention", "href": whom, "name": name}));
    let tags: Vec<Value> = others.chain(named).collect();
    if !tags.is_empty() {
        ticket.further.insert("tag".to_owned(), tags.into());
    }
}

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
