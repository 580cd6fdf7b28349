//! A person's page: who they are and what they did in public.

use crate::answer::{WebError, WebResult};
use crate::page::boxes::{Line, pages, published};
use crate::page::desk;
use crate::page::head::Head;
use crate::page::links::Pending;
use crate::page::parts::Pages;
use crate::page::profile::{Portrait, ProfileLine};
use crate::page::shell::page;
use crate::page::veil;
use crate::page::visit::{Frame, Visit};
use crate::page::who::Kind;
use askama::Template;
use axum::response::{IntoResponse, Redirect};
use pritchel_actor::ActorId;
use pritchel_actors::Person;
use pritchel_actors::person::view::{NoteOf, ViewPerson};

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    following: u64,
    portrait: Portrait,
    about: Vec<ProfileLine>,
    suspended: bool,
    lines: Vec<Line>,
    pages: Pages,
    /// Of the visitor's own page, what waits, in words.
    pending: Vec<Pending>,
}

/// `GET /people/{key}`.
pub async fn show(visit: &Visit, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, Kind::Person, actor).await?;
    let person = visit.front.node.look::<Person, _>(actor, &ViewPerson).await?;
    let (mut lines, next) = published(visit, Kind::Person, &head, visit.number("before")).await?;
    if veil::veil(visit, actor).is_some() {
        lines.clear();
    }
    let pages = pages(visit, "before", next);
    let frame = visit.frame().await?;
    page(&PersonPage {
        frame: &frame,
        head: &head,
        tab: "about",
        following: person.following,
        suspended: person.suspended.is_some(),
        portrait: Portrait::of(actor, &person),
        about: person.fields.iter().map(ProfileLine::of).collect(),
        lines,
        pages,
        pending: if visit.viewer().as_ref() == Some(actor) { desk::pending(visit, actor).await? } else { Vec::new() },
    })
}

/// `GET /people/{key}/notes/{note}`: the act that wrote the note, which shows it.
pub async fn note(visit: &Visit, actor: &ActorId, note: &str) -> WebResult {
    let found = visit.front.node.look::<Person, _>(actor, &NoteOf { key: note.to_owned() }).await?;
    let act = found.map(|(create, _)| create);
    let act = act.ok_or_else(WebError::not_found)?;
    let path = act.as_str().strip_prefix(visit.site.origin.as_str()).ok_or_else(WebError::not_found)?;
    Ok(Redirect::to(path).into_response())
}
