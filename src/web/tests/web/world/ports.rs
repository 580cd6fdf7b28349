//! What lies beyond the front, played: deliveries are authentic if a header says so, documents of others are those that were
//! laid out, time stands still until it is moved.

use bytes::Bytes;
use pritchel_actor::view::look;
use pritchel_actor::{Act, ActId, ActorId, Clock, Documents, Later as NodeLater};
use pritchel_actor::{Boxes, Evidence, Need, Node, NotFound, Outcome, Seconds, Value};
use pritchel_actors::access::view::HoldsGrant;
use pritchel_actors::domain::OpenFarTracker;
use pritchel_actors::kept::wire as kept;
use pritchel_actors::link::wire as link;
use pritchel_actors::{Domain, ResourceKind, UriNaming, with_resource};
use pritchel_box_store::blob::BlobHash;
use pritchel_box_store::{Addresses, BoxStore};
use pritchel_web::ports::{
    Called, Delivered, DeliveryShown, Finding, FoundActor, Health, IntentTemplate, KeptBytes, Later, PortError, Ports,
    Presence, PumpReport, RawRequest, RefusedShown, ShownKeys, Standing,
};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// The time.
const NOW: Seconds = 1_790_000_000;
/// The token of the pump.
pub const PUMP_TOKEN: &str = "pump me";

/// Near is what lies on the two hosts served.
pub struct Roads;

impl Addresses for Roads {
    fn is_near(&self, id: &ActorId) -> bool {
        ["https://a.example/", "https://b.example/"].iter().any(|origin| id.as_str().starts_with(origin))
    }

    fn origin(&self, id: &ActorId) -> String {
        pritchel_actors::common::naming::origin(id).to_owned()
    }
}

/// The rest of the node, played.
pub struct Played {
    boxes: BoxStore,
    node: OnceLock<Node>,
    drawn: AtomicU64,
    /// How far time has moved on, in seconds.
    pub later: AtomicI64,
    /// What actors of other servers are called.
    pub called: Mutex<BTreeMap<ActorId, Called>>,
    /// Documents of other servers.
    pub documents: Mutex<BTreeMap<String, Value>>,
    /// What the servers of visitors offer, by how they are named.
    pub homes: Mutex<BTreeMap<String, Vec<IntentTemplate>>>,
    /// Deliveries as they were handed on.
    pub delivered: Mutex<Vec<(RawRequest, Option<ActorId>)>>,
    /// What the next delivery is answered, if it is not looked at.
    pub refuse: Mutex<Option<Delivered>>,
    /// Deliveries that wait, of whatever act.
    pub waiting: Mutex<Vec<DeliveryShown>>,
    /// Deliveries that were not taken, at whichever inbox.
    pub refused: Mutex<Vec<RefusedShown>>,
    /// How actors stand here, unless as all do.
    pub standings: Mutex<BTreeMap<ActorId, Standing>>,
    /// How often rules were said to have changed.
    pub rules_changed: AtomicU64,
    /// Budgets of pumps.
    pub pumped: Mutex<Vec<Duration>>,
    /// Bytes of files by their hash.
    pub files: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Played {
    /// Over these boxes.
    pub fn new(boxes: BoxStore) -> Self {
        Self {
            boxes,
            node: OnceLock::new(),
            drawn: AtomicU64::new(0),
            later: AtomicI64::new(0),
            called: Mutex::default(),
            documents: Mutex::default(),
            homes: Mutex::default(),
            delivered: Mutex::default(),
            refuse: Mutex::default(),
            waiting: Mutex::default(),
            refused: Mutex::default(),
            standings: Mutex::default(),
            rules_changed: AtomicU64::new(0),
            pumped: Mutex::default(),
            files: Mutex::default(),
        }
    }

    /// Whoever gets mail is woken in this node.
    pub fn wake_by(&self, node: &Node) {
        assert!(self.node.set(node.clone()).is_ok());
    }

    fn draw(&self) -> [u8; 32] {
        let n = self.drawn.fetch_add(1, Ordering::Relaxed);
        // Any numbers will do, if no two are the same.
        let mut seed = [0; 32];
        for (at, byte) in seed.iter_mut().enumerate() {
            *byte = (n.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(at as u32 * 7) >> 24) as u8;
        }
        seed[..8].copy_from_slice(&n.to_be_bytes());
        seed
    }
}

/// The header by which a test says who signed.
fn signer_of(request: &RawRequest) -> Option<&str> {
    request.headers.get("signature").and_then(|value| value.to_str().ok())
}

fn port_error(error: impl std::fmt::Display) -> PortError {
    PortError { code: "store".to_owned(), detail: error.to_string() }
}

async fn receive(boxes: BoxStore, signer: String, body: Bytes, to: Option<ActorId>) -> Result<Vec<ActorId>, String> {
    let value: Value = serde_json::from_slice(&body).map_err(|e| e.to_string())?;
    let id = value["id"].as_str().ok_or("no id")?.to_owned();
    let to = to.or_else(|| value["to"].as_str().map(ActorId::from)).ok_or("to nobody")?;
    let act = Act::new(ActId::new(id), ActorId::new(signer), Arc::new(value), body.to_vec().into());
    let left = boxes.receive(Arc::new(act), json!({"how": "played"}), &[to], NOW).await.map_err(|e| e.to_string())?;
    Ok(left.mail_for)
}

impl Ports for Played {
    fn deliver(&self, request: RawRequest, inbox_of: Option<ActorId>) -> Later<Delivered> {
        self.delivered.lock().unwrap().push((request.clone(), inbox_of.clone()));
        if let Some(refused) = self.refuse.lock().unwrap().take() {
            return Box::pin(async move { refused });
        }
        let refused = |detail: String| Delivered::Refused {
            status: 401,
            code: "signature".to_owned(),
            detail,
            retry_after_s: None,
            accept_signature: None,
        };
        let Some(signer) = signer_of(&request).map(str::to_owned) else {
            return Box::pin(async move { refused("expected a signature".to_owned()) });
        };
        let (boxes, node) = (self.boxes.clone(), self.node.get().cloned());
        Box::pin(async move {
            match receive(boxes, signer, request.body, inbox_of).await {
                Ok(mail_for) => {
                    mail_for.iter().for_each(|actor| node.iter().for_each(|node| node.wake(actor)));
                    Delivered::Accepted
                }
                Err(why) => refused(why),
            }
        })
    }

    fn signer(&self, request: RawRequest) -> Later<Result<Option<ActorId>, PortError>> {
        let signer = signer_of(&request).map(ActorId::from);
        Box::pin(async move {
            match signer {
                Some(signer) if signer.as_str() == "bad" => {
                    Err(PortError { code: "signature".to_owned(), detail: "not good".to_owned() })
                }
                signer => Ok(signer),
            }
        })
    }

    fn keys(&self, actor: ActorId) -> Later<Result<ShownKeys, PortError>> {
        let pem = "-----BEGIN PUBLIC KEY-----\nplayed\n-----END PUBLIC KEY-----\n".to_owned();
        let rsa = (format!("{actor}#main-key"), pem);
        let multikeys = vec![(format!("{actor}#ed25519-key"), "z6Mkplayed".to_owned())];
        Box::pin(async move { Ok(ShownKeys { rsa, multikeys }) })
    }

    fn ssh_key(&self, _: ActorId) -> Later<Result<String, PortError>> {
        let played = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA";
        Box::pin(std::future::ready(Ok(played.to_owned())))
    }

    fn presence(&self, actor: ActorId) -> Later<Result<Presence, PortError>> {
        let boxes = self.boxes.clone();
        Box::pin(async move {
            Ok(match boxes.open(&actor).await.map_err(port_error)? {
                None => Presence::Never,
                Some(stored) if stored.header.ended => Presence::Ended,
                Some(_) => Presence::Here,
            })
        })
    }

    fn named(&self, acct: String) -> Later<Result<Option<ActorId>, PortError>> {
        let boxes = self.boxes.clone();
        Box::pin(async move {
            let found = boxes.directory(pritchel_actors::domain::NAME, &acct).await.map_err(port_error)?;
            Ok(found.and_then(|value| value["actor"].as_str().map(ActorId::from)))
        })
    }

    fn key_people(&self, kind: &'static str, id: String) -> Later<Result<Vec<ActorId>, PortError>> {
        let boxes = self.boxes.clone();
        Box::pin(async move {
            let rows = boxes.directory_page(kind, &format!("{id}/"), None, 16).await.map_err(port_error)?;
            Ok(rows.iter().filter_map(|(_, value)| value["actor"].as_str().map(ActorId::from)).collect())
        })
    }

    fn token_people(&self, mark: String) -> Later<Result<Vec<ActorId>, PortError>> {
        let boxes = self.boxes.clone();
        Box::pin(async move {
            let rows = boxes.directory_page("token", &format!("{mark}/"), None, 16).await.map_err(port_error)?;
            Ok(rows.iter().filter_map(|(_, value)| value["actor"].as_str().map(ActorId::from)).collect())
        })
    }

    fn fresh(&self, uri: String) -> Later<Evidence> {
        self.evidence(Need::Document(uri))
    }

    fn remembered_name(&self, actor: ActorId) -> Later<Option<Called>> {
        Box::pin(std::future::ready(self.called.lock().unwrap().get(&actor).cloned()))
    }

    fn act(&self, id: ActId) -> Later<Result<Option<Arc<Act>>, PortError>> {
        let boxes = self.boxes.clone();
        Box::pin(async move { boxes.act(&id).await.map_err(port_error) })
    }

    fn find(&self, text: String) -> Later<Result<FoundActor, PortError>> {
        let found = self.documents.lock().unwrap().get(&text).cloned();
        Box::pin(async move {
            let document = found.ok_or_else(|| port_error("there is no such document"))?;
            Ok(FoundActor { id: ActorId::new(text), document: Arc::new(document) })
        })
    }

    fn home(&self, text: String) -> Later<Result<Vec<IntentTemplate>, PortError>> {
        let templates = self.homes.lock().unwrap().get(&text).cloned();
        Box::pin(async move { templates.ok_or_else(|| port_error("there is no such server")) })
    }

    fn fetch(&self, uri: String) -> Later<Result<Arc<Value>, PortError>> {
        let found = self.documents.lock().unwrap().get(&uri).cloned();
        Box::pin(async move { found.map(Arc::new).ok_or_else(|| port_error("there is no such document")) })
    }

    fn fetch_as(&self, uri: String, reader: ActorId) -> Later<Result<Arc<Value>, PortError>> {
        let documents = self.documents.lock().unwrap();
        let found = documents.get(&format!("{uri} {reader}")).or(documents.get(&uri)).cloned();
        Box::pin(async move { found.map(Arc::new).ok_or_else(|| port_error("there is no such document")) })
    }

    fn evidence(&self, need: Need) -> Later<Evidence> {
        Documents::fetch(self, need)
    }

    fn deliveries(&self, _: ActId, _: ActorId) -> Later<Result<Vec<DeliveryShown>, PortError>> {
        let waiting = self.waiting.lock().unwrap().clone();
        Box::pin(async { Ok(waiting) })
    }

    fn refused(&self, _: ActorId) -> Later<Result<Vec<RefusedShown>, PortError>> {
        let refused = self.refused.lock().unwrap().clone();
        Box::pin(async { Ok(refused) })
    }

    fn pump(&self, budget: Duration) -> Later<PumpReport> {
        self.pumped.lock().unwrap().push(budget);
        Box::pin(async { PumpReport { turns: 7, ..PumpReport::default() } })
    }

    fn far_tracker(&self, domain: ActorId, of: ActorId) -> Later<Result<ActorId, PortError>> {
        let node = self.node.get().cloned();
        Box::pin(async move {
            let open = OpenFarTracker { of };
            match node.unwrap().call::<Domain, _>(&domain, &domain, open).await.unwrap() {
                Outcome::Done(at) => Ok(at),
                other => Err(PortError { code: "refused".to_owned(), detail: format!("{other:?}") }),
            }
        })
    }

    fn standing(&self, actor: &ActorId) -> Standing {
        self.standings.lock().unwrap().get(actor).copied().unwrap_or_default()
    }

    fn checkup(&self) -> Later<Vec<Finding>> {
        let said = |what: &str, health| Finding {
            what: what.to_owned(),
            health,
            said: "<b>found</b>".to_owned(),
            advice: (health != Health::Good).then(|| "See to it.".to_owned()),
        };
        Box::pin(std::future::ready(vec![said("the address", Health::Good), said("the disk", Health::Bad)]))
    }

    fn rules_changed(&self) -> Later<Result<(), PortError>> {
        self.rules_changed.fetch_add(1, Ordering::Relaxed);
        Box::pin(std::future::ready(Ok(())))
    }

    fn keep_file(&self, bytes: Vec<u8>) -> Later<Result<KeptBytes, PortError>> {
        let hash = BlobHash::of(&bytes).to_string();
        let kept = KeptBytes { hash: hash.clone(), bytes: bytes.len() as u64, held: Box::new(()) };
        self.files.lock().unwrap().insert(hash, bytes);
        Box::pin(async move { Ok(kept) })
    }

    fn kept_file(&self, hash: String, bytes: u64) -> Later<Result<Vec<u8>, PortError>> {
        let found = self.files.lock().unwrap().get(&hash).filter(|found| found.len() as u64 == bytes).cloned();
        let missing = PortError { code: "not-found".to_owned(), detail: hash };
        Box::pin(async move { found.ok_or(missing) })
    }

    fn now(&self) -> Seconds {
        NOW + self.later.load(Ordering::Relaxed)
    }

    fn seed(&self) -> [u8; 32] {
        self.draw()
    }
}

impl Clock for Played {
    fn now(&self) -> Seconds {
        NOW + self.later.load(Ordering::Relaxed)
    }

    fn seed(&self) -> [u8; 32] {
        self.draw()
    }
}

impl Documents for Played {
    fn fetch(&self, need: Need) -> NodeLater<Evidence> {
        let laid_out = match &need {
            Need::Document(uri) | Need::Alive { uri, .. } => {
                self.documents.lock().unwrap().get(uri).cloned().map(Arc::new)
            }
            _ => None,
        };
        let boxes = self.boxes.clone();
        Box::pin(async move {
            let found = match (laid_out, need) {
                (Some(found), _) => Ok(found),
                (None, Need::Document(uri)) => near(&boxes, uri).await,
                (None, Need::Alive { uri, .. }) => alive(&boxes, uri).await,
                (None, other) => Err(NotFound::Unavailable { uri: format!("{other:?}"), why: "not played".to_owned() }),
            };
            Evidence { found, at: NOW }
        })
    }
}

/// An own act, or an own actor and its collections in the least words.
async fn near(boxes: &BoxStore, uri: String) -> Result<Arc<Value>, NotFound> {
    if let Some(act) = boxes.act(&ActId::new(uri.as_str())).await.unwrap() {
        return Ok(act.body.clone());
    }
    if let Some(kept) = kept::document(boxes, NOW, &uri).await.unwrap() {
        return Ok(Arc::new(kept));
    }
    let owner = link::link_owner(&uri).unwrap_or(&uri);
    let Some(stored) = boxes.open(&ActorId::new(owner)).await.unwrap() else {
        return Err(NotFound::Unavailable { uri, why: "it was not laid out".to_owned() });
    };
    let collection = link::collection(&uri, owner, &stored.kind);
    Ok(Arc::new(match collection {
        Some(collection) => collection,
        None => kept::actor(boxes, NOW, owner, &stored.kind).await.unwrap(),
    }))
}

/// Whether an own Grant holds, as its rows have it: what was passed on has one, until it is taken back.
async fn alive(boxes: &BoxStore, uri: String) -> Result<Arc<Value>, NotFound> {
    let gone = NotFound::Gone { uri: uri.clone(), status: 410 };
    let grant = ActId::new(uri.strip_suffix("/result").unwrap_or(&uri));
    let Some(act) = boxes.act(&grant).await.unwrap() else { return Err(gone) };
    let kinds = pritchel_actors::kinds();
    let (view, giver) = (HoldsGrant { grant }, act.author.clone());
    let Some(kind) = ResourceKind::of(&giver) else { return Err(gone) };
    let held = with_resource!(kind, A => look::<A, _>(boxes, &kinds, &UriNaming, NOW, &giver, &view).await);
    if held.unwrap_or(false) { Ok(Arc::new(Value::Null)) } else { Err(gone) }
}
