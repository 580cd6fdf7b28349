//! What others tell of a tracker, flat: each issue and each comment by itself, what answers something behind that. One that cannot be read
//! is passed over, and says why; what answers it then answers what it answered.
//!
//! Whoever tells can only speak for their own server: a thing is named by its `id` if that is there, else by the address of the document.

use crate::f3::F3Error;
use crate::json::{Limits, parse};
use crate::limits::{
    F3_BYTES_MAX, F3_DEPTH_MAX, F3_ITEMS_MAX, F3_LABELS_MAX, F3_VALUES_MAX, F3_WORD_CHARS_MAX, HTML_MAX_BYTES,
    TEXT_MAX_BYTES,
};
use crate::object::{Obj, Wrong, quote};
use crate::text::{Html, Line, TooLong};
use crate::ticket::{MARKDOWN, Source, shown};
use crate::time::Seconds;
use crate::uri::Uri;
use serde_json::Value;

/// What one document tells.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// How many issues there are in all, if it says so.
    pub total: Option<u64>,
    /// All there is on it, in its order.
    pub items: Vec<Item>,
    /// Where it goes on.
    pub next: Option<Uri>,
}

/// A piece of a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// An issue.
    Issue(Box<Issue>),
    /// A comment.
    Comment(Box<Comment>),
    /// There are more comments on an issue.
    More {
        /// Which issue.
        issue: String,
        /// Where.
        page: Uri,
    },
    /// Something that cannot be read.
    Skipped {
        /// Which one, in a few words.
        what: String,
        /// Why.
        why: String,
    },
}

/// An issue.
#[derive(Clone, Debug, PartialEq)]
pub struct Issue {
    /// Its address, or one made of that of the document and its index.
    pub origin: String,
    /// What the tracker calls it: most often a number.
    pub index: String,
    /// What its author is called there. Nobody has checked that.
    pub author: Line,
    /// One line.
    pub title: Line,
    /// What it says.
    pub text: Text,
    /// Whether it is open.
    pub open: bool,
    /// When it was opened.
    pub created: Seconds,
    /// When it was last changed.
    pub updated: Option<Seconds>,
    /// When it was closed.
    pub closed: Option<Seconds>,
    /// Its labels.
    pub labels: Vec<Line>,
    /// Its milestone.
    pub milestone: Option<Line>,
    /// Whose it is.
    pub assignees: Vec<Line>,
}

/// A comment.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    /// Its address, or one made of that of its issue and its index.
    pub origin: String,
    /// The issue.
    pub issue: String,
    /// The comment that it answers.
    pub above: Option<String>,
    /// What its author is called there. Nobody has checked that.
    pub author: Line,
    /// What it says.
    pub text: Text,
    /// When it was written.
    pub created: Seconds,
    /// When it was last changed.
    pub updated: Option<Seconds>,
    /// Whether only its place is left.
    pub deleted: bool,
}

/// Text, at most as long as is kept, not made safe yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text.
    pub content: String,
    /// Its media type: Markdown where nothing is said.
    pub media_type: Option<String>,
}

impl Text {
    fn read(obj: &Obj<'_>) -> Result<Self, Wrong> {
        let content = obj.text("content")?.unwrap_or_default();
        if content.len() > HTML_MAX_BYTES {
            let found = format!("{} bytes", content.len());
            return Err(Wrong::new("/content", format!("at most {HTML_MAX_BYTES} bytes"), found));
        }
        let media_type = obj.text("media_type")?.map(|kind| kind.split(';').next().unwrap_or(kind).trim().to_owned());
        Ok(Self { content: content.to_owned(), media_type })
    }

    /// What its author typed, if that is Markdown.
    pub fn source(&self) -> Option<Source> {
        let markdown = self.media_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("text/markdown"));
        markdown.then(|| Source { content: self.content.clone(), media_type: MARKDOWN.to_owned() })
    }

    /// The text made safe.
    pub fn shown(&self) -> Result<Html, TooLong> {
        let kind = self.media_type.as_deref();
        // What is neither HTML nor Markdown is shown letter by letter.
        let kind = kind.filter(|kind| kind.eq_ignore_ascii_case("text/html")).unwrap_or("text/plain");
        shown(&self.content, Some(kind), self.source().as_ref())
    }
}

/// Reads a document of a tracker.
/// - `from`: where it came from
/// - `of`: the issue of which it is a further page of comments; `None` if it is of the tracker
pub fn read(bytes: &[u8], from: &Uri, of: Option<&str>) -> Result<Page, F3Error> {
    let limits = Limits {
        size_bytes: F3_BYTES_MAX,
        depth: F3_DEPTH_MAX,
        items: F3_ITEMS_MAX,
        values: F3_VALUES_MAX,
        text_bytes: TEXT_MAX_BYTES,
    };
    let document = parse(bytes, &limits)?;
    let obj = document.obj();
    let mut reader = Reader { from, items: Vec::new() };
    let next = match of {
        Some(issue) => {
            reader.comments(&obj, issue, None)?;
            obj.text("comments_next")?
        }
        None => {
            for (at, issue) in list(&obj, "issues")?.iter().enumerate() {
                reader.issue(at, issue);
            }
            obj.text("next")?
        }
    };
    let next = next.map(|next| reader.here(next)).transpose()?;
    let total = if of.is_some() { None } else { obj.count("total")?.or(next.is_none().then(|| reader.issues())) };
    Ok(Page { total, items: reader.items, next })
}

/// A list that must be there.
fn list<'a>(obj: &Obj<'a>, term: &str) -> Result<&'a [Value], Wrong> {
    match obj.get(term) {
        Some(Value::Array(values)) => Ok(values),
        _ => Err(obj.wrong(term, "a list")),
    }
}

struct Reader<'a> {
    from: &'a Uri,
    items: Vec<Item>,
}

impl Reader<'_> {
    fn issues(&self) -> u64 {
        self.items.iter().filter(|item| matches!(item, Item::Issue(_))).count() as u64
    }

    /// An address of the same server.
    fn here(&self, text: &str) -> Result<Uri, F3Error> {
        let origin = self.from.origin();
        let uri = Uri::parse(text).ok().filter(|uri| uri.origin() == origin);
        uri.ok_or_else(|| F3Error::Elsewhere { origin: origin.to_string(), found: quote(text) })
    }

    /// What something is named by.
    fn origin(&self, obj: &Obj<'_>, other: String) -> String {
        let id = obj.text("id").ok().flatten().and_then(|id| self.here(id).ok());
        id.map_or(other, |id| id.as_str().to_owned())
    }

    fn skip(&mut self, what: String, why: impl ToString) {
        self.items.push(Item::Skipped { what, why: why.to_string() });
    }

    fn issue(&mut self, at: usize, value: &Value) {
        let nth = || format!("issue {} of {}", at + 1, self.from);
        let Some(map) = value.as_object() else { return self.skip(nth(), "expected an object") };
        let obj = Obj::new(map);
        let index = match index(&obj) {
            Ok(index) => index,
            Err(why) => return self.skip(nth(), why),
        };
        let place = self.from.without_fragment();
        let place = place.as_str().split('?').next().unwrap_or_default();
        let origin = self.origin(&obj, format!("{place}#issue-{index}"));
        match issue(&obj, &origin, &index) {
            Ok(issue) => self.items.push(Item::Issue(Box::new(issue))),
            Err(why) => return self.skip(format!("issue {index}"), why),
        }
        if obj.get("comments").is_some()
            && let Err(why) = self.comments(&obj, &origin, Some(&index))
        {
            self.skip(format!("the comments of issue {index}"), why);
        }
        match obj.text("comments_next").map_err(F3Error::from).map(|next| next.map(|next| self.here(next)).transpose())
        {
            Ok(Ok(Some(page))) => self.items.push(Item::More { issue: origin, page }),
            Ok(Ok(None)) => {}
            Ok(Err(why)) | Err(why) => self.skip(format!("further comments of issue {index}"), why),
        }
    }

    /// The trees of comments below an issue, each before what answers it.
    fn comments(&mut self, obj: &Obj<'_>, issue: &str, index: Option<&str>) -> Result<(), Wrong> {
        let mut stack: Vec<(&Value, Option<String>)> =
            list(obj, "comments")?.iter().rev().map(|one| (one, None)).collect();
        while let Some((value, above)) = stack.pop() {
            let read = value.as_object().ok_or_else(|| Wrong::new("", "an object", "something else"));
            let read = read.and_then(|map| self.comment(&Obj::new(map), issue, above.clone()));
            // What answers something that cannot be read answers what that did.
            let below = match read {
                Ok(comment) => {
                    let origin = comment.origin.clone();
                    self.items.push(Item::Comment(Box::new(comment)));
                    Some(origin)
                }
                Err(why) => {
                    let of = index.map_or_else(|| issue.to_owned(), |index| format!("issue {index}"));
                    self.skip(format!("a comment on {of}"), why);
                    above
                }
            };
            if let Some(Value::Array(children)) = value.get("children") {
                stack.extend(children.iter().rev().map(|child| (child, below.clone())));
            }
        }
        Ok(())
    }

    fn comment(&self, obj: &Obj<'_>, issue: &str, above: Option<String>) -> Result<Comment, Wrong> {
        let index = index(obj)?;
        let joint = if issue.contains('#') { '-' } else { '#' };
        let named = obj.text("in_reply_to")?.and_then(|of| self.here(of).ok());
        Ok(Comment {
            origin: self.origin(obj, format!("{issue}{joint}comment-{index}")),
            issue: issue.to_owned(),
            above: above.or_else(|| named.map(|of| of.as_str().to_owned())),
            author: author(obj)?,
            text: Text::read(obj)?,
            created: obj.time("created")?.ok_or_else(|| obj.wrong("created", "a time"))?,
            updated: obj.time("updated")?,
            deleted: obj.flag("deleted")?.unwrap_or(false),
        })
    }
}

fn issue(obj: &Obj<'_>, origin: &str, index: &str) -> Result<Issue, Wrong> {
    let open = match obj.need_text("state")? {
        "open" => true,
        "closed" => false,
        _ => return Err(obj.wrong("state", "open or closed")),
    };
    Ok(Issue {
        origin: origin.to_owned(),
        index: index.to_owned(),
        author: author(obj)?,
        title: Line::lossy(obj.need_text("title")?).ok_or_else(|| obj.wrong("title", "a line of text"))?,
        text: Text::read(obj)?,
        open,
        created: obj.time("created")?.ok_or_else(|| obj.wrong("created", "a time"))?,
        updated: obj.time("updated")?,
        closed: obj.time("closed")?,
        labels: words(obj, "labels")?,
        milestone: obj.text("milestone")?.and_then(word),
        assignees: words(obj, "assignees")?,
    })
}

/// A text, or a number as others write it.
fn index(obj: &Obj<'_>) -> Result<String, Wrong> {
    let text = match obj.get("index") {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => number.as_u64().map(|number| number.to_string()),
        _ => None,
    };
    let plain = |text: &String| {
        (1..=F3_WORD_CHARS_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
    };
    text.filter(plain).ok_or_else(|| obj.wrong("index", format!("1 to {F3_WORD_CHARS_MAX} letters, digits or signs")))
}

/// What whoever wrote it is called, cut to what fits.
fn author(obj: &Obj<'_>) -> Result<Line, Wrong> {
    let id = match obj.get("poster_id") {
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => obj.text("poster_id")?.map(str::to_owned),
    };
    let name = obj.text("poster_name")?.and_then(word);
    name.or_else(|| word(&id?)).ok_or_else(|| obj.wrong("poster_id", "who wrote it"))
}

fn word(text: &str) -> Option<Line> {
    Line::lossy(&text.chars().take(F3_WORD_CHARS_MAX).collect::<String>())
}

fn words(obj: &Obj<'_>, term: &str) -> Result<Vec<Line>, Wrong> {
    Ok(obj.texts(term)?.into_iter().filter_map(word).take(F3_LABELS_MAX).collect())
}

#[cfg(test)]
mod tests;
