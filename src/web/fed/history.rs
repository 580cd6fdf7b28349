//! Commits and branches as documents.
//!
//! Source: ForgeFed, "Commit", "Branch".

use crate::answer::{WebError, WebResult};
use crate::fed::actor::{resource, uri};
use crate::fed::document;
use crate::fed::near::Near;
use crate::fed::shown::{Shown, or_tombstone};
use crate::ports::Front;
use crate::powers::Bringing;
use crate::viewer::Asking;
use axum::extract::Path;
use axum::response::Response;
use http::HeaderMap;
use pritchel_actors::common::naming::key;
use pritchel_git::changes::Changes;
use pritchel_git::log::CommitInfo;
use pritchel_git::names::{ObjectId, RefName};
use pritchel_git::place::{PlaceError, RepoKey};
use pritchel_git::read::{ReadError, Reader};
use pritchel_vocab::push::{Author, Branch, Commit};
use pritchel_vocab::{Document, Seconds, escape};

/// `GET /repos/{key}/commits/{hash}`.
pub async fn commit(
    Bringing(front): Bringing,
    Path((_, hash)): Path<(String, String)>,
    near: Near,
    asking: Asking,
    headers: HeaderMap,
) -> Response {
    let found = async {
        let to_all = resource(&front, &near, &asking).await?.to_all;
        let id: ObjectId = hash.parse().map_err(|_| WebError::not_found())?;
        let read = read(&front, &near, move |reader| Ok((reader.commit_info(id)?, reader.changes_of(id)?)));
        let (info, changes) = read.await?;
        Ok(document::answer(&headers, &Shown { what: document_of(&near, &info, changes)?, to_all }))
    };
    or_tombstone(&near, found.await)
}

fn document_of(near: &Near, info: &CommitInfo, changes: Changes) -> WebResult<Document> {
    let commit = Commit {
        id: Some(uri(&near.uri)?),
        context: Some(uri(near.id.as_str())?),
        attributed_to: Author::mail(&info.author.email),
        created: Some(Seconds::new(info.author.time_s)),
        committed_by: Author::mail(&info.committer.email),
        committed: Some(Seconds::new(info.committer.time_s)),
        hash: info.id.to_string(),
        summary: Some(escape(&info.title)),
        description: (!info.body.is_empty()).then(|| info.body.clone()),
        files_added: changes.added,
        files_modified: changes.modified,
        files_removed: changes.removed,
    };
    Ok(commit.to_document())
}

/// `GET /repos/{key}/refs/{name}`: a branch or tag by the rest of its full name.
pub async fn branch(
    Bringing(front): Bringing,
    Path((_, name)): Path<(String, String)>,
    near: Near,
    asking: Asking,
    headers: HeaderMap,
) -> Response {
    let found = async {
        let to_all = resource(&front, &near, &asking).await?.to_all;
        let name: RefName = format!("refs/{name}").parse().map_err(|_| WebError::not_found())?;
        let wanted = name.clone();
        read(&front, &near, move |reader| reader.target(&wanted)).await?.ok_or_else(WebError::not_found)?;
        let short = name.as_branch().or_else(|| name.as_tag()).unwrap_or(name.as_str());
        let branch = Branch {
            id: Some(uri(&near.uri)?),
            context: uri(near.id.as_str())?,
            name: Some(short.to_owned()),
            ref_name: name.as_str().to_owned(),
        };
        Ok(document::answer(&headers, &Shown { what: branch.to_document(), to_all }))
    };
    or_tombstone(&near, found.await)
}

/// Reads the repository on disk, where blocking is allowed. What is not there, on disk or in it, is not found.
async fn read<T: Send + 'static>(
    front: &Front,
    near: &Near,
    look: impl FnOnce(&Reader) -> Result<T, ReadError> + Send + 'static,
) -> WebResult<T> {
    let repo: RepoKey = key(&near.id).parse().map_err(|_| WebError::not_found())?;
    let repos = front.repos.clone();
    let looked = tokio::task::spawn_blocking(move || {
        let repo = match repos.find(&repo) {
            Ok(repo) => repo,
            Err(PlaceError::Missing(_)) => return Err(WebError::not_found()),
            Err(error) => return Err(WebError::broken(error)),
        };
        match Reader::open(&repo).and_then(|reader| look(&reader)) {
            Ok(found) => Ok(found),
            Err(ReadError::NotFound { .. } | ReadError::WrongKind { .. }) => Err(WebError::not_found()),
            Err(error) => Err(WebError::broken(error)),
        }
    });
    looked.await.map_err(WebError::broken)?
}
