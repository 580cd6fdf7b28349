//! Reporting something to the administrators of this server: a page that says what is reported, and a form.

use crate::answer::{WebError, WebResult};
use crate::limits::LOOKED_UP_CHARS_MAX;
use crate::page::admin;
use crate::page::fields::{Fields, Posted, address};
use crate::page::parts::Who;
use crate::page::shell::{error, page};
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, Names};
use askama::Template;
use axum::body::Bytes;
use axum::response::Response;
use pritchel_actor::ActorId;
use pritchel_actors::common::naming::origin;
use pritchel_actors::domain::reports::FileReport;
use pritchel_actors::limits::REPORT_CHARS_MAX;

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage<'a> {
    frame: &'a Frame,
    of: Option<Who>,
    about: Option<Who>,
    /// The server that can be told too.
    elsewhere: Option<&'a str>,
    longest: usize,
    sent: bool,
}

/// `GET /report?of=…&about=…`: for whoever is signed in.
pub async fn show(visit: Visit) -> Response {
    match asked(&visit).await {
        Ok(response) => response,
        Err(wrong) => error(&visit, wrong),
    }
}

async fn asked(visit: &Visit) -> WebResult {
    visit.signed_in()?;
    let of = address(visit.asked("of").ok_or_else(WebError::not_found)?)?;
    let about = visit.asked("about").map(address).transpose()?.map(ActorId::new);
    let mut names = Names::new(visit);
    let frame = visit.frame().await?;
    let far = about.as_ref().filter(|about| Kind::of(&visit.front.settings, about).is_none());
    page(&ReportPage {
        frame: &frame,
        of: Some(names.who(&ActorId::new(of)).await),
        about: match &about {
            Some(about) => Some(names.who(about).await),
            None => None,
        },
        elsewhere: far.map(|about| origin(about).rsplit('/').next().unwrap_or_default()),
        longest: REPORT_CHARS_MAX,
        sent: false,
    })
}

/// `POST /report`.
pub async fn file(visit: Visit, Posted(body): Posted) -> Response {
    match filed(&visit, &body).await {
        Ok(response) => response,
        Err(wrong) => error(&visit, wrong),
    }
}

async fn filed(visit: &Visit, body: &Bytes) -> WebResult {
    let fields = Fields::checked(visit, body)?;
    let me = visit.signed_in()?;
    let of = fields.uri("of")?.to_owned();
    let about = fields.text("about").map(|_| fields.actor("about")).transpose()?;
    if of.len() > LOOKED_UP_CHARS_MAX {
        return Err(WebError::not_found());
    }
    // What is not shown to whoever reports it is not there, and an address says nothing of it.
    let text = fields.text("text").unwrap_or_default().to_owned();
    let report = FileReport { objects: vec![of], about, text, forward: fields.ticked("forward") };
    admin::ask(visit, me, report).await?;
    let frame = visit.frame().await?;
    page(&ReportPage { frame: &frame, of: None, about: None, elsewhere: None, longest: REPORT_CHARS_MAX, sent: true })
}
