//! What a client posts to the outbox of its person.

use crate::answer::{WebError, WebResult, of_call};
use crate::api::topic::fitting;
use crate::fed::body;
use crate::fed::near::Near;
use crate::limits::POSTED_BYTES_MAX;
use crate::ports::Front;
use crate::viewer::Viewer;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::LOCATION;
use http::{HeaderMap, HeaderValue, StatusCode};
use pritchel_actor::{ActId, ActorId, Value};
use pritchel_actors::Person;
use pritchel_actors::person::Publish;
use pritchel_actors::person::rows::Scope;

/// `POST /people/{key}/outbox`: 201 with the act's address when it is durable. That says nothing of what others make of it.
pub async fn publish(
    State(front): State<Front>,
    near: Near,
    viewer: Viewer,
    headers: HeaderMap,
    body: Body,
) -> WebResult {
    let person = viewer.by_token(Scope::Write)?.clone();
    if person != near.id {
        return Err(WebError::forbidden("not-oneself", "expected one's own outbox, found another's"));
    }
    body::must_be_activity(&headers, true)?;
    let document = body::document(&body::read(&headers, body, POSTED_BYTES_MAX).await?)?;
    let act = published(&front, &person, fitting(&front, document).await).await?;
    created(&act)
}

/// Publishes a document as this person.
pub async fn published(front: &Front, person: &ActorId, document: Value) -> WebResult<ActId> {
    let outcome = front.node.call::<Person, _>(person, person, Publish { document }).await?;
    of_call(outcome, "it may have been published or not: look into the outbox before it is posted again")
}

fn created(act: &ActId) -> WebResult<Response> {
    let mut response = StatusCode::CREATED.into_response();
    let location = HeaderValue::from_str(act.as_str()).map_err(WebError::broken)?;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}
