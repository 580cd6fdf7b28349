//! Remote actors: what is remembered of those of other servers, above all where they are written to and with which keys
//! they speak.
//! - [`Remote`]: the records, and finding the owner of a key; [`RemoteActor`]: one of them
//! - `record`: how one is kept

pub(crate) mod record;

use std::sync::Arc;

use pritchel_actor::{ActorId, BoxError, Clock, Seconds};
use pritchel_box_store::BoxStore;
use pritchel_vocab::{ActorDoc, PublicKey as KeyDocument, Uri};
use serde_json::json;

use crate::documents::far::{Far, FarDocument, FarError};
use crate::key::PublicKey;
use crate::limits::{GONE_S, KEY_REFETCH_S, REMOTE_ACTOR_S, REMOTE_ACTORS_MAX};
use crate::recent::Recent;
use record::Record;
pub use record::RemoteActor;

/// The kind of the records of actors. Key: the actor's address.
pub const REMOTE_ACTOR: &str = "remote-actor";
/// The kind of the records that lead from a key's address to its owner, where one is not the other's.
pub const REMOTE_KEY: &str = "remote-key";

/// Why a remote actor or its key is not to be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// Its document is not to be had.
    #[error(transparent)]
    Far(#[from] FarError),
    /// There is a document, but no actor's.
    #[error("{uri} is not an actor: {why}")]
    NotAnActor {
        /// The address.
        uri: String,
        /// What was expected, what was found.
        why: String,
    },
    /// The key's id is no address.
    #[error("the key id {found:?} is not an address: {why}")]
    NotAKeyId {
        /// The id.
        found: String,
        /// What is wrong with it.
        why: String,
    },
    /// The actor does not list this key, or in a form nobody can use.
    #[error("{owner} lists no key {key_id} that can be used")]
    NoSuchKey {
        /// The actor.
        owner: String,
        /// The key.
        key_id: String,
    },
    /// The store failed.
    #[error(transparent)]
    Box(#[from] BoxError),
}

impl RemoteError {
    /// A short name of the finding. Never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Far(error) => error.code(),
            Self::NotAnActor { .. } => "not-an-actor",
            Self::NotAKeyId { .. } => "not-a-key-id",
            Self::NoSuchKey { .. } => "no-such-key",
            Self::Box(_) => "store-failed",
        }
    }

    /// Whether the server of the actor says that it is gone.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Far(FarError::Gone { .. }))
    }
}

/// What a record says.
enum Known {
    Actor(Arc<RemoteActor>),
    Gone(FarError),
    Nothing,
}

/// A key and the actor that lists it.
#[derive(Clone, Debug)]
pub struct OwnedKey {
    /// The actor.
    pub owner: Arc<RemoteActor>,
    /// The key.
    pub key: PublicKey,
}

/// What is remembered of remote actors. Cheap to clone.
#[derive(Clone)]
pub struct Remote(Arc<Inner>);

struct Inner {
    boxes: BoxStore,
    far: Far,
    clock: Arc<dyn Clock>,
    kept: Recent<ActorId, Arc<RemoteActor>>,
    /// Owners of keys that lie elsewhere than their owner.
    owners: Recent<Uri, ActorId>,
    /// When an actor was last fetched because of a signature that did not verify.
    refetched: Recent<ActorId, Seconds>,
}

impl Remote {
    /// The records of a store.
    pub fn new(boxes: BoxStore, far: Far, clock: Arc<dyn Clock>) -> Self {
        let (kept, owners) = (Recent::new(REMOTE_ACTORS_MAX), Recent::new(REMOTE_ACTORS_MAX));
        Self(Arc::new(Inner { boxes, far, clock, kept, owners, refetched: Recent::new(REMOTE_ACTORS_MAX) }))
    }

    /// A remote actor, as it was fetched at most `within` seconds ago; one that cannot be fetched now is taken from an older
    /// record if there is one.
    /// - `within`: 0 fetches in any case
    pub async fn actor(&self, id: &ActorId, within: Seconds) -> Result<Arc<RemoteActor>, RemoteError> {
        let now = self.0.clock.now();
        let uri = self.address(id)?;
        self.0.far.admit(&uri)?;
        let known = match self.known(id, now).await? {
            Known::Gone(gone) if within > 0 => return Err(gone.into()),
            Known::Actor(actor) => Some(actor),
            _ => None,
        };
        let is_fresh = |actor: &&Arc<RemoteActor>| !actor.is_stale && now.saturating_sub(actor.fetched_at) < within;
        if let Some(actor) = known.as_ref().filter(is_fresh) {
            return Ok(actor.clone());
        }
        match self.0.far.fetch(&uri).await {
            Ok(fetched) if fetched.id == uri => self.keep(&fetched).await,
            Ok(fetched) => Err(FarError::AnotherId { uri: id.to_string(), found: fetched.id.to_string() }.into()),
            Err(gone @ FarError::Gone { .. }) => {
                self.bury(id, &gone, now).await?;
                Err(gone.into())
            }
            Err(error) => known.filter(|_| within > 0 && error.is_transient()).ok_or_else(|| error.into()),
        }
    }

    /// The actor as it is remembered, however long ago; nothing is fetched.
    pub async fn remembered(&self, id: &ActorId) -> Result<Option<Arc<RemoteActor>>, BoxError> {
        match self.known(id, self.0.clock.now()).await? {
            Known::Actor(actor) => Ok(Some(actor)),
            _ => Ok(None),
        }
    }

    /// Notes that an actor has said that it has changed: it is fetched again before its keys are used, or something is sent to
    /// it. Nothing is fetched now, and an actor that is not known is not noted.
    pub async fn changed(&self, id: &ActorId) -> Result<(), BoxError> {
        let now = self.0.clock.now();
        match self.0.boxes.record(REMOTE_ACTOR, id.as_str(), now).await?.and_then(Record::stale) {
            Some(record) => self.put(id, record).await,
            None => Ok(()),
        }
    }

    /// Notes what the host of an actor's name has said: whether the name is this actor's. What the actor is known to be called
    /// by now may be another name: then nothing is noted.
    pub async fn name_asked(&self, asked: &RemoteActor, holds: bool) -> Result<(), BoxError> {
        let (id, now) = (&asked.id, self.0.clock.now());
        let Some(record) = self.0.boxes.record(REMOTE_ACTOR, id.as_str(), now).await? else { return Ok(()) };
        match Record::name_asked(record, asked.webfinger.as_deref(), holds) {
            Some(record) => self.put(id, record).await,
            None => Ok(()),
        }
    }

    async fn put(&self, id: &ActorId, record: Record) -> Result<(), BoxError> {
        let value = serde_json::to_value(&record).map_err(|why| BoxError::Failed(why.to_string()))?;
        let actor = Arc::new(record.actor());
        let until = actor.fetched_at + REMOTE_ACTOR_S;
        self.0.boxes.put_record(REMOTE_ACTOR, id.as_str(), value, Some(until)).await?;
        self.0.kept.put(id.clone(), actor);
        Ok(())
    }

    /// The key of this id and the actor that lists it. Fetched if it is not known; if the actor is known without this key, it
    /// is fetched again, but not often.
    pub async fn key(&self, key_id: &str) -> Result<OwnedKey, RemoteError> {
        let uri = key_uri(key_id)?;
        let mut owner = self.owner_of(&uri).await?;
        if owner.is_stale && self.may_refetch(&owner.id) {
            owner = self.actor(&owner.id, REMOTE_ACTOR_S).await?;
        }
        if let Some(key) = owner.key(&uri) {
            return Ok(OwnedKey { owner, key });
        }
        if let Some(found) = self.key_anew(key_id, &owner.id).await? {
            return Ok(found);
        }
        Err(RemoteError::NoSuchKey { owner: owner.id.to_string(), key_id: key_id.to_owned() })
    }

    /// The key of this id after fetching its owner again, since the one known did not verify. `None`: the owner was fetched
    /// for this reason a short while ago, and is not again.
    pub async fn key_anew(&self, key_id: &str, owner: &ActorId) -> Result<Option<OwnedKey>, RemoteError> {
        let uri = key_uri(key_id)?;
        if !self.may_refetch(owner) {
            return Ok(None);
        }
        let owner = self.actor(owner, 0).await?;
        let key = owner.key(&uri);
        Ok(key.map(|key| OwnedKey { owner, key }))
    }

    /// Whether an actor may be fetched again for its keys; if so, it may not for a while.
    fn may_refetch(&self, actor: &ActorId) -> bool {
        let now = self.0.clock.now();
        let lately = |at: &Seconds| now.saturating_sub(*at) < KEY_REFETCH_S;
        if self.0.refetched.get(actor).as_ref().is_some_and(lately) {
            return false;
        }
        self.0.refetched.put(actor.clone(), now);
        true
    }

    /// The actor a key belongs to: most key ids are the actor's address with a fragment, some lie at an address of their own.
    async fn owner_of(&self, key: &Uri) -> Result<Arc<RemoteActor>, RemoteError> {
        let now = self.0.clock.now();
        let place = key.without_fragment();
        self.0.far.admit(&place)?;
        if let Some(owner) = self.remembered_owner(&place, now).await? {
            return self.actor(&owner, REMOTE_ACTOR_S).await;
        }
        match self.known(&ActorId::new(place.as_str()), now).await? {
            Known::Actor(actor) => return Ok(actor),
            Known::Gone(gone) => return Err(gone.into()),
            Known::Nothing => {}
        }
        let fetched = match self.0.far.fetch(&place).await {
            Err(gone @ FarError::Gone { .. }) => {
                self.bury(&ActorId::new(place.as_str()), &gone, now).await?;
                return Err(gone.into());
            }
            other => other?,
        };
        let owner = match key_document(&fetched) {
            Some(key) => self.actor(&ActorId::new(key.owner.as_str()), REMOTE_ACTOR_S).await?,
            None => self.keep(&fetched).await?,
        };
        if owner.id.as_str() != place.as_str() {
            // The two must be in the same hands, and the owner must list the key; that is checked by whoever asks for it.
            if owner.origin() != place.origin().to_string() {
                return Err(FarError::AnotherId { uri: place.to_string(), found: owner.id.to_string() }.into());
            }
            self.0.owners.put(place.clone(), owner.id.clone());
            let value = json!({"v": 1, "owner": owner.id});
            self.0.boxes.put_record(REMOTE_KEY, place.as_str(), value, Some(now + REMOTE_ACTOR_S)).await?;
        }
        Ok(owner)
    }

    async fn remembered_owner(&self, place: &Uri, now: Seconds) -> Result<Option<ActorId>, BoxError> {
        if let Some(owner) = self.0.owners.get(place) {
            return Ok(Some(owner));
        }
        // Only addresses that are no actor's have such a record, so most are found in memory before this is asked.
        if self.0.kept.get(&ActorId::new(place.as_str())).is_some() {
            return Ok(None);
        }
        let record = self.0.boxes.record(REMOTE_KEY, place.as_str(), now).await?;
        let owner = record.as_ref().and_then(|record| record["owner"].as_str()).map(ActorId::from);
        if let Some(owner) = &owner {
            self.0.owners.put(place.clone(), owner.clone());
        }
        Ok(owner)
    }

    async fn known(&self, id: &ActorId, now: Seconds) -> Result<Known, BoxError> {
        if let Some(actor) = self.0.kept.get(id) {
            return Ok(Known::Actor(actor));
        }
        let Some(value) = self.0.boxes.record(REMOTE_ACTOR, id.as_str(), now).await? else {
            return Ok(Known::Nothing);
        };
        if let Some(at) = value["gone"].as_i64() {
            let status = if value["status"].as_u64() == Some(410) { 410 } else { 404 };
            let gone = FarError::Gone { uri: id.to_string(), status };
            return Ok(if now.saturating_sub(at) < GONE_S { Known::Gone(gone) } else { Known::Nothing });
        }
        // A record of another shape is as if it were not there: the actor is fetched again.
        let Some(actor) = Record::read(value).map(Arc::new) else { return Ok(Known::Nothing) };
        self.0.kept.put(id.clone(), actor.clone());
        Ok(Known::Actor(actor))
    }

    async fn keep(&self, fetched: &FarDocument) -> Result<Arc<RemoteActor>, RemoteError> {
        let wrong = |why: String| RemoteError::NotAnActor { uri: fetched.id.to_string(), why };
        let read = ActorDoc::read(&fetched.document.obj()).map_err(|why| wrong(why.to_string()))?;
        let record = Record::of(&read, fetched.at);
        let value = serde_json::to_value(&record).map_err(|why| wrong(why.to_string()))?;
        let actor = Arc::new(record.actor());
        self.0.boxes.put_record(REMOTE_ACTOR, actor.id.as_str(), value, Some(fetched.at + REMOTE_ACTOR_S)).await?;
        self.0.kept.put(actor.id.clone(), actor.clone());
        Ok(actor)
    }

    async fn bury(&self, id: &ActorId, gone: &FarError, now: Seconds) -> Result<(), BoxError> {
        let FarError::Gone { status, .. } = gone else { return Ok(()) };
        self.0.kept.remove(id);
        let value = json!({"v": 1, "gone": now, "status": status});
        self.0.boxes.put_record(REMOTE_ACTOR, id.as_str(), value, Some(now + REMOTE_ACTOR_S)).await
    }

    fn address(&self, id: &ActorId) -> Result<Uri, RemoteError> {
        let wrong = |why: String| FarError::NotAnAddress { found: id.to_string(), why };
        Ok(Uri::parse(id.as_str()).map_err(|why| wrong(why.to_string()))?)
    }
}

/// A key's id as an address.
fn key_uri(key_id: &str) -> Result<Uri, RemoteError> {
    Uri::parse(key_id)
        .map_err(|why| RemoteError::NotAKeyId { found: key_id.chars().take(100).collect(), why: why.to_string() })
}

/// The document as a key that lies at an address of its own.
fn key_document(fetched: &FarDocument) -> Option<KeyDocument> {
    let obj = fetched.document.obj();
    obj.get("publicKeyPem").and(KeyDocument::read(&obj).ok())
}

#[cfg(test)]
mod tests;
