//! Small documents with addresses of their own: notes, assignments, dependencies.

use crate::answer::{WebError, WebResult};
use crate::fed::actor::uri;
use crate::fed::near::{Near, look_at_tracker};
use crate::fed::notes::change_text;
use crate::fed::shown::{Shown, absent, or_tombstone, shown};
use crate::fed::tickets::number;
use crate::fed::{document, visible};
use crate::ports::Front;
use crate::powers::Bringing;
use crate::viewer::Asking;
use axum::extract::Path;
use axum::response::Response;
use http::HeaderMap;
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::Person;
use pritchel_actors::person::view::NoteOf;
use pritchel_actors::ticket_tracker::TicketNo;
use pritchel_actors::ticket_tracker::ticket::{Assignment, assignment_uri, ticket_uri};
use pritchel_actors::ticket_tracker::view::{ViewDependency, ViewTicket};
use pritchel_vocab::{ActorUri, Document, Relationship, Seconds, TicketDependency, context};
use serde_json::{Map, Value};

/// `GET /people/{key}/notes/{note}`: a note, for those its `Create` is shown to.
pub async fn note(
    Bringing(front): Bringing,
    Path((_, key)): Path<(String, String)>,
    near: Near,
    asking: Asking,
    headers: HeaderMap,
) -> Response {
    let found = note_of(&front, &near, key, &asking).await;
    or_tombstone(&near, found.map(|found| document::answer(&headers, &found)))
}

async fn note_of(front: &Front, near: &Near, key: String, asking: &Asking) -> WebResult<Shown<Document>> {
    let (create, change) = match front.node.look::<Person, _>(&near.id, &NoteOf { key }).await {
        Err(ViewError::NoActor) => return Err(absent(front, near, asking).await),
        looked => looked?.ok_or_else(WebError::not_found)?,
    };
    let act = front.ports.act(create).await?.ok_or_else(WebError::not_found)?;
    let to_all = visible::to_all(front, near, &act).await?;
    if !to_all {
        let viewer = asking.viewer(front).await?;
        let reader = viewer.reader().ok_or_else(WebError::not_found)?;
        if !visible::to_viewer(front, near, &act, reader).await? {
            return Err(WebError::not_found());
        }
    }
    let note = act.body.get("object").and_then(Value::as_object).ok_or_else(WebError::not_found)?;
    let mut map = Map::new();
    map.insert("@context".to_owned(), context::forge());
    map.extend(note.iter().map(|(term, value)| (term.clone(), value.clone())));
    match change {
        Some(change) if change.deleted => return Err(WebError::gone()),
        Some(change) => {
            let edit = front.ports.act(change.act).await?.ok_or_else(WebError::not_found)?;
            change_text(&mut map, &edit);
        }
        None => {}
    }
    Ok(Shown { what: Document::from_map(map), to_all })
}

/// An assignment as its tracker tells it.
pub fn relationship(tracker: &ActorId, ticket: TicketNo, assignment: &Assignment) -> WebResult<Relationship> {
    let id = uri(&assignment_uri(tracker, ticket, assignment.number))?;
    let who = ActorUri::parse(assignment.who.as_str()).map_err(WebError::broken)?;
    Ok(Relationship::assignment(id, uri(&ticket_uri(tracker, ticket))?, &who))
}

/// `GET /trackers/{key}/tickets/{number}/assignments/{assignment}`.
pub async fn assignment(
    Bringing(front): Bringing,
    Path((_, ticket, assignment)): Path<(String, String, String)>,
    near: Near,
    asking: Asking,
    headers: HeaderMap,
) -> Response {
    let found = async {
        let (ticket, wanted) = (number(&ticket)?, number(&assignment)?);
        let look = |viewer| {
            let view = ViewTicket { viewer, number: ticket, after: None, limit: 0 };
            let (front, id) = (front.clone(), near.id.clone());
            async move { look_at_tracker(&front, &id, &view).await }
        };
        let found = shown(&front, &near, &asking, look).await.map_err(|error| match error.code.as_ref() {
            "no-such-ticket" => WebError::not_found(),
            _ => error,
        })?;
        let assignment = found.what.ticket.assignees.into_iter().find(|assignment| assignment.number == wanted);
        let assignment = assignment.ok_or_else(WebError::not_found)?;
        let what = relationship(&near.id, ticket, &assignment)?.to_document();
        Ok(document::answer(&headers, &Shown { what, to_all: found.to_all }))
    };
    or_tombstone(&near, found.await)
}

/// `GET /trackers/{key}/dependencies/{dependency}`.
pub async fn dependency(
    Bringing(front): Bringing,
    Path((_, dependency)): Path<(String, String)>,
    near: Near,
    asking: Asking,
    headers: HeaderMap,
) -> Response {
    let found = async {
        let number = number(&dependency)?;
        let look = |viewer| {
            let view = ViewDependency { viewer, number };
            let (front, id) = (front.clone(), near.id.clone());
            async move { look_at_tracker(&front, &id, &view).await }
        };
        let found = shown(&front, &near, &asking, look).await?;
        let dependency = TicketDependency {
            id: Some(uri(&near.uri)?),
            subject: uri(&ticket_uri(&near.id, found.what.ticket))?,
            object: uri(&found.what.on)?,
            attributed_to: ActorUri::parse(found.what.by.as_str()).ok(),
            summary: None,
            published: Some(Seconds::new(found.what.published)),
        };
        Ok(document::answer(&headers, &Shown { what: dependency.to_document(), to_all: found.to_all }))
    };
    or_tombstone(&near, found.await)
}
