//! Versions of merge requests, their patches, and what people think of them, as documents.
//!
//! Source: ForgeFed, "Patch".

use crate::answer::{WebError, WebResult};
use crate::domains::of_actor;
use crate::fed::document;
use crate::fed::near::Near;
use crate::fed::shown::{Shown, or_tombstone, shown};
use crate::fed::tickets::number;
use crate::page::versions::{place, unwritten};
use crate::powers::Bringing;
use crate::viewer::Asking;
use axum::extract::Path;
use axum::response::Response;
use http::HeaderMap;
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::limits::PATCHES_MAX;
use pritchel_actors::patch_tracker::patch::GIT_PATCH;
use pritchel_actors::patch_tracker::versions::{Version, keeper, version_uri};
use pritchel_actors::patch_tracker::view::{ReviewsShown, ViewReviews, ViewVersions};
use pritchel_actors::patch_tracker::{review_wire, wire};
use pritchel_actors::repository::view::ViewRepository;
use pritchel_actors::ticket_tracker::ticket::{Ticket, ticket_uri};
use pritchel_actors::{PatchTracker, Repository};
use pritchel_git::names::ObjectId;
use pritchel_git::read::Reader;
use pritchel_vocab::{Document, context};
use serde_json::{Map, Value};

/// What every handler here is given.
type Given = (Bringing, Near, Asking, HeaderMap);

struct Found {
    ticket: Ticket,
    kept: Version,
    newest: u64,
    target: ActorId,
}

/// A version, for those who may see both its tracker and, if that is of this server, the repository that it goes into.
async fn found(given: &Given, ticket: u64, version: u64) -> WebResult<Shown<Found>> {
    let (Bringing(front), near, asking, _) = given;
    let look = |viewer: Option<ActorId>| {
        let (front, id) = (front.clone(), near.id.clone());
        async move {
            let view = ViewVersions { viewer: viewer.clone(), number: ticket };
            let (ticket, versions) = front.node.look::<PatchTracker, _>(&id, &view).await?;
            let not_there =
                || ViewError::Refused(pritchel_actor::Refusal::new("not-shown", "there is no such version"));
            let merge = ticket.merge.as_ref().ok_or_else(not_there)?;
            let (target, newest) = (merge.offer.target.repository.clone(), merge.versions);
            if of_actor(&front.settings, &target).is_some() {
                front.node.look::<Repository, _>(&target, &ViewRepository { viewer }).await?;
            }
            let kept = versions.into_iter().find(|(number, _)| *number == version).ok_or_else(not_there)?.1;
            Ok(Found { ticket, kept, newest, target })
        }
    };
    shown(front, near, asking, look).await
}

/// `GET /patches/{key}/tickets/{number}/versions/{version}`.
pub async fn one(Path((_, ticket, version)): Path<(String, String, String)>, given: Given) -> Response {
    let answer = async {
        let (ticket, version) = (number(&ticket)?, number(&version)?);
        let Shown { what, to_all } = found(&given, ticket, version).await?;
        let what = wire::bundle(&given.1.id, ticket, version, what.newest, &what.kept)
            .map_err(|halt| WebError::broken(format!("a version that cannot be written: {halt:?}")))?;
        Ok(document::answer(&given.3, &Shown { what, to_all }))
    };
    or_tombstone(&given.1, answer.await)
}

/// `GET …/versions/{version}/patches/{patch}`: counted from the oldest of those that are listed.
pub async fn patch(
    Path((_, ticket, version, patch)): Path<(String, String, String, String)>,
    given: Given,
) -> Response {
    let answer = async {
        let (ticket, version, patch) = (number(&ticket)?, number(&version)?, number(&patch)?);
        let Shown { what, to_all } = found(&given, ticket, version).await?;
        let front = &given.0.0;
        let repo = place(front, keeper(&given.1.id, &what.target)).await?;
        let (kept, at) = (what.kept.clone(), repo.clone());
        let commit = tokio::task::spawn_blocking(move || commit_of(&Reader::open(&at).ok()?, &kept, patch)).await;
        let commit = commit.map_err(WebError::broken)?.ok_or_else(WebError::not_found)?;
        let text = front.git.patch_of(&repo, commit).await.map_err(unwritten)?;
        let mut map = Map::new();
        map.insert("@context".to_owned(), context::forge());
        map.insert("id".to_owned(), given.1.uri.as_str().into());
        map.insert("type".to_owned(), "Patch".into());
        map.insert("attributedTo".to_owned(), what.ticket.author.as_str().into());
        map.insert("context".to_owned(), version_uri(&given.1.id, ticket, version).into());
        map.insert("mediaType".to_owned(), GIT_PATCH.into());
        map.insert("content".to_owned(), Value::from(String::from_utf8_lossy(&text).into_owned()));
        Ok(document::answer(&given.3, &Shown { what: Document::from_map(map), to_all }))
    };
    or_tombstone(&given.1, answer.await)
}

/// `GET …/tickets/{number}/individualApprovals`: what all reviewers have come to.
pub async fn approvals(Path((_, ticket)): Path<(String, String)>, given: Given) -> Response {
    collected(&ticket, &given, false).await
}

/// `GET …/tickets/{number}/teamApprovals`: what all teams have come to that were asked.
pub async fn team_approvals(Path((_, ticket)): Path<(String, String)>, given: Given) -> Response {
    collected(&ticket, &given, true).await
}

async fn collected(ticket: &str, given: &Given, teams: bool) -> Response {
    let answer = async {
        let number = number(ticket)?;
        let Shown { what, to_all } = reviews(given, number).await?;
        let me = &given.1.id;
        let wanted = what.approvals.iter().filter(|(_, approval)| approval.team.is_some() == teams);
        let items: Vec<Value> =
            wanted.map(|(who, approval)| review_wire::approval(me, number, who, approval)).collect();
        let mut map = Map::new();
        map.insert("@context".to_owned(), context::forge());
        map.insert("id".to_owned(), given.1.uri.as_str().into());
        map.insert("type".to_owned(), "Collection".into());
        map.insert("context".to_owned(), ticket_uri(me, number).into());
        map.insert("totalItems".to_owned(), items.len().into());
        map.insert("items".to_owned(), items.into());
        Ok(document::answer(&given.3, &Shown { what: Document::from_map(map), to_all }))
    };
    or_tombstone(&given.1, answer.await)
}

/// `GET …/tickets/{number}/approvals/{approval}`.
pub async fn approval(Path((_, ticket, approval)): Path<(String, String, String)>, given: Given) -> Response {
    let answer = async {
        let (ticket, number) = (number(&ticket)?, number(&approval)?);
        let Shown { what, to_all } = reviews(&given, ticket).await?;
        let what = review_wire::approval_document(&given.1.id, ticket, number, &what.approvals);
        Ok(document::answer(&given.3, &Shown { what: what.ok_or_else(WebError::not_found)?, to_all }))
    };
    or_tombstone(&given.1, answer.await)
}

/// `GET …/reviews/{review}/threads/{thread}`.
pub async fn thread(
    Path((_, ticket, review, thread)): Path<(String, String, String, String)>,
    given: Given,
) -> Response {
    let answer = async {
        let (ticket, number, thread) = (number(&ticket)?, number(&review)?, number(&thread)?);
        let Shown { what, to_all } = reviews(&given, ticket).await?;
        let found = what.reviews.iter().find(|(known, _)| *known == number).ok_or_else(WebError::not_found)?;
        let what = review_wire::thread_document(&given.1.id, ticket, number, &found.1, thread);
        Ok(document::answer(&given.3, &Shown { what: what.ok_or_else(WebError::not_found)?, to_all }))
    };
    or_tombstone(&given.1, answer.await)
}

/// `GET …/tickets/{number}/reviews/{review}`.
pub async fn review(Path((_, ticket, review)): Path<(String, String, String)>, given: Given) -> Response {
    let answer = async {
        let (ticket, number) = (number(&ticket)?, number(&review)?);
        let Shown { what, to_all } = reviews(&given, ticket).await?;
        let found = what.reviews.iter().find(|(known, _)| *known == number).ok_or_else(WebError::not_found)?;
        let what = review_wire::document(&given.1.id, ticket, number, &found.1)
            .map_err(|halt| WebError::broken(format!("a review that cannot be written: {halt:?}")))?;
        Ok(document::answer(&given.3, &Shown { what, to_all }))
    };
    or_tombstone(&given.1, answer.await)
}

async fn reviews(given: &Given, number: u64) -> WebResult<Shown<ReviewsShown>> {
    let (Bringing(front), near, asking, _) = given;
    let look = |viewer: Option<ActorId>| {
        let (front, id) = (front.clone(), near.id.clone());
        async move { front.node.look::<PatchTracker, _>(&id, &ViewReviews { viewer, number }).await }
    };
    shown(front, near, asking, look).await
}

/// The commit of a patch by its number.
fn commit_of(reader: &Reader, kept: &Version, patch: u64) -> Option<ObjectId> {
    let id = |hash: &String| hash.parse::<ObjectId>().ok();
    let known: Vec<ObjectId> = kept.base.as_ref().and_then(id).into_iter().collect();
    let commits = reader.commits_between(&known, id(&kept.head)?, PATCHES_MAX, 0).ok()?.newest;
    let place = commits.len().checked_sub(usize::try_from(patch).ok()?)?;
    commits.get(place).map(|commit| commit.id)
}
