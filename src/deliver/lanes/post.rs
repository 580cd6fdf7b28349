//! One signed delivery to one inbox. If the signature is not taken, it is made once more in the other scheme, and, while one key
//! takes over from another, once with the other key, as part of the same attempt; the scheme that worked is remembered for the
//! server.
//!
//! Source: the double-knocking rules of the SWICG note on HTTP signatures.

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use pritchel_actor::{ActorId, Clock};
use pritchel_vocab::Uri;
use url::Url;

use crate::fetch::{FetchError, PostAnswer};
use crate::hosts::Hosts;
use crate::keys::{ActorKeys, KeyRing, KeyRingError};
use crate::limits::OUTGOING_PER_ORIGIN_PER_MINUTE;
use crate::origins::{Attempt, Origins};
use crate::peers::Peers;
use crate::rates::{Rate, Rates};
use crate::signature::Scheme;
use crate::transport::{Post, Signer, Transport};

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// The peer has it.
    Taken,
    /// The peer could not take it now.
    Later {
        /// What it said.
        why: String,
        /// Seconds it asked for.
        wait_s: Option<u64>,
    },
    /// No attempt was made: enough is sent there already.
    Paced {
        /// Seconds until it may be made.
        wait_s: u64,
    },
    /// The signature was not taken, in neither scheme.
    NotBelieved {
        /// What the peer said.
        why: String,
    },
    /// There is no such inbox.
    NoInbox {
        /// What the peer said.
        why: String,
    },
    /// The peer will never take it, or may not be spoken with.
    Never {
        /// What it said.
        why: String,
    },
}

/// Posts. Cheap to clone.
#[derive(Clone)]
pub struct Poster(Arc<Inner>);

struct Inner {
    transport: Arc<dyn Transport>,
    keys: KeyRing,
    hosts: Hosts,
    peers: Peers,
    origins: Origins,
    clock: Arc<dyn Clock>,
    rates: Rates,
    unlimited_loopback: bool,
}

/// One signed request.
struct Knock<'k> {
    sender: &'k ActorId,
    keys: Arc<ActorKeys>,
    url: Url,
    body: Bytes,
}

impl Poster {
    /// - `unlimited_loopback`: no pace for peers on this machine, for development
    pub fn new(
        transport: Arc<dyn Transport>,
        keys: KeyRing,
        (hosts, peers): (Hosts, Peers),
        origins: Origins,
        clock: Arc<dyn Clock>,
        unlimited_loopback: bool,
    ) -> Self {
        let rates = Rates::new(Rate { per_minute: OUTGOING_PER_ORIGIN_PER_MINUTE });
        Self(Arc::new(Inner { transport, keys, hosts, peers, origins, clock, rates, unlimited_loopback }))
    }

    /// Whether anything may be sent to an actor, whatever its inbox is.
    pub fn admits(&self, actor: &ActorId) -> bool {
        Uri::parse(actor.as_str()).is_ok_and(|uri| self.0.peers.admit_uri(&uri))
    }

    /// Sends a body to an inbox, signed by `sender`.
    /// - `origin`: whose breaker and scheme it counts for
    /// - errors: the sender's keys are not to be had, which is our own fault
    pub async fn post(&self, sender: &ActorId, origin: &str, inbox: &Uri, body: Bytes) -> Result<Posted, KeyRingError> {
        let this = &self.0;
        if this.hosts.of(inbox.as_str()).is_some() {
            return Ok(Posted::Never { why: format!("the inbox {inbox} is on this server") });
        }
        if !this.peers.admit_uri(inbox) {
            return Ok(Posted::Never { why: format!("the server of {inbox} is blocked here") });
        }
        let url = match Url::parse(inbox.as_str()) {
            Ok(url) => url,
            Err(why) => return Ok(Posted::Never { why: format!("the inbox {inbox} is no address: {why}") }),
        };
        let now = this.clock.now();
        let paced = !(this.unlimited_loopback && inbox.origin().is_loopback());
        if let Err(wait_s) = if paced { this.rates.take(origin, now) } else { Ok(()) } {
            return Ok(Posted::Paced { wait_s });
        }
        let held = this.keys.held(sender).await?;
        let knock = Knock { sender, keys: held.signing().clone(), url, body };
        let first = this.origins.of(origin).await.scheme(now);
        let answer = match self.knock(&knock, first).await {
            Ok(answer) if matches!(answer.status, 400 | 401 | 403) => {
                let other = if first == Scheme::Cavage { Scheme::Rfc9421 } else { Scheme::Cavage };
                match self.knock(&knock, other).await {
                    Ok(second) if is_success(second.status) => {
                        this.origins.tried(origin, Attempt::Answered(Some(other))).await;
                        return Ok(Posted::Taken);
                    }
                    // What the first scheme was answered is what is believed: it is the one that worked before.
                    _ => Ok(self.knock_with_other_key(knock, held.other(), first).await.unwrap_or(answer)),
                }
            }
            other => other,
        };
        let posted = match &answer {
            Ok(answer) => judge(answer, now),
            Err(error) if error.is_permanent() => Posted::Never { why: error.to_string() },
            Err(error) => Posted::Later { why: error.to_string(), wait_s: None },
        };
        let answered = answer.as_ref().is_ok_and(|answer| answer.status < 500);
        let attempt = match (&posted, answered) {
            (Posted::Taken, _) => Some(Attempt::Answered(Some(first))),
            (_, true) => Some(Attempt::Answered(None)),
            (Posted::Later { why, .. }, false) => Some(Attempt::Failed(why.clone())),
            _ => None,
        };
        if let Some(attempt) = attempt {
            this.origins.tried(origin, attempt).await;
        }
        Ok(posted)
    }

    /// While one key takes over from another: a peer that knows only the other one takes that.
    async fn knock_with_other_key(
        &self,
        knock: Knock<'_>,
        other: Option<&Arc<ActorKeys>>,
        scheme: Scheme,
    ) -> Option<PostAnswer> {
        let knock = Knock { keys: other?.clone(), ..knock };
        self.knock(&knock, scheme).await.ok().filter(|answer| is_success(answer.status))
    }

    async fn knock(&self, knock: &Knock<'_>, scheme: Scheme) -> Result<PostAnswer, FetchError> {
        let signer = Signer::new(knock.sender, knock.keys.clone(), scheme, self.0.clock.now());
        let headers = signer.sign(&Method::POST, &knock.url, Some(&knock.body))?;
        self.0.transport.post(Post { url: knock.url.clone(), headers, body: knock.body.clone() }).await
    }
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// What an answer means.
fn judge(answer: &PostAnswer, now: i64) -> Posted {
    let said: String = String::from_utf8_lossy(&answer.body).chars().take(200).collect();
    let why = match said.trim() {
        "" => format!("answered {}", answer.status),
        said => format!("answered {}: {said}", answer.status),
    };
    let wait_s = answer.retry_after.map(|after| after.wait_s(u64::try_from(now).unwrap_or_default()));
    match answer.status {
        status if is_success(status) => Posted::Taken,
        401 | 403 => Posted::NotBelieved { why },
        // An inbox that has moved is found anew by its actor's document; a POST follows nobody.
        404 | 410 | 300..=399 => Posted::NoInbox { why },
        408 | 421 | 425 | 429 => Posted::Later { why, wait_s },
        400..=499 => Posted::Never { why },
        _ => Posted::Later { why, wait_s },
    }
}

#[cfg(test)]
mod tests;
