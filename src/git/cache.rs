//! What has been worked out once and is kept in memory, within a bound: what nobody has asked for longest goes first. Keys name
//! objects by id, so nothing in it is ever out of date, and nothing is written to disk for a read.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A bounded memory.
pub struct Cache<K, V> {
    bytes_max: usize,
    held: Mutex<Held<K, V>>,
}

struct Held<K, V> {
    entries: HashMap<K, Entry<V>>,
    /// Keys by when they were last asked for.
    by_age: BTreeMap<u64, K>,
    bytes: usize,
    /// Counts what is asked for.
    clock: u64,
}

struct Entry<V> {
    value: V,
    bytes: usize,
    asked: u64,
}

impl<K: Clone + Eq + Hash, V: Clone> Cache<K, V> {
    /// One that holds at most so many bytes.
    pub fn new(bytes_max: usize) -> Self {
        let held = Held { entries: HashMap::new(), by_age: BTreeMap::new(), bytes: 0, clock: 0 };
        Self { bytes_max, held: Mutex::new(held) }
    }

    /// What is kept under this key.
    pub fn get(&self, key: &K) -> Option<V> {
        let mut held = self.held();
        held.clock += 1;
        let now = held.clock;
        let entry = held.entries.get_mut(key)?;
        let (before, value) = (std::mem::replace(&mut entry.asked, now), entry.value.clone());
        held.by_age.remove(&before);
        held.by_age.insert(now, key.clone());
        Some(value)
    }

    /// Keeps something, and lets go of what was not asked for longest. What is larger than an eighth of the whole is not kept.
    /// - `bytes`: what it takes, its key included; about
    pub fn put(&self, key: K, value: V, bytes: usize) {
        if bytes > self.bytes_max / 8 {
            return;
        }
        let mut held = self.held();
        held.clock += 1;
        let asked = held.clock;
        held.remove(&key);
        held.by_age.insert(asked, key.clone());
        held.entries.insert(key, Entry { value, bytes, asked });
        held.bytes += bytes;
        while held.bytes > self.bytes_max {
            let Some((_, oldest)) = held.by_age.pop_first() else { break };
            held.remove(&oldest);
        }
    }

    /// Bytes held now, about.
    pub fn bytes(&self) -> usize {
        self.held().bytes
    }

    /// Nothing in it is half done when a thread ends with it.
    fn held(&self) -> MutexGuard<'_, Held<K, V>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, V> Held<K, V> {
    fn remove(&mut self, key: &K) {
        if let Some(entry) = self.entries.remove(key) {
            self.by_age.remove(&entry.asked);
            self.bytes -= entry.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_asked_for_longest_goes_first_and_the_bound_holds() {
        let cache = Cache::new(80);
        for n in 0..8 {
            cache.put(n, n * 10, 10);
        }
        assert_eq!(cache.get(&0), Some(0), "asked for again");
        cache.put(8, 80, 10);
        assert_eq!((cache.get(&0), cache.get(&1), cache.get(&8)), (Some(0), None, Some(80)));
        assert_eq!(cache.bytes(), 80);
        cache.put(8, 81, 5);
        assert_eq!((cache.get(&8), cache.bytes()), (Some(81), 75), "put again, it counts once");
    }

    #[test]
    fn what_would_fill_it_alone_is_not_kept() {
        let cache = Cache::new(80);
        cache.put("small", 1, 10);
        cache.put("large", 2, 11);
        assert_eq!((cache.get(&"small"), cache.get(&"large")), (Some(1), None));
    }
}
