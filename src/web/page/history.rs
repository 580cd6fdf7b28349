//! The history of a repository: lists of commits, and one commit.

use crate::answer::{WebError, WebResult};
use crate::limits::SHOWN_ITEMS;
use crate::page::files::{part, read};
use crate::page::head::Head;
use crate::page::parts::{Pages, When};
use crate::page::shell::{error_page, page, with};
use crate::page::visit::{Frame, Visit};
use crate::page::who::Kind;
use crate::ports::Front;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use http::{HeaderMap, Uri};
use pritchel_actor::ActorId;
use pritchel_git::log::CommitInfo;
use pritchel_git::names::ObjectId;

/// A commit in a list.
pub struct CommitRow {
    /// The beginning of its id.
    pub short: String,
    /// Its id.
    pub id: String,
    /// The first line of its message.
    pub title: String,
    /// Who wrote it, as it says.
    pub author: String,
    /// When, as it says.
    pub at: When,
}

/// The first line of a commit's message; git takes commits without any.
fn titled(title: String) -> String {
    if title.is_empty() { "(no message)".to_owned() } else { title }
}

impl From<CommitInfo> for CommitRow {
    fn from(commit: CommitInfo) -> Self {
        let id = commit.id.to_string();
        Self {
            short: id.chars().take(10).collect(),
            id,
            title: titled(commit.title),
            author: commit.author.name,
            at: When(commit.author.time_s),
        }
    }
}

#[derive(Template)]
#[template(path = "log.html")]
struct LogPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    rev: String,
    rev_part: String,
    commits: Vec<CommitRow>,
    pages: Pages,
}

/// `GET /repos/{key}/log?at=…`: the history of a branch.
pub async fn log(State(front): State<Front>, uri: Uri, headers: HeaderMap, Path(key): Path<String>) -> Response {
    let answer = async {
        let visit = Visit::of(&front, &uri, &headers).await?;
        let actor = visit.site.actor_at("repos", &key).ok_or_else(WebError::not_found)?;
        history(&visit, &actor).await
    };
    match answer.await {
        Ok(response) => response,
        Err(wrong) => error_page(&front, &uri, &headers, wrong).await,
    }
}

async fn history(visit: &Visit, actor: &ActorId) -> WebResult {
    let head = Head::of(visit, Kind::REPOSITORY, actor).await?;
    let at = visit.asked("at").map(str::to_owned);
    let skip = usize::try_from(visit.number("skip").unwrap_or(0)).unwrap_or(0);
    let found = read(visit, actor, move |reader| {
        let rev = match at {
            Some(rev) => rev,
            None => {
                let branch = reader.head()?.branch;
                branch.as_branch().unwrap_or(branch.as_str()).to_owned()
            }
        };
        let commit = reader.resolve(&rev)?.commit;
        Ok((reader.log_page(commit, skip, SHOWN_ITEMS)?, rev))
    });
    let (log, rev) = found.await?.ok_or_else(WebError::not_found)?;
    let first = (skip > 0).then(|| with(&[("at", &rev)], &visit.path));
    let next = log.next_skip.map(|skip| with(&[("at", &rev), ("skip", &skip.to_string())], &visit.path));
    page(&LogPage {
        frame: &*visit.frame().await?,
        head: &head,
        tab: "about",
        rev_part: part(&rev),
        rev,
        commits: log.commits.into_iter().map(CommitRow::from).collect(),
        pages: Pages { first, next },
    })
}

#[derive(Template)]
#[template(path = "commit.html")]
struct CommitPage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    id: String,
    title: String,
    body: String,
    author: String,
    at: When,
    committer: String,
    committed: When,
    parents: Vec<String>,
    files: Vec<(&'static str, String)>,
}

/// `GET /repos/{key}/commits/{hash}`.
pub async fn commit(
    State(front): State<Front>,
    uri: Uri,
    headers: HeaderMap,
    Path((key, hash)): Path<(String, String)>,
) -> Response {
    let answer = async {
        let visit = Visit::of(&front, &uri, &headers).await?;
        let actor = visit.site.actor_at("repos", &key).ok_or_else(WebError::not_found)?;
        let head = Head::of(&visit, Kind::REPOSITORY, &actor).await?;
        let found = read(&visit, &actor, move |reader| reader.commit_info(reader.resolve(&hash)?.commit));
        let commit = found.await?.ok_or_else(WebError::not_found)?;
        let named = |what: &'static str, names: Vec<String>| names.into_iter().map(move |name| (what, name));
        let changes = commit.changes;
        let files = named("added", changes.added).chain(named("changed", changes.modified));
        page(&CommitPage {
            frame: &*visit.frame().await?,
            head: &head,
            tab: "about",
            id: commit.id.to_string(),
            title: titled(commit.title),
            body: commit.body,
            author: commit.author.name,
            at: When(commit.author.time_s),
            committer: commit.committer.name,
            committed: When(commit.committer.time_s),
            parents: commit.parents.iter().map(ObjectId::to_string).collect(),
            files: files.chain(named("removed", changes.removed)).collect(),
        })
    };
    match answer.await {
        Ok(response) => response,
        Err(wrong) => error_page(&front, &uri, &headers, wrong).await,
    }
}
