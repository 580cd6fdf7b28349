//! People of this server, as administrators see them: who is suspended, and forms that suspend, delete and reinstate.

use super::{administrator, ask, keeper, posted, shown};
use crate::answer::{WebError, WebResult};
use crate::limits::SHOWN_RULES;
use crate::page::fields::{Posted, wrong};
use crate::page::parts::{Pages, When, Who};
use crate::page::shell::page;
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, Names};
use askama::Template;
use axum::body::Bytes;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use pritchel_actor::ActorId;
use pritchel_actors::Domain;
use pritchel_actors::domain::suspend::{Reinstate, Suspend, ViewSuspended};

struct Row {
    who: Who,
    id: String,
    hidden: bool,
    why: Option<String>,
    by: Who,
    since: When,
    /// When the account ends, if it is to be deleted.
    ends: Option<When>,
    /// Whether it has ended.
    gone: bool,
}

#[derive(Template)]
#[template(path = "admin_people.html")]
struct People<'a> {
    frame: &'a Frame,
    tab: &'static str,
    rows: Vec<Row>,
    /// What the form begins with.
    name: &'a str,
    pages: Pages,
}

/// `GET /admin/people`.
pub async fn show(visit: Visit) -> Response {
    shown(&visit, listed(&visit).await)
}

async fn listed(visit: &Visit) -> WebResult {
    administrator(visit)?;
    let keeper = keeper(visit)?;
    let view = ViewSuspended { after: visit.asked("after").map(ActorId::new), limit: SHOWN_RULES };
    let found = visit.front.node.look::<Domain, _>(keeper, &view).await?;
    let last = found.last().filter(|_| found.len() == SHOWN_RULES).map(|(person, _)| person.to_string());
    let mut names = Names::new(visit);
    let mut rows = Vec::new();
    for (person, suspended) in found {
        rows.push(Row {
            who: names.who(&person).await,
            id: person.to_string(),
            hidden: suspended.hidden,
            why: suspended.why,
            by: names.who(&suspended.by).await,
            since: When(suspended.since),
            ends: suspended.ends.map(When),
            gone: suspended.gone,
        });
    }
    let pages = Pages::of("/admin/people", visit.asked("after"), last.as_deref());
    let frame = visit.frame().await?;
    page(&People { frame: &frame, tab: "people", rows, name: visit.asked("name").unwrap_or_default(), pages })
}

/// `POST /admin/people/{what}`.
pub async fn change(visit: Visit, Path(what): Path<String>, Posted(body): Posted) -> Response {
    shown(&visit, changed(&visit, &what, &body).await)
}

async fn changed(visit: &Visit, what: &str, body: &Bytes) -> WebResult {
    let (me, fields) = posted(visit, body)?;
    let person = person(visit, fields.need("name")?).await?;
    match what {
        "suspend" => {
            let why = fields.text("why").map(str::to_owned);
            ask(visit, me, Suspend { person, hidden: fields.ticked("hidden"), why, delete: fields.ticked("delete") })
                .await?;
        }
        "reinstate" => ask(visit, me, Reinstate { person }).await?,
        _ => return Err(WebError::not_found()),
    }
    visit.front.ports.rules_changed().await?;
    Ok(Redirect::to("/admin/people").into_response())
}

/// A person of this server, by their name here, `name@host` or their address.
async fn person(visit: &Visit, text: &str) -> WebResult<ActorId> {
    let none = || wrong(format!("expected somebody of this server, found {text:?}"));
    let actor = if text.contains("://") {
        ActorId::new(text)
    } else {
        let name = text.trim_start_matches('@');
        let (name, host) = name.split_once('@').unwrap_or((name, visit.site.shown()));
        let mut served = visit.front.settings.domains.iter();
        let domain = served.find(|domain| domain.host == host || domain.shown() == host).ok_or_else(none)?;
        let named = visit.front.ports.named(format!("{}@{}", name.to_lowercase(), domain.host)).await?;
        named.ok_or_else(none)?
    };
    let is_person = Kind::of(&visit.front.settings, &actor) == Some(Kind::Person);
    let here = visit.front.ports.presence(actor.clone()).await? == crate::ports::Presence::Here;
    if is_person && here { Ok(actor) } else { Err(none()) }
}
