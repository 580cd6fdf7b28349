//! Small pieces of pages, each a type that writes itself, so that no template has to say what is safe.

use crate::limits::STEP_BYTES_MAX;
use crate::page::markdown::within_page;
use crate::page::shell::with;
use askama::Template;
use askama::filters::HtmlSafe;
use jiff::Timestamp;
use pritchel_actor::errbox::Ended;
use pritchel_actor::{Refusal, Seconds};
use pritchel_actors::access::Term;
use pritchel_actors::common::text::Html;
use pritchel_actors::forgefed::told;
use pritchel_actors::person::rows::SentState;
use pritchel_actors::workflow::Color;
use std::fmt;
use std::sync::Arc;

/// Sanitised HTML: the only markup of others that pages show as markup. It stands below the title of its page.
#[derive(Clone, Debug)]
pub struct Prose(pub Html);

impl fmt::Display for Prose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&within_page(self.0.as_str()))
    }
}

impl HtmlSafe for Prose {}

/// The hidden field with the session's token.
#[derive(Clone, Debug, Template)]
#[template(ext = "html", source = r#"<input type="hidden" name="csrf" value="{{ self.0 }}">"#)]
pub struct Csrf(pub String);

impl HtmlSafe for Csrf {}

/// A moment, as people say it: how long ago, and the exact time where the pointer rests on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct When(pub Seconds);

/// A moment, exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exact(pub Seconds);

/// The day of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(pub Seconds);

/// For how long access is given, in words; empty where it has no bounds.
pub fn term(term: &Term) -> String {
    let day = |at: Seconds| Timestamp::from_second(at).map(|at| at.strftime(THE_DAY).to_string()).unwrap_or_default();
    let parts = [
        term.from.map(|from| format!("from {}", day(from))),
        term.until.map(|until| format!("until {}", day(until))),
        term.lasts_s.map(|lasts_s| match lasts_s {
            DAY_S.. => format!("Grants for {} days, given anew", lasts_s / DAY_S),
            _ => format!("Grants for {} minutes, given anew", lasts_s / 60),
        }),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Seconds of a day.
const DAY_S: Seconds = 86_400;

/// A moment to the second, in UTC: a page does not know where it is read.
const TO_THE_SECOND: &str = "%-d %b %Y, %H:%M:%S UTC";
/// A moment to the day.
const THE_DAY: &str = "%-d %b %Y";

/// A moment to the second, as commands print it.
pub fn utc(at: Seconds) -> String {
    Timestamp::from_second(at).map_or_else(|_| format!("{at} s"), |at| at.to_string())
}

impl When {
    /// The same, exactly.
    pub fn exact(&self) -> Exact {
        Exact(self.0)
    }

    /// Its day, for what has lasted since.
    pub fn day(&self) -> Day {
        Day(self.0)
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_second(self.0) {
            Ok(at) => {
                let (said, exact) = (said(at, Timestamp::now()), at.strftime(TO_THE_SECOND));
                write!(f, "<time datetime=\"{at}\" title=\"{exact}\">{said}</time>")
            }
            Err(_) => write!(f, "<span>{} s</span>", self.0),
        }
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_second(self.0) {
            Ok(at) => write!(f, "<time datetime=\"{at}\">{}</time>", at.strftime(TO_THE_SECOND)),
            Err(_) => write!(f, "<span>{} s</span>", self.0),
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_second(self.0) {
            Ok(at) => {
                let (day, exact) = (at.strftime(THE_DAY), at.strftime(TO_THE_SECOND));
                write!(f, "<time datetime=\"{at}\" title=\"{exact}\">{day}</time>")
            }
            Err(_) => write!(f, "<span>{} s</span>", self.0),
        }
    }
}

impl HtmlSafe for When {}
impl HtmlSafe for Day {}
impl HtmlSafe for Exact {}

/// How long ago it was, or how soon it is, up to a month; beyond that the day.
fn said(at: Timestamp, now: Timestamp) -> String {
    const STEPS: [(i64, i64, &str); 3] = [(3600, 60, "minute"), (86_400, 3600, "hour"), (30 * 86_400, 86_400, "day")];
    let away = now.as_second() - at.as_second();
    let size = away.abs();
    if size < 60 {
        return if away < 0 { "in a moment" } else { "just now" }.to_owned();
    }
    let Some((_, unit, word)) = STEPS.into_iter().find(|(below, _, _)| size < *below) else {
        return at.strftime(THE_DAY).to_string();
    };
    let count = size / unit;
    let many = if count == 1 { "" } else { "s" };
    if away < 0 { format!("in {count} {word}{many}") } else { format!("{count} {word}{many} ago") }
}

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

/// A colour that somebody chose, as a dot of it: it stands beside a name, never behind letters.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = r#"<svg class="dot" width="12" height="12" viewBox="0 0 12 12" aria-hidden="true"><circle cx="6" cy="6" r="5.5" fill="{{ self.0.as_str() }}" stroke="currentColor" stroke-width=".5"/></svg>"#
)]
pub struct Swatch(pub Color);

impl HtmlSafe for Swatch {}

/// A piece of a page that was rendered before.
#[derive(Clone, Debug)]
pub struct Rendered(pub Arc<str>);

impl HtmlSafe for Rendered {}

impl fmt::Display for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

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

    /// Whether it says that a ticket is open.
    pub fn is_open(&self) -> bool {
        self.word == "open"
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

/// Why something was refused, in full: the same wherever it is told, by this server or by another.
#[derive(Clone, Debug, PartialEq, Eq, Template)]
#[template(
    ext = "html",
    source = r#"<p class="why"><code class="code">{{ code }}</code> {{ summary }}{% if let Some(step) = step %} <span class="step">Step {{ step }} of the verification</span>{% endif %}{% if let Some(against) = against %} <span class="step">ForgeFed {{ against }}</span>{% endif %}</p>"#
)]
pub struct Why {
    code: String,
    summary: String,
    step: Option<String>,
    /// The statements that ask for it, and what they mean.
    against: Option<String>,
}

impl HtmlSafe for Why {}

impl From<Refusal> for Why {
    fn from(why: Refusal) -> Self {
        Self::of(&why.code, &told(&why))
    }
}

impl Why {
    /// A reason as text. Over the wire, and in an error, the step and what asks for it stand behind the reason, in brackets.
    pub fn of(code: &str, told: &str) -> Self {
        let asked =
            told.strip_suffix(']').and_then(|text| text.rsplit_once(" [")).filter(|(_, by)| by.contains("-beh-"));
        let (summary, against) = asked.map_or((told, None), |(text, by)| (text, Some(by.to_owned())));
        let stepped = summary.strip_suffix(')').and_then(|text| text.rsplit_once(" (step "));
        let short = |step: &str| step.len() <= STEP_BYTES_MAX && step.bytes().all(|b| b.is_ascii_graphic());
        let (summary, step) = match stepped.filter(|(_, step)| short(step)) {
            Some((text, step)) => (text, Some(step.to_owned())),
            None => (summary, None),
        };
        Self { code: code.to_owned(), summary: summary.to_owned(), step, against }
    }
}

/// What came of the last form.
#[derive(Clone, Debug)]
pub struct Notice {
    /// How it stands.
    pub badge: Badge,
    /// What it was, for people.
    pub what: &'static str,
    /// Its type.
    pub kind: String,
    /// Its page.
    pub href: String,
    /// Why it is not done, if it is not.
    pub why: Option<Why>,
    /// What was written, where it does not stand on a page yet.
    pub said: Option<Prose>,
}

/// Links to the pages before and after this one.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    /// The first page, if this is another.
    pub first: Option<String>,
    /// The next page, if there is one.
    pub next: Option<String>,
}

impl Pages {
    /// Of a list at `path` whose pages begin after a name.
    /// - `begun`: after what this page begins, unless it is the first
    /// - `next`: after what the next one begins, if there is one
    pub fn of(path: &str, begun: Option<&str>, next: Option<&str>) -> Self {
        Self { first: begun.map(|_| path.to_owned()), next: next.map(|after| with(&[("after", after)], path)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_escaped_in_every_part() {
        let evil = "<script>alert('x')</script>\"";
        let who = Who { href: evil.into(), id: evil.into(), label: evil.into(), host: Some(evil.into()) };
        let against = Some(evil.into());
        let why = Why { code: evil.into(), summary: evil.into(), step: Some(evil.into()), against };
        let texts =
            [who.to_string(), why.to_string(), Badge::new("good", evil).to_string(), Csrf(evil.into()).to_string()];
        for text in texts {
            assert!(!text.contains("<script"), "{text}");
            assert_eq!(text.matches('"').count() % 2, 0, "{text}");
        }
    }

    #[test]
    fn a_moment_is_read_by_people_and_by_machines() {
        let long_ago = "<time datetime=\"1970-01-01T00:00:00Z\" title=\"1 Jan 1970, 00:00:00 UTC\">1 Jan 1970</time>";
        assert_eq!(When(0).to_string(), long_ago);
        let exact = "<time datetime=\"1970-01-01T00:00:00Z\">1 Jan 1970, 00:00:00 UTC</time>";
        assert_eq!(When(0).exact().to_string(), exact);
        assert_eq!(When(0).day().to_string(), long_ago, "whenever it is read");
        assert_eq!(When(i64::MAX).to_string(), format!("<span>{} s</span>", i64::MAX));
    }

    #[test]
    fn how_long_ago_something_was_is_said_in_the_greatest_unit_that_fits() {
        let now = Timestamp::from_second(1_000_000_000).unwrap();
        #[rustfmt::skip]
        let rows = [
            (0, "just now"), (59, "just now"), (60, "1 minute ago"), (3599, "59 minutes ago"), (3600, "1 hour ago"),
            (86_399, "23 hours ago"), (86_400, "1 day ago"), (30 * 86_400 - 1, "29 days ago"), (30 * 86_400, "10 Aug 2001"),
            (-5, "in a moment"), (-120, "in 2 minutes"), (-86_400, "in 1 day"),
        ];
        for (ago, expected) in rows {
            assert_eq!(said(Timestamp::from_second(1_000_000_000 - ago).unwrap(), now), expected, "{ago}");
        }
    }

    #[test]
    fn the_step_of_a_refusal_is_shown_the_same_wherever_the_refusal_comes_from() {
        let near = Why::from(Refusal::new("revoked", "the Grant was revoked").at_step("9"));
        assert_eq!(Why::from(Refusal::new("revoked", "the Grant was revoked (step 9)")), near, "over the wire");
        assert_eq!(Why::of("revoked", "the Grant was revoked (step 9)"), near, "in an error");
        assert!(near.to_string().contains("Step 9 of the verification"));
        let mut asked = Refusal::new("already-follower", "alice follows").at_step("9");
        asked.against = vec!["tt-beh-follow/2".to_owned()];
        let shown = Why::from(asked.clone());
        assert_eq!(Why::of("already-follower", &told(&asked)), shown, "over the wire");
        assert!(shown.to_string().contains("ForgeFed tt-beh-follow/2: The actor follows already."), "{shown}");
        for plain in ["no step", "(step 9", "a (step of two words)", "a (step 123456789012345678901)", " (step )x"] {
            assert!(!Why::of("x", plain).to_string().contains("Step"), "{plain}");
        }
    }
}
