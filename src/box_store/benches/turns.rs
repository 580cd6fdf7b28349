//! Durable turns: what actors reach, against the bare group commit of the very same batches, in one run.
//!
//! An actor holds a state of 2 KB. A call from the edge makes it send a private message to another actor, whose turn puts
//! three rows of 200, 300 and 120 bytes: two turns, one mailbox row in between. A first run, which is not measured, keeps all
//! batches that its store is given. Then the same is run again, on a fresh store, and measured. Then the kept batches are
//! committed, each once, to a fresh store with nothing above it, by as many clients, each waiting for its receipt: the
//! ceiling. It requires nothing of what is stored, where a turn requires the number of the turn before it. Both use the
//! allocator of the server.
//!
//! ```console
//! $ cargo bench -p pritchel-box-store --bench turns [seconds [rounds [line]]]
//! ```
//! Prints, for 1, 16 and 256 clients and for one hot actor: turns a second, the ceiling, their ratio, CPU a turn, and how many
//! batches shared a sync on either side. With several rounds each figure is the median, the ratio that of the pairs.
//! - `seconds`: for each of the two runs of a round, default 3
//! - `rounds`: default 1
//! - `line`: only this one, by the name in its first column

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use pritchel_actor::runtime::{Node, NodeParts, Settings};
use pritchel_actor::{Act, Actor, ActorId, Clock, Halt, Look, Method, Naming, Rows, Seconds, Turn, Verdict, methods};
use pritchel_box_store::contract::{Health, Reading, Receipt, Room};
use pritchel_box_store::sled::SledStore;
use pritchel_box_store::{Addresses, Batch, BoxStore, Query, Store};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ACTORS: u64 = 1000;
const CACHE_BYTES: u64 = 256 * 1024 * 1024;
/// Batches kept for the ceiling: about 700 MB.
const KEPT_MAX: usize = 200_000;
const ROWS: Rows<u64, String> = Rows::new("rows");

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Worker {
    turns: u64,
    ballast: String,
}

methods! { Worker: WorkerCall {
    Pass private, "", Told;
    Work private, "", Told;
}}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Pass {
    to: ActorId,
}

impl Method<Worker> for Pass {
    type Answer = ();
    fn turn(self, worker: &mut Worker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        worker.turns += 1;
        let to = turn.look().introduce::<Worker>(&self.to);
        turn.call(&to, Work {})
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Work {}

impl Method<Worker> for Work {
    type Answer = ();
    fn turn(self, worker: &mut Worker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        worker.turns += 1;
        for bytes in [200, 300, 120] {
            let number = turn.number();
            ROWS.put(turn, &number, &"x".repeat(bytes));
        }
        Ok(())
    }
}

impl Actor for Worker {
    const KIND: &'static str = "Worker";
    const SCHEMA: u16 = 1;
    type Call = WorkerCall;
    fn gate(&self, _: &Act, _: &mut Look<'_, '_>) -> Result<Verdict<WorkerCall>, Halt> {
        Ok(Verdict::Note)
    }
}

/// A store that can keep what it was given.
struct Recorder {
    store: SledStore,
    /// Whether it does.
    keeps: AtomicBool,
    kept: Mutex<Vec<Batch>>,
}

impl Store for Recorder {
    fn read(&self, queries: Vec<Query>) -> Reading {
        self.store.read(queries)
    }
    fn commit(&self, batch: Batch) -> Receipt {
        if self.keeps.load(Ordering::Relaxed) {
            let mut kept = self.kept.lock().unwrap();
            if kept.len() < KEPT_MAX {
                kept.push(Batch { require: Vec::new(), ops: batch.ops.clone() });
            }
        }
        self.store.commit(batch)
    }
    fn room(&self) -> Room {
        self.store.room()
    }
    fn health(&self) -> Health {
        self.store.health()
    }
}

struct Near;
impl Addresses for Near {
    fn is_near(&self, _: &ActorId) -> bool {
        true
    }
    fn origin(&self, _: &ActorId) -> String {
        "https://bench.example".to_owned()
    }
}

struct Names;
impl Naming for Names {
    fn actor(&self, _: &ActorId, kind: &str, token: &str) -> ActorId {
        ActorId::new(format!("https://bench.example/{kind}/{token}"))
    }
    fn act(&self, author: &ActorId, token: &str) -> pritchel_actor::ActId {
        pritchel_actor::ActId::new(format!("{author}/outbox/{token}"))
    }
}

struct BenchClock(AtomicU64);
impl Clock for BenchClock {
    fn now(&self) -> Seconds {
        1_800_000_000
    }
    fn seed(&self) -> [u8; 32] {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.0.fetch_add(1, Ordering::Relaxed).to_le_bytes());
        seed
    }
}

fn name(number: u64) -> ActorId {
    ActorId::new(format!("https://bench.example/workers/{number:016}"))
}

fn main() {
    // `cargo bench` passes flags of its own.
    let mut given = std::env::args().skip(1).filter(|text| !text.starts_with("--"));
    let seconds = given.next().map_or(3.0, |text| text.parse().expect("seconds"));
    let rounds: usize = given.next().map_or(1, |text| text.parse().expect("rounds"));
    let only = given.next();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    println!(
        "{:>14} {:>10} {:>10} {:>7} {:>12} {:>14} {:>8} {:>8}",
        "clients", "turns/s", "ceiling/s", "ratio", "CPU us/turn", "ceiling CPU us", "a sync", "ceiling"
    );
    for (label, clients, actors) in
        [("1", 1, ACTORS), ("16", 16, ACTORS), ("256", 256, ACTORS), ("16 on one", 16, 1), ("256 on one", 256, 1)]
    {
        if only.as_ref().is_some_and(|only| only != label) {
            continue;
        }
        let time = Duration::from_secs_f64(seconds);
        let measured = (0..rounds).map(|_| runtime.block_on(round(clients, actors, time)));
        let measured: Vec<(Measured, Measured)> = measured.collect();
        let median = |of: &dyn Fn(&(Measured, Measured)) -> f64| {
            let mut all: Vec<f64> = measured.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        println!(
            "{label:>14} {:>10.0} {:>10.0} {:>7.2} {:>12.0} {:>14.0} {:>8.0} {:>8.0}",
            median(&|(turns, _)| turns.a_second),
            median(&|(_, ceiling)| ceiling.a_second),
            median(&|(turns, ceiling)| turns.a_second / ceiling.a_second),
            median(&|(turns, _)| turns.cpu_us),
            median(&|(_, ceiling)| ceiling.cpu_us),
            median(&|(turns, _)| turns.a_sync),
            median(&|(_, ceiling)| ceiling.a_sync),
        );
    }
}

/// What one side reached.
struct Measured {
    a_second: f64,
    cpu_us: f64,
    a_sync: f64,
}

impl Measured {
    fn new(done: f64, start: Instant, cpu: f64, before: &Health, after: &Health) -> Self {
        Self {
            a_second: done / start.elapsed().as_secs_f64(),
            cpu_us: (cpu_seconds() - cpu) * 1e6 / done,
            a_sync: (after.batches - before.batches) as f64 / (after.groups - before.groups) as f64,
        }
    }
}

/// Turns, then their ceiling.
async fn round(clients: u64, actors: u64, time: Duration) -> (Measured, Measured) {
    let (_, batches) = turns(clients, actors, time, true).await;
    let (turns, _) = turns(clients, actors, time, false).await;
    (turns, ceiling(batches, clients).await)
}

/// Turns on a fresh store, and the batches it was given if it is to keep them.
async fn turns(clients: u64, actors: u64, time: Duration, keeps: bool) -> (Measured, Vec<Batch>) {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path(), CACHE_BYTES).unwrap();
    let recorder = Arc::new(Recorder { store, keeps: AtomicBool::new(false), kept: Mutex::default() });
    let boxes = BoxStore::open(recorder.clone(), Arc::new(Near)).await.unwrap();
    plant(&boxes).await;
    let node = Node::start(NodeParts {
        boxes: Arc::new(boxes),
        documents: Arc::new(pritchel_actor::sim::toy::NoDocuments),
        clock: Arc::new(BenchClock(AtomicU64::new(0))),
        naming: Arc::new(Names),
        kinds: pritchel_actor::Kinds::new().with::<Worker>(),
        on_left: Arc::new(|_| {}),
        settings: Settings::default(),
    })
    .await
    .unwrap();
    recorder.keeps.store(keeps, Ordering::Relaxed);
    let before = node.stats().turns;
    let health = recorder.health();
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let mut running = tokio::task::JoinSet::new();
    for client in 0..clients {
        let node = node.clone();
        running.spawn(async move {
            let mut number = client.wrapping_mul(7919);
            while start.elapsed() < time {
                number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let (from, to) = (name((number >> 33) % actors), name((number >> 20) % actors));
                node.call::<Worker, _>(&from, &name(client), Pass { to }).await.unwrap();
            }
        });
    }
    while running.join_next().await.is_some() {}
    let turns = (node.stats().turns - before) as f64;
    let turns = Measured::new(turns, start, cpu, &health, &recorder.health());
    node.stop().await;
    let kept = std::mem::take(&mut *recorder.kept.lock().unwrap());
    (turns, kept)
}

async fn plant(boxes: &BoxStore) {
    let stored = pritchel_actor::Stored::new(&Worker { turns: 0, ballast: "b".repeat(2000) }).unwrap();
    for first in (0..ACTORS).step_by(100) {
        let workers = (first..first + 100).map(|number| (name(number), stored.clone()));
        boxes.plant(workers.collect(), Vec::new()).await.unwrap();
    }
}

/// These batches on a fresh store, with nothing above it.
async fn ceiling(batches: Vec<Batch>, clients: u64) -> Measured {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SledStore::open(folder.path(), CACHE_BYTES).unwrap());
    let done = batches.len() as f64;
    let batches = Arc::new(Mutex::new(batches.into_iter()));
    let health = store.health();
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..clients {
        let (store, batches) = (store.clone(), batches.clone());
        running.spawn(async move {
            let next = || batches.lock().unwrap().next();
            while let Some(batch) = next() {
                store.commit(batch).await.unwrap();
            }
        });
    }
    while running.join_next().await.is_some() {}
    Measured::new(done, start, cpu, &health, &store.health())
}

/// Seconds of CPU this process has used. A kernel tick is a hundredth of a second on Linux.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after = stat.rsplit(')').next().unwrap();
    let fields: Vec<&str> = after.split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}
