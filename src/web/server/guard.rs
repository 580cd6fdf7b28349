//! What stands around every handler.

use crate::answer::{PROBLEM_JSON, WebError};
use crate::domains::{Site, WellKnownSite};
use crate::page::shell;
use crate::ports::Front;
use crate::want::reads_html;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{CONTENT_TYPE, STRICT_TRANSPORT_SECURITY, VARY};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue};
use std::any::Any;
use std::time::Instant;
use tracing::Instrument;

/// Name of the header that names a request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// No script but from files of ours, nothing from elsewhere, in nobody's frame.
const CONTENT_SECURITY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Paths that those ask who run the server, by whatever name they know it.
const OPERATORS: &str = "/-/";

/// Paths that are also asked at the host under which names are shown.
const WELL_KNOWN: &str = "/.well-known/";

/// Gives the request a name that stands in each line of its log, and tells how it ended. The query stays out of the log:
/// it may hold a secret.
pub async fn named(State(front): State<Front>, request: Request, next: Next) -> Response {
    let id: String = front.ports.seed().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let span =
        tracing::info_span!("request", request.id = %id, method = %request.method(), path = request.uri().path());
    let begun = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), took_ms, "Answered"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// A panic is one lost request: the others, and the server, go on.
pub fn one_lost_request(panic: Box<dyn Any + Send + 'static>) -> Response {
    let what = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    WebError::broken(format!("a handler panicked: {}", what.unwrap_or("with no text"))).into_response()
}

/// Refuses requests for hosts that are not ours, whatever they ask.
pub async fn only_our_hosts(State(front): State<Front>, request: Request, next: Next) -> Response {
    if request.uri().path().starts_with(OPERATORS) {
        return next.run(request).await;
    }
    let is_well_known = request.uri().path().starts_with(WELL_KNOWN);
    let (mut parts, body) = request.into_parts();
    let ours = match is_well_known {
        true => WellKnownSite::from_request_parts(&mut parts, &front).await.map(|_| ()),
        false => Site::from_request_parts(&mut parts, &front).await.map(|_| ()),
    };
    match ours {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(error) => error.into_response(),
    }
}

/// Headers of every answer that does not bring its own.
pub async fn safe_headers(State(front): State<Front>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    put(headers, "content-security-policy", CONTENT_SECURITY);
    put(headers, "x-content-type-options", "nosniff");
    put(headers, "referrer-policy", "same-origin");
    put(headers, "cross-origin-opener-policy", "same-origin");
    put(headers, "x-frame-options", "DENY");
    // What may be kept says so itself; whatever forgets to say anything is kept by nobody.
    put(headers, "cache-control", "private, no-store");
    if front.settings.secure_cookies {
        headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(HeaderValue::from_static("max-age=31536000"));
    }
    let varies = headers.get_all(VARY).iter().filter_map(|value| value.to_str().ok());
    if !varies.into_iter().any(|value| value.to_ascii_lowercase().contains("accept")) {
        headers.append(VARY, HeaderValue::from_static("Accept"));
    }
    response
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &'static str) {
    headers.entry(name).or_insert(HeaderValue::from_static(value));
}

/// Shows errors as pages to whoever looks with a browser.
pub async fn errors_as_pages(State(front): State<Front>, request: Request, next: Next) -> Response {
    if !reads_html(request.headers()) {
        return next.run(request).await;
    }
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    let response = next.run(request).await;
    let is_problem = response.headers().get(CONTENT_TYPE).is_some_and(|value| value == PROBLEM_JSON);
    match response.extensions().get::<WebError>().filter(|_| is_problem).cloned() {
        Some(error) => shell::error_page(&front, &uri, &headers, error).await,
        None => response,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    #[tokio::test]
    async fn a_panic_is_one_lost_request_whose_cause_stays_here() {
        let panics = get(|| async { panic!("the secret is out") as Response });
        let router = Router::new()
            .route("/panics", panics)
            .route("/goes-on", get(|| async { "on" }))
            .layer(CatchPanicLayer::custom(one_lost_request));
        let ask = |path: &str| Request::builder().uri(path).body(Body::empty()).unwrap();
        let lost = router.clone().oneshot(ask("/panics")).await.unwrap();
        assert_eq!(
            (lost.status().as_u16(), &lost.headers()[CONTENT_TYPE]),
            (500, &HeaderValue::from_static(PROBLEM_JSON))
        );
        let body = axum::body::to_bytes(lost.into_body(), 10_000).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("secret"));
        assert_eq!(router.oneshot(ask("/goes-on")).await.unwrap().status(), 200);
    }
}
