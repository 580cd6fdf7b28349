//! What was seen lately, bounded: a map in two generations, so that what is asked for stays and the rest goes.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// A bounded map that forgets what has not been asked for.
pub(crate) struct Recent<K, V> {
    most: usize,
    generations: Mutex<(HashMap<K, V>, HashMap<K, V>)>,
}

impl<K: Eq + Hash + Clone, V: Clone> Recent<K, V> {
    /// Keeps at most `most` entries.
    pub fn new(most: usize) -> Self {
        Self { most, generations: Mutex::default() }
    }

    /// The value under a key; asking keeps it.
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let (young, old) = &mut *generations;
        if let Some(value) = young.get(key) {
            return Some(value.clone());
        }
        let (key, value) = old.remove_entry(key)?;
        self.insert(young, old, key, value.clone());
        Some(value)
    }

    /// Puts a value.
    pub fn put(&self, key: K, value: V) {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let (young, old) = &mut *generations;
        old.remove(&key);
        self.insert(young, old, key, value);
    }

    /// Takes a value out.
    pub fn remove<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        generations.0.remove(key).or(generations.1.remove(key))
    }

    /// The value under a key, made by `make` if there is none, in one step.
    pub fn get_or(&self, key: &K, make: impl FnOnce() -> V) -> V {
        let mut generations = self.generations.lock().unwrap_or_else(PoisonError::into_inner);
        let (young, old) = &mut *generations;
        if let Some(value) = young.get(key) {
            return value.clone();
        }
        let value = old.remove(key).unwrap_or_else(make);
        self.insert(young, old, key.clone(), value.clone());
        value
    }

    fn insert(&self, young: &mut HashMap<K, V>, old: &mut HashMap<K, V>, key: K, value: V) {
        if young.len() >= self.most.div_ceil(2) && !young.contains_key(&key) {
            *old = std::mem::take(young);
        }
        young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_number_is_bounded() {
        let recent = Recent::new(10);
        recent.put("kept", 0);
        for n in 1..1000 {
            recent.put(Box::leak(n.to_string().into_boxed_str()), n);
            assert_eq!(recent.get("kept"), Some(0), "{n}");
            let generations = recent.generations.lock().unwrap();
            assert!(generations.0.len() + generations.1.len() <= 10);
        }
        assert_eq!(recent.get("1"), None);
        assert_eq!(recent.remove("kept"), Some(0));
        assert_eq!(recent.get("kept"), None);
    }

    #[test]
    fn a_value_put_again_replaces_the_older_one_in_either_generation() {
        let recent = Recent::new(4);
        recent.put(1, "a");
        recent.put(2, "b");
        recent.put(3, "c");
        recent.put(1, "d");
        assert_eq!(recent.get(&1), Some("d"));
        assert_eq!(recent.get_or(&1, || "e"), "d");
        assert_eq!(recent.get_or(&9, || "e"), "e");
    }
}
