//! What the tests of several modules need: a near host with actors on a memory store, a clock that is moved by hand, and a
//! network of documents and inboxes that answer what a test tells them to.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use pritchel_actor::{ActId, ActorId, Clock, Header, Later, Seconds, StateText, Stored, Value};
use pritchel_box_store::BoxStore;
use pritchel_box_store::memory::MemoryStore;
use pritchel_vocab::Uri;
use serde_json::json;

use crate::documents::Holding;
use crate::fetch::{FetchError, Fetched, HeadAnswer, PostAnswer, RetryAfter};
use crate::hosts::Hosts;
use crate::key::fixture;
use crate::keys::KeySource;
use crate::outside::{Outside, Settings};
use crate::signature::Scheme;
use crate::transport::{Get, Post, Transport};
use crate::turns::Turns;
use crate::webfinger::{Acct, Found, WebfingerError};

/// The near origin of the tests.
pub const FORGE: &str = "https://forge.example";
/// The far origin of the tests.
pub const PEER: &str = "https://peer.example";
/// When the tests happen.
pub const NOW: Seconds = 1_800_000_000;

/// A clock that is moved by hand.
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn at(now: Seconds) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now)))
    }

    pub fn set(&self, now: Seconds) {
        self.0.store(now, Ordering::SeqCst);
    }

    pub fn pass(&self, seconds: Seconds) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Seconds {
        self.0.load(Ordering::SeqCst)
    }

    fn seed(&self) -> [u8; 32] {
        [7; 32]
    }
}

/// Boxes of a near host.
pub struct Near {
    pub boxes: BoxStore,
    pub hosts: Hosts,
    pub store: MemoryStore,
}

/// The near actor at a path.
pub fn actor(path: &str) -> ActorId {
    ActorId::new(format!("{FORGE}/{path}"))
}

/// The far actor at a path.
pub fn peer(path: &str) -> ActorId {
    ActorId::new(format!("{PEER}/{path}"))
}

/// An actor as it is stored before its first turn.
pub fn stored(kind: &str) -> Stored {
    Stored { kind: kind.to_owned(), schema: 1, header: Header::default(), state: StateText::of(&json!({})).unwrap() }
}

/// A near host with persons at these paths, and its instance actor at `/actor`.
pub async fn near(paths: &[&str]) -> Near {
    let store = MemoryStore::new();
    let hosts = Hosts::new([(FORGE.to_owned(), actor("actor"))]).unwrap();
    let boxes = BoxStore::open(Arc::new(store.clone()), Arc::new(hosts.clone())).await.unwrap();
    let mut actors: Vec<_> = paths.iter().map(|path| (actor(path), stored("Person"))).collect();
    actors.push((actor("actor"), stored("Domain")));
    boxes.plant(actors, Vec::new()).await.unwrap();
    Near { boxes, hosts, store }
}

/// Turns that are never run: who was woken is all that is kept.
#[derive(Default)]
pub struct NoTurns(pub Mutex<Vec<ActorId>>);

impl Turns for NoTurns {
    fn wake(&self, actor: &ActorId) {
        self.0.lock().unwrap().push(actor.clone());
    }

    fn run_waiting(&self, _: Duration) -> Later<usize> {
        Box::pin(std::future::ready(0))
    }

    fn has_failed(&self) -> bool {
        false
    }
}

/// Grants that hold: those whose address contains `good`.
pub struct GoodHolds;

impl Holding for GoodHolds {
    fn holds(&self, grant: ActId, _: ActorId) -> Later<bool> {
        Box::pin(std::future::ready(grant.as_str().contains("good")))
    }
}

/// What a far server answers to a GET or HEAD.
#[derive(Clone)]
pub enum Served {
    Document(Value),
    Typed(&'static str, String),
    Status(u16),
    /// Only those who do not sign get it.
    Unsigned(Value),
    Redirect(String),
    Fails,
    /// After so many seconds.
    Slow(u64, Value),
}

/// A network of what a test puts there.
#[derive(Default)]
pub struct Net {
    pub served: Mutex<HashMap<String, Served>>,
    pub asked: Mutex<Vec<String>>,
    pub posts: Mutex<Vec<Post>>,
    /// What inboxes answer, by address; else 202.
    pub answers: Mutex<HashMap<String, PostAnswer>>,
    /// The only scheme that is believed.
    pub believes: Mutex<Option<Scheme>>,
    /// The only key that is believed, by the end of its id.
    pub knows_key: Mutex<Option<&'static str>>,
    pub down: Mutex<bool>,
    pub names: Mutex<HashMap<String, String>>,
    /// Names that are answered with another one.
    pub aliases: Mutex<HashMap<String, String>>,
}

/// An answer to a POST.
pub fn answered(status: u16, retry_after: Option<u64>) -> PostAnswer {
    let retry_after = retry_after.map(RetryAfter::Seconds);
    PostAnswer {
        status,
        retry_after,
        accept_signature: None,
        body: Bytes::from_static(b"because"),
        headers: http::HeaderMap::new(),
    }
}

impl Net {
    pub fn serve(&self, url: impl AsRef<str>, served: Served) {
        self.served.lock().unwrap().insert(url.as_ref().to_owned(), served);
    }

    pub fn answer(&self, inbox: impl AsRef<str>, answer: PostAnswer) {
        self.answers.lock().unwrap().insert(inbox.as_ref().to_owned(), answer);
    }

    /// Serves the document of a far person with the fixture keys.
    pub fn person(&self, id: &ActorId) {
        self.serve(id.as_str(), Served::Document(person(id)));
    }

    /// How often an address was asked.
    pub fn asked(&self, url: impl AsRef<str>) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == url.as_ref()).count()
    }

    /// The addresses of all POSTs so far, taken away.
    pub fn posted(&self) -> Vec<String> {
        std::mem::take(&mut *self.posts.lock().unwrap()).into_iter().map(|post| post.url.to_string()).collect()
    }

    fn broken(&self) -> Result<(), FetchError> {
        let host = "peer.example".to_owned();
        if *self.down.lock().unwrap() { Err(FetchError::Connect { host, why: "down".to_owned() }) } else { Ok(()) }
    }

    fn got(&self, get: &Get, url: &str) -> Result<Fetched, FetchError> {
        self.asked.lock().unwrap().push(url.to_owned());
        self.broken()?;
        let served = self.served.lock().unwrap().get(url).cloned().unwrap_or(Served::Status(404));
        let status = |status| FetchError::Status { host: "peer.example".to_owned(), status, retry_after: None };
        let (content_type, body) = match served {
            Served::Document(value) | Served::Slow(_, value) => ("application/activity+json", value.to_string()),
            Served::Unsigned(_) if get.signer.is_some() => return Err(status(401)),
            Served::Unsigned(value) => ("application/activity+json", value.to_string()),
            Served::Typed(content_type, body) => (content_type, body),
            Served::Status(code) if (200..300).contains(&code) => ("application/activity+json", String::new()),
            Served::Status(code) => return Err(status(code)),
            Served::Fails => return Err(FetchError::Timeout { host: "peer.example".to_owned(), limit_ms: 10_000 }),
            Served::Redirect(to) => {
                let host = Uri::parse(&to).unwrap();
                if !get.peers.admit_uri(&host) {
                    return Err(FetchError::Blocked { host: host.origin().host });
                }
                return self.got(get, &to);
            }
        };
        Ok(Fetched {
            url: url.parse().unwrap(),
            status: 200,
            content_type: content_type.to_owned(),
            date: None,
            body: Bytes::from(body),
            redirects: 0,
        })
    }
}

/// The way to the network.
pub struct Way(pub Arc<Net>);

impl Transport for Way {
    fn get(&self, get: Get) -> Later<Result<Fetched, FetchError>> {
        let net = self.0.clone();
        Box::pin(async move {
            tokio::task::yield_now().await;
            let served = net.served.lock().unwrap().get(get.url.as_str()).cloned();
            if let Some(Served::Slow(seconds, _)) = served {
                tokio::time::sleep(Duration::from_secs(seconds)).await;
            }
            net.got(&get, get.url.as_str())
        })
    }

    fn head(&self, get: Get) -> Later<Result<HeadAnswer, FetchError>> {
        let net = self.0.clone();
        Box::pin(async move {
            match net.got(&get, get.url.as_str()) {
                Ok(fetched) => Ok(HeadAnswer { url: fetched.url, status: fetched.status }),
                Err(FetchError::Status { status, .. }) => Ok(HeadAnswer { url: get.url, status }),
                Err(error) => Err(error),
            }
        })
    }

    fn post(&self, post: Post) -> Later<Result<PostAnswer, FetchError>> {
        let net = self.0.clone();
        Box::pin(async move {
            let url = post.url.to_string();
            let modern = post.headers.iter().any(|(name, _)| name == "signature-input");
            let said = format!("{:?}", post.headers);
            net.posts.lock().unwrap().push(post);
            net.broken()?;
            let scheme = if modern { Scheme::Rfc9421 } else { Scheme::Cavage };
            if net.believes.lock().unwrap().is_some_and(|believed| believed != scheme) {
                return Ok(answered(401, None));
            }
            if net.knows_key.lock().unwrap().is_some_and(|key| !said.contains(&format!("{key}\\\""))) {
                return Ok(answered(401, None));
            }
            Ok(net.answers.lock().unwrap().get(&url).cloned().unwrap_or_else(|| answered(202, None)))
        })
    }

    /// One host leads inward, all others to one address.
    fn addresses(&self, url: url::Url) -> Later<Result<Vec<SocketAddr>, FetchError>> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let inner = host == "inner.example";
        Box::pin(std::future::ready(if inner {
            Err(FetchError::NotPublic { host, address: [10, 0, 0, 1].into() })
        } else {
            Ok(vec![([8, 8, 8, 8], 443).into()])
        }))
    }

    fn resolve(&self, acct: Acct) -> Later<Result<Found, WebfingerError>> {
        let alias = self.0.aliases.lock().unwrap().get(&acct.to_string()).cloned();
        let acct = alias.map_or(acct, |alias| Acct::parse(&alias).unwrap());
        let found = self.0.names.lock().unwrap().get(&acct.to_string()).cloned();
        Box::pin(std::future::ready(match found {
            Some(actor) => Ok(Found { acct, actor: actor.parse().unwrap() }),
            None => Err(WebfingerError::NoActor { acct: acct.to_string() }),
        }))
    }
}

/// The document of a far person with the fixture keys.
pub fn person(id: &ActorId) -> Value {
    json!({
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": id,
        "type": "Person",
        "preferredUsername": id.as_str().rsplit('/').next(),
        "inbox": format!("{id}/inbox"),
        "followers": format!("{id}/followers"),
        "publicKey": {"id": format!("{id}#main-key"), "owner": id, "publicKeyPem": fixture::rsa().public_key().to_pem()},
        "assertionMethod": [{"id": format!("{id}#ed25519-key"), "type": "Multikey", "controller": id,
            "publicKeyMultibase": fixture::ed25519().public_key().to_multikey()}],
    })
}

/// A near host with all of this room over the network of a test.
pub struct Scene {
    pub near: Near,
    pub net: Arc<Net>,
    pub clock: Arc<ManualClock>,
    pub outside: Outside,
    pub turns: Arc<NoTurns>,
}

impl Scene {
    /// With near persons at these paths.
    pub async fn new(paths: &[&str]) -> Self {
        Self::with(paths, Settings::new("pritchel-test/0")).await
    }

    /// With names that are shown under another host.
    pub async fn displayed(paths: &[&str], display: &str) -> Self {
        let mut near = near(paths).await;
        near.hosts = near.hosts.displayed_as([("forge.example", display)]);
        Self::over(near, Settings::new("pritchel-test/0"))
    }

    /// With settings. Keys are the fixture's.
    pub async fn with(paths: &[&str], settings: Settings) -> Self {
        Self::over(near(paths).await, settings)
    }

    fn over(near: Near, settings: Settings) -> Self {
        let (net, clock) = (Arc::new(Net::default()), ManualClock::at(NOW));
        let given = [fixture::rsa().to_pkcs8().unwrap().as_bytes().to_vec()];
        let settings = Settings { keys: KeySource::Given(Arc::from(given)), ..settings };
        let way = Arc::new(Way(net.clone()));
        let outside =
            Outside::new(&settings, near.hosts.clone(), near.boxes.clone(), clock.clone(), Arc::new(GoodHolds), way);
        Self { near, net, clock, outside, turns: Arc::default() }
    }
}
