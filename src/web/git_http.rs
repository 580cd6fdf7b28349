//! Git over HTTP: `/repos/{key}.git/info/refs`, `git-upload-pack`, `git-receive-pack`, and the same without `.git`. Everything is
//! streamed; packs are bounded where they are read, by `pritchel_git::limits::Bounds`.
//!
//! **Who may.** A token with the scope `git`, as the password of HTTP Basic (the name does not matter: the token says whose it
//! is) or as a bearer token. Whoever may see a repository may fetch it; whoever has the role write may push; whoever may see it may offer
//! something to be merged, by a push to `refs/for/…`, if it sends its patches to a tracker. The
//! Repository actor has the last word on each push.
//!
//! **What strangers learn.** Git sends credentials only after a 401. So without credentials everything that is not open to
//! everybody is answered 401, whether it exists or not, and with good ones that do not suffice 404: neither tells whether a
//! private repository is there.
//! - [`credentials`]: who asks. Whether they may, and what becomes of it, is [`crate::git`]'s

pub mod credentials;

use crate::answer::{WebError, WebResult};
use crate::domains::Site;
use crate::git::{ensure_repo, pushed};
use crate::ports::Front;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use credentials::{Access, granted};
use futures_util::TryStreamExt;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, EXPIRES, PRAGMA};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use pritchel_git::git::ServeError;
use pritchel_git::output::{Output, Unanswered};
use pritchel_git::smart_http::{Protocol, Service};
use std::io;
use tokio_util::io::StreamReader;

/// The three addresses of each repository.
pub fn routes() -> Router<Front> {
    Router::new()
        .route("/repos/{name}/info/refs", get(refs))
        .route("/repos/{name}/git-upload-pack", post(upload_pack))
        .route("/repos/{name}/git-receive-pack", post(receive_pack))
}

/// `GET info/refs?service=…`: what the repository has and the server can.
async fn refs(
    State(front): State<Front>,
    site: Site,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> WebResult {
    let query = uri.query().unwrap_or_default();
    let service = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "service");
    let service = service.and_then(|(_, value)| Service::from_name(&value)).ok_or_else(|| {
        let detail = "expected `git-upload-pack` or `git-receive-pack` as `service`: only smart HTTP is spoken here";
        WebError::forbidden("service", detail)
    })?;
    let Access { actor, .. } = granted(&front, &site, &name, service, &headers).await?;
    let repo = ensure_repo(&front, &actor).await?;
    let served = front.git.advertise(&repo, service, protocol(&headers)).await.map_err(not_served)?;
    streamed(served.content_type, served.body).await
}

/// `POST git-upload-pack`: one round of a fetch or clone.
async fn upload_pack(
    State(front): State<Front>,
    site: Site,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> WebResult {
    let Access { actor, .. } = granted(&front, &site, &name, Service::UploadPack, &headers).await?;
    let gzip = coding(&headers, Service::UploadPack)?;
    let repo = ensure_repo(&front, &actor).await?;
    let served = front.git.fetch(&repo, protocol(&headers), reader(body), gzip).await.map_err(not_served)?;
    streamed(served.content_type, served.body).await
}

/// `POST git-receive-pack`: a push. What became of it is told before git's answer ends, also if nobody reads that.
async fn receive_pack(
    State(front): State<Front>,
    site: Site,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> WebResult {
    let Access { actor, by, grant } = granted(&front, &site, &name, Service::ReceivePack, &headers).await?;
    let by = by.ok_or_else(credentials::credentials_wanted)?;
    let gzip = coding(&headers, Service::ReceivePack)?;
    let repo = ensure_repo(&front, &actor).await?;
    let handlers = pushed::Push::new(&front, actor, repo.clone(), by).holding(grant).handlers();
    let answer = front.git.receive_with(&repo, protocol(&headers), reader(body), gzip, handlers).await;
    streamed(Service::ReceivePack.result_type(), answer.map_err(not_served)?).await
}

fn protocol(headers: &HeaderMap) -> Protocol {
    Protocol::from_header(headers.get("git-protocol").and_then(|value| value.to_str().ok()))
}

/// Checks the media type, which no form of a browser can send, and tells whether the body is gzip.
fn coding(headers: &HeaderMap, service: Service) -> WebResult<bool> {
    let unsupported = |code, detail| Err(WebError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, code, detail));
    if headers.get(CONTENT_TYPE).is_none_or(|value| value != service.request_type()) {
        return unsupported("media-type", format!("expected `{}`", service.request_type()));
    }
    match headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(false),
        Some(b"gzip" | b"x-gzip") => Ok(true),
        Some(_) => unsupported("content-encoding", "expected `gzip` or no Content-Encoding".to_owned()),
    }
}

fn reader(body: Body) -> impl tokio::io::AsyncRead + Send + 'static {
    StreamReader::new(body.into_data_stream().map_err(io::Error::other))
}

/// The answer, once git has begun it: until then it may turn out that there is none.
async fn streamed(content_type: &'static str, body: Output) -> WebResult {
    let body = body.begun().await.map_err(unanswered)?;
    let mut response = Body::from_stream(body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, max-age=0, must-revalidate"));
    headers.insert(EXPIRES, HeaderValue::from_static("Fri, 01 Jan 1980 00:00:00 GMT"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// Why git has not answered, as an answer.
pub fn unanswered(why: Unanswered) -> WebError {
    match why {
        Unanswered::Malformed(why) => WebError::new(StatusCode::BAD_REQUEST, "git-not-understood", why),
        Unanswered::TooLarge(why) => WebError::new(StatusCode::PAYLOAD_TOO_LARGE, "git-too-large", why),
        Unanswered::Slow(why) => WebError::new(StatusCode::REQUEST_TIMEOUT, "git-too-slow", why),
        Unanswered::Broken(why) => WebError::broken(why),
    }
}

/// Why git was not asked, as an answer.
pub fn not_served(error: ServeError) -> WebError {
    match error {
        ServeError::Busy { .. } => WebError::later("git-busy", error.to_string(), 5),
        ServeError::Missing(_) => WebError::not_found(),
        ServeError::Start(_) => WebError::broken(error),
    }
}
