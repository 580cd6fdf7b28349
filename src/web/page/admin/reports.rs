//! The queue of reports: what is reported, by whom and why, with ways to act.

use super::{administrator, ask, keeper, posted, shown};
use crate::answer::{WebError, WebResult};
use crate::limits::SHOWN_ITEMS;
use crate::page::fields::{Posted, wrong};
use crate::page::parts::{Pages, When, Who};
use crate::page::shell::{page, with};
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, Names};
use askama::Template;
use axum::body::Bytes;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use pritchel_actor::ActorId;
use pritchel_actors::Domain;
use pritchel_actors::domain::reports::{NoteReport, Report, ResolveReport, ViewReports};
use pritchel_actors::limits::REPORT_CHARS_MAX;

struct Note {
    by: Who,
    at: When,
    text: String,
}

struct Row {
    number: u64,
    by: Who,
    at: When,
    about: Option<Who>,
    /// Where something can be done about them.
    act: Option<String>,
    objects: Vec<Who>,
    text: String,
    forwarded: bool,
    notes: Vec<Note>,
    resolved: Option<(Who, When)>,
}

#[derive(Template)]
#[template(path = "admin_reports.html")]
struct Reports<'a> {
    frame: &'a Frame,
    tab: &'static str,
    rows: Vec<Row>,
    open: u64,
    all: bool,
    longest: usize,
    pages: Pages,
}

/// `GET /admin/reports`.
pub async fn show(visit: Visit) -> Response {
    shown(&visit, listed(&visit).await)
}

async fn listed(visit: &Visit) -> WebResult {
    administrator(visit)?;
    let all = visit.asked("state") == Some("all");
    let view = ViewReports { open: !all, before: visit.number("before"), limit: SHOWN_ITEMS };
    let found = visit.front.node.look::<Domain, _>(keeper(visit)?, &view).await?;
    let last =
        found.reports.last().filter(|_| found.reports.len() == SHOWN_ITEMS).map(|(number, _)| number.to_string());
    let mut names = Names::new(visit);
    let mut rows = Vec::new();
    for (number, report) in found.reports {
        rows.push(row(visit, &mut names, number, report).await);
    }
    let here = if all { "/admin/reports?state=all" } else { "/admin/reports" };
    let pages = Pages {
        first: visit.asked("before").map(|_| here.to_owned()),
        next: last.map(|last| with(&[("before", &last)], here)),
    };
    let frame = visit.frame().await?;
    let longest = REPORT_CHARS_MAX;
    page(&Reports { frame: &frame, tab: "reports", rows, open: found.open, all, longest, pages })
}

async fn row(visit: &Visit, names: &mut Names<'_>, number: u64, report: Report) -> Row {
    // Of a report of another server the first actor it names is whom it is about.
    let objects: Vec<ActorId> = report.objects.iter().map(|object| ActorId::new(object.as_str())).collect();
    let about = report.about.or_else(|| objects.first().cloned());
    let mut notes = Vec::new();
    for note in report.notes {
        notes.push(Note { by: names.who(&note.by).await, at: When(note.at), text: note.text });
    }
    let mut resolved = None;
    if let Some((by, at)) = report.resolved {
        resolved = Some((names.who(&by).await, When(at)));
    }
    Row {
        number,
        by: names.who(&report.by).await,
        at: When(report.at),
        act: about.as_ref().and_then(|about| way(visit, about)),
        about: match &about {
            Some(about) => Some(names.who(about).await),
            None => None,
        },
        objects: names.all(&objects).await,
        text: report.text,
        forwarded: report.forwarded.is_some(),
        notes,
        resolved,
    }
}

/// The form with which something can be done about an actor: a person here is suspended, one elsewhere gets a rule.
fn way(visit: &Visit, about: &ActorId) -> Option<String> {
    match Kind::of(&visit.front.settings, about) {
        Some(Kind::Person) => Some(with(&[("name", about.as_str())], "/admin/people")),
        Some(_) => None,
        None => Some(with(&[("target", about.as_str())], "/admin/rules")),
    }
}

/// `POST /admin/reports/{what}`.
pub async fn change(visit: Visit, Path(what): Path<String>, Posted(body): Posted) -> Response {
    shown(&visit, changed(&visit, &what, &body).await)
}

async fn changed(visit: &Visit, what: &str, body: &Bytes) -> WebResult {
    let (me, fields) = posted(visit, body)?;
    let number = fields.need("number")?.parse().map_err(|_| wrong("expected the number of a report"))?;
    match what {
        "resolve" => ask(visit, me, ResolveReport { number, resolved: true }).await?,
        "reopen" => ask(visit, me, ResolveReport { number, resolved: false }).await?,
        "note" => ask(visit, me, NoteReport { number, text: fields.need("text")?.to_owned() }).await?,
        _ => return Err(WebError::not_found()),
    }
    let all = if what == "reopen" { "" } else { fields.text("all").map_or("", |_| "?state=all") };
    Ok(Redirect::to(&format!("/admin/reports{all}")).into_response())
}
