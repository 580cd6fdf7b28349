//! The files of a commit as one file to take away: what a release is downloaded as.
//!
//! It is made by git for whoever asks, and kept nowhere: reading changes nothing. Since that costs work, only so many are made
//! at once, and whoever has one already is told so by its tag.

use crate::answer::{WebError, WebResult};
use crate::budget::{Cost, Costly};
use crate::etag;
use crate::limits::{ARCHIVE_NAME_BYTES_MAX, ARCHIVES_AT_ONCE};
use crate::page::files::{part, read};
use crate::page::head::Head;
use crate::page::versions::place;
use crate::page::who::Kind;
use axum::body::Body;
use axum::extract::Path;
use axum::response::IntoResponse;
use futures_util::StreamExt;
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, X_CONTENT_TYPE_OPTIONS,
};
use pritchel_actors::common::naming::key;
use pritchel_git::archive::Format;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Where archives are made.
static PLACES: std::sync::LazyLock<Arc<Semaphore>> =
    std::sync::LazyLock::new(|| Arc::new(Semaphore::new(ARCHIVES_AT_ONCE)));

/// How many are being made.
pub(crate) fn in_use() -> usize {
    ARCHIVES_AT_ONCE.saturating_sub(PLACES.available_permits())
}

/// The addresses of the archives of a branch, tag or commit, each with what people call it.
/// - `path`: the repository's
pub fn links(path: &str, rev: &str) -> Vec<(String, &'static str)> {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || "._+-".contains(letter) { letter } else { '-' };
    let label: String = rev.chars().map(plain).take(ARCHIVE_NAME_BYTES_MAX).collect();
    let label = label.trim_start_matches(['-', '.']);
    let label = if label.is_empty() { "files" } else { label };
    let link = |format: Format| {
        let ending = format.ending();
        (format!("{path}/archive/{}/{label}.{ending}", part(rev)), ending)
    };
    Format::ALL.map(link).into()
}

/// `GET /repos/{key}/archive/{rev}/{file}`: the files of a branch, tag or commit.
/// - `file`: what it is called, which is also the end of the name of the directory it unpacks to
pub async fn show(costly: Costly, Path((key, rev, file)): Path<(String, String, String)>) -> WebResult {
    archive(&costly, &key, rev, &file).await
}

async fn archive(costly: &Costly, repo_key: &str, rev: String, file: &str) -> WebResult {
    let visit = &costly.visit;
    let (label, format) = Format::of_file(file).filter(|(label, _)| is_plain(label)).ok_or_else(WebError::not_found)?;
    let actor = visit.site.actor_at("repos", repo_key).ok_or_else(WebError::not_found)?;
    let head = Head::of(visit, Kind::REPOSITORY, &actor).await?;
    let found = read(visit, &actor, move |reader| reader.resolve(&rev)).await?;
    let commit = found.ok_or_else(WebError::not_found)?.commit;
    let name = head.handle.as_deref().and_then(|handle| handle.split('@').next()).unwrap_or_else(|| key(&actor));
    let folder = format!("{name}-{label}");
    let tag = format!("\"{commit}.{folder}.{}\"", format.ending());
    let cached = [(ETAG, tag.clone()), (CACHE_CONTROL, "private, no-cache".to_owned())];
    if etag::is_had(&visit.headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, cached).into_response());
    }
    costly.pay(Cost::Archive)?;
    let busy = |_| WebError::later("git-busy", "many archives are being made: try again", 5);
    let made = PLACES.clone().try_acquire_owned().map_err(busy)?;
    let repo = place(&visit.front, &actor).await?;
    let served = visit.front.git.archive(&repo, commit, format, &folder).await.map_err(crate::git_http::not_served)?;
    let body = served.body.begun().await.map_err(crate::git_http::unanswered)?;
    let body = Body::from_stream(body.map(move |chunk| {
        // Its place is free when the last of it is gone.
        let _ = &made;
        chunk
    }));
    let described = [
        (CONTENT_TYPE, format.media_type().to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{folder}.{}\"", format.ending())),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ];
    Ok((cached, described, body).into_response())
}

/// Whether a name is one that a file has everywhere: it goes into a header, and to git.
fn is_plain(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte);
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'+');
    first && name.len() <= ARCHIVE_NAME_BYTES_MAX && name.bytes().all(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_name_is_one_part_of_a_path_and_no_option() {
        for good in ["v1.0", "tea-v1.0+x", "a"] {
            assert!(is_plain(good), "{good}");
        }
        let long = "a".repeat(ARCHIVE_NAME_BYTES_MAX + 1);
        for bad in ["", "-x", ".x", "a/b", "a b", "a\"b", "a\nb", "ü", long.as_str()] {
            assert!(!is_plain(bad), "{bad}");
        }
    }

    #[test]
    fn links_lead_to_what_is_served() {
        for (rev, label) in [("main", "main"), ("feature/lid", "feature-lid"), ("-x", "x"), ("ü", "files")] {
            let all = links("/repos/r", rev);
            assert_eq!(all[0], (format!("/repos/r/archive/{}/{label}.tar.gz", part(rev)), "tar.gz"));
            assert!(is_plain(label));
        }
    }
}
