//! Recent acts in memory: one parsed body for all its receivers. Bounded by number and bytes, in two generations, so that
//! what is asked for stays and what is not goes.

use std::collections::HashMap;
use std::sync::Arc;

use pritchel_actor::{Act, ActId};

use crate::limits::{ACTS_CACHED_BYTES_MAX, ACTS_CACHED_MAX};

#[derive(Default)]
pub(crate) struct ActCache {
    young: HashMap<ActId, Arc<Act>>,
    young_bytes: usize,
    old: HashMap<ActId, Arc<Act>>,
}

impl ActCache {
    /// The act, if it is kept; it is then young again.
    pub fn get(&mut self, id: &ActId) -> Option<Arc<Act>> {
        if let Some(act) = self.young.get(id) {
            return Some(act.clone());
        }
        let act = self.old.remove(id)?;
        self.put(act.clone());
        Some(act)
    }

    /// Keeps an act, and forgets the oldest if there is no room.
    pub fn put(&mut self, act: Arc<Act>) {
        if self.young.len() >= ACTS_CACHED_MAX / 2 || self.young_bytes + act.raw.len() > ACTS_CACHED_BYTES_MAX / 2 {
            // The room of the old generation is used again.
            std::mem::swap(&mut self.old, &mut self.young);
            self.young.clear();
            self.young_bytes = 0;
        }
        // A body above the bound is a generation of its own.
        self.young_bytes += act.raw.len();
        if let Some(before) = self.young.insert(act.id.clone(), act) {
            self.young_bytes -= before.raw.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let act = |n: usize| Arc::new(Act::made(ActId::new(format!("act{n}")), "me".into(), json!({})));
        let mut cache = ActCache::default();
        cache.put(act(0));
        for n in 1..=10 * ACTS_CACHED_MAX {
            cache.put(act(n));
            assert!(n % 100 != 0 || cache.get(&act(0).id).is_some(), "{n}");
            assert!(cache.young.len() + cache.old.len() <= ACTS_CACHED_MAX);
        }
        assert!(cache.get(&act(1).id).is_none());
    }

    #[test]
    fn large_bodies_count_by_their_bytes() {
        let mut cache = ActCache::default();
        let raw: Arc<[u8]> = vec![0; ACTS_CACHED_BYTES_MAX / 4].into();
        for n in 0..20 {
            let id = ActId::new(format!("act{n}"));
            cache.put(Arc::new(Act::new(id, "me".into(), Arc::default(), raw.clone())));
            assert!(cache.young.len() + cache.old.len() <= 4);
        }
    }
}
