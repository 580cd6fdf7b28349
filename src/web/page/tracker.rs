//! A tracker's page: its tickets, and the form to open one.

use crate::answer::WebResult;
use crate::limits::SHOWN_ITEMS;
use crate::page::boxes::pages;
use crate::page::head::Head;
use crate::page::parts::{Badge, Pages, When, Who};
use crate::page::shell::page;
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, Names};
use askama::Template;
use pritchel_actor::ActorId;
use pritchel_actors::TicketTracker;
use pritchel_actors::access::Role;
use pritchel_actors::ticket_tracker::TicketNo;
use pritchel_actors::ticket_tracker::view::ViewTracker;

struct TicketRow {
    number: TicketNo,
    title: String,
    badge: Badge,
    author: Who,
    at: When,
    comments: u64,
    assignees: Vec<Who>,
}

#[derive(Template)]
#[template(path = "tracker.html")]
struct TrackerPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    open: u64,
    closed: u64,
    tickets: Vec<TicketRow>,
    pages: Pages,
    may_open: bool,
    may_edit: bool,
    summary: String,
}

/// `GET /trackers/{key}`.
pub async fn show(visit: &Visit, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, Kind::Tracker, actor).await?;
    let view = ViewTracker { viewer: visit.viewer(), before: visit.number("before"), limit: SHOWN_ITEMS };
    let tracker = visit.front.node.look::<TicketTracker, _>(actor, &view).await?;
    let mut names = Names::new(visit);
    let mut tickets = Vec::new();
    for (number, ticket) in &tracker.tickets {
        let assignees: Vec<_> = ticket.assignees.iter().take(3).map(|assignment| assignment.who.clone()).collect();
        tickets.push(TicketRow {
            number: *number,
            title: ticket.title.to_string(),
            badge: Badge::open(ticket.is_open()),
            author: names.who(&ticket.author).await,
            at: When(ticket.published),
            comments: ticket.comments,
            assignees: names.all(&assignees).await,
        });
    }
    let next = tracker.tickets.last().filter(|(number, _)| tracker.tickets.len() == SHOWN_ITEMS && *number > 1);
    page(&TrackerPage {
        frame: &*visit.frame().await?,
        tab: "about",
        open: tracker.open,
        closed: tracker.closed,
        pages: pages(visit, "before", next.map(|(number, _)| number.to_string())),
        tickets,
        may_open: head.may(Role::Report),
        may_edit: head.may(Role::Maintain) && head.collaborates,
        summary: tracker.resource.summary.map(|summary| summary.to_plain()).unwrap_or_default(),
        head: &head,
    })
}
