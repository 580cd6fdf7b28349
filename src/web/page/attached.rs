//! Files that are attached to texts: what pages show of them, and where they are served from.
//!
//! Pictures that every browser knows are shown as pictures, all else is something to be saved. Pictures of other servers are links, so that no page
//! tells those servers who reads it.

use crate::answer::{WebError, WebResult};
use crate::domains::of_actor;
use crate::etag;
use crate::fed::near::{Kind, look_at_tracker};
use crate::page::files::{part, size};
use crate::page::shell::error;
use crate::page::veil::veil;
use crate::page::visit::Visit;
use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderValue,
    X_CONTENT_TYPE_OPTIONS,
};
use pritchel_actor::ActorId;
use pritchel_actors::ResourceKind;
use pritchel_actors::common::attachment::Attachment;
use pritchel_actors::ticket_tracker::files::ViewFile;

/// What the browser is to show as a picture.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// A file as a page shows it.
#[derive(Clone, Debug)]
pub struct FileShown {
    href: String,
    label: String,
    size: Option<String>,
    /// Whether it is shown as a picture.
    picture: bool,
    /// The server that has it, if that is another.
    host: Option<String>,
    /// What the form that changes the text sends to keep it.
    kept: String,
}

/// The files of a text, below it.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "attached.html")]
pub struct FilesShown {
    files: Vec<FileShown>,
}

impl HtmlSafe for FilesShown {}

impl FilesShown {
    /// Of somebody's text; none of what is not shown.
    pub fn of(visit: &Visit, author: &ActorId, attachments: &[Attachment]) -> Self {
        if veil(visit, author).is_some() {
            return Self::default();
        }
        Self { files: attachments.iter().map(|attachment| file_shown(visit, attachment)).collect() }
    }

    /// What the form that changes the text begins its list of files with.
    pub fn boxes(&self) -> Boxes<'_> {
        Boxes { files: &self.files }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

/// The files of a text, each to be kept or not.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<input type="hidden" name="attaching" value="yes">{% for file in files %}<label class="check"><input type="checkbox" name="attached-{{ loop.index0 }}" value="{{ file.kept }}" checked> Keep {{ file.label }}</label>{% endfor %}"#
)]
pub struct Boxes<'a> {
    files: &'a [FileShown],
}

impl HtmlSafe for Boxes<'_> {}

fn file_shown(visit: &Visit, attachment: &Attachment) -> FileShown {
    let url = attachment.url.as_str();
    let origin = pritchel_actors::common::naming::origin_of(url);
    let tracker = url.split_once("/files/").map(|(tracker, _)| ActorId::new(tracker));
    let ours = tracker.is_some_and(|tracker| {
        of_actor(&visit.front.settings, &tracker).is_some() && ResourceKind::of(&tracker).is_some_and(|k| k.tracks())
    });
    let is_picture = attachment.media_type.as_deref().is_some_and(|kind| PICTURES.contains(&kind));
    let last = url.split(['?', '#']).next().unwrap_or(url).rsplit('/').find(|part| !part.is_empty());
    let label = attachment.name.as_ref().map(|name| name.to_string());
    FileShown {
        href: if ours { url.strip_prefix(origin).unwrap_or(url).to_owned() } else { url.to_owned() },
        label: label.unwrap_or_else(|| last.unwrap_or(url).to_owned()),
        size: attachment.bytes.map(size),
        picture: ours && is_picture,
        host: (!ours).then(|| origin.split_once("://").map_or(origin, |(_, host)| host).to_owned()),
        kept: attachment.to_value().to_string(),
    }
}

/// `GET /{trackers, patches}/{key}/files/{file}/{name}`: shown to whom the tracker is, unless whoever put it there is not.
pub async fn serve(visit: &Visit, kind: Kind, key: &str, file: &str) -> WebResult {
    let tracker = visit.site.actor_at(kind.segment(), key).ok_or_else(WebError::not_found)?;
    let view = ViewFile { viewer: visit.viewer(), key: file.to_owned() };
    let file = look_at_tracker(&visit.front, &tracker, &view).await?;
    if veil(visit, &file.by).is_some() {
        return Err(WebError::not_found());
    }
    let tag = format!("\"{}\"", file.hash);
    let picture = PICTURES.into_iter().find(|kind| *kind == file.media_type);
    let kind = match (picture, file.media_type.as_str()) {
        (Some(kind), _) => kind,
        (None, "text/plain") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };
    let place = if picture.is_some() { "inline" } else { "attachment" };
    let name = part(file.name.as_str());
    let place = HeaderValue::from_str(&format!("{place}; filename*=UTF-8''{name}")).map_err(WebError::broken)?;
    let described = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CONTENT_DISPOSITION, place),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
        (CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        (ETAG, HeaderValue::from_str(&tag).map_err(WebError::broken)?),
    ];
    if etag::is_had(&visit.headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, described).into_response());
    }
    let bytes = visit.front.ports.kept_file(file.hash.clone(), file.bytes).await?;
    Ok((described, bytes).into_response())
}

/// The handler of files of this kind of tracker.
pub async fn served(visit: Visit, kind: Kind, Path((key, file, _)): Path<(String, String, String)>) -> Response {
    serve(&visit, kind, &key, &file).await.unwrap_or_else(|refused| error(&visit, refused))
}
