//! A tracker's page: its tickets, the form to find some of them, and the form to open one.

use crate::answer::WebResult;
use crate::page::head::Head;
use crate::page::links::{Pending, pending};
use crate::page::lists::List;
use crate::page::merge::{self, Served};
use crate::page::migrate::MigrationShown;
use crate::page::shell::page;
use crate::page::templates::Templates;
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, Names};
use askama::Template;
use pritchel_actor::ActorId;
use pritchel_actors::access::Role;

#[derive(Template)]
#[template(path = "tracker.html")]
struct TrackerPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    list: List,
    /// Handshakes that wait, in words.
    pending: Vec<Pending>,
    /// How many binding approvals a merge needs here.
    approvals: u32,
    may_open: bool,
    /// What it is a copy of.
    migration: Option<MigrationShown>,
    /// Of a tracker of merge requests, the repositories it serves.
    served: Option<Served>,
    /// What a new ticket can begin with.
    templates: Templates,
    /// What people call a ticket here.
    noun: &'static str,
}

/// `GET /trackers/{key}?state=…&label=…&milestone=…&assignee=…&author=…&text=…&sort=…&after=…`.
pub async fn show(visit: &Visit, kind: Kind, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, kind, actor).await?;
    let list = List::of(visit, actor, &head.path).await?;
    let migration = MigrationShown::of(visit, kind, &head).await?;
    let served = merge::served(visit, kind, &head).await?;
    let nowhere = served.as_ref().is_some_and(|served| served.repositories.is_empty());
    let running = migration.as_ref().is_some_and(|migration| migration.runs);
    let may_open = head.may(Role::Report) && !nowhere && !running;
    let templates = match may_open {
        true => Templates::of(visit, kind, &head, list.uses.workflow.as_ref()).await?,
        false => Templates::default(),
    };
    page(&TrackerPage {
        frame: &*visit.frame().await?,
        tab: "about",
        list,
        templates,
        noun: merge::noun(kind),
        served,
        may_open,
        migration,
        pending: match kind {
            Kind::Resource(of) => pending(visit, of, actor, &mut Names::new(visit)).await?,
            Kind::Person => Vec::new(),
        },
        approvals: merge::approvals(visit, kind, &head).await?,
        head: &head,
    })
}
