//! A world of servers in one process: each is the real machine over boxes in memory, on a seeded scheduler. What goes from
//! one to another goes as bytes and is read anew, as if it had come over the network.
//! - [`World`]: servers, time, the wire between them, and its faults
//! - [`cast`]: people and resources, and what they do, in words; [`net`]: documents; [`plant`]: Grants
//! - [`state`]: everything in all boxes, with names in place of addresses

pub mod cast;
pub mod net;
pub mod plant;
pub mod state;

use crate::invariants::Watch;
use net::Net;
use pritchel_actor::sim::Sim;
use pritchel_actor::sim::toy::ToyBoxes;
use pritchel_actor::{Act, ActId, ActorId, Boxes, Kinds, Message, Outcome, Seconds, Value, View, ViewError, What};
use pritchel_actors::{Domain, UriNaming};
use pritchel_vocab::{Activity, Document};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// When worlds begin.
pub const START: Seconds = 1_790_000_000;

/// What goes wrong on the wire, each in parts of a hundred.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// A delivery is lost, and is tried again later.
    pub loss: u64,
    /// A delivery comes twice.
    pub twice: u64,
    /// A delivery is held back, so that others overtake it.
    pub delay: u64,
    /// A server forgets what is only in memory.
    pub restart: u64,
}

/// One act on its way to one actor.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// To whom.
    pub to: ActorId,
    /// From which server.
    pub from: String,
    /// The bytes.
    pub raw: Arc<[u8]>,
}

/// One server.
pub struct Server {
    /// Its boxes.
    pub boxes: Arc<ToyBoxes>,
    /// Its actors.
    pub node: Sim,
    /// How much its clock is ahead.
    pub skew: Seconds,
}

impl Server {
    /// Whether this actor is one of its own.
    fn lives(&self, actor: &ActorId) -> bool {
        let found = ready(self.boxes.open(actor));
        found.is_ok_and(|stored| stored.is_some())
    }
}

/// What a future that waits for nothing gives.
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(value) => value,
        std::task::Poll::Pending => panic!("boxes in memory wait for nothing"),
    }
}

/// What a [`World`] holds.
pub struct Inner {
    seed: u64,
    draws: u64,
    kinds: Kinds,
    /// Servers by host.
    pub servers: BTreeMap<String, Server>,
    /// Documents.
    pub net: Arc<Net>,
    /// Acts on their way.
    pub wire: Vec<Parcel>,
    /// Acts that went to where nobody lives.
    pub lost: Vec<Parcel>,
    /// The time.
    pub now: Seconds,
    /// What goes wrong.
    pub faults: Faults,
    /// Whether what an early act waits for is fetched.
    pub seeks: bool,
    /// Addresses and the names by which a story knows them.
    pub names: BTreeMap<String, String>,
    /// What was published, and keeps the invariants.
    pub watch: Watch,
}

/// A world; cheap to clone, so that its people can act in it.
#[derive(Clone)]
pub struct World(pub Rc<RefCell<Inner>>);

impl World {
    /// An empty world. Everything it draws comes from `seed`.
    pub fn new(seed: u64) -> Self {
        Self::with_kinds(seed, pritchel_actors::kinds())
    }

    /// The same with these kinds of actors.
    pub fn with_kinds(seed: u64, kinds: Kinds) -> Self {
        crate::status::mutants::switch();
        Self(Rc::new(RefCell::new(Inner {
            seed,
            draws: seed ^ 0x9e37_79b9_7f4a_7c15,
            kinds,
            servers: BTreeMap::new(),
            net: Arc::new(Net::at(START)),
            wire: Vec::new(),
            lost: Vec::new(),
            now: START,
            faults: Faults::default(),
            seeks: false,
            names: BTreeMap::new(),
            watch: Watch::default(),
        })))
    }

    /// The server of this host, with its domain; made when it is first named.
    pub fn server(&self, host: &str) -> ActorId {
        let domain = ActorId::new(format!("https://{host}/domain"));
        let mut inner = self.0.borrow_mut();
        if !inner.servers.contains_key(host) {
            let origin = format!("https://{host}/");
            let boxes = Arc::new(ToyBoxes::new(move |id| id.as_str().starts_with(&origin)));
            boxes.plant(&domain, &Domain::default());
            inner.net.add(host, boxes.clone());
            let seed = inner.seed.wrapping_mul(1000) + inner.servers.len() as u64;
            let (kinds, net) = (inner.kinds.clone(), inner.net.clone());
            let node = Sim::new(boxes.clone(), net, kinds, Arc::new(UriNaming), seed);
            inner.servers.insert(host.to_owned(), Server { boxes, node, skew: 0 });
            inner.names.insert(domain.as_str().to_owned(), "domain".to_owned());
        }
        domain
    }

    /// Gives an address a name in the story.
    pub fn name(&self, id: &ActorId, name: &str) {
        self.0.borrow_mut().names.insert(id.as_str().to_owned(), name.to_owned());
    }

    /// A number below `bound`.
    pub fn draw(&self, bound: u64) -> u64 {
        let mut inner = self.0.borrow_mut();
        inner.draws = inner.draws.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = inner.draws;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }

    fn chance(&self, of_hundred: u64) -> bool {
        of_hundred > 0 && self.draw(100) < of_hundred
    }

    /// The time now.
    pub fn now(&self) -> Seconds {
        self.0.borrow().now
    }

    /// Calls a private method at the edge of an actor's own server and answers how it ended.
    pub fn call<A: pritchel_actor::Actor>(
        &self,
        id: &ActorId,
        caller: &ActorId,
        method: impl Into<A::Call>,
    ) -> Outcome<Value> {
        let mut inner = self.0.borrow_mut();
        let now = inner.now;
        let server = inner.servers.get_mut(host(id)).expect("a server");
        let ticket = server.node.call::<A>(id, caller, method);
        loop {
            if let Some(answer) = server.node.answer(ticket) {
                return answer;
            }
            assert!(server.node.step(now + server.skew), "a call to {id} that is never answered");
        }
    }

    /// Lets an actor be looked at.
    pub fn see<A: pritchel_actor::Actor, V: View<A>>(&self, id: &ActorId, view: &V) -> Result<V::Answer, ViewError> {
        let inner = self.0.borrow();
        let boxes = inner.servers[host(id)].boxes.clone();
        ready(pritchel_actor::view::look::<A, V>(&*boxes, &inner.kinds, &UriNaming, inner.now, id, view))
    }

    /// Does the next job of an actor's server, which must be that actor's: `does` says what came of it. Answers the kind of the
    /// job and what it was to do; `None` if there is none.
    pub fn job(&self, id: &ActorId, does: impl FnOnce(Value) -> Outcome<Value>) -> Option<(String, Value)> {
        let inner = self.0.borrow();
        let boxes = &inner.servers[host(id)].boxes;
        let job = boxes.job()?;
        assert_eq!(job.actor, *id);
        let what = What::Answer { promise: job.promise, outcome: does(job.args.clone()) };
        boxes.post(id, Message { from: id.clone(), at: inner.now, what });
        drop(inner);
        self.0.borrow_mut().servers.get_mut(host(id)).expect("a server").node.wake(id);
        Some((job.kind, job.args))
    }

    /// Runs everything until nothing moves.
    pub fn settle(&self) {
        for _ in 0..100_000 {
            if !self.step() {
                return;
            }
        }
        panic!("seed {}: nothing comes to rest", self.0.borrow().seed);
    }

    /// Sees to it that what a server has just published keeps the invariants.
    fn check(inner: &mut Inner, host: &str) {
        let kind = |actor: &ActorId| {
            let server = inner.servers.get(self::host(actor))?;
            ready(server.boxes.open(actor)).ok().flatten().map(|stored| stored.kind)
        };
        for (actor, item) in inner.servers[host].boxes.handled() {
            let wrong = inner.watch.used_wrongly(&actor, &item);
            assert!(wrong.is_empty(), "seed {}: {wrong:#?}", inner.seed);
        }
        for act in inner.servers[host].boxes.published() {
            let wrong = inner.watch.note(&act, kind);
            assert!(wrong.is_empty(), "seed {}: {wrong:#?}", inner.seed);
        }
    }

    /// Does one thing. `false`: nothing is possible at this time.
    pub fn step(&self) -> bool {
        let hosts: Vec<String> = self.0.borrow().servers.keys().cloned().collect();
        let first = self.draw(hosts.len() as u64 + 1) as usize;
        for turn in 0..=hosts.len() {
            let at = (first + turn) % (hosts.len() + 1);
            let moved = if at == hosts.len() { self.carry() } else { self.run(&hosts[at]) };
            if moved {
                return true;
            }
        }
        false
    }

    /// Lets one server do one thing and takes what it sends.
    pub fn run(&self, host: &str) -> bool {
        let restart = self.0.borrow().faults.restart;
        if self.chance(restart) {
            self.restart(host);
        }
        let mut inner = self.0.borrow_mut();
        let (now, seeks) = (inner.now, inner.seeks);
        let server = inner.servers.get_mut(host).expect("a server");
        let mut moved = server.node.step(now + server.skew);
        let sent: Vec<_> = std::iter::from_fn(|| server.boxes.outgoing()).collect();
        let sought = server.boxes.sought();
        moved |= !sent.is_empty();
        for (to, act) in sent {
            inner.wire.push(Parcel { to, from: host.to_owned(), raw: act.raw.clone() });
        }
        for (who, act) in sought.into_iter().filter(|_| seeks) {
            if let Some(raw) = inner.net.act(&act) {
                inner.wire.push(Parcel { to: who, from: self::host_of(act.as_str()).to_owned(), raw });
            }
        }
        Self::check(&mut inner, host);
        moved
    }

    /// Carries one act to where it goes, or has an accident with it. Acts from one server to one actor keep their order
    /// unless there is one.
    pub fn carry(&self) -> bool {
        let waiting = self.0.borrow().wire.len() as u64;
        if waiting == 0 {
            return false;
        }
        let faults = self.0.borrow().faults;
        let mut at = self.draw(waiting) as usize;
        if !self.chance(faults.delay) {
            let inner = self.0.borrow();
            let chosen = &inner.wire[at];
            let first = inner.wire.iter().position(|parcel| parcel.to == chosen.to && parcel.from == chosen.from);
            at = first.unwrap_or(at);
        }
        let parcel = self.0.borrow_mut().wire.remove(at);
        if self.chance(faults.loss) {
            // Lost, or the answer to it was: it is sent again.
            self.0.borrow_mut().wire.push(parcel.clone());
            if self.chance(50) {
                return true;
            }
        }
        if self.chance(faults.twice) {
            self.deliver(&parcel);
        }
        self.deliver(&parcel);
        true
    }

    /// Runs every server until it rests, and carries nothing.
    pub fn rest(&self) {
        let hosts: Vec<String> = self.0.borrow().servers.keys().cloned().collect();
        while hosts.iter().fold(false, |moved, host| self.run(host) | moved) {}
    }

    /// Takes what is on its way to `to` and is of this type.
    pub fn hold(&self, to: &ActorId, kind: &str) -> Vec<Parcel> {
        let of = |parcel: &Parcel| serde_json::from_slice::<Value>(&parcel.raw).unwrap()["type"] == kind;
        let mut inner = self.0.borrow_mut();
        let (held, rest) = inner.wire.drain(..).partition(|parcel| parcel.to == *to && of(parcel));
        inner.wire = rest;
        held
    }

    /// Delivers what was held, and runs every server until it rests.
    pub fn release(&self, held: Vec<Parcel>) {
        assert!(!held.is_empty(), "nothing was held");
        held.iter().for_each(|parcel| self.deliver(parcel));
        self.rest();
    }

    /// Delivers an act as a server that received it does: reads the bytes, and believes only what is of its author's origin.
    pub fn deliver(&self, parcel: &Parcel) {
        let document = Document::parse(&parcel.raw).expect("what we send can be read");
        let activity = Activity::read(&document).expect("what we send is an activity");
        let id = ActId::new(activity.id.as_ref().expect("what we send has an address").as_str());
        let author = ActorId::new(activity.actor.as_str());
        assert_eq!(host_of(id.as_str()), host(&author), "an act lives where its author does");
        let value = Arc::new(document.value().clone());
        let act = Act::new(id, author, value, parcel.raw.clone());
        if !self.puts(&parcel.to, act) {
            self.0.borrow_mut().lost.push(parcel.clone());
        }
    }

    /// Puts an act into a mailbox, whatever its body is. Answers whether there is one.
    pub fn puts(&self, to: &ActorId, act: Act) -> bool {
        let mut inner = self.0.borrow_mut();
        let now = inner.now;
        let Some(server) = inner.servers.get_mut(host(to)).filter(|server| server.lives(to)) else { return false };
        server.boxes.receive(Arc::new(act), to, now + server.skew);
        server.node.wake(to);
        true
    }

    /// Sends an act of an actor that no server of this world runs, or a forged one of any.
    pub fn sends(&self, to: &ActorId, body: &Value) {
        let raw: Arc<[u8]> = body.to_string().into_bytes().into();
        self.deliver(&Parcel { to: to.clone(), from: host_of(body["id"].as_str().unwrap()).to_owned(), raw });
    }

    /// A server forgets what is only in memory, and begins with what is in its boxes.
    pub fn restart(&self, host: &str) {
        let mut inner = self.0.borrow_mut();
        let server = inner.servers.get_mut(host).expect("a server");
        server.node.crash();
        for actor in server.boxes.with_mail() {
            server.node.wake(&actor);
        }
    }

    /// Lets time pass, and runs what becomes due.
    pub fn pass(&self, seconds: Seconds) {
        {
            let mut inner = self.0.borrow_mut();
            inner.now += seconds;
            let now = inner.now;
            inner.net.clock(now);
            for server in inner.servers.values_mut() {
                server.boxes.remind(now + server.skew);
                for actor in server.boxes.with_mail() {
                    server.node.wake(&actor);
                }
            }
        }
        self.settle();
    }

    /// Ends all jobs of the server of an actor in one way: their kinds.
    pub fn jobs(&self, of: &ActorId, outcome: Outcome<Value>) -> Vec<String> {
        let mut inner = self.0.borrow_mut();
        let now = inner.now;
        let server = inner.servers.get_mut(host(of)).expect("a server");
        let jobs: Vec<_> = std::iter::from_fn(|| server.boxes.job()).collect();
        let ended = jobs.into_iter().map(|job| {
            let what = What::Answer { promise: job.promise, outcome: outcome.clone() };
            server.boxes.post(&job.actor, Message { from: job.actor.clone(), at: now + server.skew, what });
            server.node.wake(&job.actor);
            job.kind
        });
        ended.collect()
    }

    /// Who was told an act, of those that live nowhere in this world.
    pub fn told_outside(&self) -> BTreeSet<(String, String)> {
        let inner = self.0.borrow();
        let kind = |parcel: &Parcel| {
            serde_json::from_slice::<Value>(&parcel.raw).unwrap()["type"].as_str().unwrap().to_owned()
        };
        inner.lost.iter().map(|parcel| (parcel.to.as_str().to_owned(), kind(parcel))).collect()
    }
}

/// The host of an actor.
pub fn host(id: &ActorId) -> &str {
    host_of(id.as_str())
}

/// The host of an address.
pub fn host_of(uri: &str) -> &str {
    uri.strip_prefix("https://").and_then(|rest| rest.split('/').next()).unwrap_or_default()
}
