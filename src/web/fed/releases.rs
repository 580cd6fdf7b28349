//! Releases and what hangs on them, as documents.
//!
//! Source: ForgeFed, "Release", "ReleaseTracker".

use crate::answer::{WebError, WebResult};
use crate::fed::collections::{Items, Part, collection, next_of};
use crate::fed::document;
use crate::fed::near::{Kind, Near};
use crate::fed::shown::{Shown, or_tombstone, shown};
use crate::fed::tickets::number;
use crate::limits::PAGE_ITEMS;
use crate::ports::WebSettings;
use crate::powers::Bringing;
use crate::viewer::Asking;
use axum::extract::Path;
use axum::response::Response;
use http::HeaderMap;
use pritchel_actors::ReleaseTracker;
use pritchel_actors::release_tracker::release::release_uri;
use pritchel_actors::release_tracker::view::{ReleaseShown, ViewRelease, ViewReleases};
use pritchel_actors::release_tracker::{Release, ReleaseNo, wire};

/// What every handler here is given.
type Given = (Bringing, Near, Asking, Part, HeaderMap);

/// Whether archives of a release are served here: its repository is one of ours.
pub fn archived(settings: &WebSettings, release: &Release) -> bool {
    Kind::of(settings, &release.origin.repository) == Some(Kind::REPOSITORY)
}

/// `GET /releases/{key}/releases`: all releases, newest first.
pub async fn all((Bringing(front), near, asking, part, headers): Given) -> Response {
    let found = async {
        let before = part.number()?;
        let look = |viewer| {
            let view = ViewReleases { viewer, before, limit: PAGE_ITEMS };
            let (front, id) = (front.clone(), near.id.clone());
            async move { front.node.look::<ReleaseTracker, _>(&id, &view).await }
        };
        let found = shown(&front, &near, &asking, look).await?;
        let numbers: Vec<ReleaseNo> = found.what.releases.iter().map(|(number, _)| *number).collect();
        let uris: Vec<String> = numbers.iter().map(|number| release_uri(&near.id, *number)).collect();
        let next = next_of(&numbers, ReleaseNo::to_string);
        let items = Items::of(Some(found.what.total), uris.iter().map(String::as_str), next)?;
        let what = collection(&near, near.id.as_str(), true, &part, items)?;
        Ok(document::answer(&headers, &Shown { what, to_all: found.to_all }))
    };
    or_tombstone(&near, found.await)
}

async fn release(
    (Bringing(front), near, asking, ..): &Given,
    number: ReleaseNo,
    after: Option<u64>,
    limit: usize,
) -> WebResult<Shown<ReleaseShown>> {
    let look = |viewer| {
        let view = ViewRelease { viewer, number, after, limit };
        let (front, id) = (front.clone(), near.id.clone());
        async move { front.node.look::<ReleaseTracker, _>(&id, &view).await }
    };
    shown(front, near, asking, look).await
}

/// `GET /releases/{key}/releases/{number}`: one release.
pub async fn one(Path((_, text)): Path<(String, String)>, given: Given) -> Response {
    let found = async {
        let number = number(&text)?;
        let found = release(&given, number, None, 0).await?;
        let (Bringing(front), near, ..) = &given;
        let release = &found.what.release;
        let what = wire::document(&near.id, number, release, archived(&front.settings, release))
            .map_err(|halt| WebError::broken(format!("a release that cannot be written: {halt:?}")))?;
        Ok(document::answer(&given.4, &Shown { what, to_all: found.to_all }))
    };
    or_tombstone(&given.1, found.await)
}

/// A collection below a release, whose context is the release.
async fn below(
    given: &Given,
    text: &str,
    (ordered, limit): (bool, usize),
    items: impl Fn(&ReleaseShown) -> WebResult<Items>,
) -> Response {
    let found = async {
        let (_, near, _, part, headers) = given;
        let number = number(text)?;
        let after = if limit == 0 { None } else { part.number()? };
        let found = release(given, number, after, limit).await?;
        let what = collection(near, &release_uri(&near.id, number), ordered, part, items(&found.what)?)?;
        Ok(document::answer(headers, &Shown { what, to_all: found.to_all }))
    };
    or_tombstone(&given.1, found.await)
}

/// `GET …/releaseMilestones`: the milestones that a release brings. They are few.
pub async fn milestones(Path((_, text)): Path<(String, String)>, given: Given) -> Response {
    below(&given, &text, (false, 0), |shown| {
        let uris: Vec<&str> = shown.milestones().map(|planned| planned.milestone.as_str()).collect();
        Items::of(Some(uris.len() as u64), uris, None)
    })
    .await
}

/// `GET …/replies`: the comments that answer the release itself.
pub async fn replies(Path((_, text)): Path<(String, String)>, given: Given) -> Response {
    below(&given, &text, (true, PAGE_ITEMS), |shown| {
        let next = next_of(&shown.comments, |(place, _)| place.to_string());
        let direct = shown.comments.iter().filter(|(_, comment)| comment.depth == 0 && !comment.deleted);
        Items::of(None, direct.map(|(_, comment)| comment.id.as_str()), next)
    })
    .await
}
