//! Text of people, made safe once: [`Line`] for titles and names, [`Html`] for everything longer.
//! - [`Html::sanitise`]: what others send; [`render_markdown`]: what was typed, through the same allow list
//!
//! Source: ActivityPub B.10, "Sanitizing Content".

mod allow;
mod depth;

use crate::limits::{HTML_MAX_BYTES, LINE_MAX_CHARS, SANITISE_PASSES_MAX};
use crate::uri::Uri;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One line of plain text: 1 to [`LINE_MAX_CHARS`] characters, no control characters, no blanks at its ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Line(String);

/// Why a text is not a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Nothing but blanks.
    #[error("expected 1 to {limit} characters, found none")]
    Empty {
        /// Characters allowed.
        limit: usize,
    },
    /// Too many characters.
    #[error("expected 1 to {limit} characters, found {size}")]
    TooLong {
        /// Characters found.
        size: usize,
        /// Characters allowed.
        limit: usize,
    },
    /// A line break or another control character.
    #[error("expected one line of plain text, found a control character as character {position}")]
    Control {
        /// Position in characters, counted from 1.
        position: usize,
    },
}

impl Line {
    /// Reads a line; blanks at its ends are dropped.
    pub fn parse(text: &str) -> Result<Self, LineError> {
        let text = text.trim();
        let size = text.chars().count();
        if size == 0 {
            return Err(LineError::Empty { limit: LINE_MAX_CHARS });
        }
        if size > LINE_MAX_CHARS {
            return Err(LineError::TooLong { size, limit: LINE_MAX_CHARS });
        }
        match text.chars().position(breaks_lines) {
            Some(index) => Err(LineError::Control { position: index + 1 }),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// Makes a line of what others send where refusing would be worse: control characters become blanks, the rest is cut.
    /// `None` if nothing is left.
    pub fn lossy(text: &str) -> Option<Self> {
        let cut: String = one_line(text).chars().take(LINE_MAX_CHARS).collect();
        Self::parse(&cut).ok()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn breaks_lines(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Line {
    type Error = LineError;

    fn try_from(text: String) -> Result<Self, LineError> {
        Self::parse(&text)
    }
}

impl From<Line> for String {
    fn from(line: Line) -> String {
        line.0
    }
}

/// HTML that passed the allow list: no scripts, no styles, no forms, only `http`, `https` and `mailto` links with
/// `rel="nofollow noopener noreferrer"`, at most [`HTML_MAX_BYTES`]. Sanitising it again changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Html(String);

/// A text that is too long, before or after it was made safe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a text has at most {limit} bytes, this one has {size}")]
pub struct TooLong {
    /// Bytes found.
    pub size: usize,
    /// Bytes allowed.
    pub limit: usize,
}

impl Html {
    /// Makes HTML of others safe. Links and images without a full address are dropped: they would point at us.
    pub fn sanitise(html: &str) -> Result<Self, TooLong> {
        Self::settle(html, &allow::ABSOLUTE)
    }

    /// The same; links and images without a full address are read as relative to `base`.
    pub fn sanitise_at(html: &str, base: &Uri) -> Result<Self, TooLong> {
        let Ok(base) = url::Url::parse(base.as_str()) else { return Self::sanitise(html) };
        Self::settle(html, &allow::relative_to(base))
    }

    /// Sanitises until nothing changes. HTML can be written so that one pass gives what the next would read differently;
    /// what does not settle is shown as the text it is.
    fn settle(html: &str, allow: &ammonia::Builder<'_>) -> Result<Self, TooLong> {
        bounded(html)?;
        if is_plain(html) {
            return Ok(Self(html.to_owned()));
        }
        if depth::is_heavy(html) {
            return Self::shown(html, allow);
        }
        let mut last = html.to_owned();
        for _ in 0..SANITISE_PASSES_MAX {
            // One pass may open many tags for one that was left open.
            bounded(&last)?;
            // What was sanitised before, such as rows of ours, is settled by one pass.
            let next = allow.clean(&last).to_string();
            if next == last {
                return Ok(Self(last));
            }
            last = next;
        }
        Self::shown(html, allow)
    }

    /// HTML as the text it is.
    fn shown(html: &str, allow: &ammonia::Builder<'_>) -> Result<Self, TooLong> {
        let escaped = escape(html);
        bounded(&escaped)?;
        let shown = allow.clean(&escaped).to_string();
        Ok(Self(shown))
    }

    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text without tags, for search and notices.
    pub fn to_plain(&self) -> String {
        plain(&self.0)
    }
}

/// Whether a text has none of the characters that a reader of HTML acts on or a writer of it spells otherwise: then it is
/// what sanitising would make of it, and no tree need be built.
fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| matches!(c, '<' | '>' | '&' | '\r' | '\0' | '\u{a0}' | '\u{feff}'))
}

fn bounded(text: &str) -> Result<(), TooLong> {
    match text.len() {
        size if size > HTML_MAX_BYTES => Err(TooLong { size, limit: HTML_MAX_BYTES }),
        _ => Ok(()),
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Html {
    type Error = TooLong;

    /// Sanitises again: what is read from a store or a message is not safe by its place.
    fn try_from(text: String) -> Result<Self, TooLong> {
        Self::sanitise(&text)
    }
}

impl From<Html> for String {
    fn from(html: Html) -> String {
        html.0
    }
}

/// Renders Markdown as GitHub's variant has it: tables, strike-through, task lists, bare links. HTML in it passes the
/// same allow list as that of others.
pub fn render_markdown(text: &str) -> Result<Html, TooLong> {
    bounded(text)?;
    Html::sanitise(&to_html(text)?)
}

/// The same for a text in a repository: links and images without a full address are read as relative to `base`.
pub fn render_markdown_at(text: &str, base: &Uri) -> Result<Html, TooLong> {
    bounded(text)?;
    Html::sanitise_at(&to_html(text)?, base)
}

fn to_html(text: &str) -> Result<String, TooLong> {
    let mut options = comrak::Options::default();
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    // Tags pass through here because the allow list decides about them, and knows more than comrak.
    options.render.r#unsafe = true;
    let html = comrak::markdown_to_html(text, &options);
    bounded(&html)?;
    Ok(html)
}

/// Plain text as HTML that shows it.
pub fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

/// HTML as plain text on one line: without tags, with its entities read. The opposite of [`escape`].
pub fn plain(html: &str) -> String {
    if depth::is_heavy(html) {
        return one_line(html);
    }
    let text = allow::NOTHING.clean(html).to_string();
    // The writer of HTML makes exactly these four entities of text; `&amp;` last, or it would make new ones.
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\u{a0}").replace("&amp;", "&");
    one_line(&text)
}

/// Control characters become blanks, blanks at the ends go.
fn one_line(text: &str) -> String {
    let blanked: String = text.chars().map(|c| if breaks_lines(c) { ' ' } else { c }).collect();
    blanked.trim().to_owned()
}

#[cfg(test)]
mod tests;
