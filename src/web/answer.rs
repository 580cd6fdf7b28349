//! Errors as answers: a status, a stable code and one sentence of what was expected and what was found; as problem JSON for
//! machines and as a page for people.
//!
//! Source: RFC 9457.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use pritchel_actor::{CallError, Outcome, Refusal, ViewError};
use pritchel_actors::forgefed::told;
use serde_json::json;
use std::borrow::Cow;

/// What a handler answers.
pub type WebResult<T = Response> = Result<T, WebError>;

/// Media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A request that was not done. Shown to whoever asked, so it names nothing private.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{status}: {code}: {detail}")]
pub struct WebError {
    /// The status.
    pub status: StatusCode,
    /// Stable name of the reason.
    pub code: Cow<'static, str>,
    /// What was expected, what was found.
    pub detail: String,
    /// Further headers of the answer.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl WebError {
    /// An error of this status.
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self { status, code: code.into(), detail: detail.into(), headers: Vec::new() }
    }

    /// There is no such thing, or it is not for whoever asks: the two cannot be told apart.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "there is no such thing, or it is not for you")
    }

    /// It was here and is no more.
    pub fn gone() -> Self {
        Self::new(StatusCode::GONE, "gone", "this was here and has been deleted")
    }

    /// The request is not of the shape it should have.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    /// It is known who asks, and they may not.
    pub fn forbidden(code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// Whoever asks has to say who they are, by a bearer token.
    pub fn token_wanted(detail: impl Into<String>) -> Self {
        let challenge = HeaderValue::from_static("Bearer realm=\"pritchel\"");
        Self::new(StatusCode::UNAUTHORIZED, "token-wanted", detail).with(WWW_AUTHENTICATE, challenge)
    }

    /// Something is wrong here. The cause is logged, whoever asks is not told.
    pub fn broken(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "A request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something is wrong with this server; it has been logged",
        )
    }

    /// Not now.
    pub fn later(code: impl Into<Cow<'static, str>>, detail: impl Into<String>, wait_s: u64) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).retry_after(wait_s)
    }

    /// This error with a header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// This error, to be tried again after so many seconds.
    #[must_use]
    pub fn retry_after(self, wait_s: u64) -> Self {
        self.with(RETRY_AFTER, HeaderValue::from(wait_s))
    }

    /// The title of its kind.
    pub fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }
}

/// What a call has come to.
/// - `unknown`: what to tell where nobody knows that, and what to do then
pub fn of_call<T>(outcome: Outcome<T>, unknown: &'static str) -> WebResult<T> {
    match outcome {
        Outcome::Done(answer) => Ok(answer),
        Outcome::Refused(why) => Err(why.into()),
        Outcome::Unknown => Err(WebError::later("not-known", unknown, 2)),
    }
}

/// What a change by a form has come to.
pub fn of_change<T>(outcome: Result<Outcome<T>, CallError>) -> WebResult<T> {
    of_call(outcome?, "it may have been changed or not: look again")
}

/// As problem JSON. The error itself goes along as an extension of the answer, for whoever shows it as a page.
impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let body = json!({
            "type": "about:blank",
            "title": self.title(),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
        });
        let mut response = (self.status, body.to_string()).into_response();
        response.headers_mut().extend(self.headers.clone());
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        response.extensions_mut().insert(self);
        response
    }
}

/// What an actor does not show is, to whoever asks, not there.
impl From<ViewError> for WebError {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::NoActor => Self::not_found(),
            ViewError::Refused(why) if why.code == "not-shown" => Self::not_found(),
            ViewError::Refused(why) => why.into(),
            ViewError::Broken(why) => Self::broken(why),
        }
    }
}

/// An actor refused: its reason is for whoever asked.
impl From<Refusal> for WebError {
    fn from(why: Refusal) -> Self {
        let status = match why.code.as_str() {
            "malformed" | "not-an-address" | "not-an-actor" => StatusCode::BAD_REQUEST,
            "ticket-deleted" => StatusCode::GONE,
            _ => StatusCode::FORBIDDEN,
        };
        let detail = told(&why);
        Self::new(status, why.code, detail)
    }
}

impl From<CallError> for WebError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NoActor => Self::not_found(),
            CallError::Busy => Self::new(StatusCode::TOO_MANY_REQUESTS, "busy", error.to_string()).retry_after(2),
            CallError::Stopping => Self::later("stopping", error.to_string(), 10),
            CallError::Malformed(why) => Self::broken(why),
            CallError::Failed(why) => {
                tracing::error!(%why, "The store has failed");
                Self::later("store-failed", "the store of this server has failed; nothing is accepted", 60)
            }
        }
    }
}

impl From<crate::ports::PortError> for WebError {
    fn from(error: crate::ports::PortError) -> Self {
        tracing::warn!(error.code = error.code, error.detail = error.detail, "A port could not answer");
        Self::new(StatusCode::BAD_GATEWAY, error.code, error.detail)
    }
}
