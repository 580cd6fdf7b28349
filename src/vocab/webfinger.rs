//! WebFinger: which actor a name belongs to.
//!
//! Source: RFC 7033.

use crate::json::{Document, ParseError};
use crate::object::{Item, Obj, Wrong};
use crate::uri::Uri;
use crate::uri::acct::Acct;
use crate::write::Writer;
use serde_json::Value;

/// Media type of the answer.
pub const JRD_TYPE: &str = "application/jrd+json";
/// The relation that leads to the actor.
pub const SELF: &str = "self";
/// The relation that leads to the page for people.
pub const PROFILE_PAGE: &str = "http://webfinger.net/rel/profile-page";
/// The relation that leads to the page where a follow from elsewhere is begun.
pub const SUBSCRIBE: &str = "http://ostatus.org/schema/1.0/subscribe";
/// What the relations begin with that lead to the pages on which something from elsewhere is followed, liked or answered. The rest is
/// the type of the activity, or `Object` for a page that shows the thing.
///
/// Source: FEP-3b86.
pub const INTENTS: &str = "https://w3id.org/fep/3b86/";
/// The media type of the actor's link.
pub const ACTIVITY_TYPE: &str = "application/activity+json";
/// The longer media type that says the same.
pub const ACTIVITY_TYPE_LONG: &str = "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"";

/// The answer about a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jrd {
    /// What it is about, usually `acct:` and a name.
    pub subject: String,
    /// Other names of the same.
    pub aliases: Vec<String>,
    /// Where to go on.
    pub links: Vec<JrdLink>,
}

/// One link of a [`Jrd`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JrdLink {
    /// What the link is for.
    pub rel: String,
    /// Media type of what it leads to.
    pub media_type: Option<String>,
    /// Where it leads.
    pub href: Option<String>,
    /// Where it leads, with a place for an address.
    pub template: Option<String>,
}

/// Why bytes are no answer of WebFinger or NodeInfo.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// No document.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// A document of another shape.
    #[error(transparent)]
    Shape(#[from] Wrong),
}

impl Jrd {
    /// The answer about an actor of ours.
    pub fn of_actor(acct: &Acct, actor: &Uri, page: Option<&Uri>) -> Self {
        let link = |rel: &str, media_type: &str, href: &Uri| JrdLink {
            rel: rel.to_owned(),
            media_type: Some(media_type.to_owned()),
            href: Some(href.into()),
            template: None,
        };
        let mut links = vec![link(SELF, ACTIVITY_TYPE, actor)];
        links.extend(page.map(|page| link(PROFILE_PAGE, "text/html", page)));
        let aliases = std::iter::once(actor).chain(page).map(String::from).collect();
        Self { subject: format!("acct:{acct}"), aliases, links }
    }

    /// Reads an answer.
    pub fn parse(bytes: &[u8]) -> Result<Self, ReadError> {
        Ok(Self::read(&Document::parse(bytes)?.obj())?)
    }

    fn read(obj: &Obj<'_>) -> Result<Self, Wrong> {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let read_link = |item: Item<'_>| match item {
            Item::Embedded(link) => Ok(JrdLink {
                rel: link.need_text("rel")?.to_owned(),
                media_type: own(link.text("type")?),
                href: own(link.text("href")?),
                template: own(link.text("template")?),
            }),
            _ => Err(obj.wrong("links", "objects")),
        };
        Ok(Self {
            subject: obj.need_text("subject")?.to_owned(),
            aliases: obj.texts("aliases")?.into_iter().map(str::to_owned).collect(),
            links: obj.many("links")?.into_iter().map(read_link).collect::<Result<_, _>>()?,
        })
    }

    /// The actor it leads to: the first `self` link with a media type of ActivityPub and a web address.
    pub fn actor(&self) -> Option<Uri> {
        let is_actor = |link: &&JrdLink| link.rel == SELF && link.media_type.as_deref().is_some_and(is_activity_type);
        self.links.iter().filter(is_actor).find_map(|link| Uri::parse(link.href.as_deref()?).ok())
    }

    /// The name it is about. It may differ from the name asked for; then the other must be asked about in turn.
    pub fn acct(&self) -> Option<Acct> {
        self.subject.strip_prefix("acct:").and_then(|name| Acct::parse(name).ok())
    }

    /// The answer as a document.
    pub fn to_document(&self) -> Document {
        let link = |link: &JrdLink| -> Value {
            Writer::new()
                .put("rel", link.rel.as_str())
                .maybe("type", link.media_type.as_deref())
                .maybe("href", link.href.as_deref())
                .maybe("template", link.template.as_deref())
                .into()
        };
        let writer = Writer::new()
            .put("subject", self.subject.as_str())
            .list("aliases", self.aliases.iter().map(String::as_str))
            .list("links", self.links.iter().map(link));
        Document::from_map(writer.finish())
    }
}

/// Whether a media type says ActivityPub: `application/activity+json`, or `application/ld+json` with the profile of
/// ActivityStreams among its profiles. Anything else is not ActivityPub, whatever the body looks like.
pub fn is_activity_type(media_type: &str) -> bool {
    let mut parts = media_type.split(';').map(str::trim);
    match parts.next().map(str::to_ascii_lowercase).as_deref() {
        Some("application/activity+json") => true,
        Some("application/ld+json") => parts.any(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let mut profiles = value.trim().trim_matches('"').split_ascii_whitespace();
            name.trim().eq_ignore_ascii_case("profile") && profiles.any(|one| one == crate::context::ACTIVITY_STREAMS)
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn uri(text: &str) -> Uri {
        Uri::parse(text).unwrap()
    }

    fn answer() -> Jrd {
        let acct = Acct::parse("tea@forge.example").unwrap();
        let mut jrd =
            Jrd::of_actor(&acct, &uri("https://forge.example/repos/tea"), Some(&uri("https://forge.example/tea")));
        let template = Some("https://forge.example/follow?uri={uri}".to_owned());
        jrd.links.push(JrdLink { rel: SUBSCRIBE.into(), template, ..JrdLink::default() });
        jrd
    }

    #[test]
    fn an_answer_is_read_as_it_was_written() {
        let jrd = answer();
        assert_eq!(Jrd::parse(jrd.to_document().raw()), Ok(jrd.clone()));
        assert_eq!(jrd.actor(), Some(uri("https://forge.example/repos/tea")));
        assert_eq!(jrd.acct(), Acct::parse("tea@forge.example").ok());
        insta::assert_json_snapshot!(jrd.to_document().value());
    }

    #[test]
    fn only_a_link_to_an_activity_document_leads_to_the_actor() {
        #[rustfmt::skip]
        let rows = [
            (json!({"rel": "self", "type": "application/activity+json", "href": "https://a.example/1"}), true),
            (json!({"rel": "self", "type": ACTIVITY_TYPE_LONG, "href": "https://a.example/1"}),          true),
            (json!({"rel": "self", "type": "text/html", "href": "https://a.example/1"}),                 false),
            (json!({"rel": "self", "href": "https://a.example/1"}),                                      false),
            (json!({"rel": "me", "type": "application/activity+json", "href": "https://a.example/1"}),   false),
            (json!({"rel": "self", "type": "application/activity+json", "href": "urn:x"}),               false),
            (json!({"rel": "self", "type": "application/activity+json"}),                                false),
        ];
        for (link, found) in rows {
            let text = json!({"subject": "acct:a@a.example", "links": [link]}).to_string();
            assert_eq!(Jrd::parse(text.as_bytes()).unwrap().actor().is_some(), found, "{text}");
        }
    }

    #[test]
    fn an_answer_of_another_shape_is_refused() {
        for text in
            ["[]", "{}", r#"{"subject":1}"#, r#"{"subject":"a","links":["b"]}"#, r#"{"subject":"a","links":[{}]}"#]
        {
            assert!(Jrd::parse(text.as_bytes()).is_err(), "{text}");
        }
        let other = Jrd { subject: "https://forge.example/tea".into(), ..Jrd::default() };
        assert_eq!((other.acct(), other.actor()), (None, None));
    }

    #[test]
    fn only_two_media_types_say_activitypub() {
        #[rustfmt::skip]
        let rows = [
            ("application/activity+json",                                                        true),
            ("Application/Activity+JSON; charset=utf-8",                                         true),
            (ACTIVITY_TYPE_LONG,                                                                 true),
            ("application/ld+json;profile=https://www.w3.org/ns/activitystreams",                true),
            ("application/ld+json; charset=utf-8; profile=\"x https://www.w3.org/ns/activitystreams\"", true),
            ("application/ld+json",                                                              false),
            ("application/ld+json; profile=\"https://www.w3.org/ns/activitystreams#\"",          false),
            ("application/json",                                                                 false),
            ("text/html",                                                                        false),
            ("text/plain; x=application/activity+json",                                          false),
            ("",                                                                                 false),
        ];
        for (media_type, expected) in rows {
            assert_eq!(is_activity_type(media_type), expected, "{media_type}");
        }
    }
}
