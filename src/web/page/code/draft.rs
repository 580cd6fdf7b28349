//! What somebody has typed into the editor of a file.

use crate::answer::{WebError, WebResult};
use crate::limits::{EDIT_BODY_CHARS_MAX, EDIT_FORM_BYTES_MAX, EDIT_PARTS_MAX, EDIT_TITLE_CHARS_MAX};
use crate::page::code::editor::{Deed, uploaded};
use crate::page::fields::{Fields, wrong};
use crate::page::visit::Visit;
use axum::extract::multipart::{Multipart, MultipartError};
use http::StatusCode;
use pritchel_git::names::ObjectId;
use std::collections::HashMap;

/// Where a change goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum To {
    /// To the branch it was made of.
    #[default]
    Branch,
    /// To a new branch.
    New,
    /// It is offered to be merged.
    Offer,
}

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// The path of the file; of a new one that is uploaded it may be a directory's.
    pub path: String,
    /// What it is to hold, its lines ended with LF.
    pub text: String,
    /// A file that is uploaded, with its name.
    pub file: Option<(String, Vec<u8>)>,
    /// The commit in which it was looked at.
    pub seen: Option<ObjectId>,
    /// Whether it replaces what somebody else has written meanwhile.
    pub replace: bool,
    /// The first line of the message.
    pub title: String,
    /// The rest of it.
    pub body: String,
    /// Where it goes.
    pub to: To,
    /// The name of a new branch, or of what is offered.
    pub new: String,
}

/// Reads the form, and refuses one that another site had sent.
pub async fn draft_of(visit: &Visit, mut form: Multipart) -> WebResult<Draft> {
    let (mut fields, mut file) = (HashMap::new(), None);
    for _ in 0..EDIT_PARTS_MAX {
        let Some(part) = form.next_field().await.map_err(broken_off)? else { break };
        let name = part.name().unwrap_or_default().to_owned();
        match part.file_name().map(str::to_owned) {
            None => drop(fields.insert(name, part.text().await.map_err(broken_off)?)),
            Some(called) => {
                let bytes = part.bytes().await.map_err(broken_off)?;
                // A browser sends the field of a file that nobody chose, too.
                if !called.is_empty() {
                    file = Some((called, bytes.to_vec()));
                }
            }
        }
    }
    let fields = Fields::checked_parts(visit, fields)?;
    let to = match fields.text("to") {
        Some("new") => To::New,
        Some("offer") => To::Offer,
        Some("branch") | None => To::Branch,
        Some(other) => return Err(wrong(format!("expected `branch`, `new` or `offer`, found {other:?}"))),
    };
    let seen = fields.text("seen").map(str::parse).transpose().map_err(|_| wrong("expected the id of a commit"))?;
    let few = |name: &str, most: usize| {
        let text = fields.exact(name).replace("\r\n", "\n");
        if text.chars().count() <= most {
            Ok(text)
        } else {
            Err(wrong(format!("`{name}` has more than {most} characters")))
        }
    };
    Ok(Draft {
        path: fields.exact("path").trim().to_owned(),
        text: fields.exact("text").replace("\r\n", "\n"),
        file,
        seen,
        replace: fields.ticked("replace"),
        title: few("title", EDIT_TITLE_CHARS_MAX)?,
        body: few("body", EDIT_BODY_CHARS_MAX)?,
        to,
        new: fields.exact("new"),
    })
}

fn broken_off(why: MultipartError) -> WebError {
    match why.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let detail = format!("expected a form of at most {EDIT_FORM_BYTES_MAX} bytes, found more");
            WebError::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
        }
        _ => WebError::malformed(format!("the form could not be read: {}", why.body_text())),
    }
}

impl Draft {
    /// What the file is to hold, and where.
    /// - `was`: the path and the text that it had
    pub fn put(&self, deed: Deed, was: &[u8], before: Option<&str>) -> Option<(Vec<u8>, Vec<u8>)> {
        let typed = self.path.as_bytes();
        match (deed, &self.file) {
            (Deed::Remove, _) => None,
            (Deed::Add, Some((name, bytes))) => Some((uploaded(&self.path, name), bytes.clone())),
            (Deed::Add, None) => Some((typed.to_vec(), ended(lines(&self.text, None)))),
            (Deed::Change, _) => {
                // A name that is no text cannot be typed: as it is shown, it stays.
                let stays = self.path == String::from_utf8_lossy(was);
                let path = if stays { was } else { typed };
                Some((path.to_vec(), lines(&self.text, before)))
            }
        }
    }

    /// The message of the commit.
    pub fn message(&self, usual: &str) -> String {
        let title = self.title.lines().next().unwrap_or_default().trim();
        let title = if title.is_empty() { usual } else { title };
        match self.body.trim() {
            "" => format!("{title}\n"),
            body => format!("{title}\n\n{body}\n"),
        }
    }
}

/// A text as it is kept. Browsers end lines with CR and LF: a file keeps the ends that it had, and has LF if it is new.
fn lines(typed: &str, before: Option<&str>) -> Vec<u8> {
    let text = typed.replace("\r\n", "\n");
    let ends = before.map_or(0, |before| before.matches('\n').count());
    let crlf = ends > 0 && before.is_some_and(|before| before.matches("\r\n").count() == ends);
    if crlf { text.replace('\n', "\r\n").into_bytes() } else { text.into_bytes() }
}

/// A new file ends with the end of a line.
fn ended(mut text: Vec<u8>) -> Vec<u8> {
    if text.last().is_some_and(|byte| *byte != b'\n') {
        text.push(b'\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_the_ends_of_its_lines() {
        let rows = [
            ("a\r\nb\r\n", Some("x\ny\n"), "a\nb\n"),
            ("a\r\nb\r\n", Some("x\r\ny\r\n"), "a\r\nb\r\n"),
            ("a\r\nb", Some("x\r\ny\n"), "a\nb"),
            ("a\r\nb", Some("x"), "a\nb"),
            ("a\nb", None, "a\nb"),
        ];
        for (typed, before, kept) in rows {
            assert_eq!(lines(typed, before), kept.as_bytes(), "{typed:?} over {before:?}");
        }
    }

    #[test]
    fn what_is_typed_becomes_a_file() {
        let draft = |path: &str, text: &str| Draft { path: path.into(), text: text.into(), ..Draft::default() };
        let put = |path: &str, text: &str| Some((path.as_bytes().to_vec(), text.as_bytes().to_vec()));
        assert_eq!(draft("a", "x").put(Deed::Add, b"", None), put("a", "x\n"));
        assert_eq!(draft("a", "").put(Deed::Add, b"", None), put("a", ""));
        assert_eq!(draft("b", "x").put(Deed::Change, b"a", Some("y")), put("b", "x"));
        assert_eq!(draft("a", "x").put(Deed::Remove, b"a", None), None);
        let odd = draft("bad\u{fffd}", "x").put(Deed::Change, b"bad\xff", Some("y"));
        assert_eq!(odd, Some((b"bad\xff".to_vec(), b"x".to_vec())));
        for (path, at) in [("", "me.png"), ("docs/", "docs/me.png"), ("docs/pot.png", "docs/pot.png")] {
            let file = Some(("C:\\me.png".to_owned(), vec![0, 1]));
            let sent = Draft { file, ..draft(path, "") };
            assert_eq!(sent.put(Deed::Add, b"", None), Some((at.as_bytes().to_vec(), vec![0, 1])));
        }
    }

    #[test]
    fn a_message_is_the_usual_one_unless_another_is_written() {
        let draft = |title: &str, body: &str| Draft { title: title.into(), body: body.into(), ..Draft::default() };
        assert_eq!(draft(" ", "").message("Add a"), "Add a\n");
        assert_eq!(draft("Say more", " Why.\n").message("Add a"), "Say more\n\nWhy.\n");
    }
}
