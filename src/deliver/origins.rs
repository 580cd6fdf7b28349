//! What is remembered of each other server: which signature scheme it understands, and whether it answers at all.
//! - [`Origins`]: the records, kept in memory and written when they change; [`Breaker`]: who is left alone for a while
//!
//! A record that nothing changes is forgotten after 30 days.

use std::sync::{Arc, Mutex, PoisonError};

use pritchel_actor::{Clock, Seconds};
use pritchel_box_store::BoxStore;
use serde::{Deserialize, Serialize};

use crate::limits::{BACK_OFF_S, BREAKER_FAILURES, BREAKER_S, ORIGIN_S, ORIGIN_WRITE_S, ORIGINS_MAX, WHY_CHARS_MAX};
use crate::recent::Recent;
use crate::signature::Scheme;

/// The kind of these records. Key: the origin.
pub const ORIGIN: &str = "origin";
const VERSION: u16 = 1;

/// What is remembered of one origin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OriginRecord {
    v: u16,
    /// When it was found to understand RFC 9421.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rfc9421_since: Option<Seconds>,
    /// Whether it is left alone.
    #[serde(default)]
    pub breaker: Breaker,
    /// When it last took something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success: Option<Seconds>,
    /// When it last failed, and how.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<(Seconds, String)>,
}

impl OriginRecord {
    /// The scheme to knock with first.
    pub fn scheme(&self, now: Seconds) -> Scheme {
        let known = self.rfc9421_since.is_some_and(|since| now.saturating_sub(since) < ORIGIN_S);
        if known { Scheme::Rfc9421 } else { Scheme::Cavage }
    }
}

/// Counts failures in a row. After [`BREAKER_FAILURES`] over [`BREAKER_S`] it is open: then one attempt a step is let
/// through, until one succeeds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breaker {
    /// Failures in a row.
    #[serde(default)]
    failures: u32,
    /// When the first of them was.
    #[serde(default)]
    since: Seconds,
    /// If it is open: the step of the back-off, and when the next attempt is let through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open: Option<(usize, Seconds)>,
}

impl Breaker {
    /// Whether an attempt may be made now; if not, when. An attempt that may is the only one of its step.
    pub fn may_try(&mut self, now: Seconds) -> Result<(), Seconds> {
        match &mut self.open {
            None => Ok(()),
            Some((_, until)) if *until > now => Err(*until),
            Some((step, until)) => {
                *until = now + BACK_OFF_S[(*step).min(BACK_OFF_S.len() - 1)];
                Ok(())
            }
        }
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn succeeded(&mut self) {
        *self = Self::default();
    }

    fn failed(&mut self, now: Seconds) {
        if self.failures == 0 {
            self.since = now;
        }
        self.failures = self.failures.saturating_add(1);
        let long = now.saturating_sub(self.since) >= BREAKER_S;
        let step = match self.open {
            Some((step, _)) => Some(step + 1),
            None => (self.failures >= BREAKER_FAILURES && long).then_some(0),
        };
        if let Some(step) = step {
            self.open = Some((step, now + BACK_OFF_S[step.min(BACK_OFF_S.len() - 1)]));
        }
    }
}

/// How an attempt at an origin ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It answered sensibly, whatever it said; with the scheme it took, if it took one.
    Answered(Option<Scheme>),
    /// It did not answer, or said that it cannot.
    Failed(String),
}

/// The records. Cheap to clone.
#[derive(Clone)]
pub struct Origins(Arc<Inner>);

struct Inner {
    boxes: BoxStore,
    clock: Arc<dyn Clock>,
    kept: Recent<String, Arc<Mutex<Kept>>>,
}

struct Kept {
    record: OriginRecord,
    written: Seconds,
}

impl Origins {
    /// The records of a store.
    pub fn new(boxes: BoxStore, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner { boxes, clock, kept: Recent::new(ORIGINS_MAX) }))
    }

    /// What is remembered of an origin. A record that cannot be read is as if it were not there.
    pub async fn of(&self, origin: &str) -> OriginRecord {
        let kept = self.kept(origin).await;
        lock(&kept).record.clone()
    }

    /// Whether an attempt at an origin may be made now; if not, when.
    pub async fn may_try(&self, origin: &str) -> Result<(), Seconds> {
        let kept = self.kept(origin).await;
        let now = self.0.clock.now();
        lock(&kept).record.breaker.may_try(now)
    }

    /// Takes note of how an attempt ended.
    pub async fn tried(&self, origin: &str, attempt: Attempt) {
        let kept = self.kept(origin).await;
        let now = self.0.clock.now();
        let changed = {
            let mut kept = lock(&kept);
            let before = kept.record.clone();
            match attempt {
                Attempt::Answered(scheme) => {
                    kept.record.breaker.succeeded();
                    kept.record.last_success = Some(now);
                    if let Some(scheme) = scheme {
                        kept.learn(scheme, now);
                    }
                }
                Attempt::Failed(why) => {
                    kept.record.breaker.failed(now);
                    kept.record.last_failure = Some((now, why.chars().take(WHY_CHARS_MAX).collect()));
                }
            }
            kept.worth_writing(&before, now)
        };
        self.write(origin, changed, now).await;
    }

    /// Takes note that an origin was found to understand a scheme.
    pub async fn learn(&self, origin: &str, scheme: Scheme) {
        let kept = self.kept(origin).await;
        let now = self.0.clock.now();
        let changed = {
            let mut kept = lock(&kept);
            let before = kept.record.clone();
            kept.learn(scheme, now);
            kept.worth_writing(&before, now)
        };
        self.write(origin, changed, now).await;
    }

    async fn kept(&self, origin: &str) -> Arc<Mutex<Kept>> {
        if let Some(kept) = self.0.kept.get(origin) {
            return kept;
        }
        let now = self.0.clock.now();
        let record = match self.0.boxes.record(ORIGIN, origin, now).await {
            Ok(Some(value)) => serde_json::from_value::<OriginRecord>(value).ok().filter(|record| record.v <= VERSION),
            Ok(None) => None,
            Err(error) => {
                tracing::warn!("What is remembered of `{origin}` cannot be read: {error}");
                None
            }
        };
        let record = record.unwrap_or_else(|| OriginRecord { v: VERSION, ..OriginRecord::default() });
        // Somebody else may have read it meanwhile: all share one.
        self.0.kept.get_or(&origin.to_owned(), || Arc::new(Mutex::new(Kept { record, written: now })))
    }

    async fn write(&self, origin: &str, changed: Option<OriginRecord>, now: Seconds) {
        let Some(record) = changed else { return };
        let Ok(value) = serde_json::to_value(&record) else { return };
        if let Err(error) = self.0.boxes.put_record(ORIGIN, origin, value, Some(now + ORIGIN_S)).await {
            tracing::warn!("What is known of `{origin}` could not be written down: {error}");
        }
    }
}

impl Kept {
    fn learn(&mut self, scheme: Scheme, now: Seconds) {
        self.record.rfc9421_since = match (scheme, self.record.rfc9421_since) {
            (Scheme::Cavage, _) => None,
            // Confirmed now and then, so that the time does not change with each delivery.
            (Scheme::Rfc9421, Some(since)) if now.saturating_sub(since) < ORIGIN_S / 2 => Some(since),
            (Scheme::Rfc9421, _) => Some(now),
        };
    }

    /// The record, if it is worth a write: what it says has changed, or it was not written for a while.
    fn worth_writing(&mut self, before: &OriginRecord, now: Seconds) -> Option<OriginRecord> {
        let same = before.rfc9421_since == self.record.rfc9421_since && before.breaker.open == self.record.breaker.open;
        if same && now.saturating_sub(self.written) < ORIGIN_WRITE_S {
            return None;
        }
        self.written = now;
        Some(self.record.clone())
    }
}

fn lock(kept: &Mutex<Kept>) -> std::sync::MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ManualClock, Near, near};

    const PEER: &str = "https://peer.example";

    fn failed() -> Attempt {
        Attempt::Failed("no connection".to_owned())
    }

    #[test]
    fn the_breaker_opens_after_five_failures_over_a_minute_and_lets_one_probe_through_a_step() {
        let mut breaker = Breaker::default();
        for n in 0..20 {
            breaker.failed(1000 + n);
        }
        assert_eq!(breaker.may_try(1020), Ok(()), "many failures, but all at once");
        breaker.failed(1060);
        assert_eq!(breaker.may_try(1061), Err(1090), "the first step is 30 s");
        assert_eq!(breaker.may_try(1090), Ok(()), "a probe");
        assert_eq!(breaker.may_try(1090), Err(1120), "the only one");
        breaker.failed(1091);
        assert_eq!(breaker.may_try(1092), Err(1091 + 120), "the second step is 2 min");
        for _ in 0..50 {
            breaker.failed(2000);
        }
        assert_eq!(breaker.may_try(2001), Err(2000 + 86_400), "the last step repeats");
        breaker.succeeded();
        assert_eq!((breaker.may_try(2002), breaker.is_open()), (Ok(()), false));
    }

    #[tokio::test]
    async fn what_is_learnt_survives_a_restart_and_ends_after_a_month() {
        let Near { boxes, .. } = near(&[]).await;
        let clock = ManualClock::at(1000);
        let origins = Origins::new(boxes.clone(), clock.clone());
        assert_eq!(origins.of(PEER).await.scheme(1000), Scheme::Cavage, "what everybody understands comes first");
        origins.learn(PEER, Scheme::Rfc9421).await;
        let again = Origins::new(boxes.clone(), clock.clone());
        assert_eq!(again.of(PEER).await.scheme(1000), Scheme::Rfc9421);
        assert_eq!(again.of(PEER).await.scheme(1000 + ORIGIN_S), Scheme::Cavage);
        again.tried(PEER, Attempt::Answered(Some(Scheme::Cavage))).await;
        assert_eq!(Origins::new(boxes, clock).of(PEER).await.scheme(1000), Scheme::Cavage);
    }

    #[tokio::test]
    async fn an_open_breaker_survives_a_restart_and_a_plain_success_is_not_written_each_time() {
        let Near { boxes, store, .. } = near(&[]).await;
        let clock = ManualClock::at(1000);
        let origins = Origins::new(boxes.clone(), clock.clone());
        for n in 0..5 {
            clock.set(1000 + 15 * n);
            origins.tried(PEER, failed()).await;
        }
        let again = Origins::new(boxes, clock.clone());
        assert_eq!(again.may_try(PEER).await, Err(1060 + 30));
        clock.set(1090);
        assert_eq!(again.may_try(PEER).await, Ok(()));
        again.tried(PEER, Attempt::Answered(None)).await;
        let writes = store.operations();
        for _ in 0..10 {
            again.tried(PEER, Attempt::Answered(None)).await;
        }
        assert_eq!(store.operations(), writes, "nothing new, nothing written");
    }
}
