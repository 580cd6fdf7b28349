//! The key pairs of our own actors: made when first needed, sealed in the store, kept parsed for a while. Private halves
//! never leave this room.
//! - [`KeyRing`]: the pairs by actor; [`KeySource`]: where new ones come from
//! - `pool`: RSA pairs made in advance, since one takes about 200 ms

mod pool;

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pritchel_actor::{ActorId, BoxError, Boxes};
use pritchel_box_store::{Addresses, BoxStore};
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, watch};

use crate::hosts::Hosts;
use crate::key::{KeyError, KeyPair};
use crate::limits::KEYS_KEPT_MAX;
use crate::recent::Recent;
use pool::Pool;

/// Version of the sealed rows.
const VERSION: u16 = 1;
/// Locks that keep one actor from getting two pairs; actors share them by hash.
const LOCKS: usize = 64;

/// Both pairs of an actor.
#[derive(Debug)]
pub struct ActorKeys {
    /// Signs requests: every peer understands RSA.
    pub rsa: KeyPair,
    /// Signs documents.
    pub ed25519: KeyPair,
}

impl ActorKeys {
    /// The public halves as an actor document shows them: PEM and Multikey.
    pub fn shown(&self) -> (String, String) {
        let multikey = self.ed25519.public_key().to_multikey().unwrap_or_default();
        (self.rsa.public_key().to_pem(), multikey)
    }
}

/// The id of an actor's RSA key.
pub fn rsa_key_id(actor: &ActorId) -> String {
    format!("{actor}#main-key")
}

/// The id of an actor's Ed25519 key.
pub fn ed25519_key_id(actor: &ActorId) -> String {
    format!("{actor}#ed25519-key")
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
    /// A key could not be made or read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Box(#[from] BoxError),
}

/// The sealed form.
#[derive(Serialize, Deserialize)]
struct Sealed {
    v: u16,
    rsa: String,
    ed25519: String,
}

/// The key pairs of our own actors. Cheap to clone.
#[derive(Clone)]
pub struct KeyRing(Arc<Inner>);

struct Inner {
    boxes: BoxStore,
    hosts: Hosts,
    source: KeySource,
    pool: Pool,
    kept: Recent<ActorId, Arc<ActorKeys>>,
    locks: [Mutex<()>; LOCKS],
}

impl KeyRing {
    /// The ring over a store.
    pub fn new(boxes: BoxStore, hosts: Hosts, source: KeySource) -> Self {
        let locks = std::array::from_fn(|_| Mutex::new(()));
        Self(Arc::new(Inner { boxes, hosts, source, pool: Pool::default(), kept: Recent::new(KEYS_KEPT_MAX), locks }))
    }

    /// The pairs of an actor of ours, made if it has none yet: durable when this resolves.
    pub async fn pair(&self, actor: &ActorId) -> Result<Arc<ActorKeys>, KeyRingError> {
        if let Some(keys) = self.0.kept.get(actor) {
            return Ok(keys);
        }
        let lock = digest(&SHA256, actor.as_str().as_bytes()).as_ref().first().copied().unwrap_or_default();
        let _held = self.0.locks[usize::from(lock) % LOCKS].lock().await;
        if let Some(keys) = self.0.kept.get(actor) {
            return Ok(keys);
        }
        let keys = Arc::new(match self.0.boxes.unseal(actor.as_str()).await? {
            Some(secret) => unsealed(actor, secret.expose())?,
            None => self.make(actor).await?,
        });
        self.0.kept.put(actor.clone(), keys.clone());
        Ok(keys)
    }

    /// The public halves of an actor of ours, PEM and Multikey.
    pub async fn shown(&self, actor: &ActorId) -> Result<(String, String), KeyRingError> {
        Ok(self.pair(actor).await?.shown())
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

    async fn make(&self, actor: &ActorId) -> Result<ActorKeys, KeyRingError> {
        let near = self.0.hosts.is_near(actor);
        if !near || self.0.boxes.open(actor).await?.is_none() {
            return Err(KeyRingError::NoActor { actor: actor.clone() });
        }
        let keys = match &self.0.source {
            KeySource::Made => ActorKeys { rsa: self.0.pool.take().await?, ed25519: KeyPair::generate_ed25519()? },
            KeySource::Given(given) => handed_out(actor, given)?,
        };
        let sealed = Sealed {
            v: VERSION,
            rsa: STANDARD.encode(keys.rsa.to_pkcs8()?.as_bytes()),
            ed25519: STANDARD.encode(keys.ed25519.to_pkcs8()?.as_bytes()),
        };
        let bytes = serde_json::to_vec(&sealed)
            .map_err(|_| KeyRingError::Sealed { actor: actor.clone(), why: "they cannot be written".to_owned() })?;
        self.0.boxes.seal(actor.as_str(), &bytes).await?;
        Ok(keys)
    }
}

fn handed_out(actor: &ActorId, given: &[Vec<u8>]) -> Result<ActorKeys, KeyRingError> {
    let hash = digest(&SHA256, actor.as_str().as_bytes());
    let first = hash.as_ref().first().copied().unwrap_or_default();
    let rsa = given.get(usize::from(first) % given.len().max(1)).ok_or(KeyError::NotPkcs8)?;
    Ok(ActorKeys { rsa: KeyPair::from_pkcs8(rsa)?, ed25519: KeyPair::from_ed25519_seed(hash.as_ref())? })
}

fn unsealed(actor: &ActorId, secret: &[u8]) -> Result<ActorKeys, KeyRingError> {
    let broken = |why: &str| KeyRingError::Sealed { actor: actor.clone(), why: why.to_owned() };
    // The errors of decoding could show a part of the secret.
    let sealed: Sealed = serde_json::from_slice(secret).map_err(|_| broken("expected two keys"))?;
    if sealed.v > VERSION {
        return Err(broken(&format!("version {}, this program knows {VERSION}", sealed.v)));
    }
    let pair = |text: &str| -> Result<KeyPair, KeyRingError> {
        let der = STANDARD.decode(text).map_err(|_| broken("expected base64"))?;
        Ok(KeyPair::from_pkcs8(&der)?)
    };
    Ok(ActorKeys { rsa: pair(&sealed.rsa)?, ed25519: pair(&sealed.ed25519)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Near, actor, near};

    #[tokio::test]
    async fn keys_are_made_once_sealed_and_found_again() {
        let Near { boxes, hosts, .. } = near(&["people/a", "people/b"]).await;
        let ring = KeyRing::new(boxes.clone(), hosts.clone(), KeySource::Made);
        let a = actor("people/a");
        let (one, other) = futures_util::future::join(ring.pair(&a), ring.pair(&a)).await;
        assert_eq!(one.as_ref().unwrap().shown(), other.unwrap().shown(), "asked at once, made once");
        assert_ne!(one.as_ref().unwrap().shown(), ring.shown(&actor("people/b")).await.unwrap());
        let again = KeyRing::new(boxes.clone(), hosts.clone(), KeySource::Made);
        assert_eq!(again.shown(&a).await.unwrap(), one.unwrap().shown());
    }

    #[tokio::test]
    async fn nobody_else_gets_keys_here() {
        let Near { boxes, hosts, .. } = near(&["people/a"]).await;
        let ring = KeyRing::new(boxes.clone(), hosts, KeySource::Made);
        for stranger in ["https://peer.example/people/a", "https://forge.example/people/nobody"] {
            let stranger = ActorId::from(stranger);
            assert_eq!(ring.pair(&stranger).await.unwrap_err(), KeyRingError::NoActor { actor: stranger.clone() });
            assert_eq!(boxes.unseal(stranger.as_str()).await.unwrap(), None);
        }
    }

    #[tokio::test]
    async fn the_pool_is_filled_to_its_bound_and_no_further() {
        let Near { boxes, hosts, .. } = near(&["people/a"]).await;
        let ring = KeyRing::new(boxes.clone(), hosts.clone(), KeySource::Made);
        let mut made = 0;
        while ring.refill().await.unwrap() {
            made += 1;
        }
        assert_eq!(made, crate::limits::KEY_POOL_MAX);
        ring.pair(&actor("people/a")).await.unwrap();
        assert!(ring.refill().await.unwrap(), "one was taken");
        assert!(!ring.refill().await.unwrap());
    }

    #[tokio::test]
    async fn sealed_rows_of_another_shape_are_told_without_showing_them() {
        let Near { boxes, hosts, .. } = near(&["people/a"]).await;
        let ring = KeyRing::new(boxes.clone(), hosts, KeySource::Made);
        for sealed in
            ["no json: hush", r#"{"v":9,"rsa":"hush","ed25519":"hush"}"#, r#"{"v":1,"rsa":"!hush","ed25519":""}"#]
        {
            boxes.seal(actor("people/a").as_str(), sealed.as_bytes()).await.unwrap();
            let error = ring.pair(&actor("people/a")).await.unwrap_err();
            assert!(matches!(error, KeyRingError::Sealed { .. }) && !error.to_string().contains("hush"), "{error}");
        }
    }

    #[test]
    fn nothing_here_shows_a_secret() {
        let keys = ActorKeys { rsa: crate::key::fixture::rsa(), ed25519: crate::key::fixture::ed25519() };
        let shown = format!("{keys:?} {:?}", KeySource::Given(vec![b"hush".to_vec()].into()));
        assert!(shown.contains("not shown") && !shown.contains("hush") && !shown.contains("104, 117"), "{shown}");
    }
}
