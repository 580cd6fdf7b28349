//! Pages of administrators: what is decided about other servers and about people here. For whoever is no administrator they are
//! not there.
//! - [`reports`]: what others find they should look at; [`people`]: who of this server is suspended
//! - [`rules`]: which servers and actors are blocked, limited, allowed; [`audit`]: the log of what was done; [`check`]: the self-check
//!
//! All of it is kept by the actor of the first domain served, and holds for the whole server.

pub mod audit;
pub mod check;
pub mod people;
pub mod reports;
pub mod rules;

use crate::answer::{WebError, WebResult, of_change};
use crate::page::fields::Fields;
use crate::page::report;
use crate::page::shell::error;
use crate::page::visit::{Me, Visit};
use crate::ports::Front;
use axum::Router;
use axum::body::Bytes;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use pritchel_actor::{ActorId, Method};
use pritchel_actors::Domain;
use pritchel_actors::domain::DomainCall;

/// Every page and form of administrators.
pub fn routes() -> Router<Front> {
    Router::new()
        .route("/admin", get(start))
        .route("/admin/rules", get(rules::show))
        .route("/admin/rules.csv", get(rules::export))
        .route("/admin/rules/{what}", post(rules::change))
        .route("/admin/reports", get(reports::show))
        .route("/admin/reports/{what}", post(reports::change))
        .route("/admin/people", get(people::show))
        .route("/admin/people/{what}", post(people::change))
        .route("/admin/audit", get(audit::show))
        .route("/admin/check", get(check::show))
        .route("/report", get(report::show).post(report::file))
}

/// `GET /admin`: leads to the first of them.
pub async fn start(visit: Visit) -> Response {
    shown(&visit, administrator(&visit).map(|_| Redirect::to("/admin/reports").into_response()))
}

/// Whoever is signed in, if they administer this server. For all others there is nothing here.
pub fn administrator(visit: &Visit) -> WebResult<&Me> {
    visit.me.as_ref().filter(|me| me.person.admin).ok_or_else(WebError::not_found)
}

/// What an administrator posts. Others are told that there is nothing before their form is looked at.
fn posted<'v>(visit: &'v Visit, body: &Bytes) -> WebResult<(&'v Me, Fields)> {
    let me = administrator(visit)?;
    Ok((me, Fields::checked(visit, body)?))
}

/// The actor that keeps moderation.
/// - errors: the server serves no domain, which no visit sees
pub fn keeper(visit: &Visit) -> WebResult<&ActorId> {
    let first = visit.front.settings.domains.first();
    first.map(|domain| &domain.actor).ok_or_else(|| WebError::broken("no domain is served"))
}

/// Has the keeper of moderation do something, in the name of an administrator; or take a report, in that of whoever makes it.
pub async fn ask<M>(visit: &Visit, me: &Me, method: M) -> WebResult<M::Answer>
where
    M: Method<Domain>,
    DomainCall: From<M>,
{
    of_change(visit.front.node.call::<Domain, M>(keeper(visit)?, &me.id, method).await)
}

fn shown(visit: &Visit, answer: WebResult) -> Response {
    answer.unwrap_or_else(|wrong| error(visit, wrong))
}
