//! One look for everybody, and another for whoever says who they are. Most things are shown to everybody; then no signature
//! is checked, so that two servers that ask each other for their keys need not wait for each other.

use crate::answer::{WebError, WebResult};
use crate::fed::document;
use crate::fed::near::Near;
use crate::ports::{Front, Presence};
use crate::viewer::Asking;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use pritchel_actor::{ActorId, ViewError};
use std::future::Future;

/// Something shown, and whether everybody sees the same.
#[derive(Clone, Debug)]
pub struct Shown<T> {
    /// What is shown.
    pub what: T,
    /// Whether everybody sees it: then it may be kept by whoever stands between.
    pub to_all: bool,
}

/// Looks as anybody; if nothing is shown, finds out who asks and looks as them.
pub async fn shown<T, F: Future<Output = Result<T, ViewError>>>(
    front: &Front,
    near: &Near,
    asking: &Asking,
    look: impl Fn(Option<ActorId>) -> F,
) -> WebResult<Shown<T>> {
    match look(None).await {
        Ok(what) => return Ok(Shown { what, to_all: true }),
        Err(ViewError::NoActor) => return Err(absent(front, near).await),
        Err(error) => {
            let error = WebError::from(error);
            if error.status != StatusCode::NOT_FOUND || !asking.says_who() {
                return Err(error);
            }
        }
    }
    let viewer = asking.viewer(front).await?;
    let Some(reader) = viewer.reader().cloned() else { return Err(WebError::not_found()) };
    match look(Some(reader)).await {
        Ok(what) => Ok(Shown { what, to_all: false }),
        Err(error) => Err(error.into()),
    }
}

/// Why an actor is not there: it has ended, or it never was.
pub async fn absent(front: &Front, near: &Near) -> WebError {
    match front.ports.presence(near.id.clone()).await {
        Ok(Presence::Ended) => WebError::gone(),
        Ok(_) => WebError::not_found(),
        Err(error) => error.into(),
    }
}

/// What has ended is a tombstone for those who ask for documents.
pub fn or_tombstone(near: &Near, answer: WebResult) -> Response {
    match answer {
        Err(error) if error.status == StatusCode::GONE => document::tombstone(&near.uri),
        answer => answer.into_response(),
    }
}
