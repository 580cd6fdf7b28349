//! Nodes with everything that belongs to them, people who act, and what can be seen of both.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use pritchel_actor::{ActId, Actor, ActorId, Clock, Later, Outcome, Seconds, Stored, Value, View, ViewError, view};
use pritchel_actors::access::view::HoldsGrant;
use pritchel_actors::domain::Register;
use pritchel_actors::person::rows::SentState;
use pritchel_actors::person::view::{PermitFor, ViewSent};
use pritchel_actors::person::{Person, Publish};
use pritchel_actors::ticket_tracker::TicketTracker;
use pritchel_actors::{Domain, Factory, Repository, UriNaming, client, kinds};
use pritchel_box_store::BoxStore;
use pritchel_box_store::memory::{Image, MemoryStore, Settling};
use pritchel_deliver::documents::Holding;
use pritchel_deliver::hosts::Hosts;
use pritchel_deliver::keys::KeySource;
use pritchel_deliver::runner::{Bell, Runner};
use pritchel_deliver::{Outside, Settings};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::chance::{Chance, Record, hash};
use crate::machine::{Disk, Machine, NodeClock};
use crate::network::{Door, Network, WayOut};
use crate::oracle::{Eyes, Oracle};

/// One RSA key for all; anybody may know it.
const KEY: &str = include_str!("key.txt");
/// Pumps of a node at work at the same time.
const PUMPS: usize = 2;

/// A node that is up.
pub struct Node {
    store: MemoryStore,
    pub boxes: BoxStore,
    machine: Machine,
    clock: Arc<NodeClock>,
    down: watch::Sender<bool>,
    /// Dropped with the node, which ends them.
    _tasks: JoinSet<()>,
}

/// A place for a node: what remains when it goes down.
struct Site {
    host: &'static str,
    skew: Seconds,
    node: Option<Node>,
}

/// The tracker that the oracle looks after.
pub struct Watched {
    pub tracker: ActorId,
    pub oracle: Oracle,
}

/// The world. Cheap to clone.
#[derive(Clone)]
pub struct World(Arc<Inner>);

struct Inner {
    began: Instant,
    chance: Chance,
    record: Record,
    network: Network,
    sites: Mutex<Vec<Site>>,
    watched: Mutex<Option<Watched>>,
}

/// What a node knows of its own Grants.
struct Holds(BoxStore, Arc<NodeClock>);

impl Holding for Holds {
    fn holds(&self, grant: ActId, giver: ActorId) -> Later<bool> {
        let (boxes, now) = (self.0.clone(), self.1.now());
        Box::pin(async move {
            let view = HoldsGrant { grant };
            let held = [
                look::<TicketTracker, _>(&boxes, now, &giver, &view).unwrap_or(false),
                look::<Repository, _>(&boxes, now, &giver, &view).unwrap_or(false),
                look::<Factory, _>(&boxes, now, &giver, &view).unwrap_or(false),
            ];
            held.contains(&true)
        })
    }
}

/// Looks at an actor as it is committed. A store in memory lets nobody wait.
fn look<A: Actor, V: View<A>>(boxes: &BoxStore, now: Seconds, id: &ActorId, view: &V) -> Result<V::Answer, ViewError> {
    ready(view::look::<A, V>(boxes, &kinds(), &UriNaming, now, id, view))
}

/// What a future that waits for nothing gives.
pub fn ready<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("a store in memory lets nobody wait")
}

struct Committed<'b> {
    boxes: &'b BoxStore,
    now: Seconds,
    tracker: &'b ActorId,
}

impl Eyes for Committed<'_> {
    fn see<V: View<TicketTracker>>(&self, view: &V) -> V::Answer {
        look::<TicketTracker, V>(self.boxes, self.now, self.tracker, view).unwrap()
    }

    fn body(&self, act: &ActId) -> Option<Arc<Value>> {
        ready(self.boxes.act(act)).unwrap().map(|act| act.body.clone())
    }
}

impl World {
    /// Nodes of these hosts with clocks that are wrong by so many seconds.
    pub async fn new(seed: u64, hosts: &[(&'static str, Seconds)]) -> Self {
        let world = Self::without_nodes(seed, hosts);
        for (at, (host, _)) in hosts.iter().enumerate() {
            world.start(at, MemoryStore::new()).await;
            let domain = world.domain(host);
            let stored = Stored::new(&Domain::default()).unwrap();
            world.boxes(&domain).plant(vec![(domain, stored)], Vec::new()).await.unwrap();
        }
        world
    }

    /// Nodes with what is in these stores.
    pub async fn opened(seed: u64, hosts: &[(&'static str, Seconds)], stores: Vec<MemoryStore>) -> Self {
        let world = Self::without_nodes(seed, hosts);
        for (at, store) in stores.into_iter().enumerate() {
            world.start(at, store).await;
        }
        world
    }

    fn without_nodes(seed: u64, hosts: &[(&'static str, Seconds)]) -> Self {
        let (chance, record) = (Chance::new(seed), Record::new(std::env::var_os("PRITCHEL_SEED").is_some()));
        let network = Network::new(&chance, &record);
        let sites = hosts.iter().map(|&(host, skew)| Site { host, skew, node: None }).collect();
        Self(Arc::new(Inner {
            began: Instant::now(),
            chance,
            record,
            network,
            sites: Mutex::new(sites),
            watched: Mutex::new(None),
        }))
    }

    /// The domain of a host.
    pub fn domain(&self, host: &str) -> ActorId {
        ActorId::new(format!("https://{host}/actor"))
    }

    /// What is drawn.
    pub fn chance(&self) -> &Chance {
        &self.0.chance
    }

    /// What happened.
    pub fn record(&self) -> &Record {
        &self.0.record
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.0.network
    }

    /// From now on the oracle looks after this tracker, at every step of its node.
    pub fn watch(&self, tracker: &ActorId) {
        let oracle = self.eyes(tracker, |eyes| Oracle::new(&eyes));
        *self.0.watched.lock().unwrap() = Some(Watched { tracker: tracker.clone(), oracle });
    }

    /// What the oracle says.
    pub fn ask<T>(&self, ask: impl FnOnce(&Oracle) -> T) -> T {
        ask(&self.0.watched.lock().unwrap().as_ref().expect("a tracker is watched").oracle)
    }

    fn eyes<T>(&self, tracker: &ActorId, see: impl FnOnce(Committed<'_>) -> T) -> T {
        self.at(tracker, |node| see(Committed { boxes: &node.boxes, now: node.clock.now(), tracker }))
            .expect("it is up")
    }

    fn at<T>(&self, actor: &ActorId, ask: impl FnOnce(&Node) -> T) -> Option<T> {
        let sites = self.0.sites.lock().unwrap();
        let site = sites.iter().find(|site| actor.as_str().starts_with(&format!("https://{}/", site.host)));
        site.expect("a host of this world").node.as_ref().map(ask)
    }

    /// The boxes of the node of an actor.
    pub fn boxes(&self, actor: &ActorId) -> BoxStore {
        self.at(actor, |node| node.boxes.clone()).expect("it is up")
    }

    /// Looks at an actor.
    pub fn see<A: Actor, V: View<A>>(&self, id: &ActorId, view: &V) -> V::Answer {
        self.at(id, |node| look::<A, V>(&node.boxes, node.clock.now(), id, view)).expect("it is up").unwrap()
    }

    async fn start(&self, at: usize, store: MemoryStore) {
        let (host, skew) = {
            let sites = self.0.sites.lock().unwrap();
            (sites[at].host, sites[at].skew)
        };
        let Inner { began, chance, record, network, .. } = &*self.0;
        let origin = format!("https://{host}");
        let clock = Arc::new(NodeClock { began: *began, skew, chance: chance.clone() });
        let (down, is_down) = watch::channel(false);
        let store = store.settling(Settling::Manual);
        let (chance, record) = (chance.clone(), record.clone());
        let disk = Disk { store: store.clone(), host, chance, record, batches: Arc::default() };
        let hosts = Hosts::new([(origin.clone(), ActorId::new(format!("{origin}/actor")))]).unwrap();
        let boxes = BoxStore::open(Arc::new(disk.clone()), Arc::new(hosts.clone())).await.unwrap();
        let keys = KeySource::Given(Arc::from([STANDARD.decode(KEY.trim()).unwrap()]));
        let settings = Settings { keys, ..Settings::new("pritchel-simulation/0") };
        let way_out = Arc::new(WayOut { network: network.clone(), down: is_down.clone() });
        let holding = Arc::new(Holds(boxes.clone(), clock.clone()));
        let outside = Outside::new(&settings, hosts, boxes.clone(), clock.clone(), holding, way_out);
        let bell = Bell::default();
        let (weak, seen, now) = (Arc::downgrade(&self.0), boxes.clone(), clock.clone());
        let (ring, rung) = watch::channel(0_u64);
        let on_step = move || {
            ring.send_modify(|steps| *steps += 1);
            let Some(inner) = weak.upgrade() else { return };
            let mut watched = inner.watched.lock().unwrap();
            if let Some(Watched { tracker, oracle }) = watched.as_mut().filter(|it| it.tracker.as_str().contains(host))
            {
                oracle.check(&Committed { boxes: &seen, now: now.now(), tracker });
            }
        };
        let machine = Machine::new(&boxes, &outside.documents, clock.clone(), disk, &bell, on_step);
        let turns = Arc::new(machine.clone());
        let runner = outside.runner(turns.clone(), bell, Vec::new());
        let receiver = outside.receiver(turns);
        let mut tasks = JoinSet::new();
        tasks.spawn(machine.clone().run_always());
        for _ in 0..PUMPS {
            tasks.spawn(pump(runner.clone(), boxes.clone(), clock.clone(), rung.clone()));
        }
        network.open(host, Door { outside, receiver, boxes: boxes.clone(), down: is_down });
        runner.wake_all();
        let node = Node { store, boxes, machine, clock, down, _tasks: tasks };
        self.0.sites.lock().unwrap()[at].node = Some(node);
    }

    /// Cuts a node's power, keeps it down for so long, and starts it anew on what is durable. Of the batches that were not
    /// durable yet some may be, though nobody was told.
    pub async fn restart(&self, at: usize, pause: Duration) {
        let (host, node) = {
            let mut sites = self.0.sites.lock().unwrap();
            (sites[at].host, sites[at].node.take())
        };
        let Some(node) = node else { return };
        let image = self.cut(host, node);
        sleep(pause).await;
        self.0.record.line(format_args!("{host} comes up"));
        self.start(at, MemoryStore::open(image)).await;
    }

    /// A node does nothing more by itself; its boxes still take what comes.
    pub fn stop(&self, at: usize) {
        let sites = self.0.sites.lock().unwrap();
        sites[at].node.as_ref().expect("it is up").machine.down();
    }

    /// Cuts a node's power for good, and answers what was durable.
    pub fn end(&self, at: usize) -> Image {
        let (host, node) = {
            let mut sites = self.0.sites.lock().unwrap();
            (sites[at].host, sites[at].node.take())
        };
        self.cut(host, node.expect("it is up"))
    }

    fn cut(&self, host: &str, node: Node) -> Image {
        let pending = u64::try_from(node.store.pending()).unwrap();
        let kept = usize::try_from(self.0.chance.draw(pending + 1)).unwrap();
        self.0.record.line(format_args!("{host} goes down, {pending} batches on their way, {kept} kept"));
        node.machine.down();
        self.0.network.close(host);
        let image = node.store.crash_after(kept);
        node.down.send_replace(true);
        image
    }

    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.0.sites.lock().unwrap().len()
    }

    /// Whether nothing is due anywhere: all that is left are reminders.
    pub fn is_quiet(&self) -> bool {
        let sites = self.0.sites.lock().unwrap();
        sites.iter().all(|site| {
            site.node.as_ref().is_some_and(|node| {
                node.store.pending() == 0
                    && node.boxes.lanes("", None, 500).iter().all(|lane| lane.lane.starts_with("remind/"))
                    && node.boxes.actors_with_mail(None, 1).is_empty()
            })
        })
    }

    /// What is not done yet, for a failure.
    pub fn unrest(&self) -> Vec<String> {
        let sites = self.0.sites.lock().unwrap();
        let lanes = sites.iter().filter_map(|site| site.node.as_ref()).flat_map(|node| {
            let lanes = node.boxes.lanes("", None, 500).into_iter().map(|lane| format!("{lane:?}"));
            lanes.chain(node.boxes.actors_with_mail(None, 100).into_iter().map(|actor| format!("mail for {actor}")))
        });
        lanes.collect()
    }

    /// Everything that is durable, as a hash for each node.
    pub fn images(&self) -> String {
        let sites = self.0.sites.lock().unwrap();
        let image = |site: &Site| {
            let image = site.node.as_ref().expect("it is up").store.image();
            format!("{} {}\n", site.host, hash(image.rows().flat_map(|(key, value)| [key.as_slice(), value.as_ref()])))
        };
        sites.iter().map(image).collect()
    }

    /// Calls a private method at the edge of an actor's own node, when that is up. `None`: it went down first.
    pub async fn call<A: Actor>(
        &self,
        id: &ActorId,
        caller: &ActorId,
        method: impl Into<A::Call>,
    ) -> Option<Outcome<Value>> {
        loop {
            if let Some(machine) = self.at(id, |node| node.machine.clone()) {
                return machine.call::<A>(id, caller, method).await;
            }
            sleep(Duration::from_secs(1)).await;
        }
    }

    /// Has a person publish something; `None` if it is not known to be published.
    pub async fn publish(&self, who: &ActorId, document: Value) -> Option<Result<ActId, String>> {
        match self.call::<Person>(who, who, Publish { document }).await? {
            Outcome::Done(act) => Some(Ok(ActId::new(act.as_str().unwrap()))),
            Outcome::Refused(why) => Some(Err(why.code)),
            Outcome::Unknown => panic!("a call at the edge is answered"),
        }
    }

    /// The best live Grant somebody holds on a resource.
    pub fn permit(&self, who: &ActorId, resource: &ActorId) -> Option<ActId> {
        let view = PermitFor { viewer: Some(who.clone()), resource: resource.clone() };
        self.at(who, |node| look::<Person, _>(&node.boxes, node.clock.now(), who, &view))?.unwrap().map(|held| held.0)
    }

    /// Waits until something published has its result, and answers that.
    pub async fn made(&self, who: &ActorId, document: Value) -> ActorId {
        let act = self.publish(who, document).await.unwrap().unwrap();
        for _ in 0..10_000 {
            let view = ViewSent { viewer: Some(who.clone()), act: act.clone() };
            if let SentState::Done { result: Some(made), .. } = self.see::<Person, _>(who, &view).unwrap().state {
                return ActorId::new(made);
            }
            sleep(Duration::from_millis(100)).await;
        }
        panic!("{act} has no result");
    }

    /// A person of this host.
    pub async fn person(&self, host: &str, name: &str) -> ActorId {
        let domain = self.domain(host);
        let register = Register::by_operator(name, None, false);
        match self.call::<Domain>(&domain, &domain, register).await {
            Some(Outcome::Done(id)) => ActorId::new(id.as_str().unwrap()),
            other => panic!("{name} was not registered: {other:?}"),
        }
    }

    /// A factory, a repository and a tracker, made by `owner` on the owner's own host.
    pub async fn resources(&self, host: &str, owner: &ActorId) -> [ActorId; 2] {
        let factory = self.made(owner, client::open_factory(&self.domain(host), "workshop")).await;
        while self.permit(owner, &factory).is_none() {
            sleep(Duration::from_millis(100)).await;
        }
        let grant = self.permit(owner, &factory).unwrap();
        let make = |kind, name| client::create(&factory, kind, name, None, &grant);
        let repo = self.made(owner, make("Repository", "tea")).await;
        [repo, self.made(owner, make("TicketTracker", "bugs")).await]
    }
}

/// Pumps, and rests while nothing is due and nothing was done.
async fn pump(runner: Runner, boxes: BoxStore, clock: Arc<NodeClock>, mut rung: watch::Receiver<u64>) {
    loop {
        rung.mark_unchanged();
        runner.pump(Duration::from_millis(200) + clock.chance.ms(5000)).await;
        let until = boxes.next_due().map_or(600, |due| due.saturating_sub(clock.now()).clamp(0, 600));
        let rest = Duration::from_secs(u64::try_from(until).unwrap()) + clock.chance.ms(500);
        tokio::select! {
            biased;
            Ok(()) = rung.changed() => sleep(clock.chance.ms(200)).await,
            () = sleep(rest) => {}
        }
    }
}
