//! Files of a repository as they are: never as something a browser would run, nor as an activity that another server would
//! believe.

use crate::answer::{WebError, WebResult};
use crate::limits::FILE_RAW_BYTES_MAX;
use crate::page::code::known::Around;
use crate::page::files::{Asked, read};
use crate::page::head::Head;
use crate::page::visit::Visit;
use crate::page::who::Kind;
use axum::response::IntoResponse;
use http::Uri;
use http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use pritchel_actor::ActorId;
use pritchel_git::read::ReadError;
use pritchel_git::tree::{Content, EntryKind};

/// `GET /repos/{key}/raw/{rev}/{path}`.
pub async fn raw(visit: Visit, uri: Uri) -> WebResult {
    let Asked { key, rev, path } = Asked::of(&uri).ok_or_else(WebError::not_found)?;
    let actor = visit.site.actor_at("repos", &key).ok_or_else(WebError::not_found)?;
    raw_file(&visit, &actor, rev, path).await
}

/// A file as it is.
pub async fn raw_file(visit: &Visit, actor: &ActorId, rev: String, path: Vec<u8>) -> WebResult {
    let head = Head::of(visit, Kind::REPOSITORY, actor).await?;
    let around = Around::of(visit, &head);
    let name = String::from_utf8_lossy(&path).into_owned();
    let file = read(visit, actor, move |reader| {
        let commit = reader.resolve(&rev)?.commit;
        let (id, kind) = reader.kind_at(commit, &path)?;
        if matches!(kind, EntryKind::Directory | EntryKind::Submodule) {
            return Err(ReadError::NotFound { what: "file", name: String::from_utf8_lossy(&path).into_owned() });
        }
        let tag = around.with(id, rev == commit.to_string());
        let content = if tag.is_had() { None } else { Some(reader.blob(id, FILE_RAW_BYTES_MAX)?.1) };
        Ok((tag, content))
    });
    let (tag, content) = file.await?.ok_or_else(WebError::not_found)?;
    let Some(content) = content else { return Ok(tag.had()) };
    let Content::Whole { bytes, binary } = content else {
        let detail = format!("this file has more than {FILE_RAW_BYTES_MAX} bytes: clone the repository");
        return Err(WebError::new(http::StatusCode::UNPROCESSABLE_ENTITY, "too-large", detail));
    };
    let (mut kind, mut place) = raw_kind(&name, binary);
    let mut policy = "default-src 'none'; sandbox";
    if visit.headers.get("sec-fetch-dest").is_some_and(|dest| dest == "image") && ending_of(&name) == "svg" {
        // As an image of a page it runs nothing and fetches nothing; looked at by itself it stays text.
        (kind, policy) = ("image/svg+xml", "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    }
    if visit.asked("download").is_some() {
        place = "attachment";
    }
    let described = [
        (CONTENT_TYPE, kind),
        (CONTENT_DISPOSITION, place),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CONTENT_SECURITY_POLICY, policy),
    ];
    Ok(tag.on((described, bytes).into_response()))
}

fn ending_of(name: &str) -> String {
    name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase()
}

/// Whether a page shows a file as a picture.
pub fn is_picture(name: &str) -> bool {
    matches!(ending_of(name).as_str(), "png" | "jpg" | "jpeg" | "gif" | "webp")
}

fn raw_kind(name: &str, binary: bool) -> (&'static str, &'static str) {
    match (ending_of(name).as_str(), binary) {
        ("png", true) => ("image/png", "inline"),
        ("jpg" | "jpeg", true) => ("image/jpeg", "inline"),
        ("gif", true) => ("image/gif", "inline"),
        ("webp", true) => ("image/webp", "inline"),
        (_, false) => ("text/plain; charset=utf-8", "inline"),
        _ => ("application/octet-stream", "attachment"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_served_as_nothing_that_a_browser_runs_or_a_server_believes() {
        let rows = [
            ("a/index.html", false, "text/plain; charset=utf-8"),
            ("x.svg", false, "text/plain; charset=utf-8"),
            ("actor.json", false, "text/plain; charset=utf-8"),
            ("x.js", true, "application/octet-stream"),
            ("x.PNG", true, "image/png"),
            ("png", true, "image/png"),
            ("x.png", false, "text/plain; charset=utf-8"),
        ];
        for (name, binary, kind) in rows {
            assert_eq!(raw_kind(name, binary).0, kind, "{name}");
        }
    }
}
