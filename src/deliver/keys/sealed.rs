//! The pairs of an actor, as they are sealed in the store. The first version had one pair and no more.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pritchel_actor::{ActorId, Seconds};
use serde::{Deserialize, Serialize};

use super::{ActorKeys, Held, KeyRingError, Replacing};
use crate::key::KeyPair;
use crate::key::ssh::SshSeed;

/// Version of the sealed rows.
const VERSION: u16 = 2;

#[derive(Serialize, Deserialize)]
struct Sealed {
    v: u16,
    #[serde(flatten)]
    pair: SealedPair,
    /// The pair that takes over, while that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replacing: Option<SealedReplacing>,
    /// The last rotation that came to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    /// The seed of the key of SSH.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ssh: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct SealedPair {
    #[serde(default = "first")]
    generation: u32,
    rsa: String,
    ed25519: String,
}

#[derive(Serialize, Deserialize)]
struct SealedReplacing {
    rotation: String,
    pair: SealedPair,
    /// When it began to sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Seconds>,
}

fn first() -> u32 {
    1
}

/// The bytes to seal.
pub(super) fn seal(actor: &ActorId, held: &Held) -> Result<Vec<u8>, KeyRingError> {
    let replacing = match &held.replacing {
        None => None,
        Some(Replacing { rotation, pair, since }) => {
            Some(SealedReplacing { rotation: rotation.clone(), pair: sealed_pair(pair)?, since: *since })
        }
    };
    let ssh = held.ssh.as_ref().map(|seed| STANDARD.encode(seed.as_bytes()));
    let sealed = Sealed { v: VERSION, pair: sealed_pair(&held.pair)?, replacing, ended: held.ended.clone(), ssh };
    serde_json::to_vec(&sealed)
        .map_err(|_| KeyRingError::Sealed { actor: actor.clone(), why: "they cannot be written".to_owned() })
}

/// What was sealed.
pub(crate) fn unseal(actor: &ActorId, secret: &[u8]) -> Result<Held, KeyRingError> {
    let broken = |why: &str| KeyRingError::Sealed { actor: actor.clone(), why: why.to_owned() };
    // The errors of decoding could show a part of the secret.
    let sealed: Sealed = serde_json::from_slice(secret).map_err(|_| broken("expected two keys"))?;
    if sealed.v > VERSION {
        return Err(broken(&format!("version {}, this program knows {VERSION}", sealed.v)));
    }
    let key = |text: &str| -> Result<KeyPair, KeyRingError> {
        let der = STANDARD.decode(text).map_err(|_| broken("expected base64"))?;
        Ok(KeyPair::from_pkcs8(&der)?)
    };
    let pair = |sealed: &SealedPair| -> Result<Arc<ActorKeys>, KeyRingError> {
        let keys = ActorKeys { generation: sealed.generation, rsa: key(&sealed.rsa)?, ed25519: key(&sealed.ed25519)? };
        Ok(Arc::new(keys))
    };
    let replacing = match sealed.replacing {
        None => None,
        Some(new) => Some(Replacing { pair: pair(&new.pair)?, rotation: new.rotation, since: new.since }),
    };
    let ssh = match sealed.ssh {
        None => None,
        Some(text) => {
            let seed = STANDARD.decode(text).ok().and_then(|seed| SshSeed::read(&seed));
            Some(Arc::new(seed.ok_or_else(|| broken("expected the seed of a key of SSH"))?))
        }
    };
    Ok(Held { pair: pair(&sealed.pair)?, replacing, ended: sealed.ended, ssh })
}

fn sealed_pair(keys: &ActorKeys) -> Result<SealedPair, KeyRingError> {
    Ok(SealedPair {
        generation: keys.generation,
        rsa: STANDARD.encode(keys.rsa.to_pkcs8()?.as_bytes()),
        ed25519: STANDARD.encode(keys.ed25519.to_pkcs8()?.as_bytes()),
    })
}
