//! Counts that can be waited on, and the actors that wait by name only.

use crate::key::ActorId;
use crate::limits::WOKEN_MAX;
use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// Counts what is under way.
#[derive(Default)]
pub(super) struct Gauge {
    count: AtomicUsize,
    changed: Notify,
}

impl Gauge {
    /// One more, until the place is dropped.
    pub(super) fn enter(self: &Arc<Self>) -> Place {
        self.count.fetch_add(1, Ordering::SeqCst);
        Place(self.clone())
    }

    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// Has whoever waits look again.
    pub(super) fn nudge(&self) {
        self.changed.notify_waiters();
    }

    /// Waits until `done` holds. It is asked at once, whenever the count falls to zero, and at each nudge.
    pub(super) async fn until(&self, mut done: impl FnMut(usize) -> bool) {
        let mut changed = std::pin::pin!(self.changed.notified());
        loop {
            // Listening begins before the question, so that no change between the two is missed.
            changed.as_mut().enable();
            if done(self.count()) {
                return;
            }
            changed.as_mut().await;
            changed.set(self.changed.notified());
        }
    }

    /// Waits until nothing is under way.
    pub(super) async fn zero(&self) {
        self.until(|count| count == 0).await;
    }
}

/// Something under way.
pub(super) struct Place(Arc<Gauge>);

impl Drop for Place {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.nudge();
        }
    }
}

/// Names in the order in which they came, each once.
#[derive(Default)]
struct Names {
    order: VecDeque<ActorId>,
    known: HashSet<ActorId>,
}

impl Names {
    fn push(&mut self, actor: &ActorId) -> bool {
        let room = self.order.len() < WOKEN_MAX;
        if room && self.known.insert(actor.clone()) {
            self.order.push_back(actor.clone());
        }
        room
    }

    fn pop(&mut self) -> Option<ActorId> {
        let actor = self.order.pop_front()?;
        self.known.remove(&actor);
        Some(actor)
    }
}

/// Actors that have something to do and may not do it yet.
#[derive(Default)]
pub(super) struct Woken {
    /// In memory, stopped between two turns because nobody drives the node.
    paused: Mutex<Names>,
    /// With mail, and perhaps not in memory.
    waiting: Mutex<Names>,
}

impl Woken {
    pub(super) fn pause(&self, actor: &ActorId) {
        // A resident actor is woken by its next message too, so beyond the bound nothing is lost.
        locked(&self.paused).push(actor);
    }

    pub(super) fn wait(&self, actor: &ActorId) {
        if !locked(&self.waiting).push(actor) {
            tracing::warn!(%actor, "More than {WOKEN_MAX} actors wait to run; `{actor}` is found again by its mailbox");
        }
    }

    pub(super) fn take_paused(&self) -> Vec<ActorId> {
        std::mem::take(&mut *locked(&self.paused)).order.into()
    }

    pub(super) fn take_waiting(&self) -> Option<ActorId> {
        locked(&self.waiting).pop()
    }

    pub(super) fn is_waiting(&self) -> bool {
        !locked(&self.waiting).order.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        locked(&self.paused).order.is_empty() && !self.is_waiting()
    }
}

/// The lock, also after a holder has panicked: what is behind our locks is whole between any two statements.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_waits_goes_on_when_the_last_place_is_given_back() {
        let gauge = Arc::new(Gauge::default());
        let places = [gauge.enter(), gauge.enter()];
        let waiting = tokio::spawn({
            let gauge = gauge.clone();
            async move { gauge.zero().await }
        });
        tokio::task::yield_now().await;
        let [first, second] = places;
        drop(first);
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(second);
        waiting.await.unwrap();
        assert_eq!(gauge.count(), 0);
    }

    #[test]
    fn a_name_waits_once_and_beyond_the_bound_not_at_all() {
        let woken = Woken::default();
        woken.wait(&"a".into());
        woken.wait(&"b".into());
        woken.wait(&"a".into());
        assert_eq!(woken.take_waiting(), Some("a".into()));
        woken.wait(&"a".into());
        assert_eq!(
            [woken.take_waiting(), woken.take_waiting(), woken.take_waiting()],
            [Some("b".into()), Some("a".into()), None]
        );
        for number in 0..=WOKEN_MAX {
            woken.wait(&number.to_string().as_str().into());
        }
        assert_eq!(std::iter::from_fn(|| woken.take_waiting()).count(), WOKEN_MAX);
        assert!(woken.is_empty());
    }
}
