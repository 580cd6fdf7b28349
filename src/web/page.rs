//! Pages for people.

pub mod limits;

use crate::ports::Front;
use axum::Router;

/// Every page and form.
pub fn routes() -> Router<Front> {
    Router::new()
}
