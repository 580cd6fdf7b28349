//! The deterministic store of tests and simulation: rows in memory, durable when the test says so, with faults on demand.
//!
//! A clone is another handle on the same store. Nothing here waits, sleeps or draws a random number: a read is answered in the
//! call, a batch becomes durable by [`Settling`]. [`MemoryStore::crash`] forgets what is not durable, as a power cut does.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::contract::{
    Batch, Bound, CommitError, Health, Key, Op, Query, ReadError, Reading, Receipt, Row, Settle, Store, Value, within,
};
use crate::limits::{QUEUE_BATCHES_MAX, QUEUE_BYTES_MAX, READ_BYTES_MAX};

/// When a batch becomes durable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Settling {
    /// In the call that hands it over.
    #[default]
    AtOnce,
    /// When the test says so: [`MemoryStore::settle_one`], [`MemoryStore::settle_all`].
    Manual,
    /// A slow disk: after this many further operations or [`MemoryStore::tick`]s.
    After(u64),
}

/// The durable rows at one moment. Cloning it, and opening a store from it, copies nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image(Arc<BTreeMap<Key, Value>>);

impl Image {
    /// The rows, in key order.
    pub fn rows(&self) -> impl Iterator<Item = (&Key, &Value)> {
        self.0.iter()
    }

    /// The value of a key.
    pub fn get(&self, key: &[u8]) -> Option<&Value> {
        self.0.get(key)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Row> for Image {
    fn from_iter<I: IntoIterator<Item = Row>>(rows: I) -> Self {
        Self(Arc::new(rows.into_iter().collect()))
    }
}

/// The store. See the module for what it is good for.
#[derive(Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    durable: Image,
    pending: VecDeque<Pending>,
    pending_bytes: usize,
    settling: Settling,
    /// Reads and commits so far; the ticks of a slow disk are counted apart.
    operations: u64,
    shared: bool,
    commits: u64,
    ticks: u64,
    fail_at: Option<u64>,
    stop_after: Option<u64>,
    conflict_at: Option<u64>,
    committed: u64,
    failed: Option<String>,
}

struct Pending {
    batch: Batch,
    bytes: usize,
    settle: Settle,
    due: u64,
    fault: Option<Injected>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Injected {
    Failure,
    Conflict,
}

impl MemoryStore {
    /// An empty store whose batches are durable at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// A store that finds these rows when it is opened.
    pub fn open(image: Image) -> Self {
        let store = Self::default();
        store.inner().durable = image;
        store
    }

    /// Says when later batches become durable. Those already waiting keep waiting for what they were told.
    pub fn settling(self, settling: Settling) -> Self {
        self.inner().settling = settling;
        self
    }

    /// Several boxes have it open at the same time, as nodes have a store on another machine.
    pub fn shared(self) -> Self {
        self.inner().shared = true;
        self
    }

    /// What would be found if the power went now.
    pub fn image(&self) -> Image {
        self.inner().durable.clone()
    }

    /// Batches handed over and not yet durable or refused.
    pub fn pending(&self) -> usize {
        self.inner().pending.len()
    }

    /// Reads and commits asked so far, the refused ones included.
    pub fn operations(&self) -> u64 {
        self.inner().operations
    }

    /// Makes the oldest waiting batch durable, or refuses it, and resolves its receipt. `false`: none is waiting.
    pub fn settle_one(&self) -> bool {
        self.inner().settle_one(true)
    }

    /// Makes all waiting batches durable; the number of them.
    pub fn settle_all(&self) -> usize {
        let mut inner = self.inner();
        std::iter::from_fn(|| inner.settle_one(true).then_some(())).count()
    }

    /// Lets time pass for a slow disk.
    pub fn tick(&self) {
        let mut inner = self.inner();
        inner.ticks += 1;
        inner.settle_due();
    }

    /// The `n`-th operation from now (1 is the next) fails: a read alone, a commit with the whole store.
    pub fn fail_at(&self, n: u64) {
        let mut inner = self.inner();
        inner.fail_at = Some(inner.operations + n);
    }

    /// After `n` further operations the store has stopped: what was durable stays, nothing else is answered but an error.
    pub fn stop_after(&self, n: u64) {
        let mut inner = self.inner();
        inner.stop_after = Some(inner.operations + n);
    }

    /// The `n`-th commit from now (1 is the next) is answered with a conflict, as if another node had been first.
    pub fn conflict_at(&self, n: u64) {
        let mut inner = self.inner();
        inner.conflict_at = Some(inner.commits + n);
    }

    /// The power goes: waiting batches are lost, all handles of this store fail from now on. Returns what is found after.
    pub fn crash(&self) -> Image {
        self.crash_after(0)
    }

    /// As [`Self::crash`], but the `n` oldest waiting batches had reached the disk, though nobody was told: the case a
    /// caller must expect of every batch without a receipt.
    pub fn crash_after(&self, n: usize) -> Image {
        let mut inner = self.inner();
        for _ in 0..n {
            inner.settle_one(false);
        }
        inner.fail("the store crashed");
        inner.durable.clone()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Counts an operation; `Err` when the store has stopped or stops here.
    fn begin(&mut self) -> Result<Option<Injected>, String> {
        if self.failed.is_none() && self.stop_after.is_some_and(|last| self.operations >= last) {
            self.fail("the store was stopped by its test");
        }
        self.operations += 1;
        self.ticks += 1;
        if let Some(cause) = &self.failed {
            return Err(cause.clone());
        }
        self.settle_due();
        Ok((self.fail_at == Some(self.operations)).then_some(Injected::Failure))
    }

    fn fail(&mut self, cause: &str) {
        let cause = self.failed.get_or_insert_with(|| cause.to_owned()).clone();
        self.pending_bytes = 0;
        for waiting in self.pending.drain(..) {
            waiting.settle.with(Err(CommitError::Failed(cause.clone())));
        }
    }

    fn settle_due(&mut self) {
        while self.pending.front().is_some_and(|oldest| oldest.due <= self.ticks) {
            self.settle_one(true);
        }
    }

    fn settle_one(&mut self, told: bool) -> bool {
        let Some(Pending { batch, bytes, settle, fault, .. }) = self.pending.pop_front() else {
            return false;
        };
        self.pending_bytes -= bytes;
        let outcome = match fault {
            Some(Injected::Failure) => {
                let cause = "a failure injected by its test";
                self.fail(cause);
                Err(CommitError::Failed(cause.into()))
            }
            Some(Injected::Conflict) => {
                let first = batch.require.first().map(|(key, _)| key).or(batch.ops.first().map(Op::key));
                Err(CommitError::Conflict { key: first.cloned().unwrap_or_default() })
            }
            None => self.apply(batch),
        };
        if told {
            settle.with(outcome);
        }
        true
    }

    fn apply(&mut self, batch: Batch) -> Result<(), CommitError> {
        for (key, wanted) in batch.require {
            if self.durable.0.get(&key) != wanted.as_ref() {
                return Err(CommitError::Conflict { key });
            }
        }
        let rows = Arc::make_mut(&mut self.durable.0);
        for op in batch.ops {
            match op {
                Op::Put { key, value } => rows.insert(key, value),
                Op::Delete { key } => rows.remove(&key),
            };
        }
        self.committed += 1;
        Ok(())
    }

    fn answer(&self, queries: &[Query]) -> Result<Vec<Vec<Row>>, ReadError> {
        let mut bytes = 0;
        let answers = queries.iter().map(|query| {
            let rows: Vec<Row> = match query {
                Query::Get(key) => self.durable.0.get_key_value(key).map(owned).into_iter().collect(),
                Query::Range { from, to, .. } if from >= to => Vec::new(),
                Query::Range { from, to, limit, newest_first } => {
                    let range = self.durable.0.range::<[u8], _>((
                        std::ops::Bound::Included(from.as_slice()),
                        std::ops::Bound::Excluded(to.as_slice()),
                    ));
                    if *newest_first {
                        range.rev().take(*limit).map(owned).collect()
                    } else {
                        range.take(*limit).map(owned).collect()
                    }
                }
            };
            bytes += rows.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
            within(Bound::ReadBytes, READ_BYTES_MAX, bytes)?;
            Ok(rows)
        });
        answers.collect()
    }
}

fn owned((key, value): (&Key, &Value)) -> Row {
    (key.clone(), value.clone())
}

impl Store for MemoryStore {
    fn read(&self, queries: Vec<Query>) -> Reading {
        let mut inner = self.inner();
        let answer = match inner.begin() {
            Err(cause) => Err(ReadError::Failed(cause)),
            Ok(Some(_)) => Err(ReadError::Failed("a failure injected by its test".into())),
            Ok(None) => Query::check_all(&queries).and_then(|()| inner.answer(&queries)),
        };
        Box::pin(std::future::ready(answer))
    }

    fn commit(&self, batch: Batch) -> Receipt {
        let mut inner = self.inner();
        inner.commits += 1;
        let mut fault = match inner.begin() {
            Err(cause) => return Receipt::ready(Err(CommitError::Failed(cause))),
            Ok(fault) => fault,
        };
        if inner.conflict_at == Some(inner.commits) {
            fault = fault.or(Some(Injected::Conflict));
        }
        if let Err(refused) = batch.check() {
            return Receipt::ready(Err(refused));
        }
        let bytes = batch.size_bytes();
        if inner.pending.len() >= QUEUE_BATCHES_MAX || inner.pending_bytes + bytes > QUEUE_BYTES_MAX {
            let (queued, queued_bytes) = (inner.pending.len(), inner.pending_bytes);
            return Receipt::ready(Err(CommitError::Busy { queued, queued_bytes }));
        }
        let due = match inner.settling {
            Settling::AtOnce => inner.ticks,
            Settling::Manual => u64::MAX,
            Settling::After(ticks) => inner.ticks.saturating_add(ticks),
        };
        let (settle, receipt) = Receipt::pending();
        inner.pending_bytes += bytes;
        inner.pending.push_back(Pending { batch, bytes, settle, due, fault });
        inner.settle_due();
        receipt
    }

    fn health(&self) -> Health {
        let inner = self.inner();
        Health {
            queued: inner.pending.len(),
            queued_bytes: inner.pending_bytes,
            batches: inner.committed,
            groups: inner.committed,
            sync_last_us: 0,
            sync_p99_us: 0,
            disk_bytes: inner.durable.rows().map(|(key, value)| (key.len() + value.len()) as u64).sum(),
            failed: inner.failed.clone(),
        }
    }

    fn is_exclusive(&self) -> bool {
        !self.inner().shared
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::contract::{model, suite};

    /// Opens from the durable rows of the store before.
    #[derive(Default)]
    struct Place(MemoryStore);

    impl suite::Subject for Place {
        type Store = MemoryStore;

        fn open(&mut self) -> MemoryStore {
            self.0 = MemoryStore::open(self.0.crash());
            self.0.clone()
        }

        fn fail_next_write(&self, store: &MemoryStore) {
            store.fail_at(1);
        }
    }

    fn one(key: &str) -> Batch {
        Batch::of(vec![Op::put(key, key.to_owned())])
    }

    fn keys(image: &Image) -> Vec<String> {
        image.rows().map(|(key, _)| String::from_utf8(key.clone()).unwrap()).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn memory_keeps_the_contract() {
        suite::every_promise_holds(Place::default).await;
    }

    #[test]
    fn memory_agrees_with_a_map() {
        model::agrees_over_random_histories(Place::default, 256);
    }

    #[test]
    fn a_batch_is_durable_when_the_test_says_so() {
        let store = MemoryStore::new().settling(Settling::Manual);
        let (mut first, second) = (store.commit(one("a")), store.commit(one("b")));
        assert_eq!((&mut first).now_or_never(), None);
        assert!(store.image().is_empty());
        assert!(store.settle_one());
        assert_eq!(first.now_or_never(), Some(Ok(())));
        assert_eq!(keys(&store.image()), ["a"]);
        assert_eq!((store.pending(), store.settle_all(), store.settle_one()), (1, 1, false));
        assert_eq!(second.now_or_never(), Some(Ok(())));
    }

    #[test]
    fn a_crash_keeps_what_was_durable_and_nothing_else() {
        let store = MemoryStore::new().settling(Settling::Manual);
        drop(store.commit(one("a")));
        store.settle_all();
        let lost = store.commit(one("b"));
        let image = store.crash();
        assert_eq!(keys(&image), ["a"]);
        assert!(matches!(lost.now_or_never(), Some(Err(CommitError::Failed(_)))));
        assert!(matches!(store.commit(one("c")).now_or_never(), Some(Err(CommitError::Failed(_)))));
        assert!(matches!(store.read(vec![]).now_or_never(), Some(Err(ReadError::Failed(_)))));
        let again = MemoryStore::open(image.clone());
        assert_eq!(again.commit(one("c")).now_or_never(), Some(Ok(())));
        assert_eq!(keys(&again.image()), ["a", "c"]);
        assert_eq!(keys(&image), ["a"], "an image does not change");
    }

    #[test]
    fn a_crash_may_keep_what_nobody_was_told_of() {
        let store = MemoryStore::new().settling(Settling::Manual);
        let receipts = ["a", "b", "c"].map(|key| store.commit(one(key)));
        assert_eq!(keys(&store.crash_after(2)), ["a", "b"]);
        for receipt in receipts {
            assert!(matches!(receipt.now_or_never(), Some(Err(CommitError::Failed(_)))));
        }
    }

    #[test]
    fn a_slow_disk_settles_after_further_operations_or_ticks() {
        let store = MemoryStore::new().settling(Settling::After(2));
        let (mut first, mut second) = (store.commit(one("a")), store.commit(one("b")));
        assert_eq!((&mut first).now_or_never(), None);
        drop(store.read(vec![]));
        assert_eq!(first.now_or_never(), Some(Ok(())));
        assert_eq!((&mut second).now_or_never(), None);
        store.tick();
        assert_eq!(second.now_or_never(), Some(Ok(())));
    }

    #[test]
    fn the_nth_operation_fails() {
        let store = MemoryStore::new();
        store.fail_at(2);
        assert_eq!(store.commit(one("a")).now_or_never(), Some(Ok(())));
        assert!(matches!(store.read(vec![]).now_or_never(), Some(Err(ReadError::Failed(_)))));
        assert_eq!(store.read(vec![]).now_or_never(), Some(Ok(vec![])), "a failed read stops nothing");
        store.fail_at(1);
        assert!(matches!(store.commit(one("b")).now_or_never(), Some(Err(CommitError::Failed(_)))));
        assert!(store.health().failed.is_some());
        assert_eq!(keys(&store.image()), ["a"]);
    }

    #[test]
    fn a_stopped_store_keeps_what_it_had() {
        let store = MemoryStore::new();
        store.stop_after(2);
        assert_eq!(store.commit(one("a")).now_or_never(), Some(Ok(())));
        assert_eq!(store.read(vec![]).now_or_never(), Some(Ok(vec![])));
        assert!(matches!(store.commit(one("b")).now_or_never(), Some(Err(CommitError::Failed(_)))));
        assert_eq!((keys(&store.image()), store.operations()), (vec!["a".to_owned()], 3));
    }

    #[test]
    fn the_nth_commit_conflicts() {
        let store = MemoryStore::new();
        store.conflict_at(2);
        assert_eq!(store.commit(one("a")).now_or_never(), Some(Ok(())));
        assert_eq!(store.commit(one("b")).now_or_never(), Some(Err(CommitError::Conflict { key: b"b".to_vec() })));
        assert_eq!(store.commit(one("b")).now_or_never(), Some(Ok(())));
    }

    #[test]
    fn a_store_that_never_settles_becomes_busy() {
        let store = MemoryStore::new().settling(Settling::Manual);
        for _ in 0..QUEUE_BATCHES_MAX {
            drop(store.commit(one("a")));
        }
        assert!(matches!(store.commit(one("a")).now_or_never(), Some(Err(CommitError::Busy { .. }))));
        store.settle_one();
        assert_eq!(store.commit(one("a")).now_or_never(), None);
    }
}
