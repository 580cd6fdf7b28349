//! Deliveries: an act to a far actor. The head of a lane is one act to one actor; a run of the same act to actors of one
//! server that share an inbox becomes one request.

use std::sync::Arc;

use pritchel_actor::{Act, ActId, ActorId, BoxError, Clock, Seconds};
use pritchel_actors::common::wire;
use pritchel_box_store::directory::RecordWrite;
use pritchel_box_store::work::{Extra, Item, Lease, Next, Task, WorkError};
use pritchel_box_store::{Addresses, BoxStore};
use pritchel_vocab::Uri;
use serde_json::json;

use super::back_off::{Failed, Tried, failed, waits};
use super::post::{Posted, Poster};
use crate::documents::far::FarError;
use crate::hosts::Hosts;
use crate::limits::{BUSY_S, COALESCED_MAX, LANES_MAX, REMOTE_ACTOR_FRESH_S, UNDELIVERED_S, UNSIGNED_ATTEMPTS_MAX};
use crate::origins::Origins;
use crate::proved::Prover;
use crate::receive::routes::Routes;
use crate::recent::Recent;
use crate::remote::{Remote, RemoteActor, RemoteError};

/// The kind of the records of deliveries that were given up. Key: the act, a blank, the receiver.
pub const UNDELIVERED: &str = "undelivered";

/// What the steps of deliveries need. Cheap to clone.
#[derive(Clone)]
pub struct Deliveries {
    pub(crate) boxes: BoxStore,
    pub(crate) hosts: Hosts,
    pub(crate) remote: Remote,
    pub(crate) origins: Origins,
    pub(crate) routes: Routes,
    pub(crate) prover: Prover,
    pub(crate) poster: Poster,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) shared: Arc<SharedRuns>,
}

/// The last act that went to a shared inbox, by lane: further items of the lane up to a place are done with it.
pub(crate) struct SharedRuns(Recent<String, (ActId, Uri, u64)>);

impl Default for SharedRuns {
    fn default() -> Self {
        Self(Recent::new(2 * LANES_MAX))
    }
}

/// One act to one actor.
struct Errand {
    act: Arc<Act>,
    sender: ActorId,
    to: ActorId,
    origin: String,
}

impl Errand {
    /// Whether the act is another's, which the sender passes on.
    fn is_passed_on(&self) -> bool {
        self.act.author != self.sender
    }
}

/// How a step ends.
enum End {
    /// It is done: with what is to be remembered.
    Done(Vec<RecordWrite>),
    /// It failed.
    Failed(Failed),
    /// It is never tried again.
    Never(String),
    /// It goes back as it is.
    Back(Seconds),
}

impl Deliveries {
    /// Does one step of a lane of deliveries.
    /// - errors: our own store or keys failed; the lease runs out
    pub async fn step(&self, lease: &Lease) -> Result<(Next, Extra), WorkError> {
        let item = &lease.item;
        let Task::Delivery { act, sender, to } = Task::from_value(&item.data)? else {
            return Err(pritchel_box_store::work::TaskError::Other("expected a delivery".to_owned()).into());
        };
        let Some(act) = self.boxes.act(&act).await? else {
            tracing::error!(act.id = %act, "`{act}` was to be delivered to `{to}` and is not known");
            return Ok((Next::Done, Extra::default()));
        };
        let origin = self.hosts.origin(&to);
        let errand = Errand { act, sender, to, origin };
        let end = self.end(&errand, item).await?;
        Ok(self.concluded(&errand, item, end))
    }

    async fn end(&self, errand: &Errand, item: &Item) -> Result<End, WorkError> {
        let now = self.clock.now();
        if !self.poster.admits(&errand.to) {
            return Ok(End::Never(format!("{} is blocked here", errand.to)));
        }
        if let Err(at) = self.origins.may_try(&errand.origin).await {
            return Ok(End::Failed(waits(item, now, at, "its server does not answer and is left alone for a while")));
        }
        let receiver = match self.remote.actor(&errand.to, REMOTE_ACTOR_FRESH_S).await {
            Ok(receiver) => receiver,
            Err(error) => return self.unreachable(errand, item, error).await,
        };
        if self.is_done(errand, item, &receiver) {
            return Ok(End::Done(Vec::new()));
        }
        let shared = self.shared_run(errand, item, &receiver).await?;
        let inbox = shared.as_ref().map(|(inbox, _)| inbox.clone()).or_else(|| receiver.inbox.clone());
        let Some(inbox) = inbox else {
            return Ok(End::Never(format!("{} has no inbox", errand.to)));
        };
        match self.send(errand, &inbox).await? {
            Posted::Taken => {
                if let Some((inbox, last)) = shared {
                    self.shared.0.put(item.lane.clone(), (errand.act.id.clone(), inbox, last));
                }
                Ok(End::Done(self.routes.taken(&errand.act).await?.into_iter().collect()))
            }
            Posted::Paced { wait_s } => Ok(End::Back(now + i64::try_from(wait_s).unwrap_or(BUSY_S))),
            Posted::Later { why, wait_s } => Ok(End::Failed(failed(item, now, &why, wait_s))),
            Posted::Never { why } => Ok(End::Never(why)),
            Posted::NotBelieved { why } => self.moved(errand, item, &inbox, why, true).await,
            Posted::NoInbox { why } => self.moved(errand, item, &inbox, why, false).await,
        }
    }

    /// The receiver's document is not to be had.
    async fn unreachable(&self, errand: &Errand, item: &Item, error: RemoteError) -> Result<End, WorkError> {
        let now = self.clock.now();
        Ok(match error {
            RemoteError::Box(error) => return Err(error.into()),
            RemoteError::Far(FarError::Busy { retry_after_s, .. }) => {
                End::Back(now + i64::try_from(retry_after_s).unwrap_or(BUSY_S).max(1))
            }
            RemoteError::Far(far) if far.is_transient() => {
                self.origins.tried(&errand.origin, crate::origins::Attempt::Failed(far.to_string())).await;
                End::Failed(failed(item, now, &far.to_string(), None))
            }
            other => End::Never(other.to_string()),
        })
    }

    /// The inbox did not take it: perhaps it is another one by now. The actor is fetched again, once.
    async fn moved(
        &self,
        errand: &Errand,
        item: &Item,
        tried: &Uri,
        why: String,
        signature: bool,
    ) -> Result<End, WorkError> {
        let now = self.clock.now();
        let receiver = match self.remote.actor(&errand.to, 0).await {
            Ok(receiver) => receiver,
            Err(error) => return self.unreachable(errand, item, error).await,
        };
        let new = receiver.inbox.clone().filter(|inbox| inbox != tried);
        if let Some(inbox) = new {
            return Ok(match self.send(errand, &inbox).await? {
                Posted::Taken => End::Done(self.routes.taken(&errand.act).await?.into_iter().collect()),
                Posted::Paced { wait_s } => End::Back(now + i64::try_from(wait_s).unwrap_or(BUSY_S)),
                Posted::Later { why, wait_s } => End::Failed(failed(item, now, &why, wait_s)),
                Posted::Never { why } | Posted::NotBelieved { why } | Posted::NoInbox { why } => End::Never(why),
            });
        }
        if signature && Tried::of(&item.data).times + 1 < UNSIGNED_ATTEMPTS_MAX {
            let failed = failed(item, now, &why, None);
            // What is passed on may be disbelieved for what it is, not for who brings it: what the sender says itself does not wait.
            return Ok(End::Failed(if errand.is_passed_on() { failed.aside() } else { failed }));
        }
        Ok(End::Never(why))
    }

    async fn send(&self, errand: &Errand, inbox: &Uri) -> Result<Posted, WorkError> {
        let own = |error: crate::keys::KeyRingError| WorkError::Box(BoxError::Failed(error.to_string()));
        let body = self.prover.proved(&errand.act).await.map_err(own)?;
        self.routes.sending(&errand.act, &errand.to).await?;
        Box::pin(self.poster.post(&errand.sender, &errand.origin, inbox, body)).await.map_err(own)
    }

    /// Whether the act went to this receiver with an earlier item of the lane, through their shared inbox.
    fn is_done(&self, errand: &Errand, item: &Item, receiver: &RemoteActor) -> bool {
        self.shared.0.get(&item.lane).is_some_and(|(act, inbox, last)| {
            act == errand.act.id
                && item.seq <= last
                && receiver.shared_inbox.as_ref() == Some(&inbox)
                && is_addressed(errand)
        })
    }

    /// The shared inbox, if it saves a request, with the place of the last item it may stand for.
    async fn shared_run(
        &self,
        errand: &Errand,
        item: &Item,
        receiver: &RemoteActor,
    ) -> Result<Option<(Uri, u64)>, BoxError> {
        let Some(inbox) = receiver.shared_inbox.clone().filter(|_| is_addressed(errand)) else {
            return Ok(None);
        };
        let next = self.boxes.items(&item.lane, Some(item.seq), COALESCED_MAX).await?;
        let same = |item: &&Item| matches!(Task::from_value(&item.data), Ok(Task::Delivery { act, .. }) if act == errand.act.id);
        Ok(next.iter().take_while(same).last().map(|last| (inbox, last.seq)))
    }

    fn concluded(&self, errand: &Errand, item: &Item, end: End) -> (Next, Extra) {
        let why = match end {
            End::Done(records) => return (Next::Done, Extra { records, ..Extra::default() }),
            End::Back(at) => return (Next::Again { at, data: item.data.clone() }, Extra::default()),
            End::Failed(Failed::Later(next)) => return (next, Extra::default()),
            End::Failed(Failed::GiveUp(tried)) => tried.why.unwrap_or_default(),
            End::Never(why) => why,
        };
        let (act, to, now) = (&errand.act.id, &errand.to, self.clock.now());
        tracing::info!(act.id = %act, to = %to, "`{act}` is not delivered to `{to}`: {why}");
        let times = Tried::of(&item.data).times + 1;
        let record = RecordWrite {
            kind: UNDELIVERED.to_owned(),
            key: format!("{act} {to}"),
            value: Some(json!({"v": 1, "to": to, "at": now, "times": times, "why": why})),
            until: Some(now + UNDELIVERED_S),
        };
        (Next::Done, Extra { records: vec![record], ..Extra::default() })
    }
}

/// Whether the act's own words tell a shared inbox that this receiver is meant: by name, or as a follower of its author
/// where the author sends it and addresses no other collection of its own.
fn is_addressed(errand: &Errand) -> bool {
    let Errand { act, sender, to, .. } = errand;
    let Some(activity) = wire::read(act) else { return false };
    let own = format!("{}/", act.author);
    let followers = format!("{}/followers", act.author);
    let addressees = activity.addressees();
    let named = addressees.iter().any(|uri| uri.as_str() == to.as_str());
    let mut collections = addressees.iter().filter(|uri| uri.as_str().starts_with(&own)).peekable();
    let only_followers = collections.peek().is_some() && collections.all(|uri| uri.as_str() == followers);
    named || only_followers && *sender == act.author
}

#[cfg(test)]
mod tests;
