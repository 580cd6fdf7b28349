//! Deliveries from other servers: who sent it, may they, is it their word, and into whose mailboxes it goes. Everything is
//! decided before the answer; what the activity does is decided by its receivers.
//!
//! The order: size; the inbox; the signature's form, coverage, time and digest on the raw bytes; the key; rates; the
//! document; whom it speaks for; whether it is its actor's word; the receivers; the mailboxes, durably. Nothing is parsed
//! before the signature holds, nothing is kept before all of it holds.
//!
//! - [`Receiver`]: this; [`Refused`]: the answer when something does not hold
//! - `signed`: who signed; `authentic`: whether it is its actor's word; `activity`: what it may say
//! - `last_word`: what is believed of those who are gone
//! - `gather`: whom mail has come for is woken, together while much comes
//! - `how`: what is kept of how it came; [`routes`]: receivers; [`refusals`]: what was refused, for those who inspect it
//!
//! Source: ActivityPub 7.1; the reasons of each rule stand where it is.

mod activity;
mod authentic;
mod gather;
mod how;
mod last_word;
mod refusal;
pub mod refusals;
pub mod routes;
mod signed;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use http::HeaderMap;
use pritchel_actor::{Act, ActorId, BoxError, Clock, Seconds};
use pritchel_box_store::{Addresses, BoxStore};
use serde_json::json;

use crate::documents::DocumentSource;
use crate::documents::far::Far;
use crate::hosts::{Hosts, Served};
use crate::limits::{
    INBOX_BODY_BYTES_MAX, INCOMING_PER_ACTOR_PER_MINUTE, INCOMING_PER_ORIGIN_PER_MINUTE, REPLAY_S, REPLAYS_MAX,
};
use crate::origins::Origins;
use crate::peers::Peers;
use crate::rates::{Rate, Rates};
use crate::recent::Recent;
use crate::remote::Remote;
use crate::signature::{RequestParts, is_signed};
use crate::turns::Turns;
use activity::Received;
use authentic::{Authentic, Authenticity};
use gather::Gather;
use how::{how, kept_headers};
pub use refusal::Refused;
use refusals::{Refusals, RefusedDelivery};
use routes::Routes;
use signed::{Signed, Signers, Unsigned};

/// A request as it came: nothing of it has been parsed or changed.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The method.
    pub method: String,
    /// Path and query as they stood in the request line.
    pub target: String,
    /// The host as the client named it, with its port if it named one.
    pub host: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// What became of a delivery, as the sender is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// It is durable; what it does is decided by its receivers.
    Accepted,
    /// It was not taken, and nothing was changed.
    Refused(Refused),
}

/// How often others may deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncomingRates {
    /// Per server.
    pub per_origin: Rate,
    /// Per author.
    pub per_actor: Rate,
}

impl Default for IncomingRates {
    fn default() -> Self {
        Self {
            per_origin: Rate { per_minute: INCOMING_PER_ORIGIN_PER_MINUTE },
            per_actor: Rate { per_minute: INCOMING_PER_ACTOR_PER_MINUTE },
        }
    }
}

/// What a receiver is made of.
pub(crate) struct Parts {
    pub boxes: BoxStore,
    pub hosts: Hosts,
    pub peers: Peers,
    pub remote: Remote,
    pub origins: Origins,
    pub far: Far,
    pub documents: DocumentSource,
    pub routes: Routes,
    pub clock: Arc<dyn Clock>,
    pub rates: IncomingRates,
    pub unlimited_loopback: bool,
}

/// Takes deliveries. Cheap to clone.
#[derive(Clone)]
pub struct Receiver(Arc<Inner>);

struct Inner {
    boxes: BoxStore,
    hosts: Hosts,
    peers: Peers,
    clock: Arc<dyn Clock>,
    turns: Arc<dyn Turns>,
    gather: Arc<Gather>,
    signers: Signers,
    authenticity: Authenticity,
    documents: DocumentSource,
    routes: Routes,
    refusals: Refusals,
    origin_rates: Rates,
    actor_rates: Rates,
    unlimited_loopback: bool,
    /// Signatures of deliveries that were taken.
    replays: Recent<[u8; 32], Seconds>,
    stopping: AtomicBool,
}

impl Receiver {
    pub(crate) fn new(parts: Parts, turns: Arc<dyn Turns>) -> Self {
        let Parts { boxes, hosts, peers, remote, origins, far, documents, routes, clock, rates, unlimited_loopback } =
            parts;
        Self(Arc::new(Inner {
            signers: Signers {
                hosts: hosts.clone(),
                peers: peers.clone(),
                remote: remote.clone(),
                origins,
                clock: clock.clone(),
            },
            authenticity: Authenticity { remote, far, clock: clock.clone() },
            documents,
            routes,
            refusals: Refusals::new(boxes.clone()),
            origin_rates: Rates::new(rates.per_origin),
            actor_rates: Rates::new(rates.per_actor),
            replays: Recent::new(REPLAYS_MAX),
            stopping: AtomicBool::new(false),
            boxes,
            hosts,
            peers,
            clock,
            gather: Gather::new(turns.clone()),
            turns,
            unlimited_loopback,
        }))
    }

    /// Judges a delivery and, if all holds, puts it durably into the mailboxes of its receivers.
    /// - `inbox_of`: whose inbox it came to; `None`: the shared inbox of the host it names
    pub async fn deliver(&self, request: Incoming, inbox_of: Option<ActorId>) -> Delivered {
        match Box::pin(self.take(&request, inbox_of.as_ref())).await {
            Ok(()) => Delivered::Accepted,
            Err(refused) => {
                self.keep_refused(&request, inbox_of, &refused).await;
                Delivered::Refused(refused)
            }
        }
    }

    /// The actor who signed a request. `None`: nobody did.
    ///
    /// Not to be asked before an actor's document or key is served: the other server fetches those to check a signature of
    /// ours, signed itself, and the two would wait for each other.
    /// - errors: there is a signature, and it does not hold; or its server is blocked
    pub async fn signer(&self, request: Incoming) -> Result<Option<ActorId>, Refused> {
        if !is_signed(&request.headers) {
            return Ok(None);
        }
        let served = self.by_host(&request.host)?;
        let parts = parts(&request, served);
        let claims = self.0.signers.claims(&parts)?;
        let signed = Box::pin(self.0.signers.check(&claims, signed::has_body(&parts), signed::answer_until())).await?;
        Ok(Some(signed.by.id.clone()))
    }

    /// What was refused at an inbox lately, newest first.
    pub async fn refused(&self, inbox_of: &ActorId) -> Result<Vec<RefusedDelivery>, BoxError> {
        self.0.refusals.of(inbox_of, self.0.clock.now()).await
    }

    /// Takes nothing more.
    pub fn stop(&self) {
        self.0.stopping.store(true, Ordering::SeqCst);
    }

    async fn take(&self, request: &Incoming, inbox_of: Option<&ActorId>) -> Result<(), Refused> {
        if self.0.stopping.load(Ordering::SeqCst) || self.0.turns.has_failed() {
            return Err(Refused::stopping());
        }
        if request.body.len() > INBOX_BODY_BYTES_MAX {
            let found = request.body.len();
            let why = format!("an activity has at most {INBOX_BODY_BYTES_MAX} bytes, this one has {found}");
            return Err(Refused::new(413, "too-large", why));
        }
        let served = self.served(request, inbox_of)?;
        if let Some(owner) = inbox_of {
            self.0.routes.inbox(owner).await?;
        }
        let claims = self.0.signers.claims(&parts(request, served))?;
        let now = self.0.clock.now();
        let signature = fingerprint(request);
        if self.0.replays.get(&signature).is_some_and(|at| now.saturating_sub(at) < REPLAY_S) {
            // The very same request again: a sender that missed our answer, or somebody who overheard it.
            return Ok(());
        }
        let until = signed::answer_until();
        let signed = match Box::pin(self.0.signers.check(&claims, true, until)).await {
            Ok(signed) => signed,
            Err(Unsigned::Gone(gone)) => {
                Box::pin(self.last_word(request, inbox_of, gone, (now, until))).await?;
                self.0.replays.put(signature, now);
                return Ok(());
            }
            Err(unsigned) => return Err(unsigned.into()),
        };
        let received = activity::read(&request.body)?;
        self.rate(&signed, &received, now)?;
        if let Some(own) = self.own(&received).await? {
            return self.put_own(inbox_of, &signed, &received, own, now).await;
        }
        activity::judge(&received, &self.0.peers)?;
        let authentic = Box::pin(self.0.authenticity.find(&signed, received, until)).await?;
        // What was fetched may say other things than what was carried.
        activity::judge(&authentic.received, &self.0.peers).map_err(Refused::of_fetched)?;
        self.put(request, inbox_of, Some(&signed), authentic, now).await?;
        self.0.replays.put(signature, now);
        Ok(())
    }

    /// Puts it, durably, into the mailboxes of its receivers.
    /// - `signed`: who carried it; `None`: somebody who is gone
    async fn put(
        &self,
        request: &Incoming,
        inbox_of: Option<&ActorId>,
        signed: Option<&Signed>,
        authentic: Authentic,
        now: Seconds,
    ) -> Result<(), Refused> {
        let how = how(request, signed, &authentic, self.0.peers.of(authentic.received.activity.actor.as_uri()));
        let received = authentic.received;
        let id = activity::act_id(&received, now, &self.0.clock.seed())?;
        let receivers = match inbox_of {
            // Reports are for administrators, whoever's inbox they come to: not for those they are about.
            _ if activity::is_report(&received.activity) => self.reports_to(&received.activity)?,
            Some(owner) => vec![owner.clone()],
            None => self.0.routes.shared(&received.activity).await?,
        };
        let author = ActorId::new(received.activity.actor.as_str());
        let changed = activity::updates_its_actor(&received.activity).then(|| author.clone());
        let outdated = activity::outdated_by(&received.activity);
        let about: Vec<String> = activity::is_about(received.document.value()).into_iter().map(str::to_owned).collect();
        let act = Act::new(id, author, received.document.value_shared(), received.document.raw_shared());
        // Read already: the gates of its receivers need not read it again.
        let activity = Some(Arc::new(received.activity));
        act.parsed(|_| activity.clone());
        let sent = act.body.clone();
        // Who only carries it cannot help what it is known as.
        let by_author = signed.is_some_and(|signed| signed.by.id == act.author);
        let same = |known: &Act| !by_author || activity::says_the_same(&known.body, &sent);
        let delivering = self.0.gather.enter();
        let left = self.0.boxes.receive_same(Arc::new(act), how, &receivers, now, same).await;
        let left = left.map_err(|error| Refused::mailbox(&error))?;
        outdated
            .iter()
            .map(pritchel_vocab::Uri::as_str)
            .chain(about.iter().map(String::as_str))
            .for_each(|uri| self.0.documents.forget(uri));
        drop(delivering);
        self.0.gather.wake(left.mail_for);
        if let Some(actor) = changed {
            self.0.authenticity.remote.changed(&actor).await.map_err(|error| Refused::store(&error))?;
        }
        Ok(())
    }

    /// An activity of an actor of ours comes from outside only when somebody passes it on, such as a tracker to those who
    /// follow it: then it is known here.
    async fn own(&self, received: &Received) -> Result<Option<Arc<Act>>, Refused> {
        let actor = ActorId::new(received.activity.actor.as_str());
        if !self.0.hosts.is_near(&actor) {
            return Ok(None);
        }
        let known = match &received.activity.id {
            Some(id) => self.0.boxes.act(&id.as_str().into()).await.map_err(|error| Refused::store(&error))?,
            None => None,
        };
        let none = || Refused::new(401, "own-actor", format!("{actor} is of this server, and has done no such thing"));
        known.filter(|act| act.author == actor).map(Some).ok_or_else(none)
    }

    /// What an actor of ours said goes into the inbox it was passed on to, as we know it. Whoever passes on other words than
    /// those shows nobody what is said here: that is taken and does nothing.
    async fn put_own(
        &self,
        inbox_of: Option<&ActorId>,
        signed: &Signed,
        received: &Received,
        own: Arc<Act>,
        now: Seconds,
    ) -> Result<(), Refused> {
        let Some(owner) = inbox_of.filter(|owner| **owner != own.author) else { return Ok(()) };
        if !activity::says_the_same(received.document.value(), &own.body) {
            return Ok(());
        }
        let how = json!({"carried": "http", "verdict": "known here", "forwarded_by": signed.by.id});
        let left = self.0.boxes.receive(own, how, std::slice::from_ref(owner), now).await;
        let left = left.map_err(|error| Refused::mailbox(&error))?;
        left.mail_for.iter().for_each(|actor| self.0.turns.wake(actor));
        Ok(())
    }

    /// Who keeps the reports of this server: the actor of its first domain.
    fn reports_to(&self, activity: &pritchel_vocab::Activity) -> Result<Vec<ActorId>, Refused> {
        if self.0.peers.is_unreported(activity.actor.as_uri()) {
            return Err(Refused::new(403, "reports-not-taken", "no reports of this server are taken here"));
        }
        Ok(self.0.hosts.first().map(|served| served.instance().clone()).into_iter().collect())
    }

    fn rate(&self, signed: &Signed, received: &Received, now: Seconds) -> Result<(), Refused> {
        let origin = received.activity.actor.origin();
        if self.0.unlimited_loopback && origin.is_loopback() {
            return Ok(());
        }
        let often = |whose: &str, wait| {
            Refused::new(429, "too-often", format!("{whose} has delivered too often, try again in {wait} s"))
                .retry(wait)
        };
        let carrier = signed.by.origin();
        self.0.origin_rates.take(&carrier, now).map_err(|wait| often(&carrier, wait))?;
        // Who carries for others uses up a rate of its own, not theirs.
        let signer = signed.by.id.as_str();
        self.0.actor_rates.take(signer, now).map_err(|wait| often(signer, wait))
    }

    fn served(&self, request: &Incoming, inbox_of: Option<&ActorId>) -> Result<&Served, Refused> {
        let Some(owner) = inbox_of else { return self.by_host(&request.host) };
        let none = || Refused::new(404, "no-such-inbox", format!("there is no actor {owner} on this node"));
        self.0.hosts.of(owner.as_str()).ok_or_else(none)
    }

    fn by_host(&self, host: &str) -> Result<&Served, Refused> {
        let shown: String = host.chars().take(100).collect();
        let none = || Refused::new(421, "another-host", format!("this server does not answer for the host {shown:?}"));
        self.0.hosts.by_authority(host).ok_or_else(none)
    }

    /// Refusals at a shared inbox are kept with the instance actor.
    async fn keep_refused(&self, request: &Incoming, inbox_of: Option<ActorId>, refused: &Refused) {
        let nobody = matches!(refused.status, 404 | 410 | 421 | 503);
        let owner = inbox_of.or_else(|| Some(self.0.hosts.by_authority(&request.host)?.instance().clone()));
        let Some(owner) = owner.filter(|_| !nobody) else { return };
        let (headers, now) = (kept_headers(&request.headers), self.0.clock.now());
        if let Err(error) = self.0.refusals.keep(&owner, refused, headers, &request.body, now).await {
            tracing::warn!("A refused delivery could not be written down: {error}");
        }
    }
}

fn parts<'r>(request: &'r Incoming, served: &'r Served) -> RequestParts<'r> {
    RequestParts {
        method: &request.method,
        target: &request.target,
        origin: served.public(),
        authority: Some(&request.host),
        headers: &request.headers,
        body: &request.body,
    }
}

/// What tells a signed request from every other.
fn fingerprint(request: &Incoming) -> [u8; 32] {
    let mut bytes = format!("{} {}\n", request.method, request.target).into_bytes();
    for name in ["signature", "signature-input", "authorization"] {
        for value in request.headers.get_all(name) {
            bytes.extend_from_slice(value.as_bytes());
            bytes.push(b'\n');
        }
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, &bytes).as_ref());
    hash
}

#[cfg(test)]
mod forgejo_tests;
#[cfg(test)]
mod tests;
