//! For how long access is given.
//!
//! ForgeFed has `startTime` and `endTime` on a Grant and leaves open how anybody asks for them. Here an `Invite`, a `Join` and
//! the `Add` of a link say it in the same terms, and one more: `duration` is how long each Grant holds, which its giver gives
//! anew in time for as long as the access stands.
//!
//! Source: ForgeFed, "Time Bounds"; protocol decision F-53; docs/decisions/0008.

use crate::common::wire::time;
use crate::limits::{GRANT_LASTS_MAX_S, GRANT_LASTS_MIN_S};
use pritchel_actor::{Halt, Refusal, Seconds, demand};
use serde::{Deserialize, Serialize};

/// For how long access is given. Without any of it: from now on, with no end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// From when on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Seconds>,
    /// Until when: then the access itself is over, and nothing is given anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Seconds>,
    /// Seconds for which each Grant holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lasts_s: Option<Seconds>,
}

/// From when on and until when a Grant holds; a missing bound is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Seconds>,
    /// The first second in which it holds no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Seconds>,
}

impl Span {
    /// Whether it has no bounds: what serde asks.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it is over.
    pub fn is_over(&self, now: Seconds) -> bool {
        self.end.is_some_and(|end| end <= now)
    }

    /// Whether `now` is within it.
    pub fn holds(&self, now: Seconds) -> bool {
        !self.is_over(now) && self.start.is_none_or(|start| start <= now)
    }

    /// What is within both: a Grant that passes another on never outlives it.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let end = self.end.into_iter().chain(other.end).min();
        Self { start: self.start.max(other.start), end }
    }
}

impl Term {
    /// Whether it has no bounds: what serde asks.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// The bounds of the access itself.
    pub fn span(&self) -> Span {
        Span { start: self.from, end: self.until }
    }

    /// The bounds of a Grant that is given `now`.
    pub fn grant(&self, now: Seconds) -> Span {
        let start = self.from.filter(|from| *from > now);
        let lasts = self.lasts_s.map(|lasts_s| start.unwrap_or(now).saturating_add(lasts_s));
        Span { start, end: lasts.into_iter().chain(self.until).min() }
    }

    /// When a Grant with these bounds is given anew: a quarter of its time before its end, so that all who hold it have the new
    /// one by then, even after a day without a network. `None`: never, since nothing comes after it.
    pub fn renewed_at(&self, grant: &Span) -> Option<Seconds> {
        let (end, lasts_s) = grant.end.zip(self.lasts_s)?;
        (self.until != Some(end)).then(|| end.saturating_sub(lasts_s / 4))
    }

    /// Refuses what could never be: an end before the beginning, or before now, and Grants that hold for too short or too long.
    pub fn check(&self, now: Seconds) -> Result<(), Halt> {
        let begins = self.from.unwrap_or(now).max(now);
        demand(self.until.is_none_or(|until| until > begins), || {
            let until = self.until.map(|until| time(until).to_string()).unwrap_or_default();
            let why = format!("expected `endTime` after {}, found {until}", time(begins));
            Refusal::new("impossible-term", why)
        })?;
        let bounds = GRANT_LASTS_MIN_S..=GRANT_LASTS_MAX_S;
        demand(self.lasts_s.is_none_or(|lasts_s| bounds.contains(&lasts_s)), || {
            let found = self.lasts_s.unwrap_or_default();
            let why = format!(
                "expected `duration` between PT{GRANT_LASTS_MIN_S}S and PT{GRANT_LASTS_MAX_S}S, found PT{found}S"
            );
            Refusal::new("impossible-term", why)
        })
    }

    /// Refuses what was offered until a time that has come.
    pub fn still_open(&self, now: Seconds) -> Result<(), Halt> {
        demand(!self.span().is_over(now), || {
            let until = self.until.map(|until| time(until).to_string()).unwrap_or_default();
            Refusal::new("ended", format!("access was offered until {until}, it is {}", time(now)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Seconds = 1_000_000;
    const DAY: Seconds = 86_400;

    fn term(from: Option<Seconds>, until: Option<Seconds>, lasts_s: Option<Seconds>) -> Term {
        Term { from, until, lasts_s }
    }

    #[test]
    fn a_grant_ends_with_its_own_time_or_with_the_access_whichever_comes_first() {
        let span = |start, end| Span { start, end };
        #[rustfmt::skip]
        let rows = [
            ("no bounds",              term(None, None, None),                            span(None, None),                                 None),
            ("until",                  term(None, Some(NOW + DAY), None),                 span(None, Some(NOW + DAY)),                      None),
            ("renewed",                term(None, None, Some(4 * DAY)),                   span(None, Some(NOW + 4 * DAY)),                  Some(NOW + 3 * DAY)),
            ("renewed, until",         term(None, Some(NOW + 9 * DAY), Some(4 * DAY)),    span(None, Some(NOW + 4 * DAY)),                  Some(NOW + 3 * DAY)),
            ("the last, until",        term(None, Some(NOW + 2 * DAY), Some(4 * DAY)),    span(None, Some(NOW + 2 * DAY)),                  None),
            ("later, renewed",         term(Some(NOW + DAY), None, Some(4 * DAY)),        span(Some(NOW + DAY), Some(NOW + 5 * DAY)),       Some(NOW + 4 * DAY)),
            ("begun before",           term(Some(NOW - DAY), None, None),                 span(None, None),                                 None),
        ];
        for (what, term, expected, renewed) in rows {
            let grant = term.grant(NOW);
            assert_eq!(grant, expected, "{what}");
            assert_eq!(term.renewed_at(&grant), renewed, "{what}");
        }
    }

    #[test]
    fn what_could_never_be_is_refused() {
        #[rustfmt::skip]
        let rows = [
            ("no bounds",       term(None, None, None),                              true),
            ("ends now",        term(None, Some(NOW), None),                         false),
            ("ends later",      term(None, Some(NOW + 1), None),                     true),
            ("ends at its start", term(Some(NOW + 5), Some(NOW + 5), None),          false),
            ("an hour",         term(None, None, Some(GRANT_LASTS_MIN_S)),           true),
            ("less",            term(None, None, Some(GRANT_LASTS_MIN_S - 1)),       false),
            ("the longest",     term(None, None, Some(GRANT_LASTS_MAX_S)),           true),
            ("longer",          term(None, None, Some(GRANT_LASTS_MAX_S + 1)),       false),
        ];
        for (what, term, good) in rows {
            assert_eq!(term.check(NOW).is_ok(), good, "{what}");
        }
    }

    #[test]
    fn what_is_within_both_is_never_longer_than_either() {
        let span = |start, end| Span { start, end };
        assert_eq!(span(None, Some(9)).and(span(Some(2), None)), span(Some(2), Some(9)));
        assert_eq!(span(Some(5), Some(9)).and(span(Some(2), Some(7))), span(Some(5), Some(7)));
        assert_eq!(span(None, None).and(span(None, None)), Span::default());
        assert!(span(Some(2), Some(4)).holds(3) && !span(Some(2), Some(4)).holds(4) && !span(Some(2), None).holds(1));
    }
}
