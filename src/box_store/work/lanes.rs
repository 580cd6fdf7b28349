//! What is known in memory of the lanes that are not empty: where each one's entry in the due index lies, and what is on its
//! way to the disk. A cache: rebuilt at open from the index, corrected by what is read of it.
//!
//! An entry is unique by its number, so that "this entry, exactly" can be required of a batch. Whoever appends to a lane
//! whose entry is not known to be durable puts the same entry once more: then no refused batch can leave items without one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pritchel_actor::Seconds;
use serde::{Deserialize, Serialize};

/// An entry of the due index, as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its number.
    pub n: u64,
    /// Whether somebody holds the lane, until the time in the entry's key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Lane {
    /// When its head is due, or its lease runs out: the time in the entry's key.
    pub due: Seconds,
    pub entry: Entry,
    /// Whether the entry is known to be durable.
    pub sure: bool,
    /// Appended items on their way.
    flying: u32,
    /// The greatest number appended by this process.
    tail: u64,
}

/// What a lane looked like just before its items were read; see [`Lanes::nothing_since`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Glance(Option<u64>);

#[derive(Default)]
pub(crate) struct Lanes {
    by_name: BTreeMap<Arc<str>, Lane>,
    dues: BTreeSet<(Seconds, Arc<str>)>,
}

impl Lanes {
    /// The lane of this name, if it holds anything.
    pub fn get(&self, name: &str) -> Option<&Lane> {
        self.by_name.get(name)
    }

    /// Lanes after `after` whose names start with `prefix`.
    pub fn names<'l>(&'l self, prefix: &'l str, after: Option<&'l str>) -> impl Iterator<Item = (&'l str, &'l Lane)> {
        let from = after.filter(|after| *after >= prefix);
        let bound = from.map_or(std::ops::Bound::Included(prefix), std::ops::Bound::Excluded);
        self.by_name
            .range::<str, _>((bound, std::ops::Bound::Unbounded))
            .take_while(move |(name, _)| name.starts_with(prefix))
            .map(|(name, lane)| (&**name, lane))
    }

    /// When the first lane becomes due.
    pub fn first_due(&self) -> Option<Seconds> {
        self.dues.first().map(|(due, _)| *due)
    }

    /// Takes note of an entry found in the store. `sure`: it is there now, not only when it was read.
    pub fn adopt(&mut self, name: &str, due: Seconds, entry: Entry, sure: bool) {
        self.set(name, Lane { due, entry, sure, flying: 0, tail: 0 });
    }

    /// Moves the lane's entry of number `from`. An entry of another number stays what is known.
    pub fn place(&mut self, name: &str, from: u64, due: Seconds, entry: Entry) {
        match self.by_name.get(name) {
            Some(lane) if lane.entry.n == from => {
                let lane = Lane { due, entry, ..lane.clone() };
                self.set(name, lane);
            }
            Some(_) => {}
            None => self.adopt(name, due, entry, false),
        }
    }

    /// An item is appended. Returns the entry to put beside it, if it must be put, with its time.
    pub fn append(&mut self, name: &str, seq: u64, at: Seconds, n: impl FnOnce() -> u64) -> Option<(Seconds, Entry)> {
        if let Some(lane) = self.by_name.get_mut(name) {
            lane.tail = seq;
            lane.flying += 1;
            return (!lane.sure).then_some((lane.due, lane.entry));
        }
        let entry = Entry { n: n(), held: false };
        self.set(name, Lane { due: at, entry, sure: false, flying: 1, tail: seq });
        Some((at, entry))
    }

    /// The batch of an append is durable (`done`), or was refused. `backed`: it put the entry.
    pub fn appended(&mut self, name: &str, backed: bool, done: bool) {
        let Some(lane) = self.by_name.get_mut(name) else { return };
        lane.flying = lane.flying.saturating_sub(1);
        lane.sure |= backed && done;
        if !lane.sure && lane.flying == 0 {
            self.forget(name);
        }
    }

    /// The entry of number `n` is in the store.
    pub fn seen(&mut self, name: &str, n: u64) {
        if let Some(lane) = self.by_name.get_mut(name).filter(|lane| lane.entry.n == n) {
            lane.sure = true;
        }
    }

    /// The entry of number `n` is not in the store: somebody else has moved it. The next scan of the index finds it.
    pub fn doubt(&mut self, name: &str, n: u64) {
        if let Some(lane) = self.by_name.get_mut(name).filter(|lane| lane.entry.n == n) {
            lane.sure = false;
            if lane.flying == 0 {
                self.forget(name);
            }
        }
    }

    /// To be taken before a lane's items are read.
    pub fn glance(&self, name: &str) -> Glance {
        match self.by_name.get(name) {
            None => Glance(Some(0)),
            Some(lane) => Glance((lane.flying == 0).then_some(lane.tail)),
        }
    }

    /// Whether a read begun after `glance` has seen every item of the lane.
    pub fn nothing_since(&self, name: &str, glance: Glance) -> bool {
        glance.0.is_some_and(|tail| self.by_name.get(name).map_or(0, |lane| lane.tail) == tail)
    }

    /// The entry of number `n` is removed with the lane's last item, and nothing is on its way to the lane.
    pub fn remove(&mut self, name: &str, n: u64) {
        if self.by_name.get(name).is_some_and(|lane| lane.entry.n == n) {
            self.forget(name);
        }
    }

    /// Never while items are on their way: nobody could then tell that the lane is not empty.
    fn forget(&mut self, name: &str) {
        if let Some((name, lane)) = self.by_name.remove_entry(name) {
            self.dues.remove(&(lane.due, name));
        }
    }

    fn set(&mut self, name: &str, lane: Lane) {
        let name: Arc<str> = match self.by_name.get_key_value(name) {
            Some((kept, before)) => {
                self.dues.remove(&(before.due, kept.clone()));
                kept.clone()
            }
            None => name.into(),
        };
        self.dues.insert((lane.due, name.clone()));
        self.by_name.insert(name, lane);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_put_until_it_is_known_to_be_durable() {
        let mut lanes = Lanes::default();
        let first = lanes.append("job/a", 1, 50, || 9);
        assert_eq!(first, Some((50, Entry { n: 9, held: false })));
        assert_eq!(lanes.append("job/a", 2, 70, || 10), first, "the same entry, the head's time");
        lanes.appended("job/a", true, false);
        assert_eq!(lanes.append("job/a", 3, 70, || 10), first);
        lanes.appended("job/a", true, true);
        assert_eq!(lanes.append("job/a", 4, 70, || 10), None);
        assert_eq!(lanes.first_due(), Some(50));
    }

    #[test]
    fn a_lane_whose_every_batch_was_refused_is_none() {
        let mut lanes = Lanes::default();
        lanes.append("job/a", 1, 50, || 9);
        lanes.append("job/a", 2, 50, || 9);
        lanes.appended("job/a", true, false);
        assert!(lanes.get("job/a").is_some());
        lanes.appended("job/a", true, false);
        assert!(lanes.get("job/a").is_none());
        assert_eq!(lanes.first_due(), None);
    }

    #[test]
    fn a_read_proves_emptiness_only_when_nothing_was_on_its_way() {
        let mut lanes = Lanes::default();
        lanes.adopt("job/a", 1, Entry { n: 1, held: true }, true);
        let quiet = lanes.glance("job/a");
        assert!(lanes.nothing_since("job/a", quiet));
        lanes.append("job/a", 5, 1, || 2);
        assert!(!lanes.nothing_since("job/a", quiet));
        let flying = lanes.glance("job/a");
        lanes.appended("job/a", false, true);
        assert!(!lanes.nothing_since("job/a", flying), "it may have become durable after the read");
        assert!(lanes.nothing_since("job/a", lanes.glance("job/a")));
    }

    #[test]
    fn an_entry_that_somebody_else_moved_is_put_anew_by_the_next_append() {
        let mut lanes = Lanes::default();
        lanes.adopt("job/a", 1, Entry { n: 1, held: false }, true);
        lanes.append("job/a", 5, 1, || 0);
        lanes.place("job/a", 1, 99, Entry { n: 6, held: true });
        lanes.doubt("job/a", 6);
        assert_eq!(lanes.append("job/a", 7, 1, || 0), Some((99, Entry { n: 6, held: true })));
        lanes.appended("job/a", false, true);
        assert!(lanes.get("job/a").is_some(), "an item is on its way");
        lanes.appended("job/a", true, false);
        assert!(lanes.get("job/a").is_none());
    }

    #[test]
    fn lanes_are_listed_by_prefix_and_place() {
        let mut lanes = Lanes::default();
        for name in ["a/1", "b/1", "b/2", "b/3", "c/1"] {
            lanes.adopt(name, 1, Entry { n: 1, held: false }, true);
        }
        let names = |after| lanes.names("b/", after).map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
        assert_eq!(names(None), ["b/1", "b/2", "b/3"]);
        assert_eq!(names(Some("b/1")), ["b/2", "b/3"]);
        assert_eq!(names(Some("a/9")), ["b/1", "b/2", "b/3"]);
    }
}
