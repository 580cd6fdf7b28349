//! The network between the nodes. What one sends reaches the other's receiver, or its documents, some time later; faults lose
//! it, lose its answer, hold it back, repeat it, or have the peer hang or be unwell. No socket is opened.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use pritchel_actor::{Act, ActId, ActorId, Boxes, Later};
use pritchel_box_store::BoxStore;
use pritchel_deliver::Outside;
use pritchel_deliver::fetch::{FetchError, Fetched, HeadAnswer, PostAnswer, RetryAfter};
use pritchel_deliver::receive::{Delivered, Incoming, Receiver};
use pritchel_deliver::transport::{Get, Post, Transport};
use pritchel_deliver::webfinger::{Acct, Found, WebfingerError};
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};
use tokio::time::sleep;
use url::Url;

use crate::chance::{Chance, Record, hash};

/// When a request without an answer is given up, as the real client does.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long something that is held back, or sent twice, may be on its way.
const HELD_MS: u64 = 15 * 60 * 1000;

/// How often in a hundred something goes wrong.
#[derive(Clone, Copy, Default)]
pub struct Faults {
    /// A request does not arrive, or its peer hangs.
    pub lost: u64,
    /// It arrives, and its answer does not.
    pub answer_lost: u64,
    /// It arrives twice, the second time much later.
    pub twice: u64,
    /// It arrives, long after its sender has given up.
    pub held: u64,
    /// The peer's front answers that it cannot.
    pub unwell: u64,
}

/// A node as others see it, until it goes down.
#[derive(Clone)]
pub struct Door {
    pub outside: Outside,
    pub receiver: Receiver,
    pub boxes: BoxStore,
    pub down: watch::Receiver<bool>,
}

/// A delivery to one inbox as the network saw it.
pub type Delivery = (ActId, ActorId);

#[derive(Default)]
struct State {
    doors: BTreeMap<String, Door>,
    faults: Faults,
    happened: u64,
    posts: u64,
    accepted: BTreeMap<Delivery, u128>,
}

/// The network. Cheap to clone.
#[derive(Clone)]
pub struct Network {
    state: Arc<Mutex<State>>,
    chance: Chance,
    record: Record,
}

/// How a request fares.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Arrives,
    Lost,
    AnswerLost,
    Twice,
    Held,
    Unwell,
}

impl Network {
    /// A network without faults.
    pub fn new(chance: &Chance, record: &Record) -> Self {
        Self { state: Arc::default(), chance: chance.clone(), record: record.clone() }
    }

    /// From now on this goes wrong.
    pub fn with(&self, faults: Faults) {
        self.state.lock().unwrap().faults = faults;
    }

    /// A node goes up.
    pub fn open(&self, host: &str, door: Door) {
        self.state.lock().unwrap().doors.insert(host.to_owned(), door);
    }

    /// A node goes down.
    pub fn close(&self, host: &str) {
        self.state.lock().unwrap().doors.remove(host);
    }

    /// How much went wrong, and how many requests were made.
    pub fn counts(&self) -> (u64, u64) {
        let state = self.state.lock().unwrap();
        (state.happened, state.posts)
    }

    /// Every delivery that was answered 202, and when first, in milliseconds of the record.
    pub fn accepted(&self) -> BTreeMap<Delivery, u128> {
        self.state.lock().unwrap().accepted.clone()
    }

    fn fate(&self) -> Fate {
        let faults = self.state.lock().unwrap().faults;
        let drawn = self.chance.draw(100);
        let mut below = 0;
        let fates = [
            (faults.lost, Fate::Lost),
            (faults.answer_lost, Fate::AnswerLost),
            (faults.twice, Fate::Twice),
            (faults.held, Fate::Held),
            (faults.unwell, Fate::Unwell),
        ];
        for (often, fate) in fates {
            below += often;
            if drawn < below {
                self.state.lock().unwrap().happened += 1;
                return fate;
            }
        }
        Fate::Arrives
    }

    fn door(&self, host: &str) -> Result<Door, FetchError> {
        let door = self.state.lock().unwrap().doors.get(host).cloned();
        door.ok_or_else(|| FetchError::Connect { host: host.to_owned(), why: "down".to_owned() })
    }

    /// What the other side makes of a delivery, unless it goes down meanwhile.
    async fn served(&self, host: &str, delivery: Delivery, incoming: Incoming) -> Result<Delivered, FetchError> {
        let mut door = self.door(host)?;
        let owner = delivery.1.clone();
        tokio::select! {
            biased;
            _ = door.down.wait_for(|down| *down) => {
                Err(FetchError::Interrupted { host: host.to_owned(), why: "went down".to_owned() })
            }
            delivered = door.receiver.deliver(incoming, Some(owner)) => {
                self.note(delivery, &delivered);
                Ok(delivered)
            }
        }
    }

    fn note(&self, delivery: Delivery, delivered: &Delivered) {
        let said = match delivered {
            Delivered::Accepted => "taken".to_owned(),
            Delivered::Refused(refused) => refused.to_string(),
        };
        self.record.line(format_args!("{} at {}: {said}", delivery.0, delivery.1));
        if *delivered == Delivered::Accepted {
            let ms = self.record.ms();
            self.state.lock().unwrap().accepted.entry(delivery).or_insert(ms);
        }
    }

    /// Sends a request on its way; what comes back, comes back here.
    fn send(&self, host: String, delivery: Delivery, incoming: Incoming, fate: Fate) -> oneshot::Receiver<Answer> {
        let (answer, answered) = oneshot::channel();
        let there = self.chance.ms(if fate == Fate::Held { HELD_MS } else { 300 });
        if fate == Fate::Twice {
            let (network, host, delivery, incoming) = (self.clone(), host.clone(), delivery.clone(), incoming.clone());
            let later = self.chance.ms(HELD_MS);
            tokio::spawn(async move {
                sleep(later).await;
                drop(network.served(&host, delivery, incoming).await);
            });
        }
        let network = self.clone();
        tokio::spawn(async move {
            sleep(there).await;
            let answered = network.served(&host, delivery, incoming).await;
            sleep(network.chance.ms(100)).await;
            if fate != Fate::AnswerLost {
                // Whoever has given up, or is down, is not told.
                drop(answer.send(answered));
            } else {
                std::future::pending::<()>().await;
            }
        });
        answered
    }

    async fn post(&self, post: Post) -> Result<PostAnswer, FetchError> {
        let host = host_of(&post.url);
        let target = post.url.path().to_owned();
        let owner = ActorId::new(format!("https://{host}{}", target.strip_suffix("/inbox").unwrap()));
        let body: Value = serde_json::from_slice(&post.body).unwrap();
        let act = ActId::new(body["id"].as_str().unwrap());
        let fate = self.fate();
        let headers = post.headers.iter().flat_map(|(name, value)| [name.as_str().as_bytes(), value.as_bytes()]);
        let hash = hash(headers.chain([post.body.as_ref()]));
        self.record.line(format_args!("{act} to {owner}: {hash} {fate:?}"));
        let delivery = (act, owner);
        self.state.lock().unwrap().posts += 1;
        if let Some(failure) = self.failed(fate, &host).await {
            return Err(failure);
        }
        let headers = post.headers.into_iter().collect();
        let incoming = Incoming { method: "POST".to_owned(), target, host: host.clone(), headers, body: post.body };
        let answered = self.send(host.clone(), delivery, incoming, fate);
        let answered = tokio::time::timeout(TIMEOUT, answered).await;
        let limit_ms = u64::try_from(TIMEOUT.as_millis()).unwrap();
        Ok(match answered {
            Err(_) => return Err(FetchError::Timeout { host, limit_ms }),
            Ok(Err(_)) => return Err(FetchError::Interrupted { host, why: "reset".to_owned() }),
            Ok(Ok(Err(error))) => return Err(error),
            Ok(Ok(Ok(Delivered::Accepted))) => answer(202, None, String::new()),
            Ok(Ok(Ok(Delivered::Refused(refused)))) => {
                answer(refused.status, refused.retry_after_s, refused.to_string())
            }
        })
    }

    /// Requests that do not arrive.
    async fn failed(&self, fate: Fate, host: &str) -> Option<FetchError> {
        match fate {
            Fate::Lost => {
                sleep(TIMEOUT).await;
                let limit_ms = u64::try_from(TIMEOUT.as_millis()).unwrap();
                Some(FetchError::Timeout { host: host.to_owned(), limit_ms })
            }
            Fate::Unwell => {
                sleep(self.chance.ms(300)).await;
                Some(FetchError::Status { host: host.to_owned(), status: 502, retry_after: None })
            }
            _ => None,
        }
    }

    /// What is asked for fares the same, but that nothing asked for twice does harm.
    async fn asked(&self, get: &Get) -> Result<(Door, Option<Value>), FetchError> {
        let (host, fate) = (host_of(&get.url), self.fate());
        self.record.line(format_args!("asks {}: {fate:?}", get.url));
        if let Some(signer) = &get.signer {
            let headers = signer.sign(&Method::GET, &get.url, None).unwrap();
            assert!(headers.iter().any(|(name, _)| name == "signature"), "some servers answer nobody else");
        }
        let fate = if matches!(fate, Fate::Held | Fate::AnswerLost) { Fate::Lost } else { fate };
        if let Some(failure) = self.failed(fate, &host).await {
            return Err(failure);
        }
        sleep(self.chance.ms(300)).await;
        let door = self.door(&host)?;
        let mut down = door.down.clone();
        let found = tokio::select! {
            biased;
            _ = down.wait_for(|down| *down) => None,
            found = document(&door, &get.url) => found,
        };
        Ok((door, found))
    }
}

type Answer = Result<Delivered, FetchError>;

fn answer(status: u16, retry_after_s: Option<u64>, body: String) -> PostAnswer {
    let retry_after = retry_after_s.map(RetryAfter::Seconds);
    PostAnswer { status, retry_after, accept_signature: None, body: Bytes::from(body), headers: http::HeaderMap::new() }
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap().to_owned()
}

/// An act of this node as others are shown it, or an actor's document.
async fn document(door: &Door, url: &Url) -> Option<Value> {
    let act: Option<Arc<Act>> = door.boxes.act(&ActId::new(url.as_str())).await.ok()?;
    if let Some(act) = act.filter(|act| act.author.as_str().contains(url.host_str().unwrap())) {
        let bytes = door.outside.proved(&act).await.ok()?;
        return serde_json::from_slice(&bytes).ok();
    }
    let id = ActorId::new(url.as_str());
    let stored = door.boxes.open(&id).await.ok()??;
    let shown = door.outside.keys.shown(&id).await.ok()?;
    let kind = if stored.kind == "Domain" { "Application".to_owned() } else { stored.kind };
    let multikeys = shown
        .multikeys
        .into_iter()
        .map(|(key, text)| json!({"id": key, "type": "Multikey", "controller": id, "publicKeyMultibase": text}));
    Some(json!({
        "@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": kind,
        "inbox": format!("{id}/inbox"), "followers": format!("{id}/followers"),
        "publicKey": {"id": shown.rsa.0, "owner": id, "publicKeyPem": shown.rsa.1},
        "assertionMethod": multikeys.collect::<Vec<_>>(),
    }))
}

/// A node's way out. When the node has gone down, what it had begun comes to nothing.
#[derive(Clone)]
pub struct WayOut {
    pub network: Network,
    pub down: watch::Receiver<bool>,
}

impl WayOut {
    fn way<T: Send + 'static>(&self, ask: impl Future<Output = T> + Send + 'static) -> Later<T> {
        let mut down = self.down.clone();
        Box::pin(async move {
            let answer = tokio::select! {
                biased;
                _ = down.wait_for(|down| *down) => None,
                answer = ask => Some(answer),
            };
            match answer {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        })
    }
}

impl Transport for WayOut {
    fn get(&self, get: Get) -> Later<Result<Fetched, FetchError>> {
        let network = self.network.clone();
        self.way(async move {
            let (_, found) = network.asked(&get).await?;
            let host = host_of(&get.url);
            let document = found.ok_or(FetchError::Status { host, status: 404, retry_after: None })?;
            let (body, content_type) = (Bytes::from(document.to_string()), "application/activity+json".to_owned());
            Ok(Fetched { url: get.url, status: 200, content_type, date: None, body, redirects: 0 })
        })
    }

    fn head(&self, get: Get) -> Later<Result<HeadAnswer, FetchError>> {
        let network = self.network.clone();
        self.way(async move {
            let (door, _) = network.asked(&get).await?;
            let alive = door.outside.documents.alive(get.url.as_str(), 0).await.found.is_ok();
            Ok(HeadAnswer { url: get.url, status: if alive { 200 } else { 404 } })
        })
    }

    fn post(&self, post: Post) -> Later<Result<PostAnswer, FetchError>> {
        let network = self.network.clone();
        self.way(async move { network.post(post).await })
    }

    fn addresses(&self, url: Url) -> Later<Result<Vec<SocketAddr>, FetchError>> {
        let host = url.host_str().unwrap_or_default().to_owned();
        Box::pin(std::future::ready(Err(FetchError::NoSuchName { host })))
    }

    fn resolve(&self, acct: Acct) -> Later<Result<Found, WebfingerError>> {
        Box::pin(std::future::ready(Err(WebfingerError::NoActor { acct: acct.to_string() })))
    }
}
