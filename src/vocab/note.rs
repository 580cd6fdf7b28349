//! Notes: comments, hosted by their author and about a topic hosted elsewhere.
//!
//! Source: ForgeFed, "Comment".

use crate::activity::{audience, maybe_actor};
use crate::context;
use crate::json::Document;
use crate::object::{Obj, Wrong};
use crate::text::{Html, TooLong};
use crate::ticket::{Source, media_type, shown};
use crate::time::Seconds;
use crate::uri::Uri;
use crate::uri::actor::ActorUri;
use crate::write::Writer;
use serde_json::Value;

/// A comment, or a post of the wider fediverse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// Its address. Forgejo sends notes without one, but with `url`.
    pub id: Option<Uri>,
    /// Its topic. Left out if it is no address: other software puts names of conversations here.
    pub context: Option<Uri>,
    /// What it answers: the topic itself, or another comment on it.
    pub in_reply_to: Option<Uri>,
    /// Who wrote it.
    pub attributed_to: Option<ActorUri>,
    /// Its text as HTML, not yet sanitised.
    pub content: String,
    /// Media type of `content`; `text/html` where it is not given.
    pub media_type: Option<String>,
    /// Its text as typed. Where it is Markdown, it is what should be rendered, not `content`.
    pub source: Option<Source>,
    /// When it was written.
    pub published: Option<Seconds>,
    /// Page for people.
    pub url: Option<Uri>,
    /// Primary audience.
    pub to: Vec<Uri>,
    /// Secondary audience.
    pub cc: Vec<Uri>,
}

impl Note {
    /// Reads a note.
    pub fn read(obj: &Obj<'_>) -> Result<Self, Wrong> {
        if !obj.is("Note") {
            return Err(obj.wrong("type", "a Note"));
        }
        let context = match obj.get("context") {
            Some(Value::String(text)) => Uri::parse(text).ok(),
            _ => obj.link("context")?,
        };
        Ok(Self {
            id: obj.id()?,
            context,
            in_reply_to: obj.uri("inReplyTo")?,
            attributed_to: maybe_actor(obj, "attributedTo")?,
            content: obj.text("content")?.unwrap_or_default().to_owned(),
            media_type: media_type(obj)?,
            source: Source::read(obj)?,
            published: obj.time("published")?,
            url: obj.first_web("url"),
            to: audience(obj, "to")?,
            cc: audience(obj, "cc")?,
        })
    }

    /// The text as it is shown, safe.
    pub fn body(&self) -> Result<Html, TooLong> {
        shown(&self.content, self.media_type.as_deref(), self.source.as_ref())
    }

    fn writer(&self, writer: Writer) -> Writer {
        writer
            .maybe("id", self.id.as_ref())
            .put("type", "Note")
            .maybe("context", self.context.as_ref())
            .maybe("inReplyTo", self.in_reply_to.as_ref())
            .maybe("attributedTo", self.attributed_to.as_ref())
            .put("content", self.content.as_str())
            .maybe("mediaType", self.media_type.as_deref())
            .maybe("source", self.source.as_ref())
            .maybe("published", self.published.map(|time| time.to_string()))
            .maybe("url", self.url.as_ref())
            .list("to", &self.to)
            .list("cc", &self.cc)
    }

    /// As the object of an activity.
    pub fn to_value(&self) -> Value {
        self.writer(Writer::new()).into()
    }

    /// As a document of its own. Every term of it is one of ActivityStreams.
    pub fn to_document(&self) -> Document {
        Document::from_map(self.writer(Writer::with_context(context::plain())).finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn uri(text: &str) -> Uri {
        Uri::parse(text).unwrap()
    }

    fn comment() -> Note {
        Note {
            id: Some(uri("https://dev.example/people/alice/notes/1")),
            context: Some(uri("https://forge.example/trackers/tea/tickets/7")),
            in_reply_to: Some(uri("https://forge.example/people/bob/notes/9")),
            attributed_to: Some(ActorUri::parse("https://dev.example/people/alice").unwrap()),
            content: "<p>Indeed.</p>".into(),
            media_type: Some("text/html".into()),
            source: Some(Source::markdown("Indeed.")),
            published: Some(Seconds::new(1_700_000_000)),
            url: None,
            to: vec![Uri::public()],
            cc: vec![uri("https://forge.example/trackers/tea/followers")],
        }
    }

    fn read(document: &Document) -> Result<Note, Wrong> {
        Note::read(&document.obj())
    }

    #[test]
    fn a_note_is_read_as_it_was_written() {
        for note in [comment(), Note { content: "x".into(), ..Note::default() }] {
            assert_eq!(read(&Document::parse(note.to_document().raw()).unwrap()), Ok(note));
        }
        insta::assert_json_snapshot!(comment().to_document().value());
    }

    #[test]
    fn a_note_is_shown_safe() {
        assert_eq!(comment().body().unwrap().as_str(), "<p>Indeed.</p>\n");
        let post = Note { content: "<script>x</script><p>hi</p>".into(), ..Note::default() };
        assert_eq!(post.body().unwrap().as_str(), "<p>hi</p>");
    }

    #[test]
    fn notes_of_the_wider_fediverse_are_read() {
        let note = json!({
            "type": "Note", "content": "hi", "context": "tag:social.example,2024:objectId=1", "summary": null,
            "url": [{"type": "Link", "href": "https://social.example/@a/1"}], "tag": [{"type": "Hashtag", "name": "#x"}]
        });
        let note = read(&Document::from_value(note).unwrap()).unwrap();
        assert_eq!((note.context, note.url), (None, Some(uri("https://social.example/@a/1"))));
    }

    #[test]
    fn a_note_with_a_term_of_the_wrong_kind_is_refused_with_its_place() {
        #[rustfmt::skip]
        let rows = [
            ("type",         json!("Article"),                     "/type"),
            ("content",      json!(5),                             "/content"),
            ("inReplyTo",    json!(["https://a.example/", "https://b.example/"]), "/inReplyTo"),
            ("attributedTo", json!("http://forge.example/alice"),  "/attributedTo"),
            ("to",           json!(true),                          "/to"),
            ("published",    json!(1_700_000_000),                 "/published"),
        ];
        for (term, bad, at) in rows {
            let document = comment().to_document().edit().set(term, bad).finish();
            assert_eq!(read(&document).unwrap_err().at, at);
        }
    }
}
