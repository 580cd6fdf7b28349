//! One fetch at a time for each thing: whoever else wants it meanwhile waits for that one and shares what it brings.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::limits::FLIGHTS_MAX;

/// Things under way.
pub(crate) struct Flights<K, V> {
    under_way: Mutex<HashMap<K, Arc<OnceCell<V>>>>,
}

impl<K: Eq + Hash + Clone, V: Clone> Flights<K, V> {
    /// Nothing under way.
    pub fn new() -> Self {
        Self { under_way: Mutex::default() }
    }

    /// What `fetch` brings, or what somebody else's fetch of the same brings. `None`: too much is under way already.
    ///
    /// If whoever fetches gives up, one of those who wait fetches instead.
    pub async fn join(&self, key: &K, fetch: impl Future<Output = V>) -> Option<V> {
        let cell = {
            let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
            if under_way.len() >= FLIGHTS_MAX && !under_way.contains_key(key) {
                // Of those who gave up nobody may be left to take the entry away.
                under_way.retain(|_, cell| Arc::strong_count(cell) > 1);
                if under_way.len() >= FLIGHTS_MAX {
                    return None;
                }
            }
            under_way.entry(key.clone()).or_default().clone()
        };
        let value = cell.get_or_init(|| fetch).await.clone();
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if under_way.get(key).is_some_and(|current| Arc::ptr_eq(current, &cell)) {
            under_way.remove(key);
        }
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn many_who_want_the_same_share_one_fetch() {
        let (flights, fetches) = (Flights::new(), AtomicUsize::new(0));
        let one = || {
            flights.join(&"a", async {
                fetches.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                7
            })
        };
        let all = futures_util::future::join_all((0..10).map(|_| one())).await;
        assert_eq!((all, fetches.load(Ordering::SeqCst)), (vec![Some(7); 10], 1));
        assert_eq!((one().await, fetches.load(Ordering::SeqCst)), (Some(7), 2), "the next one fetches anew");
    }

    #[tokio::test]
    async fn too_much_at_once_is_refused_and_what_was_given_up_makes_room() {
        let flights: Flights<usize, ()> = Flights::new();
        let never = |n: usize| {
            let flights = &flights;
            let mut flight = Box::pin(async move { flights.join(&n, std::future::pending()).await });
            assert_eq!((&mut flight).now_or_never(), None);
            flight
        };
        let mut waiting: Vec<_> = (0..FLIGHTS_MAX).map(never).collect();
        assert_eq!(flights.join(&FLIGHTS_MAX, async {}).await, None);
        waiting.pop();
        assert_eq!(flights.join(&FLIGHTS_MAX, async {}).await, Some(()));
    }
}
