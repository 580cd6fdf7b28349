//! Housekeeping: records whose time has ended are removed, a page at a time; a key is made in advance.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use pritchel_actor::Seconds;
use tokio::sync::watch;

use super::Parts;
use crate::lanes::delivery::UNDELIVERED;
use crate::limits::{SWEEP_ROWS, SWEEP_S};
use crate::origins::ORIGIN;
use crate::receive::refusals::REFUSED;
use crate::remote::{REMOTE_ACTOR, REMOTE_KEY};

/// Kinds of records that end.
const KINDS: [&str; 5] = [REMOTE_ACTOR, REMOTE_KEY, ORIGIN, REFUSED, UNDELIVERED];

/// How far it has come.
#[derive(Default)]
pub(super) struct Keeping(Mutex<Place>);

#[derive(Clone, Default)]
struct Place {
    last: Seconds,
    kind: usize,
    after: Option<String>,
}

impl Keeping {
    /// Keeps house until `stop` says so.
    pub async fn run(&self, parts: &Parts, mut stop: watch::Receiver<bool>) {
        let pause = Duration::from_secs(u64::try_from(SWEEP_S).unwrap_or_default());
        while !*stop.borrow() {
            self.step(parts).await;
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
    }

    /// Looks at one page of records, if the last one was a while ago.
    pub async fn step(&self, parts: &Parts) {
        let now = parts.clock.now();
        let place = {
            let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if now.saturating_sub(place.last) < SWEEP_S {
                return;
            }
            place.last = now;
            place.clone()
        };
        if let Err(error) = parts.keys.refill().await {
            tracing::error!("No key was made in advance: {error}");
        }
        match parts.boxes.sweep_records(KINDS[place.kind], place.after.as_deref(), SWEEP_ROWS, now).await {
            Ok((_, after)) => {
                let kind = if after.is_some() { place.kind } else { (place.kind + 1) % KINDS.len() };
                *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Place { last: now, kind, after };
            }
            Err(error) => tracing::error!("Records that have ended could not be removed: {error}"),
        }
    }
}
