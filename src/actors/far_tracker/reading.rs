//! Where a far tracker stands in reading the other one.

use crate::limits::{FAR_FRESH_S, FAR_HEARD_MAX, FAR_SMALL, FAR_TRIES_S, FAR_WHOLE_LARGE_S, FAR_WHOLE_S};
use pritchel_actor::{Refusal, Seconds, TimerId};
use serde::{Deserialize, Serialize};

/// Why a step fails that may go well the next time.
const PASSING: [&str; 2] = ["origin-unreachable", "reading-failed"];
/// The code of a step that was not tried, since that server was asked much already.
pub const BUSY: &str = "fetching-too-much";
/// Seconds until such a step is tried again.
const BUSY_S: Seconds = 30;

/// What comes next in the list of tickets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Where the list is has to be found out.
    Tracker,
    /// This page of it.
    Page(String),
}

/// How far another tracker is read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Whether it is being read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub runs: bool,
    /// Which reading this is, counted: what comes late for another one is not taken.
    #[serde(default)]
    pub run: u64,
    /// Whether all of it is read again, and not only what is new.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub whole: bool,
    /// When this reading began.
    #[serde(default)]
    pub began: Seconds,
    /// Where it is in the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Whether it goes through the list, and not only through some tickets.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lists: bool,
    /// Pages of the list read in this reading.
    #[serde(default)]
    pub pages: u64,
    /// Tickets that are to be read before the list goes on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wanted: Vec<String>,
    /// Whether the worker is at it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub busy: bool,
    /// How many tickets there are, as the other server has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Whether there are more than are kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cut: bool,
    /// How often it has failed since something came.
    #[serde(default)]
    pub failures: u32,
    /// Why it failed the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Refusal>,
    /// When that was.
    #[serde(default)]
    pub failed_at: Seconds,
    /// When it is tried again, and the timer for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<(TimerId, Seconds)>,
    /// As of when its list is known to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Seconds>,
    /// As of when all its tickets are known as they are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole_at: Option<Seconds>,
}

/// How a failed step goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// It is tried again after so many seconds.
    Again(Seconds),
    /// It is left until somebody asks for it again.
    Left,
}

impl Reading {
    /// Whether it is old enough to be read again, and then whether all of it is.
    /// - `kept`: how many tickets are kept
    pub fn wants(&self, now: Seconds, kept: u64) -> Option<bool> {
        let tried = self.as_of.into_iter().chain(self.error.as_ref().map(|_| self.failed_at)).max();
        let fresh = tried.is_some_and(|at| now.saturating_sub(at) < FAR_FRESH_S);
        if self.runs || fresh {
            return None;
        }
        let lasts = if kept <= FAR_SMALL { FAR_WHOLE_S } else { FAR_WHOLE_LARGE_S };
        Some(self.whole_at.is_none_or(|at| now.saturating_sub(at) >= lasts))
    }

    /// A reading from the beginning of the list.
    pub fn begin(&mut self, now: Seconds, whole: bool) {
        self.run += 1;
        (self.runs, self.whole, self.began, self.lists, self.pages) = (true, whole, now, true, 0);
        (self.place, self.failures, self.error) = (Some(Place::Tracker), 0, None);
        (self.busy, self.cut) = (false, self.cut && !whole);
    }

    /// These tickets have changed: they are read before all else, as far as they can be waited for.
    /// - `more`: whether there may be new ones, too
    pub fn hear(&mut self, now: Seconds, tickets: Vec<String>, more: bool) {
        if !self.runs {
            self.begin(now, false);
            (self.lists, self.place) = (more, more.then_some(Place::Tracker));
        }
        for ticket in tickets {
            if self.wanted.len() < FAR_HEARD_MAX && !self.wanted.contains(&ticket) {
                self.wanted.push(ticket);
            }
        }
    }

    /// A step has failed.
    pub fn fail(&mut self, now: Seconds, why: Refusal) -> After {
        if why.code == BUSY {
            return After::Again(BUSY_S);
        }
        let again = PASSING.contains(&&*why.code).then(|| FAR_TRIES_S.get(self.failures as usize).copied()).flatten();
        self.failures = self.failures.saturating_add(1);
        (self.error, self.failed_at) = (Some(why), now);
        match again {
            Some(seconds) => After::Again(seconds),
            None => {
                (self.runs, self.place) = (false, None);
                self.wanted.clear();
                After::Left
            }
        }
    }

    /// It has come to its end: whether what was not read in it is gone.
    pub fn end(&mut self) -> bool {
        self.runs = false;
        if !self.lists {
            return false;
        }
        self.as_of = Some(self.began);
        if self.whole {
            self.whole_at = Some(self.began);
        }
        self.whole && !self.cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Seconds = 1_800_000_000;

    fn read(at: Seconds) -> Reading {
        Reading { as_of: Some(at), whole_at: Some(at), ..Reading::default() }
    }

    #[test]
    fn what_is_old_is_read_again_and_all_of_it_less_often_the_larger_it_is() {
        assert_eq!(Reading::default().wants(NOW, 0), Some(true), "never read");
        assert_eq!(read(NOW - FAR_FRESH_S + 1).wants(NOW, 1), None);
        assert_eq!(read(NOW - FAR_FRESH_S).wants(NOW, 1), Some(false));
        assert_eq!(read(NOW - FAR_WHOLE_S).wants(NOW, FAR_SMALL), Some(true));
        assert_eq!(read(NOW - FAR_WHOLE_S).wants(NOW, FAR_SMALL + 1), Some(false));
        assert_eq!(read(NOW - FAR_WHOLE_LARGE_S).wants(NOW, FAR_SMALL + 1), Some(true));
        let mut running = read(0);
        running.begin(NOW, true);
        assert_eq!(running.wants(NOW, 1), None, "it is at it");
        let mut failed = read(0);
        failed.fail(NOW, Refusal::new("gone", "x"));
        assert_eq!(failed.wants(NOW + 1, 1), None, "just tried");
        assert_eq!(failed.wants(NOW + FAR_FRESH_S, 1), Some(true));
    }

    #[test]
    fn what_passes_is_tried_again_more_slowly_and_then_left() {
        let mut reading = Reading::default();
        reading.begin(NOW, true);
        for seconds in FAR_TRIES_S {
            assert_eq!(reading.fail(NOW, Refusal::new("origin-unreachable", "down")), After::Again(seconds));
            assert!(reading.runs);
        }
        assert_eq!(reading.fail(NOW, Refusal::new(BUSY, "later")), After::Again(BUSY_S), "that is no failure");
        assert_eq!(reading.fail(NOW, Refusal::new("origin-unreachable", "down")), After::Left);
        assert!(!reading.runs && reading.error.is_some());
        reading.begin(NOW, true);
        assert_eq!(reading.fail(NOW, Refusal::new("gone", "404")), After::Left, "that will not be otherwise");
    }

    #[test]
    fn what_is_heard_is_read_first_and_only_so_much_of_it() {
        let mut reading = read(NOW);
        reading.hear(NOW, vec!["a".to_owned(), "a".to_owned()], false);
        assert_eq!((reading.wanted.len(), reading.place.clone(), reading.runs), (1, None, true));
        assert!(!reading.end() && reading.as_of == Some(NOW), "some tickets are not the list");
        reading.hear(NOW, (0..2 * FAR_HEARD_MAX).map(|number| number.to_string()).collect(), true);
        assert_eq!((reading.wanted.len(), reading.place), (FAR_HEARD_MAX, Some(Place::Tracker)));
    }

    #[test]
    fn only_a_whole_reading_that_was_not_cut_tells_what_is_gone() {
        for (whole, cut, expected) in [(true, false, true), (true, true, false), (false, false, false)] {
            let mut reading = Reading::default();
            reading.begin(NOW, whole);
            reading.cut = cut;
            assert_eq!(reading.end(), expected, "{whole} {cut}");
            assert_eq!((reading.as_of, reading.whole_at), (Some(NOW), whole.then_some(NOW)));
        }
    }
}
