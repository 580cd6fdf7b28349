//! Forms with files that people attach to what they write. A file is kept as it came. What it is, is found in its bytes, not in what the browser says.

use crate::answer::{WebError, WebResult, of_call};
use crate::domains::of_actor;
use crate::limits::{FORM_BYTES_MAX, FORM_FILES_BYTES_MAX, UPLOADS_AT_ONCE};
use crate::page::fields::{Fields, wrong};
use crate::page::files::{part, size};
use crate::page::parts::Why;
use crate::page::shell::{back, error, page_of, title_of};
use crate::page::visit::{Frame, Me, Visit};
use crate::ports::KeptBytes;
use crate::powers;
use askama::Template;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use pritchel_actor::{ActorId, Value};
use pritchel_actors::common::attachment::{Attachment, with_files};
use pritchel_actors::common::text::Line;
use pritchel_actors::limits::{ATTACHMENTS_MAX, FILE_BYTES_MAX, FILE_NAME_CHARS_MAX};
use pritchel_actors::person::NoteUpload;
use pritchel_actors::ticket_tracker::TakeFile;
use pritchel_actors::{PatchTracker, Person, ResourceKind, TicketTracker};
use std::collections::HashMap;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Forms that take files.
pub const FORMS: [&str; 6] =
    ["open-ticket", "open-merge-request", "open-patches", "comment", "edit-comment", "edit-ticket"];
/// The field that says that a form names all files a text has from now on.
const ALL: &str = "attaching";
/// The beginning of the names of fields that keep a file a text has.
const KEPT: &str = "attached-";

/// Each form that is read holds a file in memory.
static UPLOADS: Semaphore = Semaphore::const_new(UPLOADS_AT_ONCE);

/// How many are read at this moment.
pub(crate) fn in_use() -> usize {
    UPLOADS_AT_ONCE.saturating_sub(UPLOADS.available_permits())
}

/// A file of a form, kept but not yet named by anything.
pub struct Upload {
    name: Line,
    media_type: &'static str,
    kept: KeptBytes,
}

/// A form as it was filled in, as far as it was read.
#[derive(Default)]
pub struct Filled {
    /// What was typed.
    pub fields: HashMap<String, String>,
    /// Its files.
    pub files: Vec<Upload>,
}

/// Whether a form comes in parts.
pub fn in_parts(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data")
}

/// Reads a form in parts. The session's token and the tracker stand before the files, so that nobody's file is read but that of somebody
/// who is signed in.
/// - `filled`: what was typed stays there, whatever is wrong with the rest
pub async fn read(visit: &Visit, what: &str, request: Request, filled: &mut Filled) -> WebResult<()> {
    let mut form = Multipart::from_request(request, &()).await.map_err(|why| WebError::malformed(why.body_text()))?;
    let (mut typed, mut place): (usize, Option<SemaphorePermit<'_>>) = (0, None);
    while let Some(part) = form.next_field().await.map_err(broken_off)? {
        let field = part.name().unwrap_or_default().to_owned();
        let Some(name) = part.file_name().map(str::to_owned) else {
            let most = FORM_BYTES_MAX.saturating_sub(typed + field.len());
            let text = bounded(part, most).await?.ok_or_else(|| too_large(FORM_BYTES_MAX, "text"))?;
            typed += field.len() + text.len();
            let text = String::from_utf8(text).map_err(|_| wrong(format!("expected text in the field `{field}`")))?;
            filled.fields.insert(field, text);
            continue;
        };
        Fields::checked_parts(visit, filled.fields.clone())?;
        visit.signed_in()?;
        if place.is_none() {
            let busy =
                |_| WebError::later("uploads-busy", "many files are being sent to this server at this moment", 5);
            place = Some(UPLOADS.try_acquire().map_err(busy)?);
        }
        let file_max = usize::try_from(FILE_BYTES_MAX).unwrap_or(usize::MAX);
        let shown = name.chars().take(100).collect::<String>();
        let bytes = bounded(part, file_max).await?;
        let bytes = bytes.ok_or_else(|| too_large(file_max, &format!("the file {shown:?}")))?;
        if name.is_empty() && bytes.is_empty() {
            // No file was chosen.
            continue;
        }
        if !FORMS.contains(&what) {
            return Err(wrong("this form takes no files"));
        }
        if bytes.is_empty() {
            return Err(wrong(format!("the file {shown:?} is empty")));
        }
        if filled.files.len() >= ATTACHMENTS_MAX {
            return Err(too_many());
        }
        let (name, media_type) = (named(&name)?, sniffed(&bytes));
        let kept = visit.front.ports.keep_file(bytes).await?;
        filled.files.push(Upload { name, media_type, kept });
    }
    Ok(())
}

/// The bytes of a part, `None` if there are more than so many.
async fn bounded(mut part: Field<'_>, most: usize) -> WebResult<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(broken_off)? {
        if bytes.len() + chunk.len() > most {
            return Ok(None);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Some(bytes))
}

fn too_large(most: usize, what: &str) -> WebError {
    let detail = format!("expected at most {} of {what}, found more", size(most as u64));
    WebError::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
}

fn too_many() -> WebError {
    wrong(format!("expected at most {ATTACHMENTS_MAX} files on one text, found more"))
}

fn broken_off(why: MultipartError) -> WebError {
    match why.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(FORM_FILES_BYTES_MAX, "files together"),
        _ => WebError::malformed(format!("the form could not be read: {}", why.body_text())),
    }
}

/// What a file is called: the last part of its name, in one line.
fn named(name: &str) -> WebResult<Line> {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|c| !c.is_control()).take(FILE_NAME_CHARS_MAX).collect();
    let plain = if plain.trim().is_empty() { "file".to_owned() } else { plain.trim().to_owned() };
    Line::parse(&plain).map_err(|why| wrong(format!("the name of a file: {why}")))
}

/// What bytes are, whatever they are called: a picture that every browser knows, text, or anything else.
pub fn sniffed(bytes: &[u8]) -> &'static str {
    match bytes {
        [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        _ if std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0')) => "text/plain",
        _ => "application/octet-stream",
    }
}

/// What a form publishes, with the files that it names.
pub async fn attached(
    visit: &Visit,
    me: &Me,
    what: &str,
    fields: &Fields,
    (uploads, document): (Vec<Upload>, Value),
) -> WebResult<Value> {
    if !FORMS.contains(&what) {
        return Ok(document);
    }
    let mut files = kept(fields)?;
    if files.len() + uploads.len() > ATTACHMENTS_MAX {
        return Err(too_many());
    }
    if !uploads.is_empty() {
        files.extend(put(visit, me, &fields.actor("tracker")?, uploads).await?);
    }
    if files.is_empty() && !fields.ticked(ALL) {
        return Ok(document);
    }
    Ok(with_files(document, &files))
}

/// The files that a text keeps, in their order.
fn kept(fields: &Fields) -> WebResult<Vec<Attachment>> {
    let mut all: Vec<(usize, &str)> = fields.named_by(KEPT).filter_map(|at| Some((at.parse().ok()?, at))).collect();
    all.sort_unstable();
    let unreadable = || wrong("expected what the page said of a file that is kept, found something else");
    let read = |(_, at): (usize, &str)| {
        let value: Value = serde_json::from_str(&fields.exact(&format!("{KEPT}{at}"))).map_err(|_| unreadable())?;
        Attachment::read(&value).ok_or_else(unreadable)
    };
    all.into_iter().take(ATTACHMENTS_MAX + 1).map(read).collect()
}

/// Puts files where the text will be.
async fn put(visit: &Visit, me: &Me, tracker: &ActorId, uploads: Vec<Upload>) -> WebResult<Vec<Attachment>> {
    let kind = ResourceKind::of(tracker).filter(|kind| kind.tracks());
    let Some(kind) = kind.filter(|_| of_actor(&visit.front.settings, tracker).is_some()) else {
        return Err(wrong("files can be attached to what is written in the trackers of this server"));
    };
    powers::bring(visit, tracker).await?;
    let node = &visit.front.node;
    let bytes = uploads.iter().map(|upload| upload.kept.bytes).sum();
    of_call(node.call::<Person, _>(&me.id, &me.id, NoteUpload { bytes }).await?, UNKNOWN)?;
    let mut files = Vec::new();
    for upload in uploads {
        let Upload { name, media_type, kept } = upload;
        let (hash, bytes, media_type) = (kept.hash.clone(), kept.bytes, media_type.to_owned());
        let take = TakeFile { hash, bytes, media_type: media_type.clone(), name: name.clone() };
        let kept = match kind {
            ResourceKind::PatchTracker => node.call::<PatchTracker, _>(tracker, &me.id, take).await?,
            _ => node.call::<TicketTracker, _>(tracker, &me.id, take).await?,
        };
        let key: String = of_call(kept, UNKNOWN)?;
        let url = format!("{tracker}/files/{key}/{}", part(name.as_str()));
        files.push(Attachment { url, media_type: Some(media_type), name: Some(name), bytes: Some(bytes) });
    }
    Ok(files)
}

/// What becomes of them where nobody knows.
const UNKNOWN: &str = "the files may have been kept or not: send them again";

#[derive(Template)]
#[template(path = "again.html")]
struct Again<'a> {
    frame: &'a Frame,
    /// Where the form goes: it repeats one of another page with all its fields, its Grant among them.
    to: String,
    title: &'static str,
    why: Why,
    heading: Option<String>,
    text: String,
    hidden: Vec<(String, String)>,
}

/// What was refused, with the form again, as it was filled in but for its files.
pub fn again(visit: &Visit, what: &str, fields: HashMap<String, String>, refused: WebError) -> Response {
    let frame = Frame::plain(visit);
    let mut fields = fields;
    let typed = fields.remove("text");
    let (true, Some(text), true) =
        (visit.me.is_some(), typed, refused.code != "sign-in" && refused.code != "cross-site")
    else {
        return error(visit, refused);
    };
    let back = back(fields.get("back").map(String::as_str)).to_owned();
    fields.insert("back".to_owned(), back);
    fields.remove(crate::csrf::FIELD);
    let heading = fields.remove("title");
    let mut hidden: Vec<(String, String)> = fields.into_iter().collect();
    hidden.sort_unstable();
    let why = Why::of(&refused.code, &refused.detail);
    let to = format!("/do/{what}");
    let shown = Again { frame: &frame, to, title: title_of(refused.status), why, heading, text, hidden };
    match page_of(refused.status, &shown) {
        Ok(mut response) => {
            response.headers_mut().extend(refused.headers.clone());
            response
        }
        Err(_) => refused.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_is_stands_in_its_bytes() {
        let rows: [(&[u8], &str); 8] = [
            (b"\x89PNG\r\n\x1a\n....", "image/png"),
            (b"\xff\xd8\xff\xe0", "image/jpeg"),
            (b"GIF89a..", "image/gif"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
            (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "text/plain"),
            (b"<!doctype html><script>x</script>", "text/plain"),
            (b"\0\x01", "application/octet-stream"),
            (b"\xfflog", "application/octet-stream"),
        ];
        for (bytes, kind) in rows {
            assert_eq!(sniffed(bytes), kind, "{bytes:?}");
        }
    }

    #[test]
    fn a_file_is_called_by_the_last_part_of_its_name() {
        let rows = [
            ("a.png", "a.png"),
            ("C:\\x\\b.txt", "b.txt"),
            ("../../etc/passwd", "passwd"),
            ("", "file"),
            ("/", "file"),
        ];
        for (name, called) in rows {
            assert_eq!(named(name).unwrap().as_str(), called);
        }
    }
}
