//! A tracker's page: its tickets, the form to find some of them, and the form to open one.

use crate::answer::WebResult;
use crate::fed::near::look_at_tracker;
use crate::limits::{SHOWN_ITEMS, TICKETS_SCANNED_MAX};
use crate::page::head::Head;
use crate::page::links::{Pending, pending};
use crate::page::merge::{self, Served};
use crate::page::migrate::MigrationShown;
use crate::page::parts::{Badge, Pages, When, Who, Why};
use crate::page::shell::{page, with};
use crate::page::ticket::Author;
use crate::page::veil;
use crate::page::visit::{Frame, Visit};
use crate::page::who::{self, Kind, Names};
use askama::Template;
use pritchel_actor::ActorId;
use pritchel_actors::access::Role;
use pritchel_actors::ticket_tracker::TicketNo;
use pritchel_actors::ticket_tracker::find::{FindTickets, TicketsFound, Wanted};

struct TicketRow {
    number: TicketNo,
    title: String,
    badge: Badge,
    author: Author,
    at: When,
    comments: u64,
    assignees: Vec<Who>,
}

/// What a visitor looks for, as the query says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asked<'v> {
    /// `open`, `closed` or `all`.
    state: &'static str,
    author: &'v str,
    text: &'v str,
    oldest_first: bool,
}

impl<'v> Asked<'v> {
    fn of(visit: &'v Visit) -> Self {
        let text = |name| visit.asked(name).unwrap_or_default().trim();
        let state = ["closed", "all"].into_iter().find(|state| *state == text("state")).unwrap_or("open");
        Self { state, author: text("author"), text: text("text"), oldest_first: text("sort") == "oldest" }
    }

    /// The same search in this state.
    fn path(&self, path: &str, state: &str, after: Option<TicketNo>) -> String {
        let after = after.map(|after| after.to_string());
        let sort = if self.oldest_first { "oldest" } else { "" };
        let fields = [
            ("state", if state == "open" { "" } else { state }),
            ("author", self.author),
            ("text", self.text),
            ("sort", sort),
            ("after", after.as_deref().unwrap_or_default()),
        ];
        let said: Vec<_> = fields.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        if said.is_empty() { path.to_owned() } else { with(&said, path) }
    }

    /// Whether more is asked than a state.
    fn narrows(&self) -> bool {
        !self.author.is_empty() || !self.text.is_empty()
    }
}

#[derive(Template)]
#[template(path = "tracker.html")]
struct TrackerPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    open: u64,
    closed: u64,
    asked: Asked<'a>,
    /// Handshakes that wait, in words.
    pending: Vec<Pending>,
    /// How many binding approvals a merge needs here.
    approvals: u32,
    /// The visitor's own tickets.
    mine: Option<String>,
    /// Nobody was found as the author that was asked for.
    nobody: Option<Why>,
    tickets: Vec<TicketRow>,
    pages: Pages,
    may_open: bool,
    /// What it is a copy of.
    migration: Option<MigrationShown>,
    /// Of a tracker of merge requests, the repositories it serves.
    served: Option<Served>,
    /// What people call a ticket here.
    noun: &'static str,
}

/// `GET /trackers/{key}?state=…&author=…&text=…&sort=…&after=…`.
pub async fn show(visit: &Visit, kind: Kind, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, kind, actor).await?;
    let asked = Asked::of(visit);
    let (author, nobody) = match author(visit, asked.author).await {
        Ok(author) => (author, None),
        Err(why) => (None, Some(why)),
    };
    let after = visit.number("after");
    let wanted = Wanted {
        open: match asked.state {
            "open" => Some(true),
            "closed" => Some(false),
            _ => None,
        },
        author,
        text: Some(asked.text.to_owned()).filter(|text| !text.is_empty()),
    };
    let view = FindTickets {
        viewer: visit.viewer(),
        wanted,
        oldest_first: asked.oldest_first,
        after,
        limit: if nobody.is_some() { 0 } else { SHOWN_ITEMS },
        scan: TICKETS_SCANNED_MAX,
    };
    let found = look_at_tracker(&visit.front, actor, &view).await?;
    let next = found.next.filter(|_| nobody.is_none());
    let migration = MigrationShown::of(visit, kind, &head).await?;
    let served = merge::served(visit, kind, &head).await?;
    let nowhere = served.as_ref().is_some_and(|served| served.repositories.is_empty());
    page(&TrackerPage {
        frame: &*visit.frame().await?,
        tab: "about",
        open: found.open,
        closed: found.closed,
        mine: visit
            .me
            .as_ref()
            .map(|me| Asked { author: &me.person.name, ..asked }.path(&head.path, asked.state, None)),
        pages: Pages {
            first: after.map(|_| asked.path(&head.path, asked.state, None)),
            next: next.map(|next| asked.path(&head.path, asked.state, Some(next))),
        },
        tickets: rows(visit, &found).await,
        asked,
        nobody,
        noun: merge::noun(kind),
        served,
        may_open: head.may(Role::Report) && !nowhere && migration.as_ref().is_none_or(|migration| !migration.runs),
        migration,
        pending: match kind {
            Kind::Resource(of) => pending(visit, of, actor, &mut Names::new(visit)).await?,
            Kind::Person => Vec::new(),
        },
        approvals: merge::approvals(visit, kind, &head).await?,
        head: &head,
    })
}

/// The author whose tickets are wanted, by address or name.
async fn author(visit: &Visit, text: &str) -> Result<Option<ActorId>, Why> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.contains("://") {
        return Ok(Some(ActorId::new(text)));
    }
    who::named(visit, text).await.map(Some).map_err(|why| Why::of(&why.code, &why.detail))
}

async fn rows(visit: &Visit, found: &TicketsFound) -> Vec<TicketRow> {
    let mut names = Names::new(visit);
    let mut rows = Vec::new();
    for (number, ticket) in &found.tickets {
        let assignees: Vec<_> = ticket.assignees.iter().take(3).map(|assignment| assignment.who.clone()).collect();
        rows.push(TicketRow {
            number: *number,
            title: veil::title(visit, &ticket.author, &ticket.title),
            badge: merge::badge(ticket),
            author: Author::of(&mut names, &ticket.author, ticket.imported.as_deref()).await,
            at: When(ticket.published),
            comments: ticket.comments,
            assignees: names.all(&assignees).await,
        });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_keeps_what_was_looked_for_and_leaves_out_what_goes_without_saying() {
        let plain = Asked { state: "open", author: "", text: "", oldest_first: false };
        assert_eq!(plain.path("/t", "open", None), "/t");
        assert_eq!(plain.path("/t", "all", None), "/t?state=all");
        assert_eq!(plain.path("/t", "open", Some(7)), "/t?after=7");
        let much = Asked { author: "bob@b.example", text: "a & b", oldest_first: true, ..plain };
        let path = "/t?state=closed&author=bob%40b.example&text=a+%26+b&sort=oldest&after=7";
        assert_eq!(much.path("/t", "closed", Some(7)), path);
        assert!(much.narrows() && !plain.narrows());
    }
}
