//! `proxyUrl`: a document of another server, fetched in the name of the client's person with the guard that all fetches have. A document of this
//! server is answered as a `GET` of its address by the same person is; nothing is sent for it.
//!
//! Source: ActivityPub, "Actor objects", `proxyUrl`.

use crate::answer::{WebError, WebResult};
use crate::api::fields::Fields;
use crate::domains::served;
use crate::limits::RESOURCE_BYTES_MAX;
use crate::ports::{Front, WebSettings};
use crate::viewer::Viewer;
use crate::want::ACTIVITY_JSON;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Uri};
use pritchel_actor::ActorId;
use pritchel_actors::person::rows::Scope;
use tower::ServiceExt;

/// The documents of this server, as everybody else gets them.
#[derive(Clone)]
pub struct Documents(pub Router);

impl Documents {
    /// The document at an address of ours, as this viewer sees it.
    async fn get(self, uri: Uri, viewer: Viewer) -> WebResult {
        let request = Request::get(uri).header(ACCEPT, ACTIVITY_JSON).extension(viewer).body(Body::empty());
        let answer = self.0.oneshot(request.map_err(WebError::broken)?).await;
        Ok(answer.unwrap_or_else(|never| match never {}))
    }
}

/// `POST /api/proxy` with the field `id`, for whoever shows a token that may read.
pub async fn fetch(
    State(front): State<Front>,
    Extension(documents): Extension<Documents>,
    viewer: Viewer,
    headers: HeaderMap,
    body: Body,
) -> WebResult {
    let reader = viewer.by_token(Scope::Read)?.clone();
    let fields = Fields::of_form(&headers, body).await?;
    let id = fields.need("id")?;
    if id.len() > RESOURCE_BYTES_MAX || !(id.starts_with("https://") || id.starts_with("http://")) {
        let detail = format!("expected a web address of at most {RESOURCE_BYTES_MAX} bytes as `id`");
        return Err(WebError::malformed(detail));
    }
    let mut response = match near(&front.settings, id) {
        Some(uri) => documents.get(uri, viewer).await?,
        None => far(&front, id, reader).await?,
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

/// The address, if it is on a domain of ours.
fn near(settings: &WebSettings, id: &str) -> Option<Uri> {
    let uri: Uri = id.parse().ok()?;
    let domain = served(settings, &uri.authority()?.as_str().to_ascii_lowercase())?;
    let scheme = domain.origin.split_once("://").map(|(scheme, _)| scheme);
    (scheme == uri.scheme_str()).then_some(uri)
}

async fn far(front: &Front, id: &str, reader: ActorId) -> WebResult<Response> {
    let document = front.ports.fetch_as(id.to_owned(), reader).await?;
    let mut response = document.to_string().into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(ACTIVITY_JSON));
    Ok(response)
}
