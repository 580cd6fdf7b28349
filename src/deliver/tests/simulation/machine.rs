//! The actors of one node for the lanes: the real machine on its seeded scheduler, over a disk whose batches become durable a
//! little later, and a clock that may be wrong.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pritchel_actor::sim::{Sim, Ticket};
use pritchel_actor::{Actor, ActorId, Clock, Documents, Evidence, Later, Left, Need, Outcome, Seconds, Value};
use pritchel_actors::{UriNaming, kinds};
use pritchel_box_store::memory::MemoryStore;
use pritchel_box_store::{Batch, BoxStore, Health, Op, Query, Reading, Receipt, Store};
use pritchel_deliver::documents::DocumentSource;
use pritchel_deliver::runner::Bell;
use pritchel_deliver::turns::Turns;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::chance::{Chance, Record, hash};

/// When worlds begin.
pub const START: Seconds = 1_790_000_000;
/// How long a machine that waits for its disk or for a document leaves it at that.
const LULL: Duration = Duration::from_millis(4);

/// A node's clock.
pub struct NodeClock {
    pub began: Instant,
    pub skew: Seconds,
    pub chance: Chance,
}

impl Clock for NodeClock {
    fn now(&self) -> Seconds {
        START + self.skew + i64::try_from(self.began.elapsed().as_secs()).unwrap()
    }

    fn seed(&self) -> [u8; 32] {
        let mut seed = [0; 32];
        seed.chunks_mut(8).for_each(|chunk| chunk.copy_from_slice(&self.chance.number().to_be_bytes()));
        seed
    }
}

/// A disk: a batch is durable some milliseconds after it was handed over, in its order; a crash loses those that are not.
#[derive(Clone)]
pub struct Disk {
    pub store: MemoryStore,
    pub host: &'static str,
    pub chance: Chance,
    pub record: Record,
    /// Batches handed over so far.
    pub batches: Arc<AtomicU64>,
}

impl Store for Disk {
    fn read(&self, queries: Vec<Query>) -> Reading {
        self.store.read(queries)
    }

    fn commit(&self, batch: Batch) -> Receipt {
        let pieces = batch.ops.iter().flat_map(|op| match op {
            Op::Put { key, value } => [key.as_slice(), value.as_ref()],
            Op::Delete { key } => [key.as_slice(), b"".as_slice()],
        });
        self.record.line(format_args!("{} writes {} {}", self.host, batch.ops.len(), hash(pieces)));
        self.batches.fetch_add(1, Ordering::SeqCst);
        let receipt = self.store.commit(batch);
        let (store, delay) = (self.store.clone(), self.chance.ms(9));
        tokio::spawn(async move {
            tokio::time::sleep(delay).await;
            store.settle_one();
        });
        receipt
    }

    fn health(&self) -> Health {
        self.store.health()
    }
}

/// Documents, counted while they are on their way.
struct Counted(DocumentSource, Arc<AtomicUsize>);

struct OnItsWay(Arc<AtomicUsize>);

impl Drop for OnItsWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Documents for Counted {
    fn fetch(&self, need: Need) -> Later<Evidence> {
        self.1.fetch_add(1, Ordering::SeqCst);
        let (found, way) = (self.0.fetch(need), OnItsWay(self.1.clone()));
        Box::pin(async move {
            let evidence = found.await;
            drop(way);
            evidence
        })
    }
}

/// The machine. Cheap to clone.
#[derive(Clone)]
pub struct Machine(Arc<Inner>);

struct Inner {
    sim: Mutex<Sim>,
    clock: Arc<NodeClock>,
    disk: Disk,
    on_left: Arc<dyn Fn(&Left) + Send + Sync>,
    on_step: Box<dyn Fn() + Send + Sync>,
    fetching: Arc<AtomicUsize>,
    woken: Notify,
    is_down: AtomicBool,
}

impl Machine {
    /// - `on_step`: called after every step that did something
    pub fn new(
        boxes: &BoxStore,
        documents: &DocumentSource,
        clock: Arc<NodeClock>,
        disk: Disk,
        bell: &Bell,
        on_step: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let fetching = Arc::<AtomicUsize>::default();
        let documents = Arc::new(Counted(documents.clone(), fetching.clone()));
        let seed = clock.chance.number();
        let sim = Sim::new(Arc::new(boxes.clone()), documents, kinds(), Arc::new(UriNaming), seed);
        Self(Arc::new(Inner {
            sim: Mutex::new(sim),
            clock,
            disk,
            on_left: bell.hook(),
            on_step: Box::new(on_step),
            fetching,
            woken: Notify::new(),
            is_down: AtomicBool::new(false),
        }))
    }

    /// The node has crashed: nothing is done any more.
    pub fn down(&self) {
        self.0.is_down.store(true, Ordering::SeqCst);
    }

    fn is_down(&self) -> bool {
        self.0.is_down.load(Ordering::SeqCst)
    }

    /// Does one thing.
    fn step(&self) -> bool {
        if self.is_down() {
            return false;
        }
        let (moved, left) = {
            let mut sim = self.0.sim.lock().unwrap();
            let moved = sim.step(self.0.clock.now());
            assert_eq!(sim.failed(), None, "the store of a running node");
            (moved, sim.left())
        };
        if moved {
            (self.0.on_left)(&left);
            (self.0.on_step)();
        }
        moved
    }

    /// Answers how many turns there were: a step that only found nothing to do is none.
    async fn run(&self, budget: Duration) -> usize {
        let (deadline, mut turns) = (Instant::now() + budget, 0);
        let disk = &self.0.disk;
        loop {
            let before = disk.batches.load(Ordering::SeqCst);
            while self.step() {}
            turns += disk.batches.load(Ordering::SeqCst) - before;
            let waits = disk.store.pending() > 0 || self.0.fetching.load(Ordering::SeqCst) > 0;
            if !waits || self.is_down() || Instant::now() >= deadline {
                return usize::try_from(turns).unwrap();
            }
            tokio::time::sleep(LULL).await;
        }
    }

    /// Runs turns whenever somebody is woken, as a server does beside its pumps.
    pub async fn run_always(self) {
        loop {
            self.0.woken.notified().await;
            tokio::time::sleep(self.0.clock.chance.ms(40)).await;
            self.run(Duration::from_secs(3600)).await;
        }
    }

    /// Calls a private method at the edge. `None`: the node went down first, and nobody knows what became of it.
    pub async fn call<A: Actor>(
        &self,
        actor: &ActorId,
        caller: &ActorId,
        method: impl Into<A::Call>,
    ) -> Option<Outcome<Value>> {
        let ticket: Ticket = self.0.sim.lock().unwrap().call::<A>(actor, caller, method);
        while !self.is_down() {
            while self.step() {}
            let answer = self.0.sim.lock().unwrap().answer(ticket);
            if answer.is_some() {
                return answer;
            }
            tokio::time::sleep(LULL).await;
        }
        None
    }
}

impl Turns for Machine {
    fn wake(&self, actor: &ActorId) {
        self.0.sim.lock().unwrap().wake(actor);
        self.0.woken.notify_one();
    }

    fn run_waiting(&self, budget: Duration) -> Later<usize> {
        let machine = self.clone();
        Box::pin(async move { machine.run(budget).await })
    }

    fn has_failed(&self) -> bool {
        self.is_down()
    }
}
