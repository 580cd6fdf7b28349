//! The key pairs of our own actors: made when first needed, sealed in the store, kept parsed for a while. Private halves
//! never leave this room.
//! - [`KeyRing`]: the pairs by actor; [`Held`]: those of one actor, two of each kind while one takes over from the other;
//!   [`KeySource`]: where new ones come from
//! - [`rotation`]: the job that takes one over from the other, step by step; `sealed`: how they lie in the store
//! - `pool`: RSA pairs made in advance, since one takes about 200 ms

mod pool;
pub mod rotation;
pub(crate) mod sealed;

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use pritchel_actor::{ActorId, BoxError, Boxes, Clock, Seconds};
use pritchel_actors::common::keys::wire::KeyStep;
use pritchel_box_store::{Addresses, BoxStore};
use tokio::sync::{Mutex, MutexGuard, watch};

use crate::hosts::Hosts;
use crate::key::ssh::{SshKey, SshSeed};
use crate::key::{KeyError, KeyPair};
use crate::limits::KEYS_KEPT_MAX;
use crate::recent::Recent;
use pool::Pool;

/// Locks that keep one actor from getting two pairs; actors share them by hash.
const LOCKS: usize = 64;

/// A pair of each kind.
#[derive(Debug)]
pub struct ActorKeys {
    /// The how manieth of the actor, counted from 1: key ids are made of it, since some servers never fetch an id twice.
    pub generation: u32,
    /// Signs requests: every peer understands RSA.
    pub rsa: KeyPair,
    /// Signs documents.
    pub ed25519: KeyPair,
}

/// All pairs of an actor.
#[derive(Clone, Debug)]
pub struct Held {
    /// The one it has, or had.
    pair: Arc<ActorKeys>,
    /// The one that takes over.
    replacing: Option<Replacing>,
    /// The last rotation that came to its end.
    ended: Option<String>,
    /// The key it pushes with over SSH, if it ever did. It goes with the others.
    ssh: Option<Arc<SshSeed>>,
}

/// The pair that takes over.
#[derive(Clone, Debug)]
struct Replacing {
    rotation: String,
    pair: Arc<ActorKeys>,
    /// When it began to sign; `None`: not yet.
    since: Option<Seconds>,
}

impl Held {
    /// The pair that signs.
    pub fn signing(&self) -> &Arc<ActorKeys> {
        match &self.replacing {
            Some(Replacing { pair, since: Some(_), .. }) => pair,
            _ => &self.pair,
        }
    }

    /// The other one that is shown, while one takes over from the other: a server that knows only one of them takes either.
    pub fn other(&self) -> Option<&Arc<ActorKeys>> {
        let new = self.replacing.as_ref()?;
        Some(if new.since.is_some() { &self.pair } else { &new.pair })
    }

    /// The pair that proves what was published at this time: always the same one as long as it is there, so that an act keeps
    /// its bytes.
    pub fn proving(&self, published: Seconds) -> &Arc<ActorKeys> {
        match &self.replacing {
            Some(Replacing { pair, since: Some(since), .. }) if published >= *since => pair,
            _ => &self.pair,
        }
    }

    /// The public halves, as the document of `actor` shows them.
    pub fn shown(&self, actor: &ActorId) -> ShownKeys {
        let signing = self.signing();
        let rsa = (rsa_key_id(actor, signing.generation), signing.rsa.public_key().to_pem());
        let multikey = |id: String, pair: &KeyPair| (id, pair.public_key().to_multikey());
        let mut multikeys = vec![multikey(ed25519_key_id(actor, signing.generation), &signing.ed25519)];
        if let Some(other) = self.other() {
            multikeys.push(multikey(ed25519_key_id(actor, other.generation), &other.ed25519));
            multikeys.push(multikey(rsa_key_id(actor, other.generation), &other.rsa));
        }
        ShownKeys { rsa, multikeys }
    }
}

/// The public keys of an actor, with their ids. `publicKey` is read by others as one object, and never as a list: so it is the
/// one that signs requests now, and all others are Multikeys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownKeys {
    /// Id and PEM of the RSA key that signs requests.
    pub rsa: (String, String),
    /// Ids and Multikeys: the Ed25519 key; while one takes over from the other, both keys of the other pair too.
    pub multikeys: Vec<(String, String)>,
}

/// The id of an actor's RSA key.
pub fn rsa_key_id(actor: &ActorId, generation: u32) -> String {
    key_id(actor, "main-key", generation)
}

/// The id of an actor's Ed25519 key.
pub fn ed25519_key_id(actor: &ActorId, generation: u32) -> String {
    key_id(actor, "ed25519-key", generation)
}

fn key_id(actor: &ActorId, name: &str, generation: u32) -> String {
    if generation <= 1 { format!("{actor}#{name}") } else { format!("{actor}#{name}-{generation}") }
}

/// Where new pairs come from.
#[derive(Clone, Default)]
pub enum KeySource {
    /// They are made.
    #[default]
    Made,
    /// For tests, benches and demonstrations: given RSA keys (PKCS#8) are handed out again and again, and Ed25519 keys
    /// follow from the actor's address. Everybody may know them.
    Given(Arc<[Vec<u8>]>),
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Made => f.write_str("Made"),
            Self::Given(keys) => write!(f, "Given({} keys, not shown)", keys.len()),
        }
    }
}

/// Why an actor's keys are not to be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRingError {
    /// Only our own actors have keys here.
    #[error("there is no actor {actor} on this node")]
    NoActor {
        /// The address.
        actor: ActorId,
    },
    /// What is sealed is no pair of keys, or of a later version.
    #[error("the sealed keys of {actor} cannot be read: {why}")]
    Sealed {
        /// Whose.
        actor: ActorId,
        /// What is wrong, without any of the secret.
        why: String,
    },
    /// Another rotation has not come to its end.
    #[error("{actor} is getting new keys by the rotation {under_way} already")]
    UnderWay {
        /// Whose.
        actor: ActorId,
        /// The other rotation.
        under_way: String,
    },
    /// A key could not be made or read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Box(#[from] BoxError),
}

/// The key pairs of our own actors. Cheap to clone.
#[derive(Clone)]
pub struct KeyRing(Arc<Inner>);

struct Inner {
    boxes: BoxStore,
    hosts: Hosts,
    clock: Arc<dyn Clock>,
    source: KeySource,
    pool: Pool,
    kept: Recent<ActorId, Held>,
    locks: [Mutex<()>; LOCKS],
}

impl KeyRing {
    /// The ring over a store.
    pub fn new(boxes: BoxStore, hosts: Hosts, clock: Arc<dyn Clock>, source: KeySource) -> Self {
        let locks = std::array::from_fn(|_| Mutex::new(()));
        let (pool, kept) = (Pool::default(), Recent::new(KEYS_KEPT_MAX));
        Self(Arc::new(Inner { boxes, hosts, clock, source, pool, kept, locks }))
    }

    /// The pairs of an actor of ours, made if it has none yet: durable when this resolves.
    pub async fn held(&self, actor: &ActorId) -> Result<Held, KeyRingError> {
        if let Some(held) = self.0.kept.get(actor) {
            return Ok(held);
        }
        let _locked = self.lock(actor).await;
        self.held_locked(actor).await
    }

    /// The pair with which an actor of ours signs.
    pub async fn pair(&self, actor: &ActorId) -> Result<Arc<ActorKeys>, KeyRingError> {
        Ok(self.held(actor).await?.signing().clone())
    }

    /// The public halves of an actor of ours.
    pub async fn shown(&self, actor: &ActorId) -> Result<ShownKeys, KeyRingError> {
        Ok(self.held(actor).await?.shown(actor))
    }

    /// The key with which an actor of ours pushes over SSH, made if it has none yet: durable when this resolves.
    pub async fn ssh(&self, actor: &ActorId) -> Result<SshKey, KeyRingError> {
        let held = self.held(actor).await?;
        if let Some(seed) = &held.ssh {
            return Ok(SshKey::of(seed)?);
        }
        let _locked = self.lock(actor).await;
        let mut held = self.held_locked(actor).await?;
        let seed = match &held.ssh {
            Some(seed) => seed.clone(),
            None => {
                let seed = Arc::new(SshSeed::new()?);
                held.ssh = Some(seed.clone());
                self.0.boxes.seal(actor.as_str(), &sealed::seal(actor, &held)?).await?;
                self.0.kept.put(actor.clone(), held);
                seed
            }
        };
        Ok(SshKey::of(&seed)?)
    }

    /// Takes a step from one pair to another, durably. A step of this rotation that was taken already changes nothing, nor does
    /// a step of one that is not under way any more.
    pub async fn step(&self, actor: &ActorId, rotation: &str, step: KeyStep) -> Result<(), KeyRingError> {
        let _locked = self.lock(actor).await;
        let mut held = self.held_locked(actor).await?;
        let is_ended = held.ended.as_deref() == Some(rotation);
        match (step, held.replacing.take()) {
            _ if is_ended => return Ok(()),
            (KeyStep::Begin, None) => {
                let pair = self.new_pair(actor, held.pair.generation + 1).await?;
                held.replacing = Some(Replacing { rotation: rotation.to_owned(), pair, since: None });
            }
            (KeyStep::Begin, Some(other)) if other.rotation != rotation => {
                return Err(KeyRingError::UnderWay { actor: actor.clone(), under_way: other.rotation });
            }
            (KeyStep::Switch, Some(new)) if new.rotation == rotation && new.since.is_none() => {
                held.replacing = Some(Replacing { since: Some(self.0.clock.now()), ..new });
            }
            (KeyStep::Drop, Some(new)) if new.rotation == rotation => {
                held.pair = new.pair;
                held.ssh = None;
                held.ended = Some(rotation.to_owned());
            }
            (KeyStep::Revoke, other) => {
                let newest = other.map_or(held.pair.generation, |other| other.pair.generation);
                held.pair = self.new_pair(actor, newest + 1).await?;
                held.ssh = None;
                held.ended = Some(rotation.to_owned());
            }
            (KeyStep::Begin | KeyStep::Switch | KeyStep::Drop, _) => return Ok(()),
        }
        self.0.boxes.seal(actor.as_str(), &sealed::seal(actor, &held)?).await?;
        self.0.kept.put(actor.clone(), held);
        Ok(())
    }

    /// Makes one pair for the pool, if that is not full. Answers whether it did.
    pub async fn refill(&self) -> Result<bool, KeyRingError> {
        match &self.0.source {
            KeySource::Given(_) => Ok(false),
            KeySource::Made => Ok(self.0.pool.refill().await?),
        }
    }

    /// Keeps the pool full until `stop` says so.
    pub async fn keep_filled(&self, mut stop: watch::Receiver<bool>) {
        loop {
            match self.refill().await {
                Ok(true) => {}
                Ok(false) => tokio::select! {
                    () = self.0.pool.wanted() => {}
                    _ = stop.wait_for(|stop| *stop) => return,
                },
                Err(error) => {
                    tracing::error!("No key was made in advance: {error}");
                    return;
                }
            }
            if *stop.borrow() {
                return;
            }
        }
    }

    async fn lock(&self, actor: &ActorId) -> MutexGuard<'_, ()> {
        let lock = digest(&SHA256, actor.as_str().as_bytes()).as_ref().first().copied().unwrap_or_default();
        self.0.locks[usize::from(lock) % LOCKS].lock().await
    }

    /// The pairs of an actor whose lock is held.
    async fn held_locked(&self, actor: &ActorId) -> Result<Held, KeyRingError> {
        if let Some(held) = self.0.kept.get(actor) {
            return Ok(held);
        }
        let held = match self.0.boxes.unseal(actor.as_str()).await? {
            Some(secret) => sealed::unseal(actor, secret.expose())?,
            None => {
                let near = self.0.hosts.is_near(actor);
                if !near || self.0.boxes.open(actor).await?.is_none() {
                    return Err(KeyRingError::NoActor { actor: actor.clone() });
                }
                let held = Held { pair: self.new_pair(actor, 1).await?, replacing: None, ended: None, ssh: None };
                self.0.boxes.seal(actor.as_str(), &sealed::seal(actor, &held)?).await?;
                held
            }
        };
        self.0.kept.put(actor.clone(), held.clone());
        Ok(held)
    }

    async fn new_pair(&self, actor: &ActorId, generation: u32) -> Result<Arc<ActorKeys>, KeyRingError> {
        Ok(Arc::new(match &self.0.source {
            KeySource::Made => {
                ActorKeys { generation, rsa: self.0.pool.take().await?, ed25519: KeyPair::generate_ed25519()? }
            }
            KeySource::Given(given) => handed_out(actor, given, generation)?,
        }))
    }
}

fn handed_out(actor: &ActorId, given: &[Vec<u8>], generation: u32) -> Result<ActorKeys, KeyRingError> {
    let later = if generation <= 1 { String::new() } else { format!(" {generation}") };
    let hash = digest(&SHA256, format!("{actor}{later}").as_bytes());
    let first = digest(&SHA256, actor.as_str().as_bytes()).as_ref().first().copied().unwrap_or_default();
    let at = usize::from(first) + usize::try_from(generation).unwrap_or_default().saturating_sub(1);
    let rsa = given.get(at % given.len().max(1)).ok_or(KeyError::NotPkcs8)?;
    Ok(ActorKeys { generation, rsa: KeyPair::from_pkcs8(rsa)?, ed25519: KeyPair::from_ed25519_seed(hash.as_ref())? })
}

#[cfg(test)]
mod tests;
