//! A file of a commit: in colours and with a place for each line, rendered, or as the picture that it is.

use crate::answer::WebResult;
use crate::colour::{CodeLines, Coloured, coloured};
use crate::kept::Kept;
use crate::limits::{FILE_LINES_MAX, FILE_SHOWN_BYTES_MAX};
use crate::page::code::Spot;
use crate::page::files::{Shown, size};
use crate::page::head::Head;
use crate::page::raw::is_picture;
use crate::page::shell::{page, with};
use crate::page::visit::{Frame, Visit};
use askama::Template;
use axum::response::{IntoResponse, Redirect, Response};
use pritchel_git::names::ObjectId;
use pritchel_git::read::{ReadError, Reader};
use pritchel_git::tree::{Content, EntryKind};
use std::sync::Arc;

/// How a file is to be shown.
pub struct How {
    /// As its source, even if it can be rendered.
    source: bool,
    /// The lines that are pointed at.
    marked: Option<(usize, usize)>,
}

impl How {
    /// As the visitor asks.
    pub fn of(visit: &Visit) -> Self {
        let marked = visit.asked("lines").and_then(span);
        Self { source: marked.is_some() || visit.asked("view") == Some("source"), marked }
    }
}

/// Lines as people write them: `10`, `10-20`, `L10-L20`.
fn span(text: &str) -> Option<(usize, usize)> {
    let number = |text: &str| text.trim().trim_start_matches(['L', 'l']).parse::<usize>().ok().filter(|line| *line > 0);
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (number(first)?, number(last)?),
        None => (number(text)?, number(text)?),
    };
    Some((first.min(last), first.max(last)))
}

/// Leads to the lines that the form beside a file asks for.
pub fn led_to(visit: &Visit) -> Option<Response> {
    let (first, last) = span(visit.asked("go")?)?;
    let lines = if first == last { first.to_string() } else { format!("{first}-{last}") };
    Some(Redirect::to(&format!("{}#L{first}", with(&[("lines", &lines)], &visit.path))).into_response())
}

/// What is shown of a file.
pub enum Body {
    /// Its lines.
    Lines(Arc<Coloured>),
    /// Rendered.
    Prose(Shown),
    /// A picture.
    Picture,
    /// A symbolic link.
    Link {
        /// Where it leads.
        target: String,
        /// The page of that, if it is in the repository.
        href: Option<String>,
    },
    /// Nothing: it is no text.
    Binary,
    /// Nothing: it is too large.
    TooLarge,
}

/// A file.
pub struct FileShown {
    /// What is shown of it.
    pub body: Body,
    size_bytes: u64,
    marked: Option<(usize, usize)>,
    /// Whether it can also be rendered.
    renders: bool,
    executable: bool,
}

impl FileShown {
    /// Reads what is shown of a file.
    pub fn read(reader: &Reader, kept: &Kept, base: &str, spot: &Spot, how: &How) -> Result<Self, ReadError> {
        let (id, kind) = reader.kind_at(spot.commit, &spot.path)?;
        let (name, lower) = (spot.name(), spot.name().to_ascii_lowercase());
        let renders = lower.ends_with(".md") || lower.ends_with(".markdown");
        let shown = |body: Body, size_bytes: u64| Self {
            body,
            size_bytes,
            marked: how.marked,
            renders,
            executable: kind == EntryKind::Executable,
        };
        match kind {
            EntryKind::Directory | EntryKind::Submodule => Err(ReadError::WrongKind {
                name: String::from_utf8_lossy(&spot.path).into_owned(),
                expected: "file",
                found: "directory or submodule".to_owned(),
            }),
            EntryKind::Link => {
                let target = reader.link_target(id)?.unwrap_or_default();
                let href = within(spot, &target).map(|path| Spot { path, ..spot.clone() }.page("tree"));
                Ok(shown(Body::Link { target, href }, 0))
            }
            EntryKind::File | EntryKind::Executable if renders && !how.source => {
                let (size_bytes, content) = reader.blob(id, FILE_SHOWN_BYTES_MAX)?;
                let body = match Shown::of(&name, content.clone(), base, &spot.above()) {
                    rendered if rendered.prose.is_some() => Body::Prose(rendered),
                    _ => lines(kept, id, &name, content),
                };
                Ok(shown(body, size_bytes))
            }
            EntryKind::File | EntryKind::Executable => {
                if let Some(known) = kept.coloured.get(&(id, name.clone())) {
                    let size_bytes = known.size_bytes;
                    return Ok(shown(Body::Lines(known), size_bytes));
                }
                let (size_bytes, content) = reader.blob(id, FILE_SHOWN_BYTES_MAX)?;
                let body = match lines(kept, id, &name, content) {
                    Body::Binary | Body::TooLarge if is_picture(&name) => Body::Picture,
                    body => body,
                };
                Ok(shown(body, size_bytes))
            }
        }
    }
}

/// The lines of a file in their colours, made once for each.
pub fn lines(kept: &Kept, id: ObjectId, name: &str, content: Content) -> Body {
    let at = (id, name.to_owned());
    if let Some(known) = kept.coloured.get(&at) {
        return Body::Lines(known);
    }
    let Content::Whole { bytes, .. } = content else { return Body::TooLarge };
    let Some(file) = coloured(name, &bytes, FILE_LINES_MAX).map(Arc::new) else { return Body::Binary };
    let held = file.bytes() + name.len() + 100;
    kept.coloured.put(at, file.clone(), held);
    Body::Lines(file)
}

/// Where a symbolic link leads within the repository.
fn within(spot: &Spot, target: &str) -> Option<Vec<u8>> {
    if target.starts_with('/') || target.is_empty() {
        return None;
    }
    let above = spot.above().path;
    let mut names: Vec<&[u8]> = above.split(|b| *b == b'/').filter(|name| !name.is_empty()).collect();
    for name in target.as_bytes().split(|b| *b == b'/') {
        match name {
            b"" | b"." => {}
            b".." => {
                names.pop()?;
            }
            name => names.push(name),
        }
    }
    Some(names.join(&b'/'))
}

#[derive(Template)]
#[template(path = "file.html")]
struct FilePage<'a> {
    frame: &'a Frame,
    head: &'a Head,
    tab: &'a str,
    spot: Spot,
    file: FileShown,
    /// Whether the visitor may change it.
    edits: bool,
}

impl FilePage<'_> {
    /// Lines, size and language, for people.
    fn facts(&self) -> Vec<String> {
        let bytes = size(self.file.size_bytes);
        let mut facts = match &self.file.body {
            Body::Link { .. } => return vec!["symbolic link".to_owned()],
            Body::Lines(file) => {
                let lines = if file.lines() == 1 { "1 line".to_owned() } else { format!("{} lines", file.lines()) };
                [lines, bytes].into_iter().chain(file.language.clone()).collect()
            }
            _ => vec![bytes],
        };
        facts.extend(self.file.executable.then(|| "executable".to_owned()));
        facts
    }

    fn all<'f>(&self, file: &'f Coloured) -> CodeLines<'f> {
        CodeLines { file, start: 1, count: file.lines(), marked: self.file.marked }
    }

    /// Whether it is a text that is shown whole.
    fn is_text(&self) -> bool {
        match &self.file.body {
            Body::Lines(lines) => !lines.cut,
            body => matches!(body, Body::Prose(_)),
        }
    }

    fn is_lines(&self) -> bool {
        matches!(self.file.body, Body::Lines(_))
    }
}

/// The page of a file.
/// - `edits`: whether the visitor may change it
pub async fn page_of(visit: &Visit, head: &Head, spot: Spot, file: FileShown, edits: bool) -> WebResult {
    page(&FilePage { frame: &*visit.frame().await?, head, tab: "about", spot, file, edits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_asked_for_as_people_write_them() {
        let rows = [("7", (7, 7)), ("10-20", (10, 20)), ("L10-L20", (10, 20)), ("20 - 10", (10, 20))];
        for (text, lines) in rows {
            assert_eq!(span(text), Some(lines), "{text}");
        }
        for bad in ["", "0", "a", "1-", "-3", "1-2-3"] {
            assert_eq!(span(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_link_leads_within_the_repository_or_nowhere() {
        let commit = "1234567890123456789012345678901234567890".parse().unwrap();
        let spot = Spot { own: "/repos/r".into(), rev: "main".into(), commit, path: b"a/b/link".to_vec() };
        assert_eq!(within(&spot, "../c/./d").as_deref(), Some(&b"a/c/d"[..]));
        assert_eq!(within(&spot, "x").as_deref(), Some(&b"a/b/x"[..]));
        for out in ["/etc/passwd", "../../../x", ""] {
            assert_eq!(within(&spot, out), None, "{out}");
        }
    }
}
