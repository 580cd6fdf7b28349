//! The bytes of our own acts as others see them: with an integrity proof, so that they can be passed on and still be
//! believed.
//!
//! An act is stored without a proof. The proof says that it was made when the act was published, and Ed25519 signatures are
//! deterministic: so it need not be stored, each receiver and each reader sees the same bytes, also after a restart. While one
//! key takes over from another, an act is proved by the one that signed when it was published.

use std::sync::Arc;

use bytes::Bytes;
use pritchel_actor::{Act, ActId};
use pritchel_box_store::Addresses;
use pritchel_vocab::Seconds as Time;
use serde_json::Value;

use crate::hosts::Hosts;
use crate::keys::{KeyRing, KeyRingError, ed25519_key_id};
use crate::limits::{PROVED_BYTES_MAX, PROVED_MAX};
use crate::proof;
use crate::recent::Recent;

/// Proves acts. Cheap to clone.
#[derive(Clone)]
pub struct Prover(Arc<Inner>);

struct Inner {
    keys: KeyRing,
    hosts: Hosts,
    /// With the generation of the key that proves them.
    kept: Recent<ActId, (u32, Bytes)>,
}

impl Prover {
    /// A prover with the keys of our own actors.
    pub fn new(keys: KeyRing, hosts: Hosts) -> Self {
        Self(Arc::new(Inner { keys, hosts, kept: Recent::new(PROVED_MAX) }))
    }

    /// The bytes of an act as they leave: one of our own with its proof, one of another server as it came. An act that does
    /// not say when it was published, or holds numbers that others read differently, leaves without a proof.
    pub async fn proved(&self, act: &Act) -> Result<Bytes, KeyRingError> {
        if !self.0.hosts.is_near(&act.author) || proof::is_present(&act.body) {
            return Ok(Bytes::copy_from_slice(&act.raw));
        }
        let Some(published) = published(&act.body) else { return Ok(Bytes::copy_from_slice(&act.raw)) };
        let held = self.0.keys.held(&act.author).await?;
        let keys = held.proving(i64::try_from(published).unwrap_or(i64::MAX));
        if let Some((_, bytes)) = self.0.kept.get(&act.id).filter(|(generation, _)| *generation == keys.generation) {
            return Ok(bytes);
        }
        let key_id = ed25519_key_id(&act.author, keys.generation);
        let bytes = match proof::create(&act.body, &keys.ed25519, &key_id, published) {
            Ok(map) => Bytes::from(Value::Object(map).to_string()),
            Err(error) => {
                tracing::warn!(act.id = %act.id, "`{}` leaves without a proof: {error}", act.id);
                Bytes::copy_from_slice(&act.raw)
            }
        };
        if bytes.len() <= PROVED_BYTES_MAX {
            self.0.kept.put(act.id.clone(), (keys.generation, bytes.clone()));
        }
        Ok(bytes)
    }
}

fn published(body: &Value) -> Option<u64> {
    let time = Time::parse(body.get("published")?.as_str()?).ok()?;
    u64::try_from(time.get()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KeySource;
    use crate::proof::ProofAge;
    use crate::testing::{ManualClock, NOW, Near, actor, near};
    use serde_json::json;

    fn act(id: &str, author: &str, body: Value) -> Act {
        Act::made(id.into(), author.into(), body)
    }

    #[tokio::test]
    async fn an_act_of_ours_leaves_with_the_same_proof_each_time() {
        let Near { boxes, hosts, .. } = near(&["people/a"]).await;
        let me = actor("people/a");
        let body = json!({"@context": "https://www.w3.org/ns/activitystreams", "id": format!("{me}/outbox/1"),
            "type": "Follow", "actor": me, "object": "https://peer.example/b", "published": "2027-01-15T08:00:00Z"});
        let act = act(&format!("{me}/outbox/1"), me.as_str(), body);
        let ring = || KeyRing::new(boxes.clone(), hosts.clone(), ManualClock::at(NOW), KeySource::Made);
        let bytes = Prover::new(ring(), hosts.clone()).proved(&act).await.unwrap();
        assert_eq!(Prover::new(ring(), hosts.clone()).proved(&act).await.unwrap(), bytes, "after a restart");
        let document: Value = serde_json::from_slice(&bytes).unwrap();
        let claim = proof::parse(&document, ProofAge::Any, 1_800_000_000).unwrap();
        assert_eq!(claim.verification_method(), format!("{me}#ed25519-key"));
        let keys = ring().pair(&me).await.unwrap();
        assert!(claim.verify(keys.ed25519.public_key()).is_ok());
    }

    #[tokio::test]
    async fn what_is_not_ours_or_cannot_be_proved_leaves_as_it_is() {
        let Near { boxes, hosts, .. } = near(&["people/a"]).await;
        let me = actor("people/a");
        let prover = Prover::new(KeyRing::new(boxes, hosts.clone(), ManualClock::at(NOW), KeySource::Made), hosts);
        let rows = [
            act("https://peer.example/1", "https://peer.example/b", json!({"published": "2027-01-15T08:00:00Z"})),
            act("no-time", me.as_str(), json!({"type": "Follow"})),
            act("odd-time", me.as_str(), json!({"type": "Follow", "published": "yesterday"})),
            act("odd-number", me.as_str(), json!({"n": 1.5, "published": "2027-01-15T08:00:00Z"})),
            act("proved", me.as_str(), json!({"proof": {}, "published": "2027-01-15T08:00:00Z"})),
        ];
        for act in rows {
            assert_eq!(prover.proved(&act).await.unwrap(), act.raw.to_vec(), "{}", act.id);
        }
    }
}
