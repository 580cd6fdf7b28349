//! A version of a merge request: its page, compared with where it left the target or with another version, and the same as text.

use crate::answer::{WebError, WebResult};
use crate::page::head::Head;
use crate::page::merge::{Brings, VersionRow, brings, sees_kept};
use crate::page::shell::{error_page, page};
use crate::page::visit::{Frame, Visit};
use crate::page::who::Kind;
use crate::ports::Front;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, StatusCode, Uri};
use pritchel_actor::ActorId;
use pritchel_actors::PatchTracker;
use pritchel_actors::common::naming::key;
use pritchel_actors::patch_tracker::versions::{Version, keeper};
use pritchel_actors::patch_tracker::view::ViewVersions;
use pritchel_actors::ticket_tracker::TicketNo;
use pritchel_actors::ticket_tracker::ticket::Ticket;
use pritchel_git::names::ObjectId;
use pritchel_git::place::{PlaceError, Repo, RepoKey};
use pritchel_git::text::TextError;

#[derive(Template)]
#[template(path = "version.html")]
struct VersionPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    number: TicketNo,
    title: String,
    path: String,
    /// Where it is fetched from, if its repository has it.
    clone: Option<String>,
    version: VersionRow,
    newest: u64,
    head_commit: String,
    others: Vec<VersionRow>,
    /// The number of the version it is compared with, 0 for none.
    since: u64,
    brings: Option<Brings>,
}

/// `GET /patches/{key}/tickets/{number}/versions/{version}?since=…`.
pub async fn show(visit: &Visit, actor: &ActorId, number: &str, version: &str) -> WebResult {
    let number: TicketNo = number.parse().map_err(|_| WebError::not_found())?;
    let head = Head::of(visit, Kind::PATCHES, actor).await?;
    let (ticket, versions) = all(visit, actor, number).await?;
    let wanted = found(&versions, version)?;
    let request = ticket.merge.as_ref().ok_or_else(WebError::not_found)?;
    let target = &request.offer.target.repository;
    let since = match visit.number("since") {
        Some(since) => Some(versions.iter().find(|(known, _)| *known == since).ok_or_else(WebError::not_found)?),
        None => None,
    };
    let others = versions.iter().rev().filter(|(known, _)| *known != wanted.0).map(VersionRow::of).collect();
    page(&VersionPage {
        frame: &*visit.frame().await?,
        number,
        title: ticket.title.to_string(),
        path: visit.path.clone(),
        clone: (keeper(actor, target) == target).then(|| format!("{target}.git")),
        version: VersionRow::of(&wanted),
        newest: request.versions,
        head_commit: wanted.1.head.clone(),
        others,
        since: since.map_or(0, |(since, _)| *since),
        brings: brings(visit, (actor, target), wanted.1, since.map(|(_, since)| since.clone())).await?,
        head: &head,
    })
}

async fn all(visit: &Visit, actor: &ActorId, number: TicketNo) -> WebResult<(Ticket, Vec<(u64, Version)>)> {
    let view = ViewVersions { viewer: visit.viewer(), number };
    Ok(visit.front.node.look::<PatchTracker, _>(actor, &view).await?)
}

fn found(versions: &[(u64, Version)], text: &str) -> WebResult<(u64, Version)> {
    let wanted = versions.iter().find(|(number, _)| number.to_string() == text);
    wanted.cloned().ok_or_else(WebError::not_found)
}

/// `GET …/versions/{version}/diff`: what it changes, as text.
///
/// Source: ForgeFed, `mrDiff`.
pub async fn diff(
    State(front): State<Front>,
    uri: Uri,
    headers: HeaderMap,
    Path((key, number, version)): Path<(String, String, String)>,
) -> Response {
    let answer = async {
        let visit = Visit::of(&front, &uri, &headers).await?;
        let actor = visit.site.actor_at("patches", &key).ok_or_else(WebError::not_found)?;
        let number: TicketNo = number.parse().map_err(|_| WebError::not_found())?;
        let (ticket, versions) = all(&visit, &actor, number).await?;
        let (_, version) = found(&versions, &version)?;
        let target = ticket.merge.map(|merge| merge.offer.target.repository).ok_or_else(WebError::not_found)?;
        if !sees_kept(&visit, &target).await? {
            return Err(WebError::not_found());
        }
        let repo = place(&front, keeper(&actor, &target)).await?;
        let id = |hash: &str| hash.parse::<ObjectId>().map_err(|_| WebError::not_found());
        let base = version.base.as_deref().map(id).transpose()?;
        let text = front.git.diff_of(&repo, base, id(&version.head)?).await.map_err(unwritten)?;
        Ok(plain(text))
    };
    match answer.await {
        Ok(response) => response,
        Err(wrong) => error_page(&front, &uri, &headers, wrong).await,
    }
}

/// Text of strangers, which no browser runs.
fn plain(text: Vec<u8>) -> Response {
    let kind = "text/plain; charset=utf-8";
    let policy = "default-src 'none'; sandbox";
    ([(CONTENT_TYPE, kind), (X_CONTENT_TYPE_OPTIONS, "nosniff"), (CONTENT_SECURITY_POLICY, policy)], text)
        .into_response()
}

/// The repository on disk.
pub async fn place(front: &Front, repository: &ActorId) -> WebResult<Repo> {
    let key: RepoKey = key(repository).parse().map_err(|_| WebError::not_found())?;
    let repos = front.repos.clone();
    let found = tokio::task::spawn_blocking(move || repos.find(&key)).await.map_err(WebError::broken)?;
    found.map_err(|error| match error {
        PlaceError::Missing(_) => WebError::not_found(),
        other => WebError::broken(other),
    })
}

/// Why git's text is not to be had, as an answer.
pub fn unwritten(error: TextError) -> WebError {
    match error {
        TextError::Serve(_) | TextError::TimedOut(_) => WebError::later("git-busy", error.to_string(), 5),
        TextError::TooLarge { .. } => WebError::new(StatusCode::UNPROCESSABLE_ENTITY, "too-large", error.to_string()),
        TextError::Failed { .. } => WebError::not_found(),
    }
}
