//! The tap: every delivery to the probe's own server passes here, and is remembered with what the server thought of it.
//!
//! The probe's people and trackers are actors of a real server, which files what it is sent by what it means. What another server
//! sends may mean nothing, answer an act that this server does not know, or have a signature that does not verify: all of it is
//! evidence, so it is taken down before the server judges it.

use crate::cli::limits::PROBE_ARRIVALS_MAX;
use pritchel_actor::{Act, ActId, ActorId, Evidence, Need, Seconds, Value};
use pritchel_web::ports::{
    Called, Delivered, DeliveryShown, Finding, FoundActor, IntentTemplate, KeptBytes, Later, PortError, Ports,
    Presence, PumpReport, RawRequest, RefusedShown, ShownKeys, Standing,
};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// A delivery to the probe's server.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The activity.
    pub activity: Value,
    /// The actor whose inbox it came to; `None`: the shared inbox.
    pub inbox_of: Option<ActorId>,
    /// Why the server did not take it, if it did not: code and detail.
    pub refused: Option<String>,
}

/// What has arrived so far, in its order. Cheap to clone.
#[derive(Clone)]
pub struct Arrivals {
    all: Arc<Mutex<Vec<Arrived>>>,
    count: watch::Sender<usize>,
}

impl Default for Arrivals {
    fn default() -> Self {
        Self { all: Arc::default(), count: watch::channel(0).0 }
    }
}

impl Arrivals {
    fn add(&self, arrived: Arrived) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() < PROBE_ARRIVALS_MAX {
            all.push(arrived);
            self.count.send_replace(all.len());
        }
    }

    /// How many there are: what comes from now on comes after these.
    pub fn count(&self) -> usize {
        *self.count.borrow()
    }

    /// The first one after so many that is wanted. One that the server took counts before one that it did not.
    fn find(&self, after: usize, wanted: &(dyn Fn(&Arrived) -> bool + Sync)) -> Option<Arrived> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting: Vec<&Arrived> = all.iter().skip(after).filter(|arrived| wanted(arrived)).collect();
        let taken = fitting.iter().find(|arrived| arrived.refused.is_none());
        taken.or(fitting.first()).map(|arrived| (*arrived).clone())
    }

    /// Whether there is one after so many already.
    pub fn has_since(&self, after: usize, wanted: &(dyn Fn(&Arrived) -> bool + Sync)) -> bool {
        self.find(after, wanted).is_some()
    }

    /// Waits for a delivery after so many. One that was not taken may be sent again in a better way, so it is answered only when
    /// the time is over.
    pub async fn wait(
        &self,
        after: usize,
        patience: Duration,
        wanted: &(dyn Fn(&Arrived) -> bool + Sync),
    ) -> Option<Arrived> {
        let mut changed = self.count.subscribe();
        let until = Instant::now() + patience;
        loop {
            changed.mark_unchanged();
            let found = self.find(after, wanted);
            if found.as_ref().is_some_and(|found| found.refused.is_none()) {
                return found;
            }
            // The sender lives as long as this does; what is left is that the time is over.
            if tokio::time::timeout_at(until, changed.changed()).await.is_err() {
                return found;
            }
        }
    }
}

/// The ports of the probe's server, with its ear at the inboxes.
pub struct Tap {
    /// The ports behind it.
    pub inner: Arc<dyn Ports>,
    /// Where it is remembered.
    pub arrivals: Arrivals,
}

impl Ports for Tap {
    fn deliver(&self, request: RawRequest, inbox_of: Option<ActorId>) -> Later<Delivered> {
        let arrivals = self.arrivals.clone();
        let activity = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        let delivered = self.inner.deliver(request, inbox_of.clone());
        Box::pin(async move {
            let delivered = delivered.await;
            let refused = match &delivered {
                Delivered::Accepted => None,
                Delivered::Refused { code, detail, .. } => Some(format!("{code}: {detail}")),
            };
            arrivals.add(Arrived { activity, inbox_of, refused });
            delivered
        })
    }

    fn signer(&self, request: RawRequest) -> Later<Result<Option<ActorId>, PortError>> {
        self.inner.signer(request)
    }

    fn keys(&self, actor: ActorId) -> Later<Result<ShownKeys, PortError>> {
        self.inner.keys(actor)
    }

    fn ssh_key(&self, actor: ActorId) -> Later<Result<String, PortError>> {
        self.inner.ssh_key(actor)
    }

    fn key_people(&self, kind: &'static str, id: String) -> Later<Result<Vec<ActorId>, PortError>> {
        self.inner.key_people(kind, id)
    }

    fn token_people(&self, mark: String) -> Later<Result<Vec<ActorId>, PortError>> {
        self.inner.token_people(mark)
    }

    fn fresh(&self, uri: String) -> Later<Evidence> {
        self.inner.fresh(uri)
    }

    fn far_tracker(&self, domain: ActorId, of: ActorId) -> Later<Result<ActorId, PortError>> {
        self.inner.far_tracker(domain, of)
    }

    fn presence(&self, actor: ActorId) -> Later<Result<Presence, PortError>> {
        self.inner.presence(actor)
    }

    fn named(&self, acct: String) -> Later<Result<Option<ActorId>, PortError>> {
        self.inner.named(acct)
    }

    fn remembered_name(&self, actor: ActorId) -> Later<Option<Called>> {
        self.inner.remembered_name(actor)
    }

    fn act(&self, id: ActId) -> Later<Result<Option<Arc<Act>>, PortError>> {
        self.inner.act(id)
    }

    fn find(&self, text: String) -> Later<Result<FoundActor, PortError>> {
        self.inner.find(text)
    }

    fn home(&self, text: String) -> Later<Result<Vec<IntentTemplate>, PortError>> {
        self.inner.home(text)
    }

    fn fetch(&self, uri: String) -> Later<Result<Arc<Value>, PortError>> {
        self.inner.fetch(uri)
    }

    fn fetch_as(&self, uri: String, reader: ActorId) -> Later<Result<Arc<Value>, PortError>> {
        self.inner.fetch_as(uri, reader)
    }

    fn evidence(&self, need: Need) -> Later<Evidence> {
        self.inner.evidence(need)
    }

    fn deliveries(&self, act: ActId, author: ActorId) -> Later<Result<Vec<DeliveryShown>, PortError>> {
        self.inner.deliveries(act, author)
    }

    fn refused(&self, inbox_of: ActorId) -> Later<Result<Vec<RefusedShown>, PortError>> {
        self.inner.refused(inbox_of)
    }

    fn pump(&self, budget: Duration) -> Later<PumpReport> {
        self.inner.pump(budget)
    }

    fn standing(&self, actor: &ActorId) -> Standing {
        self.inner.standing(actor)
    }

    fn checkup(&self) -> Later<Vec<Finding>> {
        self.inner.checkup()
    }

    fn rules_changed(&self) -> Later<Result<(), PortError>> {
        self.inner.rules_changed()
    }

    fn keep_file(&self, bytes: Vec<u8>) -> Later<Result<KeptBytes, PortError>> {
        self.inner.keep_file(bytes)
    }

    fn kept_file(&self, hash: String, bytes: u64) -> Later<Result<Vec<u8>, PortError>> {
        self.inner.kept_file(hash, bytes)
    }

    fn now(&self) -> Seconds {
        self.inner.now()
    }

    fn seed(&self) -> [u8; 32] {
        self.inner.seed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn arrived(name: &str, refused: Option<&str>) -> Arrived {
        Arrived { activity: json!({"type": name}), inbox_of: None, refused: refused.map(str::to_owned) }
    }

    #[tokio::test]
    async fn what_was_taken_counts_before_what_was_not() {
        let arrivals = Arrivals::default();
        arrivals.add(arrived("Accept", Some("digest-mismatch")));
        let wanted = |arrived: &Arrived| arrived.activity["type"] == "Accept";
        let soon = Duration::from_millis(1);
        assert!(arrivals.wait(0, soon, &wanted).await.unwrap().refused.is_some());
        arrivals.add(arrived("Accept", None));
        assert!(arrivals.wait(0, soon, &wanted).await.unwrap().refused.is_none());
        assert!(arrivals.wait(2, soon, &wanted).await.is_none(), "nothing came after the second");
    }

    #[tokio::test]
    async fn what_comes_while_it_is_waited_for_is_found() {
        let arrivals = Arrivals::default();
        let waiting = arrivals.clone();
        let found = tokio::spawn(async move { waiting.wait(0, Duration::from_secs(60), &|_| true).await });
        arrivals.add(arrived("Follow", None));
        assert!(found.await.unwrap().is_some());
    }
}
