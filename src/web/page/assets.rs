//! The one stylesheet, from the binary, under an address that changes with its content and so may be kept for ever.

use crate::answer::{WebError, WebResult};
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use std::sync::LazyLock;

const CSS: &str = include_str!("../assets/pritchel.css");
const ICON: &str = include_str!("../assets/pritchel.svg");

static CSS_PATH: LazyLock<String> = LazyLock::new(|| format!("/assets/{}.css", name_of(CSS)));

/// Where the stylesheet is.
pub fn css_path() -> &'static str {
    &CSS_PATH
}

fn name_of(content: &str) -> String {
    crate::viewer::hash_of(content).chars().take(16).collect()
}

/// `GET /assets/{file}`.
pub async fn show(Path(file): Path<String>) -> WebResult {
    let for_ever = "public, max-age=31536000, immutable";
    if format!("/assets/{file}") == css_path() {
        return Ok(answer(CSS, "text/css; charset=utf-8", for_ever));
    }
    if file == "pritchel.svg" {
        return Ok(answer(ICON, "image/svg+xml", "public, max-age=86400"));
    }
    Err(WebError::not_found())
}

fn answer(content: &'static str, kind: &'static str, keep: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, keep), (X_CONTENT_TYPE_OPTIONS, "nosniff")], content).into_response()
}
