//! For whoever runs the server: the pump, and whether the server is well; for everybody: its source.

use crate::answer::{WebError, WebResult};
use crate::api::fields::Fields;
use crate::limits::{PUMP_MS, PUMP_MS_MAX, SECRET_BYTES_MAX};
use crate::ports::{Front, PumpReport};
use crate::viewer::hash_of;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderMap, Uri};
use serde_json::{Value, json};
use std::time::Duration;
use subtle::ConstantTimeEq;

/// `POST /-/pump?budget_ms=…`: moves whatever is due, for so long, and tells what was moved. Several may do so at once.
pub async fn pump(State(front): State<Front>, uri: Uri, headers: HeaderMap) -> WebResult<Json<PumpReport>> {
    let Some(expected) = &front.settings.pump_token_hash else { return Err(WebError::not_found()) };
    let shown = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.strip_prefix("Bearer ")).filter(|token| token.len() <= SECRET_BYTES_MAX);
    let hash = hash_of(shown.unwrap_or_default());
    if shown.is_none() || !bool::from(hash.as_bytes().ct_eq(expected.as_bytes())) {
        return Err(WebError::token_wanted("expected `Authorization: Bearer` with the pump's token"));
    }
    let fields = Fields::parse(uri.query().unwrap_or_default().as_bytes())?;
    let budget_ms = match fields.get("budget_ms") {
        None => PUMP_MS,
        Some(text) => text.parse::<u64>().map_err(|_| WebError::malformed("expected a number as `budget_ms`"))?,
    };
    Ok(Json(front.ports.pump(Duration::from_millis(budget_ms.min(PUMP_MS_MAX))).await))
}

/// `GET /-/health`: 200 while the store does what it is asked.
pub async fn health(State(front): State<Front>) -> WebResult<Json<Value>> {
    match front.node.failed() {
        None => Ok(Json(json!({"status": "ok"}))),
        Some(error) => {
            tracing::error!(%error, "The store has failed");
            Err(WebError::later("store-failed", "the store of this server has failed; it must be started anew", 60))
        }
    }
}

/// `GET /-/source`: the source this very program was built from, as its licence demands.
pub async fn source(State(front): State<Front>) -> WebResult<Response> {
    let archive = front.settings.source_archive;
    if archive.is_empty() {
        return Err(WebError::not_found());
    }
    let kind = [(CONTENT_TYPE, "application/gzip"), (CONTENT_DISPOSITION, "attachment; filename=\"pritchel.tar.gz\"")];
    Ok((kind, archive).into_response())
}
