//! Mail that comes fast is read in larger pages. While many deliveries are under way at once, whoever they are for is woken a
//! little later, all together: the senders, who wait for an answer, come before the work, for which nobody waits, and what an
//! actor finds in one page costs less than what it finds one by one. With few under way everybody is woken at once.
//!
//! Nothing depends on it but time: what is gathered here is durable, and found by its mailbox after a restart.

use crate::limits::{GATHER_FROM, GATHER_MAX_MS, GATHER_TICK_MS, GATHERED_MAX};
use crate::turns::Turns;
use pritchel_actor::ActorId;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Wakes whom mail has come for.
pub(super) struct Gather {
    turns: Arc<dyn Turns>,
    under_way: AtomicUsize,
    /// The most that were under way at once since the last tick.
    most: AtomicUsize,
    /// Who is woken at the end of the gathering; `None`: nobody gathers.
    waiting: Mutex<Option<BTreeSet<ActorId>>>,
}

impl Gather {
    pub(super) fn new(turns: Arc<dyn Turns>) -> Arc<Self> {
        Arc::new(Self { turns, under_way: AtomicUsize::new(0), most: AtomicUsize::new(0), waiting: Mutex::default() })
    }

    /// A delivery is being put into mailboxes, until what is returned is dropped.
    pub(super) fn enter(&self) -> Delivering<'_> {
        let now = self.under_way.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        Delivering(self)
    }

    /// Mail for these is durable.
    pub(super) fn wake(self: &Arc<Self>, actors: Vec<ActorId>) {
        if !self.gathers(&actors) {
            actors.iter().for_each(|actor| self.turns.wake(actor));
        }
    }

    /// Whether these are woken later.
    fn gathers(self: &Arc<Self>, actors: &[ActorId]) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.is_none() {
            if self.under_way.load(Ordering::Relaxed) < GATHER_FROM {
                return false;
            }
            *waiting = Some(BTreeSet::new());
            tokio::spawn(self.clone().end());
        }
        let waiting = waiting.get_or_insert_default();
        let room = waiting.len() + actors.len() <= GATHERED_MAX;
        waiting.extend(actors.iter().filter(|_| room).cloned());
        room
    }

    /// Waits until no more come, for a while at most, and wakes everybody.
    async fn end(self: Arc<Self>) {
        let until = Instant::now() + Duration::from_millis(GATHER_MAX_MS);
        loop {
            sleep(Duration::from_millis(GATHER_TICK_MS)).await;
            let most = self.most.swap(self.under_way.load(Ordering::Relaxed), Ordering::Relaxed);
            if most < GATHER_FROM || Instant::now() >= until {
                break;
            }
        }
        let gathered = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        gathered.unwrap_or_default().iter().for_each(|actor| self.turns.wake(actor));
    }
}

/// A delivery under way.
pub(super) struct Delivering<'g>(&'g Gather);

impl Drop for Delivering<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{NoTurns, actor};

    fn woken(turns: &NoTurns) -> Vec<ActorId> {
        turns.0.lock().unwrap().clone()
    }

    #[tokio::test(start_paused = true)]
    async fn with_few_deliveries_under_way_everybody_is_woken_at_once() {
        let turns = Arc::new(NoTurns::default());
        let gather = Gather::new(turns.clone());
        let _others: Vec<_> = (1..GATHER_FROM).map(|_| gather.enter()).collect();
        gather.wake(vec![actor("alice")]);
        assert_eq!(woken(&turns), [actor("alice")]);
    }

    #[tokio::test(start_paused = true)]
    async fn with_many_everybody_is_woken_once_when_no_more_come() {
        let turns = Arc::new(NoTurns::default());
        let gather = Gather::new(turns.clone());
        let many: Vec<_> = (0..GATHER_FROM).map(|_| gather.enter()).collect();
        for name in ["alice", "bob", "alice"] {
            gather.wake(vec![actor(name)]);
        }
        sleep(Duration::from_millis(5 * GATHER_TICK_MS)).await;
        assert_eq!(woken(&turns), []);
        drop(many);
        gather.wake(vec![actor("carol")]);
        sleep(Duration::from_millis(3 * GATHER_TICK_MS)).await;
        assert_eq!(woken(&turns), [actor("alice"), actor("bob"), actor("carol")]);
        gather.wake(vec![actor("alice")]);
        assert_eq!(woken(&turns).len(), 4, "it is over");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_longer_than_the_bound_however_many_come() {
        let turns = Arc::new(NoTurns::default());
        let gather = Gather::new(turns.clone());
        let _many: Vec<_> = (0..2 * GATHER_FROM).map(|_| gather.enter()).collect();
        gather.wake(vec![actor("alice")]);
        sleep(Duration::from_millis(GATHER_MAX_MS + 2 * GATHER_TICK_MS)).await;
        assert_eq!(woken(&turns), [actor("alice")]);
        gather.wake(vec![actor("bob")]);
        assert_eq!(woken(&turns).len(), 1, "the next gathering has begun");
    }
}
