//! What an operator sees of the lanes, and cancelling.

use std::collections::BTreeMap;

use pritchel_actor::{BoxError, Seconds};

use super::claim::head_item;
use super::finish::work_error;
use super::lanes::Entry;
use super::{Item, WorkError};
use crate::boxes::BoxStore;
use crate::contract::{Query, prefix_end};
use crate::keys;
use crate::limits::{LEASE_S, RANGE_ROWS_MAX};

/// Items removed in one batch when a lane is cancelled.
const CANCELLED_AT_ONCE: usize = 500;

/// The lanes of a kind that are not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindCount {
    /// How many.
    pub lanes: usize,
    /// Those that somebody holds.
    pub held: usize,
    /// Those that are due and held by nobody.
    pub due: usize,
    /// When the one of these longest due became due: the figure to be alarmed by.
    pub oldest_due: Option<Seconds>,
}

/// A lane that is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneInfo {
    /// Its name.
    pub lane: String,
    /// When its head is due, or its lease runs out.
    pub due: Seconds,
    /// Whether somebody holds it.
    pub held: bool,
}

impl BoxStore {
    /// When the next lane becomes due, or the next lease runs out; in the past if something is due now.
    pub fn next_due(&self) -> Option<Seconds> {
        self.shared.lock().lanes.first_due()
    }

    /// The lanes that are not empty, counted by kind. Goes through all of them.
    pub fn work_counts(&self, now: Seconds) -> BTreeMap<String, KindCount> {
        let inside = self.shared.lock();
        let mut counts: BTreeMap<String, KindCount> = BTreeMap::new();
        for (name, lane) in inside.lanes.names("", None) {
            let count = counts.entry(keys::lane_kind(name).to_owned()).or_default();
            count.lanes += 1;
            count.held += usize::from(lane.entry.held);
            if !lane.entry.held && lane.due <= now {
                count.due += 1;
                count.oldest_due = Some(count.oldest_due.map_or(lane.due, |oldest| oldest.min(lane.due)));
            }
        }
        counts
    }

    /// Lanes in the order of their names: those that start with `prefix` and come after `after`.
    pub fn lanes(&self, prefix: &str, after: Option<&str>, limit: usize) -> Vec<LaneInfo> {
        let inside = self.shared.lock();
        let lanes = inside.lanes.names(prefix, after).take(limit);
        lanes.map(|(name, lane)| LaneInfo { lane: name.to_owned(), due: lane.due, held: lane.entry.held }).collect()
    }

    /// The items of a lane after the place `after`, in their order.
    /// - `limit`: at most [`RANGE_ROWS_MAX`]
    pub async fn items(&self, lane: &str, after: Option<u64>, limit: usize) -> Result<Vec<Item>, BoxError> {
        let prefix = keys::lane(lane);
        let limit = limit.min(RANGE_ROWS_MAX);
        let query = match after {
            Some(after) => Query::after(&keys::item(lane, after), prefix_end(&prefix), limit),
            None => Query::prefix(&prefix, limit),
        };
        let rows = self.shared.whole.rows(query).await?;
        rows.into_iter().map(|row| head_item(lane, row)).collect()
    }

    /// Removes all items of a lane, from whomever holds it. Returns how many there were. What is appended meanwhile may stay.
    pub async fn cancel_lane(&self, lane: &str, now: Seconds) -> Result<usize, WorkError> {
        let until = now.saturating_add(LEASE_S);
        let Some((pending, n)) = self.take_over(lane, until)? else {
            return Ok(0);
        };
        pending.await.map_err(|error| work_error(error, lane))?;
        let mut mine = (until, Entry { n, held: true });
        let mut removed = 0;
        loop {
            self.shared.store.room().await;
            let glance = self.shared.lock().lanes.glance(lane);
            let rows = self.shared.whole.rows(Query::prefix(&keys::lane(lane), CANCELLED_AT_ONCE)).await?;
            let more = rows.len() == CANCELLED_AT_ONCE;
            let (pending, _, entry) = self.shared.submit(|_, inside, draft| {
                for (key, _) in &rows {
                    inside.delete(draft, key.clone());
                }
                if more {
                    let n = inside.move_entry(draft, lane, mine, (until, true))?;
                    return Ok(Some((until, Entry { n, held: true })));
                }
                match inside.lanes.nothing_since(lane, glance) {
                    true => inside.remove_entry(draft, lane, mine)?,
                    false => drop(inside.move_entry(draft, lane, mine, (now, false))?),
                }
                Ok::<_, BoxError>(None)
            })?;
            pending.await.map_err(|error| work_error(error, lane))?;
            removed += rows.len();
            match entry {
                Some(entry) => mine = entry,
                None => return Ok(removed),
            }
        }
    }

    fn take_over(&self, lane: &str, until: Seconds) -> Result<Option<(crate::boxes::inside::Pending, u64)>, BoxError> {
        let Some(known) = self.shared.lock().lanes.get(lane).map(|lane| (lane.due, lane.entry)) else {
            return Ok(None);
        };
        let (pending, _, n) =
            self.shared.submit(|_, inside, draft| inside.move_entry(draft, lane, known, (until, true)))?;
        Ok(Some((pending, n)))
    }
}
