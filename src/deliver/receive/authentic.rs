//! Whether an activity is its actor's own word: signed by that actor or its server, proved inside the document, or fetched
//! from the actor's server. Who carried it is recorded, and lends it nothing.

use std::sync::Arc;

use pritchel_actor::{ActorId, Clock, Value};
use pritchel_vocab::Uri;
use serde_json::json;
use tokio::time::Instant;

use super::activity::{Received, of_document};
use super::refusal::Refused;
use super::signed::{Signed, in_time};
use crate::documents::far::Far;
use crate::limits::{FORWARDED_PROOF_AGE_MAX_S, KEY_TIMEOUT_S, REMOTE_ACTOR_S};
use crate::proof::{self, ProofAge, ProofClaim, ProofError};
use crate::remote::{Remote, RemoteActor};

/// An activity that is its actor's own word.
pub(super) struct Authentic {
    /// As it came, or as its origin serves it.
    pub received: Received,
    /// How that was found: `verdict`, and what belongs to it.
    pub found: Vec<(&'static str, Value)>,
}

/// Finds out whether activities are authentic.
#[derive(Clone)]
pub(super) struct Authenticity {
    pub remote: Remote,
    pub far: Far,
    pub clock: Arc<dyn Clock>,
}

impl Authenticity {
    /// Whether an activity that `signed` carried here is its actor's own word.
    /// - errors: nobody vouches for it, or whoever does cannot be asked until then
    pub async fn find(&self, signed: &Signed, received: Received, until: Instant) -> Result<Authentic, Refused> {
        if signed.by.id.as_str() == received.activity.actor.as_str() {
            let proof = self.own_proof(&signed.by, received.document.value())?;
            return Ok(Authentic { received, found: found("signed by its actor", proof) });
        }
        let (authenticity, signed) = (self.clone(), signed.clone());
        let vouched = async move { authenticity.vouched(&signed, received).await };
        in_time(until, vouched).await.unwrap_or_else(|| {
            let why = format!("what shows that this is its actor's word could not be fetched within {KEY_TIMEOUT_S} s");
            Err(Refused::new(429, "key-unavailable", why).retry(60))
        })
    }

    /// Whether an activity that somebody else carried here is its actor's own word.
    async fn vouched(&self, signed: &Signed, received: Received) -> Result<Authentic, Refused> {
        let actor = ActorId::new(received.activity.actor.as_str());
        let carrier = ("forwarded_by", json!(signed.by.id));
        if let Some(method) = self.forwarded_proof(&actor, received.document.value()).await? {
            let mut found = found("proved by its actor", Some(("proof", json!(method))));
            found.push(carrier);
            return Ok(Authentic { received, found });
        }
        if signed.by.is_instance() && signed.by.origin() == received.activity.actor.origin().to_string() {
            return Ok(Authentic {
                received,
                found: found("signed by the instance actor of its server", Some(carrier)),
            });
        }
        let received = self.refetched(signed.by.id.as_str(), &received).await?;
        Ok(Authentic { received, found: found("fetched from its server", Some(carrier)) })
    }

    /// The same of an activity that somebody carried here whose signature nobody can check any more: it lends it nothing anyhow.
    pub async fn unsigned(&self, received: Received) -> Result<Authentic, Refused> {
        let actor = ActorId::new(received.activity.actor.as_str());
        if let Some(method) = self.forwarded_proof(&actor, received.document.value()).await? {
            return Ok(Authentic { received, found: found("proved by its actor", Some(("proof", json!(method)))) });
        }
        let received = self.refetched("somebody who is gone", &received).await?;
        Ok(Authentic { received, found: found("fetched from its server", None) })
    }

    /// A proof beside a good signature: if its key is known it must verify, since it says more than the signature does.
    fn own_proof(&self, actor: &RemoteActor, document: &Value) -> Result<Option<(&'static str, Value)>, Refused> {
        let Some((claim, method)) = self.claim(document, ProofAge::Any)? else { return Ok(None) };
        let Some(key) = actor.proof_key(&method) else {
            return Ok(Some(("proof", json!(format!("not checked: {method} is no key of {}", actor.id)))));
        };
        claim.verify(&key).map_err(|error| unproved(&error))?;
        Ok(Some(("proof", json!(method))))
    }

    /// The key by which its actor has proved a forwarded activity; `None` if there is no proof to go by.
    async fn forwarded_proof(&self, actor: &ActorId, document: &Value) -> Result<Option<Uri>, Refused> {
        let Some((claim, method)) = self.claim(document, ProofAge::AtMost(FORWARDED_PROOF_AGE_MAX_S))? else {
            return Ok(None);
        };
        let author = self.remote.actor(actor, REMOTE_ACTOR_S).await.map_err(|error| Refused::remote(&error))?;
        let known = author.proof_key(&method);
        if let Some(key) = &known
            && claim.verify(key).is_ok()
        {
            return Ok(Some(method));
        }
        // The keys may have changed since we learnt them.
        let anew = self.remote.key_anew(method.as_str(), actor).await.ok().flatten();
        let key = anew.and_then(|found| found.owner.proof_key(&method)).or(known);
        let Some(key) = key else {
            let why = format!("the proof's key {method} is not in the `assertionMethod` of {actor}");
            return Err(Refused::new(401, "proof-key-not-of-actor", why));
        };
        claim.verify(&key).map_err(|error| unproved(&error))?;
        Ok(Some(method))
    }

    /// The claim of a document's proof; `None` without a proof of a kind we read.
    fn claim(&self, document: &Value, age: ProofAge) -> Result<Option<(ProofClaim, Uri)>, Refused> {
        let now = u64::try_from(self.clock.now()).unwrap_or_default();
        let claim = match proof::parse(document, age, now) {
            Ok(claim) => claim,
            Err(ProofError::Missing | ProofError::UnsupportedSuite) => return Ok(None),
            Err(error) => return Err(unproved(&error)),
        };
        let method = Uri::parse(claim.verification_method())
            .map_err(|why| Refused::new(401, "proof-malformed", format!("the proof's key is not an address: {why}")))?;
        Ok(Some((claim, method)))
    }

    /// The activity as its actor's server serves it.
    /// - `carrier`: who carried it here
    async fn refetched(&self, carrier: &str, received: &Received) -> Result<Received, Refused> {
        let actor = &received.activity.actor;
        let not_authentic = |why: String| {
            let why = format!("signed by {carrier}, which is not the activity's actor {actor}, and {why}");
            Refused::new(401, "signer-is-not-actor", why)
        };
        let Some(id) = &received.activity.id else {
            return Err(not_authentic("it has no `id` by which it could be fetched".to_owned()));
        };
        let fetched = self.far.fetch(id).await.map_err(|error| not_authentic(error.to_string()))?;
        if fetched.id != *id {
            return Err(not_authentic(format!("at its address lies {}", fetched.id)));
        }
        let received = of_document(fetched.document.clone())
            .map_err(|wrong| not_authentic(format!("what its server has at that address is none: {}", wrong.detail)))?;
        if received.activity.actor != *actor {
            return Err(not_authentic(format!("its server says that it is of {}", received.activity.actor)));
        }
        Ok(received)
    }
}

pub(super) fn found(verdict: &str, more: Option<(&'static str, Value)>) -> Vec<(&'static str, Value)> {
    std::iter::once(("verdict", json!(verdict))).chain(more).collect()
}

fn unproved(error: &ProofError) -> Refused {
    Refused::new(401, error.code(), error)
}
