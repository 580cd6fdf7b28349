//! Milestones as documents.
//!
//! Source: ForgeFed, "Milestone", "Roadmap".

use crate::answer::WebError;
use crate::fed::collections::{Items, Part, collection, next_of};
use crate::fed::document;
use crate::fed::near::Near;
use crate::fed::shown::{Shown, or_tombstone, shown};
use crate::fed::tickets::number;
use crate::limits::PAGE_ITEMS;
use crate::powers::Bringing;
use crate::viewer::Asking;
use axum::extract::Path;
use axum::response::Response;
use http::HeaderMap;
use pritchel_actors::Roadmap;
use pritchel_actors::roadmap::milestone::milestone_uri;
use pritchel_actors::roadmap::view::{ViewMilestone, ViewPlanned, ViewRoadmap};
use pritchel_actors::roadmap::{MilestoneNo, wire};

/// `GET /roadmaps/{key}/roadmapMilestones`: all milestones, newest first.
pub async fn all(Bringing(front): Bringing, near: Near, asking: Asking, part: Part, headers: HeaderMap) -> Response {
    let found = async {
        let before = part.number()?;
        let look = |viewer| {
            let (front, id) = (front.clone(), near.id.clone());
            let view = ViewRoadmap { viewer, before, limit: PAGE_ITEMS };
            async move { front.node.look::<Roadmap, _>(&id, &view).await }
        };
        let found = shown(&front, &near, &asking, look).await?;
        let numbers: Vec<MilestoneNo> = found.what.milestones.iter().map(|(number, _)| *number).collect();
        let uris: Vec<String> = numbers.iter().map(|number| milestone_uri(&near.id, *number)).collect();
        let total = Some(found.what.open + found.what.closed);
        let items = Items::of(total, uris.iter().map(String::as_str), next_of(&numbers, MilestoneNo::to_string))?;
        let what = collection(&near, near.id.as_str(), true, &part, items)?;
        Ok(document::answer(&headers, &Shown { what, to_all: found.to_all }))
    };
    or_tombstone(&near, found.await)
}

/// `GET /roadmaps/{key}/milestones/{number}`: one milestone.
pub async fn one(
    Bringing(front): Bringing,
    Path((_, text)): Path<(String, String)>,
    near: Near,
    asking: Asking,
    headers: HeaderMap,
) -> Response {
    let found = async {
        let number = number(&text)?;
        let look = |viewer| {
            let (front, id) = (front.clone(), near.id.clone());
            async move { front.node.look::<Roadmap, _>(&id, &ViewMilestone { viewer, number }).await }
        };
        let found = shown(&front, &near, &asking, look).await?;
        let what = wire::document(&near.id, number, &found.what)
            .map_err(|halt| WebError::broken(format!("a milestone that cannot be written: {halt:?}")))?;
        Ok(document::answer(&headers, &Shown { what, to_all: found.to_all }))
    };
    or_tombstone(&near, found.await)
}

/// What every handler of a collection below a milestone is given.
type Given = (Bringing, Near, Asking, Part, HeaderMap);

/// `GET …/milestoneTickets`: the tickets that are planned for a milestone.
pub async fn tickets(Path((_, text)): Path<(String, String)>, given: Given) -> Response {
    planned(given, &text, true).await
}

/// `GET …/milestoneReleases`: the releases that bring it.
pub async fn releases(Path((_, text)): Path<(String, String)>, given: Given) -> Response {
    planned(given, &text, false).await
}

async fn planned((Bringing(front), near, asking, part, headers): Given, text: &str, tickets: bool) -> Response {
    let found = async {
        let number = number(text)?;
        let after = part.after_actor().map(|after| after.to_string());
        let look = |viewer| {
            let view = ViewPlanned { viewer, number, tickets, after: after.clone(), limit: PAGE_ITEMS };
            let (front, id) = (front.clone(), near.id.clone());
            async move { front.node.look::<Roadmap, _>(&id, &view).await }
        };
        let found = shown(&front, &near, &asking, look).await?;
        let (total, uris) = &found.what;
        let items = Items::of(Some(*total), uris.iter().map(String::as_str), next_of(uris, String::clone))?;
        let what = collection(&near, &milestone_uri(&near.id, number), false, &part, items)?;
        Ok(document::answer(&headers, &Shown { what, to_all: found.to_all }))
    };
    or_tombstone(&near, found.await)
}
