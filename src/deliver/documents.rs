//! Documents for turns and pages: those of our own actors from what is committed, all others from their servers.
//! - [`DocumentSource`]: the actor model's port; a failure is evidence too
//! - [`far`]: fetching; [`lookup`]: from what people type to an actor; [`names`]: from an actor to what people read
//!
//! An address of our own is never asked by HTTP.

pub mod far;
pub mod lookup;
pub mod names;

use std::sync::Arc;

use pritchel_actor::{ActId, ActorId, Boxes, Clock, Documents, Evidence, Later, Need, NotFound, Seconds, Value};
use pritchel_box_store::{Addresses, BoxStore};
use pritchel_vocab::Uri;

use pritchel_actors::kept::wire as kept;
use pritchel_actors::link::wire as link;

use crate::hosts::Hosts;
use crate::limits::{ALIVE_MAX, DOCUMENT_KEPT_BYTES_MAX, DOCUMENT_S, DOCUMENTS_MAX};
use crate::recent::Recent;
use far::{Far, FarError};

/// What the liveness of our own Grants is asked of: the actors that gave them, as they are committed.
pub trait Holding: Send + Sync + 'static {
    /// Whether `giver` still holds to the Grant.
    fn holds(&self, grant: ActId, giver: ActorId) -> Later<bool>;
}

/// The end of an address that tells whether the Grant before it still holds.
const RESULT: &str = "/result";

/// Where documents come from. Cheap to clone.
#[derive(Clone)]
pub struct DocumentSource(Arc<Inner>);

struct Inner {
    boxes: BoxStore,
    hosts: Hosts,
    far: Far,
    clock: Arc<dyn Clock>,
    holding: Arc<dyn Holding>,
    documents: Recent<Uri, Evidence>,
    alive: Recent<Uri, Evidence>,
}

impl DocumentSource {
    /// The source over a store and the network.
    pub fn new(boxes: BoxStore, hosts: Hosts, far: Far, clock: Arc<dyn Clock>, holding: Arc<dyn Holding>) -> Self {
        let (documents, alive) = (Recent::new(DOCUMENTS_MAX), Recent::new(ALIVE_MAX));
        Self(Arc::new(Inner { boxes, hosts, far, clock, holding, documents, alive }))
    }

    /// The document at an address: authentic for its origin, fetched within the last [`DOCUMENT_S`] seconds.
    pub async fn document(&self, uri: &str) -> Evidence {
        let now = self.0.clock.now();
        if self.0.hosts.of(uri).is_some() {
            return Evidence { found: self.near(uri).await, at: now };
        }
        let address = match address(uri) {
            Ok(address) => address,
            Err(error) => return Evidence { found: Err(error.to_evidence(uri)), at: now },
        };
        // What was fetched before its server was blocked is no evidence any more.
        if let Err(error) = self.0.far.admit(&address) {
            return Evidence { found: Err(error.to_evidence(uri)), at: now };
        }
        if let Some(kept) = self.0.documents.get(&address)
            && now.saturating_sub(kept.at) < DOCUMENT_S
        {
            return kept;
        }
        self.fetched(uri, address, now).await
    }

    /// The document at an address, fetched now: of ours what is committed, as always.
    pub async fn fresh(&self, uri: &str) -> Evidence {
        let now = self.0.clock.now();
        match address(uri) {
            Ok(address) if self.0.hosts.of(uri).is_none() => self.fetched(uri, address, now).await,
            _ => self.document(uri).await,
        }
    }

    /// Forgets what was fetched from an address, since its server says that it is another by now.
    pub fn forget(&self, uri: &str) {
        if let Ok(address) = address(uri) {
            self.0.documents.remove(&address);
        }
    }

    async fn fetched(&self, uri: &str, address: Uri, now: Seconds) -> Evidence {
        match self.0.far.fetch(&address).await {
            Ok(fetched) => {
                let evidence = Evidence { found: Ok(Arc::new(fetched.document.value().clone())), at: fetched.at };
                if fetched.document.raw().len() <= DOCUMENT_KEPT_BYTES_MAX {
                    self.0.documents.put(address, evidence.clone());
                }
                evidence
            }
            Err(error) => Evidence { found: Err(error.to_evidence(uri)), at: now },
        }
    }

    /// The document of another server at an address, as it is shown to one of our people. It is fetched each time and kept for nobody.
    pub async fn document_as(&self, uri: &str, reader: &ActorId) -> Result<Arc<Value>, NotFound> {
        let fetch = async { self.0.far.fetch_as(&address(uri)?, reader).await };
        let fetched = fetch.await.map_err(|error: FarError| error.to_evidence(uri))?;
        Ok(Arc::new(fetched.document.value().clone()))
    }

    /// Whether an address answers, asked at most `within` seconds ago.
    pub async fn alive(&self, uri: &str, within: Seconds) -> Evidence {
        let now = self.0.clock.now();
        if self.0.hosts.of(uri).is_some() {
            return Evidence { found: self.near_alive(uri).await, at: now };
        }
        let address = match address(uri) {
            Ok(address) => address,
            Err(error) => return Evidence { found: Err(error.to_evidence(uri)), at: now },
        };
        if let Err(error) = self.0.far.admit(&address) {
            return Evidence { found: Err(error.to_evidence(uri)), at: now };
        }
        if let Some(kept) = self.0.alive.get(&address)
            && now.saturating_sub(kept.at) < within
        {
            return kept;
        }
        let found = self.0.far.alive(&address).await;
        let found = found.map(|()| Arc::new(Value::Null)).map_err(|error| error.to_evidence(uri));
        let evidence = Evidence { found, at: now };
        // That something could not be asked says nothing about later.
        if !matches!(evidence.found, Err(NotFound::Unavailable { .. })) {
            self.0.alive.put(address, evidence.clone());
        }
        evidence
    }

    /// An own actor in the least words, or an act that one of them published.
    async fn near(&self, uri: &str) -> Result<Arc<Value>, NotFound> {
        let failed = |why: String| NotFound::Unavailable { uri: uri.to_owned(), why };
        let act = self.0.boxes.act(&ActId::new(uri)).await.map_err(|error| failed(error.to_string()))?;
        if let Some(act) = act.filter(|act| self.0.hosts.is_near(&act.author)) {
            return Ok(act.body.clone());
        }
        let stored = self.0.boxes.open(&ActorId::new(uri)).await.map_err(|error| failed(error.to_string()))?;
        match stored {
            Some(stored) if stored.header.ended => Err(NotFound::Gone { uri: uri.to_owned(), status: 410 }),
            Some(stored) => {
                let shown = kept::actor(&self.0.boxes, self.0.clock.now(), uri, &stored.kind).await;
                shown.map(Arc::new).map_err(|error| failed(error.to_string()))
            }
            None => match self.near_kept(uri).await? {
                Some(kept) => Ok(Arc::new(kept)),
                None => self.near_collection(uri).await,
            },
        }
    }

    /// Something that an actor of ours keeps.
    async fn near_kept(&self, uri: &str) -> Result<Option<Value>, NotFound> {
        let now = self.0.clock.now();
        let found = kept::document(&self.0.boxes, now, uri).await;
        found.map_err(|error| NotFound::Unavailable { uri: uri.to_owned(), why: error.to_string() })
    }

    /// Whose an own collection of links is.
    async fn near_collection(&self, uri: &str) -> Result<Arc<Value>, NotFound> {
        let gone = |status| NotFound::Gone { uri: uri.to_owned(), status };
        let owner = link::link_owner(uri).ok_or_else(|| gone(404))?;
        let stored = self.0.boxes.open(&ActorId::new(owner)).await;
        let stored = stored.map_err(|error| NotFound::Unavailable { uri: uri.to_owned(), why: error.to_string() })?;
        match stored {
            Some(stored) if stored.header.ended => Err(gone(410)),
            Some(stored) => link::collection(uri, owner, &stored.kind).map(Arc::new).ok_or_else(|| gone(404)),
            None => Err(gone(404)),
        }
    }

    /// Whether an own Grant still holds: the address is the Grant's own, or its `result`, which lies below it.
    async fn near_alive(&self, uri: &str) -> Result<Arc<Value>, NotFound> {
        let failed = |why: String| NotFound::Unavailable { uri: uri.to_owned(), why };
        let grant = ActId::new(uri.strip_suffix(RESULT).unwrap_or(uri));
        let act = self.0.boxes.act(&grant).await.map_err(|error| failed(error.to_string()))?;
        let giver = act.map(|act| act.author.clone()).filter(|author| self.0.hosts.is_near(author));
        let holds = match giver {
            Some(giver) => self.0.holding.holds(grant, giver).await,
            None => false,
        };
        if holds { Ok(Arc::new(Value::Null)) } else { Err(NotFound::Gone { uri: uri.to_owned(), status: 404 }) }
    }
}

impl Documents for DocumentSource {
    fn fetch(&self, need: Need) -> Later<Evidence> {
        let this = self.clone();
        Box::pin(async move {
            match need {
                Need::Document(uri) => this.document(&uri).await,
                Need::Alive { uri, within } => this.alive(&uri, within).await,
                Need::Row { .. } | Need::Page(_) | Need::Act(_) | Need::Vacancy(_) => {
                    let why = "expected a document to fetch, found a row of the own box".to_owned();
                    let found = Err(NotFound::Unavailable { uri: String::new(), why });
                    Evidence { found, at: this.0.clock.now() }
                }
            }
        })
    }
}

fn address(uri: &str) -> Result<Uri, FarError> {
    Uri::parse(uri)
        .map_err(|why| FarError::NotAnAddress { found: uri.chars().take(100).collect(), why: why.to_string() })
}

#[cfg(test)]
mod tests;
