//! Files of a repository as they are: never as something a browser would run, nor as an activity that another server would
//! believe.

use crate::answer::{WebError, WebResult};
use crate::limits::FILE_RAW_BYTES_MAX;
use crate::page::files::{Asked, read};
use crate::page::head::Head;
use crate::page::shell::error_page;
use crate::page::visit::Visit;
use crate::page::who::Kind;
use crate::ports::Front;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, Uri};
use pritchel_actor::ActorId;
use pritchel_git::tree::Content;

/// `GET /repos/{key}/raw/{rev}/{path}`.
pub async fn raw(State(front): State<Front>, uri: Uri, headers: HeaderMap) -> Response {
    let answer = async {
        let visit = Visit::of(&front, &uri, &headers).await?;
        let Asked { key, rev, path } = Asked::of(&uri).ok_or_else(WebError::not_found)?;
        let actor = visit.site.actor_at("repos", &key).ok_or_else(WebError::not_found)?;
        raw_file(&visit, &actor, rev, path).await
    };
    match answer.await {
        Ok(response) => response,
        Err(wrong) => error_page(&front, &uri, &headers, wrong).await,
    }
}

/// A file as it is.
pub async fn raw_file(visit: &Visit, actor: &ActorId, rev: String, path: Vec<u8>) -> WebResult {
    Head::of(visit, Kind::REPOSITORY, actor).await?;
    let name = String::from_utf8_lossy(&path).into_owned();
    let file = read(visit, actor, move |reader| {
        let commit = reader.resolve(&rev)?.commit;
        reader.file(commit, &path, FILE_RAW_BYTES_MAX)
    });
    let Content::Whole { bytes, binary } = file.await?.ok_or_else(WebError::not_found)?.content else {
        let detail = format!("this file has more than {FILE_RAW_BYTES_MAX} bytes: clone the repository");
        return Err(WebError::new(http::StatusCode::UNPROCESSABLE_ENTITY, "too-large", detail));
    };
    let (kind, place) = raw_kind(&name, binary);
    let policy = "default-src 'none'; sandbox";
    Ok((
        [
            (CONTENT_TYPE, kind),
            (CONTENT_DISPOSITION, place),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (CONTENT_SECURITY_POLICY, policy),
            // As with pages: what is shown depends on who is signed in.
            (CACHE_CONTROL, "private, no-store"),
            (VARY, "accept, cookie"),
        ],
        bytes,
    )
        .into_response())
}

fn raw_kind(name: &str, binary: bool) -> (&'static str, &'static str) {
    let ending = name.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match (ending.as_str(), binary) {
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
