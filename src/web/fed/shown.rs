//! One look for everybody, and another for whoever says who they are. Most things are shown to everybody; then no signature
//! is checked, so that two servers that ask each other for their keys need not wait for each other.

use crate::answer::{WebError, WebResult};
use crate::fed::document;
use crate::fed::near::{Kind, Near};
use crate::ports::{Front, Presence};
use crate::powers::bring_for;
use crate::viewer::Asking;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::access::view::ViewResource;
use pritchel_actors::with_resource;
use std::future::Future;

/// Something shown, and whether everybody sees the same.
#[derive(Clone, Debug)]
pub struct Shown<T> {
    /// What is shown.
    pub what: T,
    /// Whether everybody sees it: then it may be kept by whoever stands between.
    pub to_all: bool,
}

/// Looks as anybody; if nothing is shown, finds out who asks and looks as them, with what they hold.
/// - `front`: that of the request, see [`crate::powers::Bringing`]
pub async fn shown<T, F: Future<Output = Result<T, ViewError>>>(
    front: &Front,
    near: &Near,
    asking: &Asking,
    look: impl Fn(Option<ActorId>) -> F,
) -> WebResult<Shown<T>> {
    match look(None).await {
        Ok(what) => return Ok(Shown { what, to_all: true }),
        Err(ViewError::NoActor) => return Err(absent(front, near, asking).await),
        Err(error) => {
            let error = WebError::from(error);
            if error.status != StatusCode::NOT_FOUND || !asking.says_who() {
                return Err(error);
            }
        }
    }
    let viewer = asking.viewer(front).await?;
    let Some(reader) = viewer.reader().cloned() else { return Err(WebError::not_found()) };
    bring_for(front, &reader, &near.id).await?;
    match look(Some(reader)).await {
        Ok(what) => Ok(Shown { what, to_all: false }),
        Err(error) => Err(error.into()),
    }
}

/// Why an actor is not there: it has ended, or it never was. That something private has ended is for those who could see it.
pub async fn absent(front: &Front, near: &Near, asking: &Asking) -> WebError {
    match ended(front, near, asking).await {
        Ok(true) => WebError::gone(),
        Ok(false) => WebError::not_found(),
        Err(error) => error,
    }
}

async fn ended(front: &Front, near: &Near, asking: &Asking) -> WebResult<bool> {
    if front.ports.presence(near.id.clone()).await? != Presence::Ended {
        return Ok(false);
    }
    if saw(front, near, None).await? {
        return Ok(true);
    }
    if !asking.says_who() {
        return Ok(false);
    }
    match asking.viewer(front).await?.reader().cloned() {
        Some(reader) => saw(front, near, Some(reader)).await,
        None => Ok(false),
    }
}

/// Whether a viewer would have been shown an actor that has ended.
async fn saw(front: &Front, near: &Near, viewer: Option<ActorId>) -> WebResult<bool> {
    let Some(Kind::Resource(kind)) = near.kind else { return Ok(true) };
    let view = ViewResource { viewer };
    match with_resource!(kind, A => front.node.look_back::<A, _>(&near.id, &view).await.map(drop)) {
        Ok(()) => Ok(true),
        Err(ViewError::Refused(_) | ViewError::NoActor) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// What has ended is a tombstone for those who ask for documents.
pub fn or_tombstone(near: &Near, answer: WebResult) -> Response {
    match answer {
        Err(error) if error.status == StatusCode::GONE => document::tombstone(&near.uri),
        answer => answer.into_response(),
    }
}
