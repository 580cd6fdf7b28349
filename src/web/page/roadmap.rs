//! The page of a roadmap with its milestones, and that of one milestone.

use crate::answer::{WebError, WebResult};
use crate::limits::SHOWN_ITEMS;
use crate::page::boxes::pages;
use crate::page::head::Head;
use crate::page::links::{Pending, pending};
use crate::page::parts::{Badge, Pages, When, Who};
use crate::page::references::{Around, Linked};
use crate::page::shell::page;
use crate::page::visit::{Frame, Visit};
use crate::page::who::{Kind, Names};
use askama::Template;
use pritchel_actor::{ActorId, Seconds};
use pritchel_actors::access::Role;
use pritchel_actors::roadmap::milestone::milestone_uri;
use pritchel_actors::roadmap::view::{FollowsMilestone, ViewMilestone, ViewPlanned, ViewRoadmap};
use pritchel_actors::roadmap::{Milestone, MilestoneNo};
use pritchel_actors::{ResourceKind, Roadmap};

/// A milestone as pages show it.
struct Row {
    number: MilestoneNo,
    name: String,
    badge: Badge,
    start: Option<When>,
    end: Option<When>,
    /// Tickets that are done, and all.
    done: u64,
    tickets: u64,
}

impl Row {
    fn of(number: MilestoneNo, milestone: &Milestone) -> Self {
        Self {
            number,
            name: milestone.name.to_string(),
            badge: Badge::open(milestone.is_open()),
            start: milestone.start.map(When),
            end: milestone.end.map(When),
            done: milestone.closed,
            tickets: milestone.open + milestone.closed,
        }
    }
}

#[derive(Template)]
#[template(path = "roadmap.html")]
struct RoadmapPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    open: u64,
    closed: u64,
    rows: Vec<Row>,
    pages: Pages,
    /// Handshakes that wait, in words.
    pending: Vec<Pending>,
    may_write: bool,
}

#[derive(Template)]
#[template(path = "milestone.html")]
struct MilestonePage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    uri: String,
    row: Row,
    content: Linked,
    source: String,
    /// The times as a form has them.
    days: (String, String),
    closed: Option<(Who, When)>,
    /// The releases that bring it: the page and the name of each.
    releases: Vec<Who>,
    /// Whether the visitor, who is signed in, follows it.
    follows: Option<bool>,
    may_write: bool,
}

/// `GET /roadmaps/{key}`.
pub async fn show(visit: &Visit, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, Kind::ROADMAP, actor).await?;
    let (node, viewer) = (&visit.front.node, visit.viewer());
    let view = ViewRoadmap { viewer, before: visit.number("before"), limit: SHOWN_ITEMS };
    let shown = node.look::<Roadmap, _>(actor, &view).await?;
    let last = shown.milestones.last().filter(|_| shown.milestones.len() == SHOWN_ITEMS);
    page(&RoadmapPage {
        frame: &*visit.frame().await?,
        tab: "about",
        open: shown.open,
        closed: shown.closed,
        rows: shown.milestones.iter().map(|(number, milestone)| Row::of(*number, milestone)).collect(),
        pages: pages(visit, "before", last.map(|(number, _)| number.to_string())),
        pending: pending(visit, ResourceKind::Roadmap, actor, &mut Names::new(visit)).await?,
        may_write: may_write(&head),
        head: &head,
    })
}

/// `GET /roadmaps/{key}/milestones/{number}`.
pub async fn milestone(visit: &Visit, actor: &ActorId, number: &str) -> WebResult {
    let number: MilestoneNo = number.parse().map_err(|_| WebError::not_found())?;
    let head = Head::of(visit, Kind::ROADMAP, actor).await?;
    let view = ViewMilestone { viewer: visit.viewer(), number };
    let milestone = visit.front.node.look::<Roadmap, _>(actor, &view).await?;
    let closed = match &milestone.resolved {
        Some(resolved) => Some((Names::new(visit).who(&resolved.by).await, When(resolved.at))),
        None => None,
    };
    let source = milestone.source.as_ref().map(|source| source.content.clone());
    page(&MilestonePage {
        frame: &*visit.frame().await?,
        uri: milestone_uri(actor, number),
        row: Row::of(number, &milestone),
        source: source.unwrap_or_else(|| milestone.content.to_plain()),
        content: Linked { html: milestone.content, around: Around::of(visit) },
        days: (day(milestone.start), day(milestone.end)),
        follows: match visit.viewer() {
            Some(viewer) => {
                Some(visit.front.node.look::<Roadmap, _>(actor, &FollowsMilestone { viewer, number }).await?)
            }
            None => None,
        },
        closed,
        releases: releases(visit, actor, number).await?,
        may_write: may_write(&head),
        head: &head,
    })
}

/// The first releases that bring a milestone.
async fn releases(visit: &Visit, actor: &ActorId, number: MilestoneNo) -> WebResult<Vec<Who>> {
    let view = ViewPlanned { viewer: visit.viewer(), number, tickets: false, after: None, limit: SHOWN_ITEMS };
    let (_, listed) = visit.front.node.look::<Roadmap, _>(actor, &view).await?;
    let listed: Vec<_> = listed.into_iter().map(ActorId::new).collect();
    Ok(Names::new(visit).all(&listed).await)
}

fn may_write(head: &Head) -> bool {
    head.may(Role::Write) && head.collaborates
}

/// A time as a field for a day has it.
fn day(at: Option<Seconds>) -> String {
    let at = at.and_then(|at| jiff::Timestamp::from_second(at).ok());
    at.map(|at| at.strftime("%Y-%m-%d").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_in_a_form_as_its_day() {
        assert_eq!(day(Some(86_400)), "1970-01-02");
        assert_eq!(day(None), "");
    }
}
