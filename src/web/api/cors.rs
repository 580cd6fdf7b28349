//! What scripts of other origins may ask: the documents, and the interfaces that are opened by a token. Never what a cookie
//! opens: a page of another origin must not read what its visitor sees here.
//!
//! An answer is open to every origin, without credentials: then a browser sends no cookie, and shows the answer to the
//! script only because it would have been the same for anybody with that token.
//!
//! Source: the Fetch standard, "CORS protocol".

use crate::answer::PROBLEM_JSON;
use crate::api::{PROXY, REGISTER, REVOKE, TOKEN};
use crate::limits::PREFLIGHT_KEPT_S;
use crate::want::ACTIVITY_JSON;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, CONTENT_TYPE, COOKIE, ORIGIN,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

/// What a script may send beside what browsers always let it.
const SENT: &str = "Authorization, Content-Type, Accept, If-None-Match";
/// What a script may read beside what browsers always let it.
const READ: &str = "Location, ETag, Link, Retry-After, WWW-Authenticate, X-Request-Id";
/// Types of answers that are opened: documents, and errors in place of documents.
const TYPES: [&str; 5] =
    [ACTIVITY_JSON, PROBLEM_JSON, "application/json", "application/jrd+json", "application/ld+json"];

/// Answers the question of a browser whether a script may ask, and opens the answers that scripts may read.
pub async fn open(request: Request, next: Next) -> Response {
    let Some(methods) = methods(request.uri().path()) else { return next.run(request).await };
    let headers = request.headers();
    let asks = request.method() == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    if asks && headers.contains_key(ORIGIN) {
        return preflight(methods);
    }
    // Whoever sends a cookie is no script of another origin.
    let by_cookie = headers.contains_key(COOKIE);
    let mut response = next.run(request).await;
    if !by_cookie && (is_document(response.headers()) || is_empty(&response)) {
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(READ));
    }
    response
}

/// The methods for scripts at a path; `None` where scripts of other origins have no business.
fn methods(path: &str) -> Option<&'static str> {
    if [PROXY, TOKEN, REVOKE, REGISTER].contains(&path) {
        return Some("POST");
    }
    if path.starts_with("/.well-known/") || path.starts_with("/nodeinfo/") || path == "/actor" {
        return Some("GET, HEAD");
    }
    let mut parts = path.strip_prefix('/')?.split('/');
    match (parts.next()?, parts.next(), parts.next(), parts.next()) {
        ("people", Some(_), Some("outbox"), None) => Some("GET, HEAD, POST"),
        // Files of a repository are whatever somebody pushed.
        ("repos", Some(_), Some("tree" | "raw" | "log"), _) => None,
        ("repos", Some(_), Some("info" | "git-upload-pack" | "git-receive-pack"), _) => None,
        ("repos", Some(key), ..) if key.ends_with(".git") => None,
        ("actor", Some("outbox"), ..) => Some("GET, HEAD"),
        ("people" | "factories" | "repos" | "trackers", Some(_), ..) => Some("GET, HEAD"),
        _ => None,
    }
}

fn preflight(methods: &'static str) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(SENT));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(PREFLIGHT_KEPT_S));
    response
}

/// Whether an answer is a document, and no page.
fn is_document(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    TYPES.contains(&media_type.split(';').next().unwrap_or_default().trim())
}

/// Whether an answer is nothing but its status and headers: 201 with an address, a token given back.
fn is_empty(response: &Response) -> bool {
    !response.headers().contains_key(CONTENT_TYPE) && !response.status().is_redirection()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_of_other_origins_reach_documents_and_what_a_token_opens_and_nothing_else() {
        #[rustfmt::skip]
        let rows = [
            ("/api/proxy",                    Some("POST")),
            ("/oauth/token",                  Some("POST")),
            ("/oauth/authorize",              None),
            ("/.well-known/webfinger",        Some("GET, HEAD")),
            ("/people/a",                     Some("GET, HEAD")),
            ("/people/a/inbox",               Some("GET, HEAD")),
            ("/people/a/outbox",              Some("GET, HEAD, POST")),
            ("/people/a/outbox/x",            Some("GET, HEAD")),
            ("/trackers/t/tickets/1/replies", Some("GET, HEAD")),
            ("/repos/r",                      Some("GET, HEAD")),
            ("/repos/r.git/info/refs",        None),
            ("/repos/r/info/refs",            None),
            ("/repos/r/git-receive-pack",     None),
            ("/repos/r/raw/main/a.json",      None),
            ("/repos/r/tree/main",            None),
            ("/do/follow",                    None),
            ("/settings/token",               None),
            ("/login",                        None),
            ("/inbox",                        None),
            ("/-/pump",                       None),
            ("/",                             None),
            ("/people",                       None),
        ];
        for (path, expected) in rows {
            assert_eq!(methods(path), expected, "{path}");
        }
    }
}
