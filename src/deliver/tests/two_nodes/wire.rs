//! The network between the nodes: requests reach the other node's receiver or its documents, with faults by seed.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::Method;
use pritchel_actor::{ActId, ActorId, Boxes, Later};
use pritchel_box_store::BoxStore;
use pritchel_deliver::Outside;
use pritchel_deliver::fetch::{FetchError, Fetched, HeadAnswer, PostAnswer, RetryAfter};
use pritchel_deliver::keys::{ActorKeys, KeyRing};
use pritchel_deliver::receive::{Delivered, Incoming, Receiver};
use pritchel_deliver::signature::Scheme;
use pritchel_deliver::transport::{Get, Post, Signer, Transport};
use pritchel_deliver::webfinger::{Acct, Found, WebfingerError};
use serde_json::{Value, json};
use url::Url;

/// How often in a hundred a POST goes wrong.
#[derive(Clone, Copy)]
pub struct Faults {
    /// It does not arrive.
    pub lost: u64,
    /// It arrives, and its answer does not.
    pub answer_lost: u64,
    /// It arrives twice.
    pub twice: u64,
}

impl Faults {
    pub fn none() -> Self {
        Self { lost: 0, answer_lost: 0, twice: 0 }
    }
}

/// The document of an actor, with the keys it has now.
pub async fn actor_document(boxes: &BoxStore, keys: &KeyRing, id: &ActorId) -> Option<Value> {
    let stored = boxes.open(id).await.unwrap()?;
    let shown = keys.shown(id).await.unwrap();
    let kind = if stored.kind == "Domain" { "Application" } else { "Person" };
    let multikey = |(key, text): (String, String)| json!({"id": key, "type": "Multikey", "controller": id, "publicKeyMultibase": text});
    let multikeys: Vec<Value> = shown.multikeys.into_iter().map(multikey).collect();
    Some(json!({
        "@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": kind,
        "inbox": format!("{id}/inbox"), "followers": format!("{id}/followers"),
        "publicKey": {"id": shown.rsa.0, "owner": id, "publicKeyPem": shown.rsa.1},
        "assertionMethod": multikeys,
    }))
}

/// A node as others see it.
#[derive(Clone)]
pub struct Door {
    pub outside: Outside,
    pub receiver: Receiver,
    pub boxes: BoxStore,
}

struct State {
    doors: HashMap<String, Door>,
    faults: Faults,
    random: u64,
    happened: u64,
    posts: Vec<String>,
    /// What was refused.
    refused: Vec<String>,
    shared: bool,
}

/// The network. Cheap to clone.
#[derive(Clone)]
pub struct Wire(Arc<Mutex<State>>);

impl Wire {
    pub fn new(seed: u64, faults: Faults) -> Self {
        let state = State {
            doors: HashMap::new(),
            faults,
            random: seed,
            happened: 0,
            posts: Vec::new(),
            refused: Vec::new(),
            shared: false,
        };
        Self(Arc::new(Mutex::new(state)))
    }

    pub fn open(&self, host: &str, door: Door) {
        self.0.lock().unwrap().doors.insert(host.to_owned(), door);
    }

    /// The node goes down.
    pub fn close(&self, host: &str) {
        self.0.lock().unwrap().doors.remove(host);
    }

    /// From now on nothing goes wrong.
    pub fn calm(&self) {
        self.0.lock().unwrap().faults = Faults::none();
    }

    /// How much went wrong so far.
    pub fn faults(&self) -> u64 {
        self.0.lock().unwrap().happened
    }

    /// From now on actors have shared inboxes.
    pub fn share_inboxes(&self) {
        self.0.lock().unwrap().shared = true;
    }

    /// Where POSTs went since the last time.
    pub fn take_posts(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().posts)
    }

    /// What was refused since the last time.
    pub fn take_refused(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().refused)
    }

    /// The keys of a node's actors.
    pub fn keys(&self, host: &str) -> KeyRing {
        self.0.lock().unwrap().doors[host].outside.keys.clone()
    }

    /// Delivers a body signed with given keys, as whoever has them could. Answers the status.
    pub async fn forge(&self, actor: &ActorId, keys: Arc<ActorKeys>, inbox: &str, body: Value, now: i64) -> u16 {
        let (url, body) = (Url::parse(inbox).unwrap(), Bytes::from(body.to_string()));
        let signer = Signer::new(actor, keys, Scheme::Cavage, now);
        let headers = signer.sign(&Method::POST, &url, Some(&body)).unwrap();
        self.post(Post { url, headers, body }).await.unwrap().status
    }

    fn door(&self, url: &Url) -> Result<Door, FetchError> {
        let host = url.host_str().unwrap().to_owned();
        let door = self.0.lock().unwrap().doors.get(&host).cloned();
        door.ok_or(FetchError::Connect { host, why: "down".to_owned() })
    }

    /// Whether something that happens so often in a hundred happens now.
    fn happens(&self, of: impl Fn(&Faults) -> u64) -> bool {
        let mut state = self.0.lock().unwrap();
        // SplitMix64: enough for faults, and the same for the same seed.
        state.random = state.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let happens = (z ^ (z >> 31)) % 100 < of(&state.faults);
        state.happened += u64::from(happens);
        happens
    }

    async fn document(&self, url: &Url) -> Result<Option<Value>, FetchError> {
        let door = self.door(url)?;
        let act = door.boxes.act(&ActId::new(url.as_str())).await.unwrap();
        if let Some(act) = act {
            let bytes = door.outside.proved(&act).await.unwrap();
            return Ok(Some(serde_json::from_slice(&bytes).unwrap()));
        }
        let id = ActorId::new(url.as_str());
        let Some(mut document) = actor_document(&door.boxes, &door.outside.keys, &id).await else { return Ok(None) };
        if self.0.lock().unwrap().shared {
            document["endpoints"] = json!({"sharedInbox": format!("https://{}/inbox", url.host_str().unwrap())});
        }
        Ok(Some(document))
    }

    async fn get(&self, get: &Get) -> Result<Fetched, FetchError> {
        let (url, host) = (get.url.clone(), get.url.host_str().unwrap().to_owned());
        // What is signed must verify, since some servers answer nobody else.
        if let Some(signer) = &get.signer {
            let headers = signer.sign(&Method::GET, &url, None).unwrap();
            assert!(headers.iter().any(|(name, _)| name == "signature"));
        }
        let document = self.document(&url).await?;
        let document = document.ok_or(FetchError::Status { host, status: 404, retry_after: None })?;
        let body = Bytes::from(document.to_string());
        Ok(Fetched {
            url,
            status: 200,
            content_type: "application/activity+json".to_owned(),
            date: None,
            body,
            redirects: 0,
        })
    }

    async fn post(&self, post: Post) -> Result<PostAnswer, FetchError> {
        let host = post.url.host_str().unwrap().to_owned();
        let door = self.door(&post.url)?;
        if self.happens(|faults| faults.lost) {
            return Err(FetchError::Timeout { host, limit_ms: 10_000 });
        }
        self.0.lock().unwrap().posts.push(post.url.to_string());
        let target = post.url.path().to_owned();
        let owner = target.strip_suffix("/inbox").filter(|path| !path.is_empty());
        let owner = owner.map(|path| ActorId::new(format!("https://{host}{path}")));
        let incoming = Incoming {
            method: "POST".to_owned(),
            target,
            host: host.clone(),
            headers: post.headers.into_iter().collect(),
            body: post.body,
        };
        if self.happens(|faults| faults.twice) {
            door.receiver.deliver(incoming.clone(), owner.clone()).await;
        }
        let delivered = door.receiver.deliver(incoming, owner).await;
        if self.happens(|faults| faults.answer_lost) {
            return Err(FetchError::Interrupted { host, why: "reset".to_owned() });
        }
        let (status, retry_after, body) = match delivered {
            Delivered::Accepted => (202, None, String::new()),
            Delivered::Refused(refused) => {
                self.0.lock().unwrap().refused.push(refused.to_string());
                (refused.status, refused.retry_after_s.map(RetryAfter::Seconds), refused.to_string())
            }
        };
        Ok(PostAnswer {
            status,
            retry_after,
            accept_signature: None,
            body: Bytes::from(body),
            headers: http::HeaderMap::new(),
        })
    }
}

impl Transport for Wire {
    fn get(&self, get: Get) -> Later<Result<Fetched, FetchError>> {
        let this = self.clone();
        Box::pin(async move { Wire::get(&this, &get).await })
    }

    fn head(&self, get: Get) -> Later<Result<HeadAnswer, FetchError>> {
        let this = self.clone();
        Box::pin(async move {
            let found = this.document(&get.url).await?;
            Ok(HeadAnswer { url: get.url, status: if found.is_some() { 200 } else { 404 } })
        })
    }

    fn post(&self, post: Post) -> Later<Result<PostAnswer, FetchError>> {
        let this = self.clone();
        Box::pin(async move { Wire::post(&this, post).await })
    }

    fn addresses(&self, url: Url) -> Later<Result<Vec<SocketAddr>, FetchError>> {
        let host = url.host_str().unwrap_or_default().to_owned();
        Box::pin(std::future::ready(Err(FetchError::NoSuchName { host })))
    }

    fn resolve(&self, acct: Acct) -> Later<Result<Found, WebfingerError>> {
        Box::pin(std::future::ready(Err(WebfingerError::NoActor { acct: acct.to_string() })))
    }
}
