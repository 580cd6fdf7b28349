//! What clients of persons and operators use: the outbox to post to, documents of other servers fetched for a client, access
//! for clients, and the pump.
//! - [`outbox`], [`proxy`]: ActivityPub's client to server part; reading is in [`crate::fed`], for clients as for servers
//! - [`statuses`]: what CI systems say of commits
//! - [`hooks`]: what webhooks are told
//! - [`oauth`]: how a client gets its token; [`cors`]: clients that are scripts in a browser
//! - [`operate`]: the pump, and whether the server is well
//!
//! Source: ActivityPub, "Client to Server Interactions"; RFC 6749 and its kin.

pub mod cors;
pub mod fields;
pub mod hooks;
pub mod oauth;
pub mod operate;
pub mod outbox;
pub mod proxy;
pub mod statuses;
pub mod topic;

use crate::ports::Front;
use axum::Router;
use axum::routing::{get, post};

/// Where a client has documents of other servers fetched.
pub const PROXY: &str = "/api/proxy";
/// Where a person is asked for access.
pub const AUTHORIZE: &str = "/oauth/authorize";
/// Where a client exchanges its code for a token.
pub const TOKEN: &str = "/oauth/token";
/// Where a client gives its token back.
pub const REVOKE: &str = "/oauth/revoke";
/// Where a client makes itself known.
pub const REGISTER: &str = "/oauth/register";

/// Everything but what is posted to an outbox.
pub fn routes() -> Router<Front> {
    Router::new()
        .route(PROXY, post(proxy::fetch))
        .route(AUTHORIZE, get(oauth::authorize::ask).post(oauth::authorize::decide))
        .route(TOKEN, post(oauth::token::redeem))
        .route(REVOKE, post(oauth::token::revoke))
        .route(REGISTER, post(oauth::client::register))
        .route("/.well-known/oauth-authorization-server", get(oauth::metadata))
        .route("/api/v1/repos/{owner}/{repo}/statuses/{sha}", get(statuses::list).post(statuses::set))
        .route("/api/v1/repos/{owner}/{repo}/commits/{sha}/statuses", get(statuses::list))
        .route("/api/v1/repos/{owner}/{repo}/commits/{sha}/status", get(statuses::combined))
        .route("/-/pump", post(operate::pump))
        .route("/-/health", get(operate::health))
        .route("/-/source", get(operate::source))
}

/// What clients post to outboxes.
pub fn posts() -> Router<Front> {
    Router::new().route("/people/{key}/outbox", post(outbox::publish))
}
