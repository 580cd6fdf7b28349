//! Tickets: issues and merge requests, as they are offered to a tracker and as the tracker serves them.
//!
//! Source: ForgeFed, "Ticket".

mod further;

use crate::activity::{Thing, actor};
use crate::context;
use crate::json::Document;
use crate::limits::MEDIA_TYPE_MAX_BYTES;
use crate::object::{Item, Obj, Wrong};
use crate::text::{Html, Line, LineError, TooLong, escape, plain, render_markdown};
use crate::time::Seconds;
use crate::uri::Uri;
use crate::uri::actor::ActorUri;
use crate::write::Writer;
use serde_json::{Map, Value};

/// Media type of the source of what people write here.
pub const MARKDOWN: &str = "text/markdown; variant=CommonMark";

/// A text as its author typed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The text.
    pub content: String,
    /// Its media type. Older documents give a bare text, which is taken for Markdown.
    pub media_type: String,
}

impl Source {
    /// A text in Markdown.
    pub fn markdown(content: impl Into<String>) -> Self {
        Self { content: content.into(), media_type: MARKDOWN.to_owned() }
    }

    /// Whether it is Markdown of some variant.
    pub fn is_markdown(&self) -> bool {
        let essence = self.media_type.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case("text/markdown")
    }

    /// Reads `source`, an object or a bare text.
    pub(crate) fn read(obj: &Obj<'_>) -> Result<Option<Self>, Wrong> {
        match obj.get("source") {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(Self::markdown(text.as_str()))),
            Some(_) => match obj.one("source")? {
                Some(Item::Embedded(source)) => Ok(Some(Self {
                    content: source.text("content")?.unwrap_or_default().to_owned(),
                    media_type: media_type(&source)?.unwrap_or_else(|| MARKDOWN.to_owned()),
                })),
                _ => Err(obj.wrong("source", "a text, or an object with content and mediaType")),
            },
        }
    }
}

impl From<&Source> for Value {
    fn from(source: &Source) -> Value {
        Writer::new().put("content", source.content.as_str()).put("mediaType", source.media_type.as_str()).into()
    }
}

/// What is shown of a text: its Markdown source rendered by us where there is one, else its HTML made safe, or plain text
/// as it is.
pub fn shown(content: &str, media_type: Option<&str>, source: Option<&Source>) -> Result<Html, TooLong> {
    match (source.filter(|source| source.is_markdown()), media_type) {
        (Some(source), _) => render_markdown(&source.content),
        (None, Some("text/plain")) => Html::sanitise(&escape(content)),
        (None, _) => Html::sanitise(content),
    }
}

/// Reads `mediaType`, bounded.
pub(crate) fn media_type(obj: &Obj<'_>) -> Result<Option<String>, Wrong> {
    match obj.text("mediaType")? {
        Some(text) if text.len() > MEDIA_TYPE_MAX_BYTES => Err(obj.wrong("mediaType", "a short media type")),
        text => Ok(text.map(str::to_owned)),
    }
}

/// A ticket. Offered ones have no `id`, no times and no collections yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Ticket {
    /// Its address, given by its tracker.
    pub id: Option<Uri>,
    /// Its tracker.
    pub context: Option<Uri>,
    /// Who wrote it.
    pub attributed_to: ActorUri,
    /// Its title as one line of HTML, not yet sanitised. See [`Ticket::title`].
    pub summary: String,
    /// Its text as HTML, not yet sanitised.
    pub content: Option<String>,
    /// Media type of `content`; `text/html` where it is not given.
    pub media_type: Option<String>,
    /// Its text as typed. Where it is Markdown, it is what should be rendered, not `content`.
    pub source: Option<Source>,
    /// When its tracker took it in, which may be later than it was offered.
    pub published: Option<Seconds>,
    /// Collection of its followers.
    pub followers: Option<Uri>,
    /// Collection of the direct comments.
    pub replies: Option<Uri>,
    /// Collection of the tickets it waits for.
    pub dependencies: Option<Uri>,
    /// Collection of the tickets that wait for it.
    pub dependants: Option<Uri>,
    /// Collection of who works on it.
    pub assignments: Option<Uri>,
    /// Its milestone.
    pub milestone: Option<Uri>,
    /// Its values of the fields of its tracker's workflow, each a FieldValue.
    pub custom_fields: Vec<Thing>,
    /// The actor that decides about it, where that is not `context`.
    pub managed_by: Option<Uri>,
    /// Whether it is closed.
    pub is_resolved: Option<bool>,
    /// Who or which activity closed it: an `Apply` means merged.
    pub resolved_by: Option<Uri>,
    /// When it was closed.
    pub resolved: Option<Seconds>,
    /// What is attached. One attachment of type `Offer` makes it a merge request.
    pub attachment: Vec<Thing>,
    /// Terms that nobody here reads, and what else is attached, as they came. Written behind all others. See
    /// [`Ticket::further_to_serve`].
    pub further: Map<String, Value>,
}

impl Ticket {
    /// A ticket as it is offered: who, title, text.
    pub fn offered(by: ActorUri, title: &Line, content: impl Into<String>, source: Source) -> Self {
        Self {
            id: None,
            context: None,
            attributed_to: by,
            summary: escape(title.as_str()),
            content: Some(content.into()),
            media_type: Some("text/html".to_owned()),
            source: Some(source),
            published: None,
            followers: None,
            replies: None,
            dependencies: None,
            dependants: None,
            assignments: None,
            milestone: None,
            custom_fields: Vec::new(),
            managed_by: None,
            is_resolved: None,
            resolved_by: None,
            resolved: None,
            attachment: Vec::new(),
            further: Map::new(),
        }
    }

    /// Reads a ticket, offered or hosted.
    pub fn read(obj: &Obj<'_>) -> Result<Self, Wrong> {
        if !obj.is("Ticket") {
            return Err(obj.wrong("type", "a Ticket"));
        }
        let attachment = Thing::read_all(obj, "attachment")?;
        Ok(Self {
            id: obj.id()?,
            context: obj.uri("context")?,
            attributed_to: actor(obj, "attributedTo")?,
            summary: obj.need_text("summary")?.to_owned(),
            content: obj.text("content")?.map(str::to_owned),
            media_type: media_type(obj)?,
            source: Source::read(obj)?,
            published: obj.time("published")?,
            followers: obj.link("followers")?,
            replies: obj.link("replies")?,
            dependencies: obj.link("dependencies")?,
            dependants: obj.link("dependants")?,
            assignments: obj.link("assignments")?,
            milestone: obj.uri("ticketMilestone")?,
            custom_fields: Thing::read_all(obj, "customFields")?,
            managed_by: obj.uri("managedBy")?,
            is_resolved: obj.flag("isResolved")?,
            resolved_by: obj.uri("resolvedBy")?,
            resolved: obj.time("resolved")?,
            further: further::read(obj, &attachment),
            attachment,
        })
    }

    /// The title as plain text: `summary` without tags and entities.
    pub fn title(&self) -> Result<Line, LineError> {
        Line::parse(&plain(&self.summary))
    }

    /// The text as it is shown, safe.
    pub fn body(&self) -> Result<Html, TooLong> {
        shown(self.content.as_deref().unwrap_or_default(), self.media_type.as_deref(), self.source.as_ref())
    }

    /// The further terms with their HTML made safe. Refused are more bytes of them than a tracker keeps.
    pub fn further_to_serve(&self) -> Result<Map<String, Value>, Wrong> {
        further::to_serve(self.further.clone())
    }

    /// The attached offer of a merge request. Several are refused.
    pub fn merge_offer(&self) -> Result<Option<Obj<'_>>, Wrong> {
        let mut offers = self.attachment.iter().filter_map(Thing::obj).filter(|obj| obj.is("Offer"));
        match (offers.next(), offers.next()) {
            (_, Some(_)) => Err(Wrong::new("/attachment", "at most one Offer", "several")),
            (offer, None) => Ok(offer),
        }
    }

    fn writer(&self, writer: Writer) -> Writer {
        let time = |time: Option<Seconds>| time.map(|time| time.to_string());
        // What is read stands in both.
        let offers = self.attachment.iter().filter(|thing| thing.is("Offer")).map(Value::from);
        let others = self.further.get("attachment").and_then(Value::as_array).into_iter().flatten().cloned();
        let attached: Vec<Value> = offers.chain(others).collect();
        writer
            .maybe("id", self.id.as_ref())
            .put("type", "Ticket")
            .maybe("context", self.context.as_ref())
            .maybe("managedBy", self.managed_by.as_ref())
            .put("attributedTo", &self.attributed_to)
            .put("summary", self.summary.as_str())
            .maybe("content", self.content.as_deref())
            .maybe("mediaType", self.media_type.as_deref())
            .maybe("source", self.source.as_ref())
            .flat("attachment", attached)
            .maybe("published", time(self.published))
            .maybe("followers", self.followers.as_ref())
            .maybe("replies", self.replies.as_ref())
            .maybe("dependencies", self.dependencies.as_ref())
            .maybe("dependants", self.dependants.as_ref())
            .maybe("assignments", self.assignments.as_ref())
            .maybe("ticketMilestone", self.milestone.as_ref())
            .flat("customFields", &self.custom_fields)
            .maybe("isResolved", self.is_resolved)
            .maybe("resolvedBy", self.resolved_by.as_ref())
            .maybe("resolved", time(self.resolved))
            .rest(&self.further)
    }

    /// As the object of an activity.
    pub fn to_value(&self) -> Value {
        self.writer(Writer::new()).into()
    }

    /// As a document of its own.
    pub fn to_document(&self) -> Document {
        Document::from_map(self.writer(Writer::with_context(context::forge())).finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn uri(text: &str) -> Uri {
        Uri::parse(text).unwrap()
    }

    fn offered() -> Ticket {
        let alice = ActorUri::parse("https://dev.example/people/alice").unwrap();
        let title = Line::parse("Tea & <milk>").unwrap();
        Ticket::offered(alice, &title, "<p>No <em>sugar</em></p>", Source::markdown("No *sugar*"))
    }

    fn hosted() -> Ticket {
        let base = uri("https://forge.example/trackers/tea/tickets/7");
        let part = |name| Some(base.join_path(name).unwrap());
        Ticket {
            id: Some(base.clone()),
            context: Some(uri("https://forge.example/trackers/tea")),
            published: Some(Seconds::new(1_700_000_000)),
            followers: part("followers"),
            replies: part("replies"),
            dependencies: part("dependencies"),
            dependants: part("dependants"),
            assignments: part("assignments"),
            is_resolved: Some(true),
            resolved_by: Some(uri("https://forge.example/people/bob/outbox/3")),
            resolved: Some(Seconds::new(1_700_000_100)),
            ..offered()
        }
    }

    fn read(document: &Document) -> Result<Ticket, Wrong> {
        Ticket::read(&document.obj())
    }

    #[test]
    fn tickets_are_read_as_they_were_written() {
        for ticket in [offered(), hosted()] {
            assert_eq!(read(&ticket.to_document()), Ok(ticket));
        }
    }

    #[test]
    fn a_hosted_ticket_is_written_in_the_newest_shape() {
        insta::assert_json_snapshot!(hosted().to_document().value());
    }

    #[test]
    fn a_title_is_html_on_the_wire_and_plain_text_inside() {
        assert_eq!(offered().summary, "Tea &amp; &lt;milk&gt;");
        assert_eq!(offered().title().unwrap().as_str(), "Tea & <milk>");
        let marked = Ticket { summary: "<b>Tea</b> &amp; milk".into(), ..offered() };
        assert_eq!(marked.title().unwrap().as_str(), "Tea & milk");
        let empty = Ticket { summary: "<b></b>".into(), ..offered() };
        assert!(empty.title().is_err());
    }

    #[test]
    fn a_text_is_rendered_from_its_source_and_not_from_what_its_author_made_of_it() {
        let forged = Ticket { content: Some("<p>something else</p>".into()), ..offered() };
        assert_eq!(forged.body().unwrap().as_str(), "<p>No <em>sugar</em></p>\n");
        let bare = Ticket { source: None, content: Some("<p onclick=x>a</p>".into()), ..offered() };
        assert_eq!(bare.body().unwrap().as_str(), "<p>a</p>");
        let typed = Ticket { media_type: Some("text/plain".into()), ..bare };
        assert_eq!(typed.body().unwrap().as_str(), "&lt;p onclick=x&gt;a&lt;/p&gt;");
    }

    #[test]
    fn a_bare_source_is_taken_for_markdown() {
        let document = offered().to_document().edit().set("source", "*hi*").finish();
        let source = read(&document).unwrap().source.unwrap();
        assert_eq!(source, Source::markdown("*hi*"));
        assert!(source.is_markdown());
        assert!(!Source { media_type: "text/plain".into(), ..source }.is_markdown());
    }

    #[test]
    fn collections_written_out_without_an_address_are_no_obstacle() {
        let document = hosted().to_document().edit().set("replies", json!({"type": "Collection"})).finish();
        assert_eq!(read(&document).unwrap().replies, None);
    }

    #[test]
    fn a_merge_request_has_one_offer_attached() {
        let offer = json!({"type": "Offer", "target": {"type": "Branch"}});
        let with =
            |attached: Value| read(&offered().to_document().edit().set("attachment", attached).finish()).unwrap();
        assert!(with(offer.clone()).merge_offer().unwrap().is_some());
        assert!(with(json!([{"type": "Image"}])).merge_offer().unwrap().is_none());
        assert!(with(json!([offer.clone(), offer])).merge_offer().is_err());
    }

    #[test]
    fn a_ticket_with_a_term_of_the_wrong_kind_is_refused_with_its_place() {
        #[rustfmt::skip]
        let rows = [
            ("type",         json!("Note"),                 "/type"),
            ("attributedTo", Value::Null,                   "/attributedTo"),
            ("attributedTo", json!("mailto:a@b.example"),   "/attributedTo"),
            ("summary",      json!(""),                     "/summary"),
            ("summary",      json!({"en": "x"}),            "/summary"),
            ("content",      json!(["x"]),                  "/content"),
            ("source",       json!(3),                      "/source"),
            ("source",       json!({"content": 3}),         "/source/content"),
            ("mediaType",    json!("x".repeat(200)),        "/mediaType"),
            ("published",    json!("yesterday"),            "/published"),
            ("isResolved",   json!("yes"),                  "/isResolved"),
            ("context",      json!(["https://a.example/", "https://b.example/"]), "/context"),
        ];
        for (term, bad, at) in rows {
            let document = hosted().to_document().edit().set(term, bad.clone()).finish();
            assert_eq!(read(&document).unwrap_err().at, at, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_title_and_text_survive_the_wire(title in "\\PC{1,60}", content in ".{0,80}", typed in ".{0,80}") {
            let alice = ActorUri::parse("https://dev.example/people/alice").unwrap();
            if let Ok(line) = Line::parse(&title) {
                let ticket = Ticket::offered(alice, &line, content, Source::markdown(typed));
                let back = Document::parse(ticket.to_document().raw()).unwrap();
                prop_assert_eq!(read(&back), Ok(ticket.clone()));
                prop_assert_eq!(ticket.title(), Ok(line));
            }
        }
    }
}
