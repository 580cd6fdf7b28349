//! Nodes on stores that can stop, and the wire between them, all driven by hand.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt;
use pritchel_actor::message::{Arrival, Message, What};
use pritchel_actor::sim::toy::{NoDocuments, ToyNaming};
use pritchel_actor::sim::{Sim, Ticket};
use pritchel_actor::view::look;
use pritchel_actor::*;
use pritchel_box_store::check::Known;
use pritchel_box_store::memory::{MemoryStore, Settling};
use pritchel_box_store::sled::SledStore;
use pritchel_box_store::work::{Extra, Lease, Next, Task};
use pritchel_box_store::{Addresses, BoxStore, ReceiveError, Store};
use serde_json::json;
use tempfile::TempDir;

use crate::counters::{All, Counter, CounterCall, Seen};

pub const CACHE: u64 = 8 * 1024 * 1024;
pub const NODES: [&str; 2] = ["red", "blue"];
const KINDS: [&str; 6] = ["delivery", "remind", "near", "fanout", "job", "seek"];

/// Actors `red/…` live on `red`.
pub struct Names(pub &'static str);

impl Addresses for Names {
    fn is_near(&self, id: &ActorId) -> bool {
        id.as_str().split('/').next() == Some(self.0)
    }
    fn origin(&self, id: &ActorId) -> String {
        id.as_str().split('/').next().unwrap_or_default().to_owned()
    }
}

/// Where a node keeps its rows.
pub enum Disk {
    Memory(MemoryStore),
    Sled(TempDir),
}

impl Disk {
    pub fn memory() -> Self {
        Self::Memory(MemoryStore::new())
    }

    pub fn sled() -> Self {
        Self::Sled(TempDir::new().unwrap())
    }

    /// Opens what is there.
    pub fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Memory(store) => Arc::new(store.clone()),
            Self::Sled(dir) => open_sled(dir.path()),
        }
    }

    /// Lets the disk get on.
    pub fn tick(&self) {
        match self {
            Self::Memory(store) => store.tick(),
            Self::Sled(_) => std::thread::yield_now(),
        }
    }

    /// The power goes and comes back: what was not durable is lost.
    pub fn crash(&mut self, settling: Settling) {
        if let Self::Memory(store) = self {
            *store = MemoryStore::open(store.crash()).settling(settling);
        }
    }
}

fn open_sled(dir: &Path) -> Arc<dyn Store> {
    Arc::new(SledStore::open(dir, CACHE).unwrap())
}

/// Drives a future to its end while the disk gets on.
pub fn drive<T>(disk: &Disk, future: impl Future<Output = T>) -> T {
    let mut future = Box::pin(future);
    loop {
        match (&mut future).now_or_never() {
            Some(done) => return done,
            None => disk.tick(),
        }
    }
}

pub fn open(disk: &Disk, name: &'static str) -> BoxStore {
    drive(disk, BoxStore::open(disk.open(), Arc::new(Names(name)))).unwrap()
}

/// Boxes whose every answer is there at once, as the simulator wants it of a store with a thread of its own.
struct Prompt(BoxStore);

fn block<T: Send + 'static>(mut later: Later<T>) -> Later<T> {
    loop {
        match (&mut later).now_or_never() {
            Some(done) => return Box::pin(std::future::ready(done)),
            None => std::thread::yield_now(),
        }
    }
}

impl Boxes for Prompt {
    fn open(&self, actor: &ActorId) -> Later<Result<Option<Stored>, BoxError>> {
        block(self.0.open(actor))
    }
    fn find(&self, actor: &ActorId, needs: Vec<Need>) -> Later<Result<Found, BoxError>> {
        block(self.0.find(actor, needs))
    }
    fn mail(&self, actor: &ActorId, after: Option<Arrival>, limit: usize) -> Later<Result<Vec<Mail>, BoxError>> {
        block(self.0.mail(actor, after, limit))
    }
    fn commit(&self, record: TurnRecord) -> Later<Result<Left, BoxError>> {
        block(self.0.commit(record))
    }
    fn send_back(&self, nobody: &ActorId, at: Seconds) -> Later<Result<Left, BoxError>> {
        block(Boxes::send_back(&self.0, nobody, at))
    }
}

pub struct Node {
    pub disk: Disk,
    pub boxes: BoxStore,
    pub sim: Sim,
    name: &'static str,
    seed: u64,
    pub crashes: usize,
}

impl Node {
    fn new(disk: Disk, name: &'static str, seed: u64) -> Self {
        let boxes = open(&disk, name);
        let sim = sim(&disk, &boxes, seed);
        Self { disk, boxes, sim, name, seed, crashes: 0 }
    }

    /// Whether the store has stopped.
    pub fn is_down(&self) -> bool {
        match &self.disk {
            Disk::Memory(store) => store.operations() > 0 && pritchel_box_store::Store::health(store).failed.is_some(),
            Disk::Sled(_) => false,
        }
    }

    /// Begins anew with what is durable.
    pub fn restart(&mut self, settling: Settling) {
        self.crashes += 1;
        self.seed += 1000;
        // sled is closed before it is opened again: nothing else holds it than these two.
        let nothing = Disk::memory();
        self.boxes = open(&nothing, self.name);
        self.sim = sim(&nothing, &self.boxes, self.seed);
        self.disk.crash(settling);
        self.boxes = open(&self.disk, self.name);
        self.sim = sim(&self.disk, &self.boxes, self.seed);
    }

    pub fn drive<T>(&self, future: impl Future<Output = T>) -> T {
        drive(&self.disk, future)
    }
}

fn sim(disk: &Disk, boxes: &BoxStore, seed: u64) -> Sim {
    let boxes: Arc<dyn Boxes> = match disk {
        Disk::Memory(_) => Arc::new(boxes.clone()),
        Disk::Sled(_) => Arc::new(Prompt(boxes.clone())),
    };
    Sim::new(boxes, Arc::new(NoDocuments), Kinds::new().with::<Counter>(), Arc::new(ToyNaming), seed)
}

pub struct World {
    pub nodes: Vec<Node>,
    pub now: Seconds,
    pub settling: Settling,
}

impl World {
    pub fn new(disks: [Disk; 2], seed: u64) -> Self {
        let nodes = disks.into_iter().zip(NODES).enumerate();
        let nodes = nodes.map(|(at, (disk, name))| Node::new(disk, name, seed + at as u64)).collect();
        Self { nodes, now: 1_000_000, settling: Settling::AtOnce }
    }

    /// From now on the disks take a while.
    pub fn slow(mut self, ticks: u64) -> Self {
        self.settling = Settling::After(ticks);
        for node in &mut self.nodes {
            if let Disk::Memory(store) = &node.disk {
                drop(store.clone().settling(self.settling));
            }
        }
        self
    }

    pub fn at(id: &ActorId) -> usize {
        usize::from(id.as_str().starts_with("blue"))
    }

    pub fn counter(&self, id: &str) -> ActorId {
        let id = ActorId::from(id);
        let node = &self.nodes[Self::at(&id)];
        node.drive(node.boxes.plant(vec![(id.clone(), stored(0))], Vec::new())).unwrap();
        id
    }

    /// Calls a private method. `None`: the node was down, or went down.
    pub fn call(&mut self, id: &ActorId, method: impl Into<CounterCall>) -> (usize, Ticket) {
        let at = Self::at(id);
        self.revive();
        (at, self.nodes[at].sim.call::<Counter>(id, &ActorId::from("edge"), method))
    }

    fn revive(&mut self) -> bool {
        let mut any = false;
        for node in &mut self.nodes {
            if node.is_down() || node.sim.failed().is_some() {
                node.restart(self.settling);
                any = true;
            }
        }
        any
    }

    /// Runs the nodes and the wire until nothing moves.
    pub fn settle(&mut self) {
        loop {
            let mut moved = self.revive();
            for at in 0..self.nodes.len() {
                moved |= self.run(at);
                moved |= self.pump(at);
            }
            if !moved {
                return;
            }
        }
    }

    fn run(&mut self, at: usize) -> bool {
        let node = &mut self.nodes[at];
        for actor in node.boxes.actors_with_mail(None, usize::MAX) {
            node.sim.wake(&actor);
        }
        let mut steps = 0;
        // Some ticks more than a commit takes: what is on its way to the disk arrives.
        for _ in 0..8 {
            steps += node.sim.settle(self.now);
            node.disk.tick();
        }
        // Waking an actor whose mail waits behind something is a step, but no progress.
        steps > node.boxes.actors_with_mail(None, usize::MAX).len() * 8
    }

    fn pump(&mut self, at: usize) -> bool {
        let node = &self.nodes[at];
        let Ok(leases) = node.drive(node.boxes.due(self.now, &KINDS, 16)) else { return true };
        let any = !leases.is_empty();
        for lease in leases {
            // An error is a store that stopped; its lease runs out.
            let _ = self.step(at, lease);
        }
        any
    }

    fn step(&self, at: usize, lease: Lease) -> Result<(), String> {
        let node = &self.nodes[at];
        let data = lease.item.data.clone();
        let ended = match Task::from_value(&data).unwrap() {
            Task::Delivery { act, to, .. } => {
                let next = self.carry(at, &act, &to).map_err(|e| e.to_string())?;
                node.drive(node.boxes.finish(
                    lease,
                    next.unwrap_or(Next::Again { at: self.now + 5, data }),
                    Extra::default(),
                ))
            }
            Task::Job { actor, promise, args, .. } => {
                let outcome = Outcome::Done(json!(args.as_u64().unwrap() * 2));
                let message = Message { from: actor.clone(), at: self.now, what: What::Answer { promise, outcome } };
                let extra = Extra { post: vec![(actor, message)], ..Extra::default() };
                node.drive(node.boxes.finish(lease, Next::Done, extra))
            }
            Task::Seek { .. } => node.drive(node.boxes.finish(lease, Next::Done, Extra::default())),
            Task::Remind { .. } | Task::Near { .. } | Task::Fanout { .. } => {
                node.drive(node.boxes.advance(lease, self.now))
            }
        };
        ended.map(drop).map_err(|e| e.to_string())
    }

    /// Carries an act to the other node. `None`: it could not take it now.
    fn carry(&self, from: usize, act: &ActId, to: &ActorId) -> Result<Option<Next>, BoxError> {
        let (node, there) = (&self.nodes[from], &self.nodes[Self::at(to)]);
        let act = node.drive(node.boxes.act(act))?.expect("an act to be delivered is known");
        let copy = Act::new(act.id.clone(), act.author.clone(), act.body.clone(), act.raw.clone());
        let received = there.drive(there.boxes.receive(
            Arc::new(copy),
            json!({"carried": "by hand"}),
            std::slice::from_ref(to),
            self.now,
        ));
        Ok(match received {
            Ok(_) | Err(ReceiveError::NoActor { .. }) => Some(Next::Done),
            Err(_) => None,
        })
    }

    /// Lets time pass.
    pub fn later(&mut self, seconds: Seconds) {
        self.now += seconds;
        self.settle();
    }

    pub fn see(&self, id: &ActorId) -> Seen {
        let node = &self.nodes[Self::at(id)];
        let kinds = Kinds::new().with::<Counter>();
        node.drive(look(&node.boxes, &kinds, &ToyNaming, self.now, id, &All)).unwrap()
    }

    /// Nothing waits, and nothing is off.
    pub fn check(&self, what: &str) {
        for node in &self.nodes {
            assert_eq!(node.boxes.actors_with_mail(None, 10), [], "{what}: {}", node.name);
            assert_eq!(node.boxes.next_due(), None, "{what}: {:?}", node.boxes.lanes("", None, 10));
            let report = node.drive(node.boxes.check(&known())).unwrap();
            assert!(report.is_clean(), "{what}: {} {:#?}", node.name, report.problems);
        }
    }
}

pub fn known() -> Known {
    Known::from(&Kinds::new().with::<Counter>())
}

/// A counter as it is stored after this many turns.
pub fn stored(turn: u64) -> Stored {
    let header = Header { turn, ..Header::default() };
    let state = StateText::of(&json!({"count": 0, "heard": [], "launched": []})).unwrap();
    Stored { kind: Counter::KIND.into(), schema: 1, header, state }
}
