//! Who signed a request: the claim is judged without a key first, then the key is looked for, and fetched once more if the
//! one known does not fit.

use std::sync::Arc;
use std::time::Duration;

use pritchel_actor::Clock;
use pritchel_vocab::Uri;
use tokio::time::Instant;

use super::refusal::Refused;
use crate::hosts::Hosts;
use crate::limits::KEY_TIMEOUT_S;
use crate::origins::Origins;
use crate::peers::Peers;
use crate::remote::{OwnedKey, Remote, RemoteActor, RemoteError};
use crate::signature::{Claim, RequestParts, Scheme, Verified, parse_any};

/// A request whose signature verified.
#[derive(Clone, Debug)]
pub(super) struct Signed {
    /// Who signed it.
    pub by: Arc<RemoteActor>,
    /// How.
    pub verified: Verified,
}

/// Why there is no signer. Of one who is gone the body may say no more than that.
#[derive(Debug)]
pub(super) enum Unsigned {
    Gone(Refused),
    Refused(Refused),
}

impl From<Refused> for Unsigned {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Unsigned> for Refused {
    fn from(unsigned: Unsigned) -> Self {
        match unsigned {
            Unsigned::Gone(refused) | Unsigned::Refused(refused) => refused,
        }
    }
}

/// When the sender of a request that has just come is to have its answer.
pub(super) fn answer_until() -> Instant {
    Instant::now() + Duration::from_secs(KEY_TIMEOUT_S)
}

/// What some fetching brings, if it does until then. What takes longer is fetched all the same, within the bounds of each
/// fetch: the sender comes again, and finds it known, or known not to be had.
pub(super) async fn in_time<T: Send + 'static>(
    until: Instant,
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let mut work = Box::pin(work);
    match tokio::time::timeout_at(until, &mut work).await {
        Ok(done) => Some(done),
        Err(_) => {
            tokio::spawn(work);
            None
        }
    }
}

/// Finds out who signs.
#[derive(Clone)]
pub(super) struct Signers {
    pub hosts: Hosts,
    pub peers: Peers,
    pub remote: Remote,
    pub origins: Origins,
    pub clock: Arc<dyn Clock>,
}

impl Signers {
    /// What a request claims, as far as can be judged without a key.
    pub fn claims(&self, parts: &RequestParts<'_>) -> Result<Vec<Claim>, Refused> {
        let now = u64::try_from(self.clock.now()).unwrap_or_default();
        parse_any(parts, now).map_err(|error| Refused::unsigned(&error, has_body(parts)))
    }

    /// Who made one of these claims, as far as that is known until then.
    pub async fn check(&self, claims: &[Claim], with_body: bool, until: Instant) -> Result<Signed, Unsigned> {
        let (signers, claims) = (self.clone(), claims.to_vec());
        let all = async move {
            let mut first = None;
            for claim in &claims {
                match signers.check_one(claim, with_body).await {
                    Ok(signed) => return Ok(signed),
                    Err(error) => drop(first.get_or_insert(error)),
                }
            }
            Err(first.unwrap_or_else(|| Refused::new(401, "signature-missing", "no signature").into()))
        };
        let Some(checked) = in_time(until, all).await else {
            let why = format!("the sender's key could not be fetched within {KEY_TIMEOUT_S} s");
            return Err(Refused::new(429, "key-unavailable", why).retry(60).into());
        };
        if let Ok(signed) = &checked
            && signed.verified.scheme == Scheme::Rfc9421
        {
            self.origins.learn(&signed.by.origin(), Scheme::Rfc9421).await;
        }
        checked
    }

    async fn check_one(&self, claim: &Claim, with_body: bool) -> Result<Signed, Unsigned> {
        self.admit(claim.key_id())?;
        let known = self.remote.key(claim.key_id()).await.map_err(|error| unknown(&error, with_body))?;
        let failed = match claim.verify(&known.key) {
            Ok(verified) => return Ok(Signed { by: known.owner, verified }),
            Err(failed) => failed,
        };
        // The key may have been changed since we learnt it.
        let anew = self.remote.key_anew(claim.key_id(), &known.owner.id).await;
        if let Ok(Some(OwnedKey { owner, key })) = anew
            && key != known.key
            && let Ok(verified) = claim.verify(&key)
        {
            return Ok(Signed { by: owner, verified });
        }
        Err(Refused::unsigned(&failed, with_body).into())
    }

    fn admit(&self, key_id: &str) -> Result<(), Refused> {
        let shown: String = key_id.chars().take(100).collect();
        let uri = Uri::parse(key_id).map_err(|why| {
            Refused::new(401, "not-a-key-id", format!("the key id {shown:?} is not an address: {why}"))
        })?;
        if self.hosts.of(uri.as_str()).is_some() {
            let why = format!("the key {shown} is of an actor of this server, which sends nothing to itself by HTTP");
            return Err(Refused::new(401, "own-key", why));
        }
        if !self.peers.admit_uri(&uri) {
            return Err(Refused::blocked("key", &shown));
        }
        Ok(())
    }
}

fn unknown(error: &RemoteError, with_body: bool) -> Unsigned {
    let mut refused = Refused::remote(error);
    if refused.status == 401 {
        refused = refused.sign_anew(with_body);
    }
    if error.is_gone() { Unsigned::Gone(refused) } else { Unsigned::Refused(refused) }
}

/// Whether a refusal should ask for a signature that covers a digest.
pub(super) fn has_body(parts: &RequestParts<'_>) -> bool {
    !matches!(parts.method, "GET" | "HEAD")
}
