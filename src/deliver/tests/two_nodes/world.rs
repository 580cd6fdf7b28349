//! Two nodes with all that belongs to them, driven by hand under one clock.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use pritchel_actor::errbox::InboxItem;
use pritchel_actor::*;
use pritchel_actors::common::RotateKeys;
use pritchel_actors::person::Person;
use pritchel_actors::person::publish::Publish;
use pritchel_actors::person::view::{ViewFollowers, ViewFollowing, ViewInbox};
use pritchel_actors::{UriNaming, kinds};
use pritchel_box_store::BoxStore;
use pritchel_box_store::memory::MemoryStore;
use pritchel_deliver::documents::Holding;
use pritchel_deliver::hosts::Hosts;
use pritchel_deliver::keys::rotation::{KeyWorker, OwnDocuments};
use pritchel_deliver::keys::{KeyRing, KeySource};
use pritchel_deliver::runner::{Bell, Runner};
use pritchel_deliver::{Outside, Settings as OutsideSettings};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::wire::{Door, Faults, Wire, actor_document};

const HOSTS: [&str; 2] = ["red.example", "blue.example"];
const NOW: Seconds = 1_800_000_000;

/// Two RSA keys for all, made once: making one takes a while.
static KEYS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let pair = || pritchel_deliver::key::KeyPair::generate_rsa2048().unwrap();
    (0..2).map(|_| pair().to_pkcs8().unwrap().as_bytes().to_vec()).collect()
});

/// One clock for both, moved by hand.
struct Hand(AtomicI64, AtomicU64);

impl Clock for Hand {
    fn now(&self) -> Seconds {
        self.0.load(Ordering::SeqCst)
    }

    fn seed(&self) -> [u8; 32] {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.1.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        seed
    }
}

struct AllHold;

impl Holding for AllHold {
    fn holds(&self, _: ActId, _: ActorId) -> Later<bool> {
        Box::pin(std::future::ready(true))
    }
}

/// The documents of a node's own actors.
struct Shown {
    boxes: BoxStore,
    keys: KeyRing,
}

impl OwnDocuments for Shown {
    fn document(&self, actor: ActorId) -> Later<Result<Value, String>> {
        let (boxes, keys) = (self.boxes.clone(), self.keys.clone());
        Box::pin(async move { actor_document(&boxes, &keys, &actor).await.ok_or_else(|| "no such actor".to_owned()) })
    }
}

struct Server {
    store: MemoryStore,
    boxes: BoxStore,
    node: Node,
    runner: Runner,
}

pub struct World {
    servers: Vec<Server>,
    pub wire: Wire,
    clock: Arc<Hand>,
    people: HashMap<String, (usize, ActorId)>,
    background: JoinSet<()>,
}

impl World {
    pub async fn new(seed: u64, faults: Faults) -> Self {
        let clock = Arc::new(Hand(AtomicI64::new(NOW), AtomicU64::new(seed << 32)));
        let wire = Wire::new(seed, faults);
        let mut servers = Vec::new();
        for host in HOSTS {
            let (store, origin) = (MemoryStore::new(), format!("https://{host}"));
            let server = start(host, store, &wire, clock.clone(), false).await;
            let stored = Stored::new(&pritchel_actors::Domain::default()).unwrap();
            server.boxes.plant(vec![(ActorId::new(format!("{origin}/actor")), stored)], Vec::new()).await.unwrap();
            servers.push(server);
        }
        Self { servers, wire, clock, people: HashMap::new(), background: JoinSet::new() }
    }

    pub async fn person(&mut self, at: usize, name: &str) {
        let origin = format!("https://{}", HOSTS[at]);
        let person = Person::new(name, &ActorId::new(format!("{origin}/actor")), NOW, None, false);
        let id = ActorId::new(format!("{origin}/people/{name}"));
        let stored = Stored::new(&person).unwrap();
        self.servers[at].boxes.plant(vec![(id.clone(), stored)], Vec::new()).await.unwrap();
        self.people.insert(name.to_owned(), (at, id));
    }

    pub fn id(&self, name: &str) -> ActorId {
        self.people[name].1.clone()
    }

    fn of(&self, name: &str) -> (&Server, &ActorId) {
        let (at, id) = &self.people[name];
        (&self.servers[*at], id)
    }

    /// Has a person post to the outbox.
    pub async fn publish(&self, name: &str, document: Value) {
        let (server, id) = self.of(name);
        let outcome = server.node.call::<Person, _>(id, id, Publish { document }).await.unwrap();
        assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    }

    /// Has a person get new keys.
    pub async fn rotate(&self, name: &str, revoke_old: bool) -> Outcome<()> {
        let (server, id) = self.of(name);
        server.node.call::<Person, _>(id, id, RotateKeys { revoke_old }).await.unwrap()
    }

    /// Pumps both once.
    pub async fn pump(&self) {
        for server in &self.servers {
            server.runner.pump(Duration::from_secs(20)).await;
        }
    }

    /// Pumps both until nothing is due.
    pub async fn settle(&self) {
        for _ in 0..20 {
            self.pump().await;
        }
    }

    /// The time.
    pub fn now(&self) -> Seconds {
        self.clock.now()
    }

    /// Lets hours pass.
    pub async fn hours(&self, hours: i64) {
        for _ in 0..hours * 12 {
            self.clock.0.fetch_add(300, Ordering::SeqCst);
            self.pump().await;
        }
    }

    pub fn is_quiet(&self) -> bool {
        let is_done = |lane: &pritchel_box_store::work::LaneInfo| lane.lane.starts_with("remind/");
        let quiet = |server: &Server| {
            server.boxes.lanes("", None, 100).iter().all(is_done) && server.boxes.actors_with_mail(None, 1).is_empty()
        };
        self.servers.iter().all(quiet)
    }

    /// Stops a node and starts it anew on what is durable.
    pub async fn restart(&mut self, at: usize) {
        self.restart_as(at, false).await;
    }

    async fn restart_as(&mut self, at: usize, background: bool) {
        self.wire.close(HOSTS[at]);
        self.servers[at].node.stop().await;
        let store = MemoryStore::open(self.servers[at].store.crash());
        self.servers[at] = start(HOSTS[at], store, &self.wire, self.clock.clone(), background).await;
    }

    /// Both nodes on their own, until told to stop.
    pub async fn run_in_background(&mut self) -> watch::Sender<bool> {
        let (stop, stopped) = watch::channel(false);
        for at in 0..HOSTS.len() {
            self.restart_as(at, true).await;
            let (runner, stopped) = (self.servers[at].runner.clone(), stopped.clone());
            self.background.spawn(async move { runner.run_background(stopped).await });
        }
        stop
    }

    /// Waits until both have ended.
    pub async fn stopped(&mut self) {
        while let Some(ended) = self.background.join_next().await {
            ended.unwrap();
        }
    }

    pub async fn followers(&self, name: &str) -> Vec<ActorId> {
        let (server, id) = self.of(name);
        let found = server.node.look::<Person, _>(id, &ViewFollowers { after: None, limit: 100 }).await.unwrap();
        found.1.into_iter().map(|(follower, _)| follower).collect()
    }

    /// Whom a person follows, and whether that was accepted.
    pub async fn following(&self, name: &str) -> Vec<(ActorId, bool)> {
        let (server, id) = self.of(name);
        let found = server.node.look::<Person, _>(id, &ViewFollowing { after: None, limit: 100 }).await.unwrap();
        found.1.into_iter().map(|(whom, following)| (whom, following.since.is_some())).collect()
    }

    /// The `Follow` by which a person follows the one they follow.
    pub async fn follow_of(&self, name: &str) -> ActId {
        let (server, id) = self.of(name);
        let found = server.node.look::<Person, _>(id, &ViewFollowing { after: None, limit: 1 }).await.unwrap();
        found.1[0].1.follow.clone()
    }

    pub async fn inbox(&self, name: &str) -> Vec<InboxItem> {
        let (server, id) = self.of(name);
        let view = ViewInbox { viewer: Some(id.clone()), before: None, limit: 100 };
        let found = server.node.look::<Person, _>(id, &view).await.unwrap();
        found.1.into_iter().map(|(_, item)| item).collect()
    }

    pub async fn act(&self, at: usize, id: &ActId) -> Arc<Act> {
        self.servers[at].boxes.act(id).await.unwrap().unwrap()
    }
}

async fn start(host: &str, store: MemoryStore, wire: &Wire, clock: Arc<Hand>, background: bool) -> Server {
    let origin = format!("https://{host}");
    let hosts = Hosts::new([(origin.clone(), ActorId::new(format!("{origin}/actor")))]).unwrap();
    let boxes = BoxStore::open(Arc::new(store.clone()), Arc::new(hosts.clone())).await.unwrap();
    let keys = KeySource::Given(Arc::from(KEYS.clone()));
    let settings = OutsideSettings { keys, ..OutsideSettings::new("pritchel-test/0") };
    let outside =
        Outside::new(&settings, hosts, boxes.clone(), clock.clone(), Arc::new(AllHold), Arc::new(wire.clone()));
    let bell = Bell::default();
    let parts = NodeParts {
        boxes: Arc::new(boxes.clone()),
        documents: Arc::new(outside.documents.clone()),
        clock,
        naming: Arc::new(UriNaming),
        kinds: kinds(),
        on_left: bell.hook(),
        settings: Settings { background, ..Settings::default() },
    };
    let node = Node::start(parts).await.unwrap();
    let turns = Arc::new(node.clone());
    let documents = Shown { boxes: boxes.clone(), keys: outside.keys.clone() };
    let worker = KeyWorker::new(outside.keys.clone(), Arc::new(documents));
    let runner = outside.runner(turns.clone(), bell, vec![Arc::new(worker)]);
    let receiver = outside.receiver(turns);
    wire.open(host, Door { outside, receiver, boxes: boxes.clone() });
    Server { store, boxes, node, runner }
}
