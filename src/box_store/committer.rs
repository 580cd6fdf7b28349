//! Group commit: one thread takes every batch that is waiting, writes them as one, syncs once and resolves all receipts.
//! There is no artificial delay; groups arise from the time a sync takes.
//!
//! [`GroupCommit`] is the part of an embedded store that has nothing to do with its format; what has is an [`Engine`].
//! One thread alone writes and syncs. While it writes a group, the engine holds what is not yet durable, so a read that comes
//! in between waits and is answered by the same thread right after the sync; all other reads are answered on the caller's
//! thread at once (6 to 24 µs a key from the cache, less than a change of threads costs).

mod engine;

use std::collections::{HashMap, VecDeque};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::thread::JoinHandle;

use tokio::sync::{Notify, oneshot};
use tracing::error;

#[cfg(any(test, feature = "testing"))]
pub use engine::Faulty;
pub use engine::{Engine, Fault, Visit};

use crate::contract::{
    Batch, Bound, CommitError, Health, Key, Op, Query, ReadError, Reading, Receipt, Room, Row, Settle, Store, Value,
    within,
};
use crate::limits::{
    GROUP_BATCHES_MAX, GROUP_BYTES_MAX, QUEUE_BATCHES_MAX, QUEUE_BYTES_MAX, READ_BYTES_MAX, READS_WAITING_MAX,
    REQUIRED_KNOWN_BYTES, REQUIRED_KNOWN_MAX, SYNC_SAMPLES,
};

/// A store made of an engine and its committer thread. Dropping it commits what was handed over, then ends the thread;
/// this blocks for at most one full queue.
pub struct GroupCommit<E: Engine> {
    shared: Arc<Shared<E>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared<E> {
    engine: E,
    /// Held for writing from the first change of a group until it is durable.
    gate: RwLock<()>,
    queue: Mutex<Queue>,
    /// Something was queued, or the store is closing.
    wake: Condvar,
    /// The queue has become at most half full.
    room: Notify,
    /// Why the store has stopped. Set once, before the gate opens again.
    failed: OnceLock<String>,
}

type Answer = Result<Vec<Vec<Row>>, ReadError>;

#[derive(Default)]
struct Queue {
    batches: VecDeque<Waiting>,
    bytes: usize,
    reads: Vec<(Vec<Query>, oneshot::Sender<Answer>)>,
    closing: bool,
    committed: u64,
    groups: u64,
    syncs: VecDeque<u64>,
}

struct Waiting {
    batch: Batch,
    bytes: usize,
    settle: Settle,
}

impl Queue {
    fn has_room(&self) -> bool {
        self.batches.len() <= QUEUE_BATCHES_MAX / 2 && self.bytes <= QUEUE_BYTES_MAX / 2
    }

    fn take_group(&mut self) -> Vec<Waiting> {
        let mut group = Vec::new();
        let mut bytes = 0;
        while let Some(next) = self.batches.front() {
            if group.len() == GROUP_BATCHES_MAX || (bytes > 0 && bytes + next.bytes > GROUP_BYTES_MAX) {
                break;
            }
            bytes += next.bytes;
            group.extend(self.batches.pop_front());
        }
        self.bytes -= bytes;
        group
    }
}

/// No code panics while it holds the queue; were it to, the figures in it would still be whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<E: Engine> GroupCommit<E> {
    /// Starts the committer thread of an engine.
    pub fn start(engine: E) -> std::io::Result<Self> {
        let shared = Arc::new(Shared {
            engine,
            gate: RwLock::new(()),
            queue: Mutex::new(Queue::default()),
            wake: Condvar::new(),
            room: Notify::new(),
            failed: OnceLock::new(),
        });
        let worker = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("store-committer".into()).spawn(move || worker.run())?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// The engine, for its own settings and for tests; writing to it directly breaks every promise.
    pub fn engine(&self) -> &E {
        &self.shared.engine
    }
}

impl<E: Engine> Drop for GroupCommit<E> {
    fn drop(&mut self) {
        lock(&self.shared.queue).closing = true;
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            error!("The committer thread of the store panicked");
        }
    }
}

impl<E: Engine> Store for GroupCommit<E> {
    fn read(&self, queries: Vec<Query>) -> Reading {
        if let Err(refused) = Query::check_all(&queries) {
            return Box::pin(std::future::ready(Err(refused)));
        }
        if let Ok(_open) = self.shared.gate.try_read() {
            return Box::pin(std::future::ready(self.shared.answer(&queries)));
        }
        let mut queue = lock(&self.shared.queue);
        if queue.reads.len() >= READS_WAITING_MAX {
            let waiting = queue.reads.len();
            return Box::pin(std::future::ready(Err(ReadError::Busy { waiting })));
        }
        let (sender, receiver) = oneshot::channel();
        queue.reads.push((queries, sender));
        drop(queue);
        self.shared.wake.notify_one();
        Box::pin(
            async move { receiver.await.unwrap_or_else(|_| Err(ReadError::Failed("the store was closed".into()))) },
        )
    }

    fn commit(&self, batch: Batch) -> Receipt {
        if let Err(refused) = batch.check() {
            return Receipt::ready(Err(refused));
        }
        let bytes = batch.size_bytes();
        let (settle, receipt) = Receipt::pending();
        let mut queue = lock(&self.shared.queue);
        // Looked at under the lock: the committer empties the queue for the last time under the same lock.
        if let Some(cause) = self.shared.failed.get() {
            return Receipt::ready(Err(CommitError::Failed(cause.clone())));
        }
        if queue.batches.len() >= QUEUE_BATCHES_MAX || queue.bytes + bytes > QUEUE_BYTES_MAX {
            return Receipt::ready(Err(CommitError::Busy { queued: queue.batches.len(), queued_bytes: queue.bytes }));
        }
        queue.bytes += bytes;
        queue.batches.push_back(Waiting { batch, bytes, settle });
        drop(queue);
        self.shared.wake.notify_one();
        receipt
    }

    fn room(&self) -> Room {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            loop {
                // Made before looking, so that a change between looking and waiting is not missed.
                let changed = shared.room.notified();
                if lock(&shared.queue).has_room() {
                    return;
                }
                changed.await;
            }
        })
    }

    fn health(&self) -> Health {
        let disk_bytes = self.shared.engine.disk_bytes();
        let queue = lock(&self.shared.queue);
        let mut syncs: Vec<u64> = queue.syncs.iter().copied().collect();
        syncs.sort_unstable();
        Health {
            queued: queue.batches.len(),
            queued_bytes: queue.bytes,
            batches: queue.committed,
            groups: queue.groups,
            sync_last_us: queue.syncs.back().copied().unwrap_or(0),
            sync_p99_us: syncs.get(syncs.len().saturating_sub(1) * 99 / 100).copied().unwrap_or(0),
            disk_bytes,
            failed: self.shared.failed.get().cloned(),
        }
    }

    fn is_exclusive(&self) -> bool {
        true
    }
}

/// The stored values of keys that batches required: most often the next batch requires the value that the last one wrote.
/// Nobody but the committer writes, so what it remembers is what is stored; after a write that failed it is not asked again.
#[derive(Default)]
struct Known(HashMap<Key, Option<Value>>);

impl Known {
    /// Whether the stored value of a key is this one.
    fn holds(&mut self, key: &Key, wanted: &Option<Value>, engine: &impl Engine) -> Result<bool, Fault> {
        if let Some(known) = self.0.get(key) {
            return Ok(known == wanted);
        }
        let found = engine.get(key)?;
        let holds = found == *wanted;
        if found.as_ref().is_none_or(|value| value.len() <= REQUIRED_KNOWN_BYTES) {
            if self.0.len() >= REQUIRED_KNOWN_MAX {
                // Those still in use are soon here again.
                self.0.clear();
            }
            self.0.insert(key.clone(), found);
        }
        Ok(holds)
    }

    /// Takes note of what is about to be written.
    fn change(&mut self, changes: &HashMap<Key, Option<Value>>) {
        if self.0.is_empty() {
            return;
        }
        for (key, value) in changes {
            if value.as_ref().is_some_and(|value| value.len() > REQUIRED_KNOWN_BYTES) {
                self.0.remove(key);
            } else if let Some(known) = self.0.get_mut(key) {
                known.clone_from(value);
            }
        }
    }
}

impl<E: Engine> Shared<E> {
    fn run(&self) {
        let mut known = Known::default();
        loop {
            let mut queue = lock(&self.queue);
            while queue.batches.is_empty() && queue.reads.is_empty() && !queue.closing {
                queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
            if queue.batches.is_empty() && queue.reads.is_empty() {
                return;
            }
            let reads = std::mem::take(&mut queue.reads);
            let group = queue.take_group();
            let room = queue.has_room();
            drop(queue);
            if room {
                self.room.notify_waiters();
            }
            // Reads first: they have waited for the last group and must not wait for the next as well.
            for (queries, asker) in reads {
                let _ = asker.send(self.answer(&queries));
            }
            if !group.is_empty() {
                self.commit(group, &mut known);
            }
        }
    }

    fn commit(&self, group: Vec<Waiting>, known: &mut Known) {
        let (waiting, batches): (Vec<Settle>, Vec<Batch>) = group.into_iter().map(|w| (w.settle, w.batch)).unzip();
        let closed = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        // sled answers some disk errors with a panic. The engine is not used again after one, so nothing torn is seen.
        let written = catch_unwind(AssertUnwindSafe(|| self.write_group(batches, known)))
            .unwrap_or_else(|panic| Err(Fault(format!("the engine panicked: {}", panic_text(panic.as_ref())))));
        match written {
            Ok(outcomes) => {
                drop(closed);
                for (settle, outcome) in waiting.into_iter().zip(outcomes) {
                    settle.with(outcome);
                }
            }
            Err(fault) => {
                error!(cause = %fault, "The store has stopped: a write failed");
                let mut queue = lock(&self.queue);
                let cause = self.failed.get_or_init(|| fault.0).clone();
                let left = std::mem::take(&mut queue.batches);
                queue.bytes = 0;
                drop(queue);
                drop(closed);
                self.room.notify_waiters();
                for settle in waiting.into_iter().chain(left.into_iter().map(|w| w.settle)) {
                    settle.with(Err(CommitError::Failed(cause.clone())));
                }
            }
        }
    }

    /// Checks each batch against the engine and the batches before it, writes what holds, and says how each one ended.
    fn write_group(&self, batches: Vec<Batch>, known: &mut Known) -> Result<Vec<Result<(), CommitError>>, Fault> {
        let mut changes: HashMap<Key, Option<Value>> = HashMap::new();
        let mut outcomes = Vec::with_capacity(batches.len());
        for batch in batches {
            if let Some(key) = self.broken_requirement(&batch.require, &changes, known)? {
                outcomes.push(Err(CommitError::Conflict { key }));
                continue;
            }
            for op in batch.ops {
                match op {
                    Op::Put { key, value } => changes.insert(key, Some(value)),
                    Op::Delete { key } => changes.insert(key, None),
                };
            }
            outcomes.push(Ok(()));
        }
        known.change(&changes);
        let sync = if changes.is_empty() { None } else { Some(self.engine.write(changes)?) };
        let committed = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let mut queue = lock(&self.queue);
        queue.committed += committed as u64;
        if let Some(sync) = sync {
            queue.groups += 1;
            if queue.syncs.len() == SYNC_SAMPLES {
                queue.syncs.pop_front();
            }
            queue.syncs.push_back(u64::try_from(sync.as_micros()).unwrap_or(u64::MAX));
        }
        Ok(outcomes)
    }

    fn broken_requirement(
        &self,
        require: &[(Key, Option<Value>)],
        changes: &HashMap<Key, Option<Value>>,
        known: &mut Known,
    ) -> Result<Option<Key>, Fault> {
        for (key, wanted) in require {
            let holds = match changes.get(key) {
                Some(found) => found == wanted,
                None => known.holds(key, wanted, &self.engine)?,
            };
            if !holds {
                return Ok(Some(key.clone()));
            }
        }
        Ok(None)
    }

    /// Answers a read. The caller holds the gate open, or is the committer between two groups.
    fn answer(&self, queries: &[Query]) -> Answer {
        if let Some(cause) = self.failed.get() {
            return Err(ReadError::Failed(cause.clone()));
        }
        catch_unwind(AssertUnwindSafe(|| {
            let mut bytes = 0;
            queries.iter().map(|query| self.answer_one(query, &mut bytes)).collect()
        }))
        .unwrap_or_else(|panic| Err(ReadError::Failed(format!("the engine panicked: {}", panic_text(panic.as_ref())))))
    }

    fn answer_one(&self, query: &Query, bytes: &mut usize) -> Result<Vec<Row>, ReadError> {
        let mut rows: Vec<Row> = Vec::new();
        let found = match query {
            Query::Get(key) => self.engine.get(key).map(|value| {
                rows.extend(value.map(|value| {
                    *bytes += key.len() + value.len();
                    (key.clone(), value)
                }));
            }),
            Query::Range { from, to, limit, .. } if from >= to || *limit == 0 => Ok(()),
            Query::Range { from, to, limit, newest_first } => {
                self.engine.range(from, to, *newest_first, &mut |key, value| {
                    *bytes += key.len() + value.len();
                    rows.push((key, value));
                    if rows.len() == *limit || *bytes > READ_BYTES_MAX {
                        ControlFlow::Break(())
                    } else {
                        ControlFlow::Continue(())
                    }
                })
            }
        };
        found.map_err(|fault| ReadError::Failed(fault.0))?;
        within(Bound::ReadBytes, READ_BYTES_MAX, *bytes)?;
        Ok(rows)
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    /// An engine whose writes wait for the test, which also sees how large each group was.
    struct Held {
        rows: Mutex<BTreeMap<Key, Value>>,
        go: Mutex<mpsc::Receiver<Result<(), &'static str>>>,
        seen: mpsc::Sender<usize>,
    }

    impl Engine for Held {
        fn get(&self, key: &[u8]) -> Result<Option<Value>, Fault> {
            if key == b"bad" { Err(Fault("bad sector".into())) } else { Ok(lock(&self.rows).get(key).cloned()) }
        }

        fn range(&self, from: &[u8], _: &[u8], _: bool, visit: &mut Visit<'_>) -> Result<(), Fault> {
            let big = Value::from(vec![0; crate::limits::VALUE_BYTES_MAX]);
            while visit(from.to_vec(), big.clone()).is_continue() {}
            Ok(())
        }

        fn write(&self, changes: HashMap<Key, Option<Value>>) -> Result<Duration, Fault> {
            let mut rows = lock(&self.rows);
            self.seen.send(changes.len()).unwrap();
            for (key, value) in changes {
                rows.insert(key, value.unwrap());
            }
            drop(rows);
            match lock(&self.go).recv().unwrap() {
                Ok(()) => Ok(Duration::from_micros(7)),
                Err("panic") => panic!("tried to serialize nonsense"),
                Err(cause) => Err(Fault(cause.into())),
            }
        }

        fn disk_bytes(&self) -> u64 {
            0
        }
    }

    type Scene = (GroupCommit<Held>, mpsc::Sender<Result<(), &'static str>>, mpsc::Receiver<usize>);

    fn scene() -> Scene {
        let (go, gone) = mpsc::channel();
        let (seen, groups) = mpsc::channel();
        let engine = Held { rows: Mutex::default(), go: Mutex::new(gone), seen };
        (GroupCommit::start(engine).unwrap(), go, groups)
    }

    fn one(key: &[u8], bytes: usize) -> Batch {
        Batch::of(vec![Op::put(key, vec![0; bytes])])
    }

    #[tokio::test]
    async fn what_arrives_during_a_sync_shares_the_next_one() {
        let (store, go, groups) = scene();
        let first = store.commit(one(b"first", 1));
        assert_eq!(groups.recv().unwrap(), 1);
        let rest: Vec<_> = (0..300_u16).map(|n| store.commit(one(&n.to_be_bytes(), 1))).collect();
        for _ in 0..3 {
            go.send(Ok(())).unwrap();
        }
        assert_eq!(first.await, Ok(()));
        for receipt in rest {
            assert_eq!(receipt.await, Ok(()));
        }
        assert_eq!((groups.recv().unwrap(), groups.recv().unwrap()), (GROUP_BATCHES_MAX, 300 - GROUP_BATCHES_MAX));
        let health = store.health();
        assert_eq!((health.batches, health.groups, health.sync_last_us, health.sync_p99_us), (301, 3, 7, 7));
    }

    #[tokio::test]
    async fn a_group_ends_at_its_bytes() {
        let (store, go, groups) = scene();
        drop(store.commit(one(b"first", 1)));
        groups.recv().unwrap();
        let receipts: Vec<_> = (0..40_u16).map(|n| store.commit(one(&n.to_be_bytes(), 60_000))).collect();
        for _ in 0..4 {
            go.send(Ok(())).unwrap();
        }
        for receipt in receipts {
            assert_eq!(receipt.await, Ok(()));
        }
        assert_eq!(groups.try_iter().collect::<Vec<_>>(), [17, 17, 6]);
    }

    #[tokio::test]
    async fn a_read_during_a_sync_waits_for_it() {
        let (store, go, groups) = scene();
        let receipt = store.commit(one(b"k", 3));
        groups.recv().unwrap();
        // The engine holds the value already, but it is not durable.
        let mut reading = store.read(vec![Query::Get(b"k".to_vec())]);
        assert!(futures_util::FutureExt::now_or_never(&mut reading).is_none(), "the read did not wait");
        go.send(Ok(())).unwrap();
        assert_eq!(receipt.await, Ok(()));
        assert_eq!(reading.await.unwrap()[0].len(), 1);
    }

    #[tokio::test]
    async fn a_read_that_waited_for_a_failed_sync_fails() {
        for cause in ["EIO", "panic"] {
            let (store, go, groups) = scene();
            let receipt = store.commit(one(b"k", 3));
            groups.recv().unwrap();
            let reading = store.read(vec![Query::Get(b"k".to_vec())]);
            let behind = store.commit(one(b"l", 3));
            go.send(Err(cause)).unwrap();
            let Err(CommitError::Failed(told)) = receipt.await else { panic!("it failed") };
            assert!(told == "EIO" || told.contains("tried to serialize"), "{told}");
            assert_eq!(behind.await, Err(CommitError::Failed(told.clone())));
            assert_eq!(reading.await, Err(ReadError::Failed(told)));
        }
    }

    #[tokio::test]
    async fn a_full_queue_is_busy_and_has_room_again_when_half_empty() {
        let (store, go, groups) = scene();
        drop(store.commit(one(b"first", 1)));
        groups.recv().unwrap();
        for n in 0..QUEUE_BATCHES_MAX {
            drop(store.commit(one(&n.to_be_bytes(), 1)));
        }
        assert_eq!(store.health().queued, QUEUE_BATCHES_MAX);
        let refused = store.commit(one(b"one more", 1)).await;
        assert!(matches!(refused, Err(CommitError::Busy { queued: QUEUE_BATCHES_MAX, .. })), "{refused:?}");
        let mut room = store.room();
        assert!(futures_util::FutureExt::now_or_never(&mut room).is_none(), "there is no room yet");
        for _ in 0..=QUEUE_BATCHES_MAX / GROUP_BATCHES_MAX {
            go.send(Ok(())).unwrap();
        }
        room.await;
        assert_eq!(store.commit(Batch::default()).await, Ok(()));
    }

    #[tokio::test]
    async fn too_many_waiting_reads_are_busy() {
        let (store, go, groups) = scene();
        drop(store.commit(one(b"first", 1)));
        groups.recv().unwrap();
        let waiting: Vec<_> = (0..READS_WAITING_MAX).map(|_| store.read(vec![Query::Get(b"a".to_vec())])).collect();
        let refused = store.read(vec![Query::Get(b"a".to_vec())]).await;
        assert_eq!(refused, Err(ReadError::Busy { waiting: READS_WAITING_MAX }));
        go.send(Ok(())).unwrap();
        for reading in waiting {
            assert!(reading.await.is_ok());
        }
    }

    #[tokio::test]
    async fn an_answer_has_a_bound_in_bytes() {
        let (store, _go, _groups) = scene();
        let wide =
            Query::Range { from: vec![1], to: vec![2], limit: crate::limits::RANGE_ROWS_MAX, newest_first: false };
        assert!(store.read(vec![wide.clone()]).await.is_ok(), "one range of full rows fits");
        let refused = store.read(vec![wide.clone(), wide.clone(), wide]).await;
        assert!(matches!(refused, Err(ReadError::TooLarge(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn a_row_that_cannot_be_read_fails_its_read_and_stops_a_commit_that_needs_it() {
        let (store, _go, _groups) = scene();
        assert_eq!(store.read(vec![Query::Get(b"bad".to_vec())]).await, Err(ReadError::Failed("bad sector".into())));
        assert!(store.read(vec![Query::Get(b"good".to_vec())]).await.is_ok());
        let needs = Batch { require: vec![(b"bad".to_vec(), None)], ops: vec![] };
        assert_eq!(store.commit(needs).await, Err(CommitError::Failed("bad sector".into())));
    }

    #[tokio::test]
    async fn a_dropped_store_first_writes_what_it_was_given() {
        let (store, go, groups) = scene();
        let receipts: Vec<_> = (0..3_u8).map(|n| store.commit(one(&[n, 1], 1))).collect();
        for _ in 0..3 {
            go.send(Ok(())).unwrap();
        }
        drop(store);
        for receipt in receipts {
            assert_eq!(receipt.await, Ok(()));
        }
        assert_eq!(groups.iter().sum::<usize>(), 3);
    }
}
