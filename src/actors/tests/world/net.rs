//! Documents of the world: those of its own servers, and those a test gives for servers that it does not run.

use pritchel_actor::sim::toy::ToyBoxes;
use pritchel_actor::{ActId, Documents, Evidence, Later, Need, NotFound, Value};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::{host_of, ready};
use pritchel_actor::view::look;
use pritchel_actors::access::view::HoldsGrant;
use pritchel_actors::kept::wire as kept;
use pritchel_actors::link::kind::link_owner;
use pritchel_actors::link::wire;
use pritchel_actors::{ResourceKind, UriNaming, with_resource};

/// What was asked of the net, and when an answer was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// A document.
    Document(String),
    /// Whether an address answers, relying on what was seen at most so many seconds before.
    Alive(String, i64),
    /// An answer was handed over.
    Answered,
}

#[derive(Default)]
struct Inside {
    servers: BTreeMap<String, Arc<ToyBoxes>>,
    given: BTreeMap<String, Option<Value>>,
    alive: BTreeMap<String, bool>,
    asked: Vec<Asked>,
    now: i64,
}

/// All documents.
#[derive(Default)]
pub struct Net(Arc<Mutex<Inside>>);

impl Net {
    /// A server answers for what is in its boxes.
    pub fn add(&self, host: &str, boxes: Arc<ToyBoxes>) {
        self.0.lock().unwrap().servers.insert(host.to_owned(), boxes);
    }

    /// This address answers this document.
    pub fn give(&self, uri: &str, document: Value) {
        self.0.lock().unwrap().given.insert(uri.to_owned(), Some(document));
    }

    /// This address does not answer at all.
    pub fn silence(&self, uri: &str) {
        self.0.lock().unwrap().given.insert(uri.to_owned(), None);
    }

    /// This address answers a `HEAD`, or says that it is gone.
    pub fn alive(&self, uri: &str, alive: bool) {
        self.0.lock().unwrap().alive.insert(uri.to_owned(), alive);
    }

    /// No documents yet, at this time.
    pub fn at(now: i64) -> Self {
        let net = Self::default();
        net.clock(now);
        net
    }

    /// It is so late by now.
    pub fn clock(&self, now: i64) {
        self.0.lock().unwrap().now = now;
    }

    /// Takes what was asked.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.0.lock().unwrap().asked)
    }

    /// What is found at an address.
    pub fn document(&self, uri: &str) -> Result<Arc<Value>, NotFound> {
        self.0.lock().unwrap().document(uri)
    }

    /// The bytes of an act, from the server of its author.
    pub fn act(&self, id: &ActId) -> Option<Arc<[u8]>> {
        let inside = self.0.lock().unwrap();
        Some(inside.servers.get(host_of(id.as_str()))?.act(id)?.raw.clone())
    }

    /// An act as any server keeps it: its author's, or where it has come to.
    pub fn heard(&self, id: &ActId) -> Option<Arc<[u8]>> {
        let inside = self.0.lock().unwrap();
        inside.servers.values().find_map(|boxes| Some(boxes.act(id)?.raw.clone()))
    }
}

impl Inside {
    fn document(&self, uri: &str) -> Result<Arc<Value>, NotFound> {
        let gone = |status| NotFound::Gone { uri: uri.to_owned(), status };
        match self.given.get(uri) {
            Some(Some(document)) => return Ok(Arc::new(document.clone())),
            Some(None) => return Err(NotFound::Unavailable { uri: uri.to_owned(), why: "no answer".to_owned() }),
            None => {}
        }
        let boxes = self.servers.get(host_of(uri)).ok_or_else(|| gone(404))?;
        if let Some(act) = boxes.act(&ActId::from(uri)) {
            return Ok(act.body.clone());
        }
        match boxes.state(&uri.into()) {
            Some(stored) if stored.header.ended => Err(gone(410)),
            Some(stored) => {
                let mut actor = ready(kept::actor(&**boxes, self.now, uri, &stored.kind)).unwrap();
                actor["inbox"] = json!(format!("{uri}/inbox"));
                Ok(Arc::new(actor))
            }
            None => match self.kept(uri).or_else(|| self.collection(uri)) {
                Some(found) => Ok(Arc::new(found)),
                None => Err(gone(404)),
            },
        }
    }

    /// Something that an actor keeps.
    fn kept(&self, uri: &str) -> Option<Value> {
        let boxes = self.servers.get(host_of(uri))?;
        ready(kept::document(&**boxes, self.now, uri)).unwrap()
    }

    /// A collection of links says whose it is.
    fn collection(&self, uri: &str) -> Option<Value> {
        let owner = link_owner(uri)?;
        let stored = self.servers.get(host_of(uri))?.state(&owner.into())?;
        wire::collection(uri, owner, &stored.kind)
    }

    /// `{grant}/result` answers while its giver holds to the Grant; others as the test says.
    fn alive(&self, uri: &str) -> Result<Arc<Value>, NotFound> {
        let gone = || NotFound::Gone { uri: uri.to_owned(), status: 410 };
        let given = self.alive.get(uri).copied();
        let own = || {
            let grant = ActId::from(uri.strip_suffix("/result")?);
            let boxes = self.servers.get(host_of(uri))?;
            let giver = boxes.act(&grant)?.author.clone();
            let (view, kinds) = (HoldsGrant { grant }, pritchel_actors::kinds());
            let kind = ResourceKind::of(&giver)?;
            with_resource!(kind, A => ready(look::<A, _>(&**boxes, &kinds, &UriNaming, self.now, &giver, &view))).ok()
        };
        if given.or_else(own).unwrap_or(false) { Ok(Arc::new(Value::Null)) } else { Err(gone()) }
    }
}

impl Documents for Net {
    fn fetch(&self, need: Need) -> Later<Evidence> {
        let inside = self.0.clone();
        let mut locked = inside.lock().unwrap();
        let found = match &need {
            Need::Document(uri) => {
                locked.asked.push(Asked::Document(uri.clone()));
                locked.document(uri)
            }
            Need::Alive { uri, within } => {
                locked.asked.push(Asked::Alive(uri.clone(), *within));
                locked.alive(uri)
            }
            other => panic!("{other:?} is no document"),
        };
        let at = locked.now;
        drop(locked);
        Box::pin(async move {
            inside.lock().unwrap().asked.push(Asked::Answered);
            Evidence { found, at }
        })
    }
}
