//! `GET /notices`: what concerns the visitor, a thread a line, across all servers; and the forms that mark it as read or mute it.
//! Looking marks nothing: what is read is said by a form, and the one that opens a thread says it, too.

use crate::answer::{WebError, WebResult, of_call};
use crate::limits::SHOWN_ITEMS;
use crate::page::boxes::pages;
use crate::page::fields::{Fields, Posted};
use crate::page::parts::{Badge, Pages, When, Who};
use crate::page::shell::{back, error, page, with};
use crate::page::veil;
use crate::page::visit::{Frame, Me, Visit};
use crate::page::who::{Names, href};
use askama::Template;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect, Response};
use pritchel_actor::ActorId;
use pritchel_actors::Person;
use pritchel_actors::person::notices::{NoticesShown, Reason, ViewNotices};
use pritchel_actors::person::{MarkAllRead, MarkRead, MuteThread};

/// A thread with something that concerns the visitor.
pub struct Row {
    /// The address of what it is about.
    pub thread: String,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub what: Who,
    /// Who did the newest thing in it.
    pub by: Who,
    /// What that was.
    pub did: &'static str,
    /// That it is for the visitor to do something, if it is.
    pub badge: Option<Badge>,
    /// When.
    pub at: When,
    /// How much is unread.
    pub unread: Option<u32>,
    /// Whether nothing more of it is wanted.
    pub muted: bool,
}

#[derive(Template)]
#[template(path = "notices.html")]
struct Notices<'a> {
    frame: &'a Frame,
    rows: Vec<Row>,
    unread: u64,
    /// Whether only what is unread is shown.
    only: bool,
    /// What has come so far.
    next: u64,
    pages: Pages,
}

fn did(why: Reason) -> &'static str {
    match why {
        Reason::Mention => "mentioned you",
        Reason::Assigned => "gives it to you",
        Reason::ReviewAsked => "asks you for a review",
        Reason::Invited => "invites you",
        Reason::Comment => "commented",
        Reason::Review => "reviewed it",
        Reason::Opened => "opened it",
        Reason::Closed => "closed or merged it",
        Reason::Reopened => "opened it again",
        Reason::Changed => "changed whose it is",
        Reason::Follow => "follows you",
        Reason::Star => "starred it",
        Reason::Refused => "refused what you asked for",
    }
}

fn badge(why: Reason) -> Option<Badge> {
    match why {
        Reason::Mention => Some(Badge::new("wait", "mention")),
        Reason::Assigned => Some(Badge::new("wait", "assigned")),
        Reason::ReviewAsked => Some(Badge::new("wait", "review wanted")),
        Reason::Invited => Some(Badge::new("wait", "invitation")),
        Reason::Refused => Some(Badge::new("bad", "refused")),
        _ => None,
    }
}

/// The visitor's notifications, newest first.
pub async fn shown(
    visit: &Visit,
    me: &Me,
    before: Option<u64>,
    limit: usize,
    unread: bool,
) -> WebResult<(NoticesShown, Vec<Row>)> {
    let view = ViewNotices { viewer: me.id.clone(), before, limit, unread };
    let shown = visit.front.node.look::<Person, _>(&me.id, &view).await?;
    let mut names = Names::new(visit);
    let mut rows = Vec::new();
    for (thread, notice, unread) in &shown.notices {
        let mut what = names.who(&ActorId::new(thread.as_str())).await;
        if notice.why == Reason::Refused {
            "What you asked for".clone_into(&mut what.label);
        }
        rows.push(Row {
            title: match veil::veil(visit, &notice.by) {
                None => notice.title.clone().unwrap_or_else(|| what.label.clone()),
                Some(_) => what.label.clone(),
            },
            thread: thread.clone(),
            what,
            by: names.who(&notice.by).await,
            did: did(notice.why),
            badge: badge(notice.why),
            at: When(notice.at),
            unread: unread.then_some(notice.unread),
            muted: notice.muted,
        });
    }
    Ok((shown, rows))
}

/// `GET /notices`.
pub async fn show(visit: Visit) -> Response {
    let answer = async {
        let me = visit.signed_in()?;
        let only = visit.asked("all").is_none();
        let (notices, rows) = shown(&visit, me, visit.number("before"), SHOWN_ITEMS, only).await?;
        let mut pages = pages(&visit, "before", notices.next.map(|next| next.to_string()));
        if !only {
            pages.next = pages.next.map(|next| with(&[("all", "yes")], &next));
            pages.first = pages.first.map(|first| with(&[("all", "yes")], &first));
        }
        let frame = visit.frame().await?;
        page(&Notices { frame: &frame, rows, unread: notices.counts.unread, only, next: notices.counts.next, pages })
    };
    answer.await.unwrap_or_else(|wrong| error(&visit, wrong))
}

/// `POST /notices/{what}`: `open`, `read`, `all`, `mute`, `unmute`.
pub async fn change(visit: Visit, Path(what): Path<String>, Posted(body): Posted) -> Response {
    let answer = async {
        let fields = Fields::checked(&visit, &body)?;
        let me = visit.signed_in()?;
        let thread = || fields.need("thread").map(str::to_owned);
        let node = &visit.front.node;
        let outcome = match &*what {
            "open" | "read" => node.call::<Person, _>(&me.id, &me.id, MarkRead { threads: vec![thread()?] }).await?,
            "all" => {
                let before =
                    fields.need("before")?.parse().map_err(|_| crate::page::fields::wrong("expected a number"))?;
                node.call::<Person, _>(&me.id, &me.id, MarkAllRead { before }).await?
            }
            "mute" | "unmute" => {
                let mute = MuteThread { thread: thread()?, muted: what == "mute" };
                node.call::<Person, _>(&me.id, &me.id, mute).await?
            }
            _ => return Err(WebError::not_found()),
        };
        of_call(outcome, "it may be marked or not: look again")?;
        let to = match &*what {
            "open" => href(&visit, &thread()?),
            _ => back(fields.text("back")).to_owned(),
        };
        Ok(Redirect::to(&to).into_response())
    };
    answer.await.unwrap_or_else(|wrong| error(&visit, wrong))
}
