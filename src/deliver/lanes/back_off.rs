//! When a failed delivery is tried again. What is counted stands beside the task in the item's data, since an item also goes
//! back into its lane without having failed: when its server is busy, or is left alone.

use aws_lc_rs::digest::{SHA256, digest};
use pritchel_actor::{Seconds, Value};
use pritchel_box_store::work::{Item, Next};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::limits::{ASIDE_S, BACK_OFF_S, GIVE_UP_S, WHY_CHARS_MAX};

/// The member of an item's data in which this is kept.
const TRIED: &str = "tried";

/// What became of an item so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// Attempts that failed.
    #[serde(default)]
    pub times: u32,
    /// When the first of them failed, or was not made because its server is left alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Seconds>,
    /// How the last one ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// What becomes of an item that failed.
#[derive(Debug, PartialEq)]
pub(crate) enum Failed {
    /// It is tried again.
    Later(Next),
    /// It has failed for too long.
    GiveUp(Tried),
}

impl Failed {
    /// The same, apart from its lane, which goes on.
    pub fn aside(self) -> Self {
        match self {
            Failed::Later(Next::Again { at, data }) => Failed::Later(Next::Aside { at, data }),
            other => other,
        }
    }
}

impl Tried {
    /// What is kept in an item's data.
    pub fn of(data: &Value) -> Self {
        data.get(TRIED).and_then(|tried| serde_json::from_value(tried.clone()).ok()).unwrap_or_default()
    }

    fn kept_in(&self, data: &Value) -> Value {
        let mut data = data.clone();
        data[TRIED] = json!(self);
        data
    }

    /// Whether an item has failed for so long that it is given up.
    pub fn is_over(&self, now: Seconds) -> bool {
        self.since.is_some_and(|since| now.saturating_sub(since) >= GIVE_UP_S)
    }
}

/// Whether what is kept of earlier attempts in an item's data, if anything is, can be read.
pub(crate) fn check(data: &Value) -> Result<(), String> {
    match data.get(TRIED).map(Tried::deserialize) {
        None | Some(Ok(_)) => Ok(()),
        Some(Err(why)) => Err(format!("expected what became of earlier attempts: {why}")),
    }
}

/// An attempt at an item failed.
/// - `wait_s`: seconds the peer asked for
pub(crate) fn failed(item: &Item, now: Seconds, why: &str, wait_s: Option<u64>) -> Failed {
    let before = Tried::of(&item.data);
    let since = before.since.unwrap_or(now);
    let why = Some(why.chars().take(WHY_CHARS_MAX).collect());
    let tried = Tried { times: before.times.saturating_add(1), since: Some(since), why };
    if tried.is_over(now) {
        return Failed::GiveUp(tried);
    }
    let wait = wait_s.and_then(|wait| i64::try_from(wait).ok()).unwrap_or_else(|| jittered(item, before.times));
    // Whatever the peer asks for: the last attempt is not put off beyond the time at which it is given up.
    let at = (now + wait.max(1)).min((since + GIVE_UP_S).max(now + 1));
    let data = tried.kept_in(&item.data);
    Failed::Later(match now.saturating_sub(since) >= ASIDE_S {
        true => Next::Aside { at, data },
        false => Next::Again { at, data },
    })
}

/// No attempt was made, since the server is left alone until `at`: the whole lane waits, in its order.
pub(crate) fn waits(item: &Item, now: Seconds, at: Seconds, why: &str) -> Failed {
    let before = Tried::of(&item.data);
    let tried = Tried { since: Some(before.since.unwrap_or(now)), why: Some(why.to_owned()), ..before };
    if tried.is_over(now) {
        return Failed::GiveUp(tried);
    }
    Failed::Later(Next::Again { at: at.max(now + 1), data: tried.kept_in(&item.data) })
}

/// Seconds until the next attempt: anything up to the step of the back-off, so that lanes do not come back together. Follows
/// from the item, so that the same run is the same again.
fn jittered(item: &Item, times: u32) -> Seconds {
    let step = BACK_OFF_S[usize::try_from(times).unwrap_or(usize::MAX).min(BACK_OFF_S.len() - 1)];
    let hash = digest(&SHA256, format!("{} {} {times}", item.lane, item.seq).as_bytes());
    let number = hash.as_ref().iter().take(6).fold(0, |number, byte| number << 8 | i64::from(*byte));
    1 + number % step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::BREAKER_S;

    fn item(seq: u64, data: Value) -> Item {
        Item { lane: "delivery/a\0b".to_owned(), seq, attempt: 0, first_failed: None, at: 0, data }
    }

    fn next(failed: Failed) -> (Seconds, Value, bool) {
        match failed {
            Failed::Later(Next::Again { at, data }) => (at, data, false),
            Failed::Later(Next::Aside { at, data }) => (at, data, true),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_steps_grow_to_a_day_and_the_times_within_them_differ() {
        for (times, step) in BACK_OFF_S.into_iter().chain([86_400; 3]).enumerate() {
            let waits: Vec<Seconds> = (0..200).map(|seq| jittered(&item(seq, json!({})), times as u32)).collect();
            assert!(waits.iter().all(|wait| (1..=step).contains(wait)), "{times}");
            let mean = waits.iter().sum::<Seconds>() / 200;
            assert!((step * 2 / 5..=step * 3 / 5).contains(&mean), "{times}: {mean} of {step}");
        }
        assert_eq!(jittered(&item(7, json!({})), 3), jittered(&item(7, json!({"else": 1})), 3));
    }

    #[test]
    fn an_item_is_set_aside_after_an_hour_and_given_up_after_a_week() {
        let mut data = json!({"kind": "delivery"});
        let (mut now, mut asides, mut times) = (1000, 0, 0);
        loop {
            match failed(&item(1, data.clone()), now, "no connection", None) {
                Failed::GiveUp(tried) => {
                    assert_eq!((tried.since, tried.why.as_deref()), (Some(1000), Some("no connection")));
                    assert_eq!(now, 1000 + GIVE_UP_S, "the last attempt is made when the time is over");
                    break;
                }
                later => {
                    let (at, kept, aside) = next(later);
                    assert!(at > now);
                    assert_eq!(aside, now - 1000 >= ASIDE_S);
                    asides += usize::from(aside);
                    times += 1;
                    assert_eq!(Tried::of(&kept).times, times);
                    assert_eq!(kept["kind"], "delivery", "the task stays");
                    (now, data) = (at, kept);
                }
            }
        }
        assert!(asides > 5);
    }

    #[test]
    fn what_a_peer_asks_for_is_honoured_but_not_beyond_the_end() {
        let (at, data, _) = next(failed(&item(1, json!({})), 1000, "429", Some(77)));
        assert_eq!(at, 1077);
        let (at, _, _) = next(failed(&item(1, data), 1000 + GIVE_UP_S - 10, "429", Some(86_400)));
        assert_eq!(at, 1000 + GIVE_UP_S);
    }

    #[test]
    fn a_server_that_is_left_alone_costs_no_attempt_keeps_the_order_and_comes_to_an_end() {
        let mut data = json!({});
        for hour in 0..24 * 7 {
            let (at, kept, aside) = next(waits(&item(1, data), 1000 + hour * 3600, 0, "left alone"));
            assert!(!aside && at > 1000 + hour * 3600);
            assert_eq!(Tried::of(&kept).times, 0);
            data = kept;
        }
        assert!(matches!(waits(&item(1, data), 1000 + GIVE_UP_S + BREAKER_S, 0, ""), Failed::GiveUp(_)));
    }
}
