//! Small pieces of pages, each a type that writes itself, so that no template has to say what is safe.

use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;
use pritchel_actor::errbox::Ended;
use pritchel_actor::{Refusal, Seconds};
use pritchel_actors::common::text::Html;
use pritchel_actors::person::rows::SentState;
use std::fmt;

/// Sanitised HTML: the only markup of others that pages show as markup.
#[derive(Clone, Debug)]
pub struct Prose(pub Html);

impl fmt::Display for Prose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl HtmlSafe for Prose {}

/// The hidden field with the session's token.
#[derive(Clone, Debug, Template)]
#[template(ext = "html", source = r#"<input type="hidden" name="csrf" value="{{ self.0 }}">"#)]
pub struct Csrf(pub String);

impl HtmlSafe for Csrf {}

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When(pub Seconds);

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_second(self.0) {
            Ok(at) => write!(f, "<time datetime=\"{at}\">{}</time>", at.strftime("%-d %b %Y, %H:%M")),
            Err(_) => write!(f, "<span>{} s</span>", self.0),
        }
    }
}

impl HtmlSafe for When {}

/// A link to an actor.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = r#"<a class="who" href="{{ href }}" title="{{ id }}">{{ label }}{% if let Some(host) = host %}<span class="host">{{ host }}</span>{% endif %}</a>"#
)]
pub struct Who {
    /// Where its page is.
    pub href: String,
    /// Its address.
    pub id: String,
    /// What it is called.
    pub label: String,
    /// Its host, if it is another than the one visited.
    pub host: Option<String>,
}

impl HtmlSafe for Who {}

/// A word that tells how something stands, in its colour.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(ext = "html", source = r#"<span class="badge {{ colour }}">{{ word }}</span>"#)]
pub struct Badge {
    /// The class of its colour.
    pub colour: &'static str,
    /// The word.
    pub word: String,
}

impl HtmlSafe for Badge {}

impl Badge {
    /// A badge of this colour.
    pub fn new(colour: &'static str, word: impl Into<String>) -> Self {
        Self { colour, word: word.into() }
    }

    /// Whether a ticket is open.
    pub fn open(open: bool) -> Self {
        if open { Self::new("good", "open") } else { Self::new("over", "closed") }
    }

    /// How something published stands.
    pub fn sent(state: &SentState) -> Self {
        match state {
            SentState::Sent => Self::new("wait", "sent"),
            SentState::Done { .. } => Self::new("good", "done"),
            SentState::Refused { .. } => Self::new("bad", "refused"),
            SentState::Unknown => Self::new("odd", "unknown"),
        }
    }

    /// How something received ended.
    pub fn ended(ended: &Ended) -> Self {
        match ended {
            Ended::Done { .. } => Self::new("good", "done"),
            Ended::Refused { .. } => Self::new("bad", "refused"),
            Ended::Settled => Self::new("good", "settled"),
            Ended::Noted => Self::new("plain", "noted"),
            Ended::Unsupported { .. } => Self::new("odd", "unsupported"),
            Ended::Quarantined { .. } => Self::new("bad", "quarantined"),
        }
    }
}

/// Why something was refused, in full.
#[derive(Clone, Debug, Template)]
#[template(
    ext = "html",
    source = r#"<p class="why"><code class="code">{{ code }}</code> {{ summary }}{% if let Some(step) = step %} <span class="step">Step {{ step }} of the verification</span>{% endif %}</p>"#
)]
pub struct Why {
    code: String,
    summary: String,
    step: Option<String>,
}

impl HtmlSafe for Why {}

impl From<Refusal> for Why {
    fn from(why: Refusal) -> Self {
        Self { code: why.code, summary: why.summary, step: why.step }
    }
}

impl Why {
    /// A reason without a code of its own.
    pub fn plain(code: &str, summary: impl Into<String>) -> Self {
        Self { code: code.to_owned(), summary: summary.into(), step: None }
    }
}

/// What came of the last form.
#[derive(Clone, Debug)]
pub struct Notice {
    /// How it stands.
    pub badge: Badge,
    /// What it was.
    pub what: String,
    /// Its page.
    pub href: String,
    /// Why it was refused, if it was.
    pub why: Option<Why>,
}

/// Links to the pages before and after this one.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    /// The first page, if this is another.
    pub first: Option<String>,
    /// The next page, if there is one.
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_escaped_in_every_part() {
        let evil = "<script>alert('x')</script>\"";
        let who = Who { href: evil.into(), id: evil.into(), label: evil.into(), host: Some(evil.into()) };
        let why = Why { code: evil.into(), summary: evil.into(), step: Some(evil.into()) };
        let texts =
            [who.to_string(), why.to_string(), Badge::new("good", evil).to_string(), Csrf(evil.into()).to_string()];
        for text in texts {
            assert!(!text.contains("<script"), "{text}");
            assert_eq!(text.matches('"').count() % 2, 0, "{text}");
        }
    }

    #[test]
    fn a_moment_is_read_by_people_and_by_machines() {
        assert_eq!(When(0).to_string(), "<time datetime=\"1970-01-01T00:00:00Z\">1 Jan 1970, 00:00</time>");
        assert_eq!(When(i64::MAX).to_string(), format!("<span>{} s</span>", i64::MAX));
    }
}
