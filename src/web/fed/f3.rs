//! Trackers of tickets in F3, for whoever copies them: a tracker with its tickets, a ticket with its comments, a comment. Whoever may
//! see the ActivityPub document of a thing is shown it. A tracker may be large: it is told in pages, oldest tickets first, each of
//! bounded size; a ticket that has more comments than fit says where they go on.
//!
//! Source: ForgeFed, "Forks and Migrations"; docs/decisions/0010.

use crate::answer::{WebError, WebResult};
use crate::domains::of_actor;
use crate::fed::actor::uri;
use crate::fed::collections::Part;
use crate::fed::document;
use crate::fed::near::{Kind, Near};
use crate::fed::shown::{Shown, or_tombstone, shown};
use crate::fed::tickets::number;
use crate::limits::{F3_COMMENTS, F3_COMMENTS_FIRST, F3_PAGE_BYTES, PAGE_ITEMS};
use crate::ports::Front;
use crate::powers::Bringing;
use crate::viewer::Asking;
use crate::want::F3_JSON;
use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use pritchel_actor::{ActorId, Seconds, View};
use pritchel_actors::Person;
use pritchel_actors::common::naming::{host, key};
use pritchel_actors::person::view::ViewPerson;
use pritchel_actors::ticket_tracker::find::{FindTickets, TicketsFound, Wanted};
use pritchel_actors::ticket_tracker::ticket::{self, Imported, comment_uri, ticket_uri};
use pritchel_actors::ticket_tracker::view::{CommentShown, ViewComments, ViewTicket};
use pritchel_actors::ticket_tracker::{TicketNo, TicketTracker};
use pritchel_vocab::f3::write::{Comment, Issue, IssueTracker, Poster, Text, threads};
use serde_json::Value;
use std::collections::HashMap;

/// What every handler here is given.
type Given = (Bringing, Near, Asking, Part, HeaderMap);

/// The documents.
pub fn documents() -> Router<Front> {
    let at = |rest: &str| format!("/{}/{{key}}{rest}", Kind::TRACKER.segment());
    Router::new()
        .route(&at(""), get(tracker))
        .route(&at("/tickets/{number}"), get(one))
        .route(&at("/tickets/{number}/comments/{place}"), get(comment))
}

/// `GET /trackers/{key}`: a tracker with a page of its tickets.
pub async fn tracker(given: Given) -> Response {
    let found = async {
        let after = given.3.number()?;
        let (limit, scan) = (PAGE_ITEMS, PAGE_ITEMS);
        let all = |viewer| FindTickets { viewer, wanted: Wanted::default(), oldest_first: true, after, limit, scan };
        let found = look(&given, all).await?;
        Ok(Shown { what: page(&given, &found.what).await?.to_value(), to_all: found.to_all })
    };
    answer(&given, found.await)
}

/// `GET /trackers/{key}/tickets/{number}`: a ticket with a page of its comments.
pub async fn one(Path((_, text)): Path<(String, String)>, given: Given) -> Response {
    let found = async {
        let (number, after) = (number(&text)?, given.3.number()?);
        let found = look(&given, |viewer| ViewTicket { viewer, number, after: None, limit: 0 }).await;
        let found = found.map_err(|error| match error.code.as_ref() {
            "no-such-ticket" => WebError::not_found(),
            _ => error,
        })?;
        let comments = comments(&given, number, after, F3_COMMENTS).await?;
        let issue = telling(&given).issue(number, &found.what.ticket, comments, F3_COMMENTS).await?;
        Ok(Shown { what: issue.to_value(), to_all: found.to_all })
    };
    answer(&given, found.await)
}

/// `GET /trackers/{key}/tickets/{number}/comments/{place}`: a comment alone.
pub async fn comment(Path((_, ticket, place)): Path<(String, String, String)>, given: Given) -> Response {
    let found = async {
        let (number, place) = (number(&ticket)?, number(&place)?);
        let view = |viewer| ViewComments { viewer, number, after: place.checked_sub(1), limit: 1 };
        let found = look(&given, view).await?;
        let told = found.what.first().filter(|told| told.place == place).ok_or_else(WebError::not_found)?;
        Ok(Shown { what: telling(&given).comment(number, told).await?.to_value(), to_all: found.to_all })
    };
    answer(&given, found.await)
}

/// Looks at the tracker, as anybody or as whoever asks.
async fn look<V: View<TicketTracker>>(
    given: &Given,
    view: impl Fn(Option<ActorId>) -> V,
) -> WebResult<Shown<V::Answer>> {
    let (Bringing(front), near, asking, ..) = given;
    shown(front, near, asking, |viewer| {
        let view = view(viewer);
        async move { front.node.look::<TicketTracker, _>(&near.id, &view).await }
    })
    .await
}

async fn comments(given: &Given, number: TicketNo, after: Option<u64>, limit: usize) -> WebResult<Vec<CommentShown>> {
    Ok(look(given, |viewer| ViewComments { viewer, number, after, limit }).await?.what)
}

/// A page of a tracker.
async fn page(given: &Given, found: &TicketsFound) -> WebResult<IssueTracker> {
    let (near, mut telling) = (&given.1, telling(given));
    let (mut issues, mut next) = (Vec::new(), found.next);
    for (number, ticket) in &found.tickets {
        if telling.bytes >= F3_PAGE_BYTES {
            // The page is full: it goes on behind the last one that stands on it.
            next = issues.last().map(|issue: &Issue| issue.index);
            break;
        }
        let comments = match ticket.comments {
            0 => Vec::new(),
            _ => comments(given, *number, None, F3_COMMENTS_FIRST).await?,
        };
        issues.push(telling.issue(*number, ticket, comments, F3_COMMENTS_FIRST).await?);
    }
    Ok(IssueTracker {
        id: uri(near.id.as_str())?,
        name: found.resource.name.to_string(),
        total: found.open + found.closed,
        issues,
        next: next.map(|after| uri(&format!("{}?page={after}", near.id))).transpose()?,
    })
}

fn answer(given: &Given, found: WebResult<Shown<Value>>) -> Response {
    let (_, near, _, _, headers) = given;
    let answered = found.map(|found| {
        let mut response = document::bytes(headers, Bytes::from(found.what.to_string()), found.to_all);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(F3_JSON));
        response
    });
    or_tombstone(near, answered)
}

fn telling(given: &Given) -> Telling<'_> {
    Telling { front: &given.0.0, tracker: &given.1.id, names: HashMap::new(), bytes: 0 }
}

/// Tells of one tracker, and counts what that comes to.
struct Telling<'g> {
    front: &'g Front,
    tracker: &'g ActorId,
    names: HashMap<ActorId, String>,
    /// Bytes of the texts told so far.
    bytes: usize,
}

impl Telling<'_> {
    /// A ticket with these comments, of which as many were asked for as may stand there.
    async fn issue(
        &mut self,
        number: TicketNo,
        ticket: &ticket::Ticket,
        comments: Vec<CommentShown>,
        limit: usize,
    ) -> WebResult<Issue> {
        let text = self.text(ticket.content.as_str(), ticket.source.as_ref());
        let (asked, mut told, mut last) = (comments.len(), Vec::new(), None);
        for comment in &comments {
            if self.bytes >= F3_PAGE_BYTES {
                break;
            }
            told.push(self.comment(number, comment).await?);
            last = Some(comment.place);
        }
        let id = ticket_uri(self.tracker, number);
        let next = match last {
            _ if told.len() == asked && asked < limit => None,
            Some(last) => Some(uri(&format!("{id}?page={last}"))?),
            None => Some(uri(&format!("{id}?page=first"))?).filter(|_| asked > 0),
        };
        let imported = ticket.imported.as_deref();
        let lines =
            |lines: fn(&Imported) -> &Vec<_>| imported.map(lines).into_iter().flatten().map(ToString::to_string);
        let mut assignees: Vec<String> = lines(|imported| &imported.assignees).collect();
        for assignment in &ticket.assignees {
            assignees.push(self.name(&assignment.who).await);
        }
        Ok(Issue {
            id: uri(&id)?,
            index: number,
            poster: self.poster(&ticket.author, imported).await,
            title: ticket.title.to_string(),
            text,
            closed: ticket.resolved.as_ref().map(|resolved| resolved.at.into()),
            created: ticket.published.into(),
            updated: changed(ticket.published, ticket.updated),
            labels: lines(|imported| &imported.labels).collect(),
            milestone: milestone(ticket),
            assignees,
            comments: threads(told),
            next,
        })
    }

    async fn comment(&mut self, number: TicketNo, shown: &CommentShown) -> WebResult<Comment> {
        let at = |place: u64| uri(&comment_uri(self.tracker, number, place));
        let (id, above, comment) = (at(shown.place)?, shown.above.map(at).transpose()?, &shown.comment);
        Ok(Comment {
            id,
            index: shown.place,
            poster: self.poster(&comment.author, comment.imported.as_deref()).await,
            text: self.text(comment.content.as_str(), comment.source.as_ref()),
            created: comment.published.into(),
            updated: changed(comment.published, comment.updated),
            deleted: comment.deleted,
            in_reply_to: above,
            children: Vec::new(),
        })
    }

    fn text(&mut self, html: &str, source: Option<&ticket::Source>) -> Text {
        let text = match source {
            Some(source) => Text { content: source.content.clone(), media_type: source.media_type.clone() },
            None => Text { content: html.to_owned(), media_type: "text/html".to_owned() },
        };
        self.bytes += text.content.len();
        text
    }

    /// Whoever wrote something that was copied has no address that we know.
    async fn poster(&mut self, author: &ActorId, imported: Option<&Imported>) -> Poster {
        match imported {
            Some(imported) => Poster { id: imported.author.to_string(), name: imported.author.to_string() },
            None => Poster { id: author.to_string(), name: self.name(author).await },
        }
    }

    async fn name(&mut self, actor: &ActorId) -> String {
        if let Some(name) = self.names.get(actor) {
            return name.clone();
        }
        let name = name(self.front, actor).await;
        self.names.insert(actor.clone(), name.clone());
        name
    }
}

/// What an actor is called, with its host.
async fn name(front: &Front, actor: &ActorId) -> String {
    let Some(domain) = of_actor(&front.settings, actor) else {
        return match front.ports.remembered_name(actor.clone()).await {
            Some(called) => format!("{}@{}", called.name, called.host.unwrap_or_else(|| host(actor).to_owned())),
            None => format!("{}@{}", key(actor), host(actor)),
        };
    };
    let name = match front.node.look::<Person, _>(actor, &ViewPerson).await {
        Ok(person) => person.name,
        Err(_) => key(actor).to_owned(),
    };
    format!("{name}@{}", domain.shown())
}

fn changed(published: Seconds, updated: Option<Seconds>) -> pritchel_vocab::Seconds {
    updated.unwrap_or(published).into()
}

fn milestone(ticket: &ticket::Ticket) -> Option<String> {
    let here = ticket.milestone.as_ref().map(|planned| planned.milestone.clone());
    here.or_else(|| ticket.imported.as_ref()?.milestone.as_ref().map(ToString::to_string))
}
