//! Deliveries: bytes within a bound, handed on as they came. Whether they are authentic, and whose they are, is found out
//! before the answer; nothing of them is parsed here.

use crate::answer::{WebError, WebResult};
use crate::domains::Site;
use crate::fed::body;
use crate::fed::near::Near;
use crate::limits::DELIVERY_BYTES_MAX;
use crate::ports::{Delivered, Front};
use crate::viewer::raw;
use axum::extract::{Request, State};
use axum::response::IntoResponse;
use http::{HeaderName, HeaderValue, StatusCode};
use pritchel_actor::ActorId;

/// `POST /{segment}/{key}/inbox`.
pub async fn own(State(front): State<Front>, near: Near, request: Request) -> WebResult {
    deliver(&front, Some(near.id), request).await
}

/// `POST /actor/inbox`.
pub async fn domain(State(front): State<Front>, near: Near, request: Request) -> WebResult {
    deliver(&front, Some(near.id), request).await
}

/// `POST /inbox`: for all addressees of the domain at once.
pub async fn shared(State(front): State<Front>, _: Site, request: Request) -> WebResult {
    deliver(&front, None, request).await
}

async fn deliver(front: &Front, inbox_of: Option<ActorId>, request: Request) -> WebResult {
    let (parts, body) = request.into_parts();
    body::must_be_activity(&parts.headers, false)?;
    let body = body::read(&parts.headers, body, DELIVERY_BYTES_MAX).await?;
    match front.ports.deliver(raw(&parts, body), inbox_of).await {
        Delivered::Accepted => Ok(StatusCode::ACCEPTED.into_response()),
        Delivered::Refused { status, code, detail, retry_after_s, accept_signature } => {
            let status = StatusCode::from_u16(status).map_err(WebError::broken)?;
            let mut error = WebError::new(status, code, detail);
            if let Some(wait_s) = retry_after_s {
                error = error.retry_after(wait_s);
            }
            if let Some(value) = accept_signature.and_then(|value| HeaderValue::from_str(&value).ok()) {
                error = error.with(HeaderName::from_static("accept-signature"), value);
            }
            Err(error)
        }
    }
}
