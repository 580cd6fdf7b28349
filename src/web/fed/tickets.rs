//! Tickets and what hangs on them, as documents.
//!
//! Source: ForgeFed, "Ticket".

use crate::answer::{WebError, WebResult};
use crate::fed::actor::uri;
use crate::fed::collections::{Items, Part, collection, next_of};
use crate::fed::document;
use crate::fed::near::{Near, look_at_tracker};
use crate::fed::objects;
use crate::fed::shown::{Shown, or_tombstone, shown};
use crate::limits::PAGE_ITEMS;
use crate::powers::Bringing;
use crate::viewer::Asking;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use pritchel_actor::{Halt, ViewError};
use pritchel_actors::ticket_tracker::ticket::{dependency_uri, ticket_uri};
use pritchel_actors::ticket_tracker::view::{TicketShown, ViewComment, ViewTicket, ViewTicketFollowers, ViewTracker};
use pritchel_actors::ticket_tracker::{TicketNo, wire};
use pritchel_vocab::{Document, Thing};

/// What every handler here is given.
type Given = (Bringing, Near, Asking, Part, HeaderMap);

/// `GET /trackers/{key}/tickets`: all tickets, newest first.
pub async fn all((Bringing(front), near, asking, part, headers): Given) -> Response {
    let found = async {
        let before = part.number()?;
        let look = |viewer| {
            let view = ViewTracker { viewer, before, limit: PAGE_ITEMS };
            let (front, id) = (front.clone(), near.id.clone());
            async move { look_at_tracker(&front, &id, &view).await }
        };
        let found = shown(&front, &near, &asking, look).await?;
        let tickets: Vec<TicketNo> = found.what.tickets.iter().map(|(number, _)| *number).collect();
        let next = next_of(&tickets, TicketNo::to_string);
        let uris: Vec<String> = tickets.iter().map(|number| ticket_uri(&near.id, *number)).collect();
        let total = found.what.open + found.what.closed;
        let items = Items::of(Some(total), uris.iter().map(String::as_str), next)?;
        let what = collection(&near, near.id.as_str(), true, &part, items)?;
        Ok(document::answer(&headers, &Shown { what, to_all: found.to_all }))
    };
    or_tombstone(&near, found.await)
}

/// The number in the path. Only its shortest form is an address.
pub fn number(text: &str) -> WebResult<u64> {
    let number = text.parse().ok().filter(|number: &u64| number.to_string() == text);
    number.ok_or_else(WebError::not_found)
}

async fn ticket(given: &Given, number: TicketNo, after: Option<u64>, limit: usize) -> WebResult<Shown<TicketShown>> {
    let (Bringing(front), near, asking, _, _) = given;
    let look = |viewer| {
        let view = ViewTicket { viewer, number, after, limit };
        let (front, id) = (front.clone(), near.id.clone());
        async move {
            match look_at_tracker(&front, &id, &view).await {
                // There is no such ticket: for whoever may see the tracker as for others.
                Err(ViewError::Refused(why)) if why.code == "no-such-ticket" => {
                    Err(ViewError::Refused(pritchel_actor::Refusal::new("not-shown", why.summary)))
                }
                looked => looked,
            }
        }
    };
    shown(front, near, asking, look).await
}

/// `GET /trackers/{key}/tickets/{number}`: one ticket.
pub async fn one(Path((_, text)): Path<(String, String)>, given: Given) -> Response {
    let found = async {
        let number = number(&text)?;
        let found = ticket(&given, number, None, 0).await?;
        let what = wire::document(&given.1.id, number, &found.what.ticket, &found.what.uses).map_err(broken)?;
        Ok(document::answer(&given.4, &Shown { what, to_all: found.to_all }))
    };
    or_tombstone(&given.1, found.await)
}

fn broken(halt: Halt) -> WebError {
    WebError::broken(format!("a ticket that cannot be written: {halt:?}"))
}

/// `GET /trackers/{key}/tickets/{number}/comments/{place}`: a comment that was copied, which is hosted here; of any other it is said where
/// its author has it.
pub async fn comment(Path((_, ticket, place)): Path<(String, String, String)>, given: Given) -> Response {
    let found = async {
        let (Bringing(front), near, asking, _, headers) = &given;
        let (ticket, place) = (number(&ticket)?, number(&place)?);
        let look = |viewer| {
            let (front, id) = (front.clone(), near.id.clone());
            async move { look_at_tracker(&front, &id, &ViewComment { viewer, number: ticket, place }).await }
        };
        let found = shown(front, near, asking, look).await?;
        let comment = found.what;
        if comment.deleted {
            return Err(WebError::gone());
        }
        match wire::imported_comment(&near.id, ticket, &comment) {
            Some(what) => Ok(document::answer(headers, &Shown { what, to_all: found.to_all })),
            None => Ok(Redirect::to(&comment.id).into_response()),
        }
    };
    or_tombstone(&given.1, found.await)
}

/// A collection below a ticket, whose context is the ticket.
async fn below(
    given: &Given,
    text: &str,
    ordered: bool,
    limit: usize,
    items: impl Fn(TicketNo, &TicketShown) -> WebResult<Items>,
) -> Response {
    let found = async {
        let (_, near, _, part, headers) = given;
        let number = number(text)?;
        let found = ticket(given, number, part.number()?, limit).await?;
        let items = items(number, &found.what)?;
        let what: Document = collection(near, &ticket_uri(&near.id, number), ordered, part, items)?;
        Ok(document::answer(headers, &Shown { what, to_all: found.to_all }))
    };
    or_tombstone(&given.1, found.await)
}

/// `GET …/replies`: the comments that answer the ticket itself.
pub async fn replies(Path((_, text)): Path<(String, String)>, given: Given) -> Response {
    below(&given, &text, true, PAGE_ITEMS, |_, shown| {
        let next = next_of(&shown.comments, |(place, _)| place.to_string());
        let direct = shown
            .comments
            .iter()
            .filter(|(_, comment)| comment.depth == 0 && comment.thread.is_none() && !comment.deleted);
        Items::of(None, direct.map(|(_, comment)| comment.id.as_str()), next)
    })
    .await
}

/// `GET …/dependencies`: what the ticket waits for.
pub async fn dependencies(Path((_, text)): Path<(String, String)>, given: Given) -> Response {
    below(&given, &text, false, 0, |_, shown| {
        let uris: Vec<String> = shown.depends_on.iter().map(|(_, n)| dependency_uri(&given.1.id, *n)).collect();
        Items::of(Some(uris.len() as u64), uris.iter().map(String::as_str), None)
    })
    .await
}

/// `GET …/dependants`: what waits for it, each as the `TicketDependency` that its tracker keeps.
pub async fn dependants(Path((_, text)): Path<(String, String)>, given: Given) -> Response {
    below(&given, &text, false, 0, |_, shown| {
        let total = Some(shown.depended_on_by.len() as u64);
        Items::of(total, shown.depended_on_by.iter().map(|(_, dependency)| dependency.as_str()), None)
    })
    .await
}

/// `GET …/assignments`: whose ticket it is.
pub async fn assignments(Path((_, text)): Path<(String, String)>, given: Given) -> Response {
    below(&given, &text, true, 0, |number, shown| {
        let items = shown.ticket.assignees.iter().map(|assignment| {
            let relationship = objects::relationship(&given.1.id, number, assignment)?;
            Thing::embed(relationship.to_value()).map_err(WebError::broken)
        });
        let items = items.collect::<WebResult<Vec<_>>>()?;
        Ok(Items { total: Some(items.len() as u64), items, next: None })
    })
    .await
}

/// `GET …/followers` of a ticket.
pub async fn followers(Path((_, text)): Path<(String, String)>, given: Given) -> Response {
    let (Bringing(front), near, asking, part, headers) = &given;
    let found = async {
        let number = number(&text)?;
        let after = part.after_actor();
        let look = |viewer| {
            let view = ViewTicketFollowers { viewer, number, after: after.clone(), limit: PAGE_ITEMS };
            let (front, id) = (front.clone(), near.id.clone());
            async move { look_at_tracker(&front, &id, &view).await }
        };
        let found = shown(front, near, asking, look).await?;
        let (total, page) = found.what;
        let next = next_of(&page, |id| id.to_string());
        let items = Items::of(Some(total), page.iter().map(|id| id.as_str()), next)?;
        let what = collection(near, uri(&ticket_uri(&near.id, number))?.as_str(), true, part, items)?;
        Ok(document::answer(headers, &Shown { what, to_all: found.to_all }))
    };
    or_tombstone(near, found.await)
}
