//! A veil before what somebody has said who is blocked or limited here: of whoever is blocked nobody is shown it; of whoever is
//! limited, people of this server are.

use crate::page::parts::Prose;
use crate::page::visit::Visit;
use crate::ports::Standing;
use pritchel_actor::ActorId;
use pritchel_actors::common::text::{Html, Line};
use pritchel_actors::ticket_tracker::ticket::Ticket;

/// What stands in the place of what is not shown; `None` where it is shown.
pub fn veil(visit: &Visit, author: &ActorId) -> Option<&'static str> {
    match visit.front.ports.standing(author) {
        Standing::Open => None,
        Standing::Limited if visit.me.is_some() => None,
        Standing::Limited => Some("Shown to people of this server alone: its author is limited here."),
        Standing::Blocked => Some("Not shown: its author is blocked or suspended here."),
    }
}

/// Somebody's words, if they are shown.
pub fn prose(visit: &Visit, author: &ActorId, content: &Html) -> Prose {
    match veil(visit, author).and_then(words) {
        Some(veil) => Prose(veil),
        None => Prose(content.clone()),
    }
}

fn words(veil: &str) -> Option<Html> {
    Html::sanitise(&format!("<p><em>{veil}</em></p>")).ok()
}

/// Somebody's title, if it is shown.
pub fn title(visit: &Visit, author: &ActorId, title: &Line) -> String {
    if veil(visit, author).is_some() { "(not shown)".to_owned() } else { title.to_string() }
}

/// A ticket with no more of its author's words than are shown.
pub fn ticket(visit: &Visit, ticket: &mut Ticket) {
    let Some(veil) = veil(visit, &ticket.author) else { return };
    ticket.source = None;
    if let (Some(content), Ok(title)) = (words(veil), Line::parse("(not shown)")) {
        (ticket.content, ticket.title) = (content, title);
    }
}
