//! The router, and what every request goes through.

use crate::page;
use crate::ports::Front;
use axum::Router;

/// Everything this server answers.
pub fn router(front: Front) -> Router {
    Router::new().merge(page::routes()).with_state(front)
}
