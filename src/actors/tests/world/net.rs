//! Documents of the world: those of its own servers, and those a test gives for servers that it does not run.

use pritchel_actor::sim::toy::ToyBoxes;
use pritchel_actor::{ActId, Documents, Evidence, Later, Need, NotFound, Value};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::{host_of, ready};
use pritchel_actor::view::look;
use pritchel_actor::{ActorId, ViewError};
use pritchel_actors::link::End;
use pritchel_actors::link::kind::link_owner;
use pritchel_actors::link::view::HoldsExtension;
use pritchel_actors::{Project, Team, UriNaming};

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

    /// Takes what was asked.
    pub fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.0.lock().unwrap().asked)
    }

    /// The bytes of an act, from the server of its author.
    pub fn act(&self, id: &ActId) -> Option<Arc<[u8]>> {
        let inside = self.0.lock().unwrap();
        Some(inside.servers.get(host_of(id.as_str()))?.act(id)?.raw.clone())
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
        match boxes.states().get(&uri.into()) {
            Some(stored) if stored.header.ended => Err(gone(410)),
            Some(stored) => Ok(Arc::new(actor(uri, &stored.kind))),
            None => self.collection(uri).map(Arc::new).ok_or_else(|| gone(404)),
        }
    }

    /// A collection of links says whose it is.
    fn collection(&self, uri: &str) -> Option<Value> {
        let owner = link_owner(uri)?;
        let states = self.servers.get(host_of(uri))?.states();
        let kind = states.get(&owner.into()).map(|stored| stored.kind.clone())?;
        let shown = actor(owner, &kind).get(uri.rsplit('/').next()?).is_some();
        shown.then(|| json!({"id": uri, "type": "Collection", "context": owner}))
    }

    /// `{actor}/live/{key}` answers while the actor holds to the Grant; others as the test says.
    fn alive(&self, uri: &str) -> Result<Arc<Value>, NotFound> {
        let gone = || NotFound::Gone { uri: uri.to_owned(), status: 410 };
        let given = self.alive.get(uri).copied();
        let own = || {
            let (actor, key) = uri.split_once("/live/")?;
            let boxes = self.servers.get(host_of(uri))?;
            let view = HoldsExtension { key: key.to_owned() };
            let actor = ActorId::from(actor);
            let (kinds, naming) = (pritchel_actors::kinds(), UriNaming);
            let project = ready(look::<Project, _>(&**boxes, &kinds, &naming, super::START, &actor, &view));
            Some(match project {
                Err(ViewError::NoActor) => {
                    ready(look::<Team, _>(&**boxes, &kinds, &naming, super::START, &actor, &view)).ok()?
                }
                held => held.ok()?,
            })
        };
        if given.or_else(own).unwrap_or(false) { Ok(Arc::new(Value::Null)) } else { Err(gone()) }
    }
}

/// An actor's document: what it is, and its collections of links.
fn actor(uri: &str, kind: &str) -> Value {
    let ends = match kind {
        "Project" => End::PROJECT,
        "Team" => End::TEAM,
        "Factory" => End::FACTORY,
        "Repository" | "TicketTracker" => End::COMPONENT,
        _ => &[],
    };
    let mut actor = json!({"id": uri, "type": kind, "inbox": format!("{uri}/inbox")});
    for end in ends {
        actor[end.collection()] = json!(format!("{uri}/{}", end.collection()));
    }
    actor
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
        drop(locked);
        Box::pin(async move {
            inside.lock().unwrap().asked.push(Asked::Answered);
            Evidence { found, at: super::START }
        })
    }
}
