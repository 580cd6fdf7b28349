//! What comes by somebody whose address is gone: nobody can check the signature who has not got the key already. Believed is what can
//! be seen without it, that something is gone, and nothing else:
//! - that it is gone, said by itself: by its own `Delete`, or by its `Accept` of a `Delete` of it that is known here;
//! - what it passes on, if that is a `Delete` of something that is gone, and its author's own word by a proof or at the author's server.
//!
//! Whether something is gone this server finds out itself, at the thing's own address, and by its status 410 alone: 404 is what
//! a server answers also for what is there and not for us.

use pritchel_actor::{ActorId, Seconds};
use pritchel_box_store::Addresses;
use pritchel_vocab::{Activity, ActivityType, Thing, Uri};
use tokio::time::Instant;

use super::activity::{self, Received};
use super::authentic::{Authentic, found};
use super::refusal::Refused;
use super::signed::in_time;
use super::{Incoming, Receiver};
use crate::documents::far::FarError;
use crate::limits::KEY_TIMEOUT_S;
use crate::remote::RemoteError;

/// Seconds for which it is remembered here that an address still answers: that it is gone is remembered longer, and looked up.
const ANSWERED_S: Seconds = 1;

impl Receiver {
    /// Judges a delivery whose signer is gone.
    /// - `gone`: what is answered where nothing of this is to be seen
    pub(super) async fn last_word(
        &self,
        request: &Incoming,
        inbox_of: Option<&ActorId>,
        gone: Refused,
        (now, until): (Seconds, Instant),
    ) -> Result<(), Refused> {
        let received = activity::read(&request.body)?;
        let actor = received.activity.actor.as_uri().clone();
        if self.0.hosts.is_near(&ActorId::new(actor.as_str())) {
            return Err(gone);
        }
        activity::judge(&received, &self.0.peers)?;
        // Whoever makes this up uses up no more than what all who do may, and nothing of those they name.
        let origin = actor.origin();
        if !(self.0.unlimited_loopback && origin.is_loopback()) {
            let often = |wait| Refused::new(429, "too-often", format!("try again in {wait} s")).retry(wait);
            self.0.origin_rates.take(&format!("gone {origin}"), now).map_err(often)?;
        }
        let (this, refused) = (self.clone(), gone.clone());
        let seen = in_time(until, async move { this.seen_gone(received, refused).await });
        let authentic = seen.await.unwrap_or_else(|| {
            let why = format!("whether it is gone could not be found out within {KEY_TIMEOUT_S} s");
            Err(Refused::new(429, "key-unavailable", why).retry(60))
        })?;
        match authentic {
            Some(authentic) => self.put(request, inbox_of, None, authentic, now).await,
            None => Ok(()),
        }
    }

    /// The activity, if it says no more than can be seen; `None`: somebody nobody here has anything of says that they are gone.
    async fn seen_gone(&self, received: Received, gone: Refused) -> Result<Option<Authentic>, Refused> {
        let actor = received.activity.actor.as_uri().clone();
        let of_itself = deletes(&received.activity, &actor);
        if of_itself || self.accepts_its_end(&received.activity).await? {
            return match self.is_gone(&actor).await? {
                true => Ok(Some(Authentic { received, found: found("its address is gone", None) })),
                // That was taken before, too, and did nothing.
                false if of_itself => Ok(None),
                false => Err(gone),
            };
        }
        let object = received.activity.object_uri().ok().cloned();
        let Some(object) = object.filter(|_| received.activity.kind == ActivityType::Delete) else { return Err(gone) };
        // What is gone says for itself that it is: whoever deleted it has to be heard, and nobody else.
        if self.0.hosts.of(object.as_str()).is_some() || !self.is_gone(&object).await? {
            return Err(gone);
        }
        self.0.authenticity.unsigned(received).await.map(Some)
    }

    /// Whether it is an `Accept` of what is known here as the `Delete` of its actor.
    async fn accepts_its_end(&self, activity: &Activity) -> Result<bool, Refused> {
        let of = activity.object.first().and_then(Thing::uri).filter(|_| activity.kind == ActivityType::Accept);
        let Some(of) = of else { return Ok(false) };
        let known = self.0.boxes.act(&of.as_str().into()).await.map_err(|error| Refused::store(&error))?;
        let delete = known.and_then(|act| activity::read(&act.raw).ok());
        Ok(delete.is_some_and(|delete| deletes(&delete.activity, activity.actor.as_uri())))
    }

    /// Whether this address says that what was there is gone.
    async fn is_gone(&self, address: &Uri) -> Result<bool, Refused> {
        match self.0.authenticity.remote.actor(&ActorId::new(address.as_str()), ANSWERED_S).await {
            Err(RemoteError::Far(FarError::Gone { status: 410, .. })) => Ok(true),
            Err(RemoteError::Far(error)) if error.is_transient() => Err(Refused::remote(&error.into())),
            Err(RemoteError::Box(error)) => Err(Refused::store(&error)),
            _ => Ok(false),
        }
    }
}

/// Whether an activity deletes this.
fn deletes(activity: &Activity, what: &Uri) -> bool {
    activity.kind == ActivityType::Delete && activity.object_uri().is_ok_and(|object| object == what)
}
