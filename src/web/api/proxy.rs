//! `proxyUrl`: a document of another server, fetched for a client with the guard that all fetches have.
//!
//! Source: ActivityPub, "Actor objects", `proxyUrl`.

use crate::answer::{WebError, WebResult};
use crate::api::fields::Fields;
use crate::limits::RESOURCE_BYTES_MAX;
use crate::ports::Front;
use crate::viewer::Viewer;
use crate::want::ACTIVITY_JSON;
use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use pritchel_actors::person::rows::Scope;

/// `POST /api/proxy` with the field `id`, for whoever shows a token that may read.
pub async fn fetch(State(front): State<Front>, viewer: Viewer, headers: HeaderMap, body: Body) -> WebResult {
    viewer.by_token(Scope::Read)?;
    let fields = Fields::of_form(&headers, body).await?;
    let id = fields.need("id")?;
    if id.len() > RESOURCE_BYTES_MAX || !(id.starts_with("https://") || id.starts_with("http://")) {
        let detail = format!("expected a web address of at most {RESOURCE_BYTES_MAX} bytes as `id`");
        return Err(WebError::malformed(detail));
    }
    let document = front.ports.fetch(id.to_owned()).await?;
    let mut response = document.to_string().into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(ACTIVITY_JSON));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}
