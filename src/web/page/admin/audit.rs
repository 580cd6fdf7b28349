//! The log of administration.

use super::{administrator, keeper, shown};
use crate::answer::WebResult;
use crate::limits::SHOWN_ITEMS;
use crate::page::parts::{Pages, When, Who};
use crate::page::shell::{page, with};
use crate::page::visit::{Frame, Visit};
use crate::page::who::Names;
use askama::Template;
use axum::response::Response;
use pritchel_actors::Domain;
use pritchel_actors::domain::audit::ViewAudit;

struct Row {
    at: When,
    /// Who; `None`: whoever has the command line.
    by: Option<Who>,
    did: &'static str,
    about: String,
    note: Option<String>,
}

#[derive(Template)]
#[template(path = "admin_audit.html")]
struct Audit<'a> {
    frame: &'a Frame,
    tab: &'static str,
    rows: Vec<Row>,
    pages: Pages,
}

/// `GET /admin/audit`.
pub async fn show(visit: Visit) -> Response {
    shown(&visit, audit(&visit).await)
}

async fn audit(visit: &Visit) -> WebResult {
    administrator(visit)?;
    let keeper = keeper(visit)?;
    let view = ViewAudit { before: visit.number("before"), limit: SHOWN_ITEMS };
    let lines = visit.front.node.look::<Domain, _>(keeper, &view).await?;
    let last = lines.last().filter(|_| lines.len() == SHOWN_ITEMS).map(|(place, _)| place.to_string());
    let mut names = Names::new(visit);
    let mut rows = Vec::new();
    for (_, line) in lines {
        let by = if line.by == *keeper { None } else { Some(names.who(&line.by).await) };
        rows.push(Row { at: When(line.at), by, did: line.did.words(), about: line.about, note: line.note });
    }
    let pages = Pages {
        first: visit.asked("before").map(|_| "/admin/audit".to_owned()),
        next: last.map(|last| with(&[("before", &last)], "/admin/audit")),
    };
    let frame = visit.frame().await?;
    page(&Audit { frame: &frame, tab: "audit", rows, pages })
}
