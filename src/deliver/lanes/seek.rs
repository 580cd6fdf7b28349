//! Acts that somebody waits for: an actor has received an answer to an act it has not seen. The act is fetched from its
//! author's server and put into the actor's mailbox, once.

use std::sync::Arc;

use pritchel_actor::{Act, ActId, ActorId, Clock, Left};
use pritchel_box_store::work::{Extra, Lease, Next, Task, TaskError, Tell, WorkError};
use pritchel_box_store::{Addresses, BoxStore, ReceiveError};
use pritchel_vocab::{Activity, Uri};
use serde_json::json;

use crate::documents::far::{Far, FarDocument};
use crate::hosts::Hosts;
use crate::limits::{BACK_OFF_S, SEEK_ATTEMPTS_MAX};

/// Seeks acts. Cheap to clone.
#[derive(Clone)]
pub struct Seeker {
    pub(crate) boxes: BoxStore,
    pub(crate) hosts: Hosts,
    pub(crate) far: Far,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Seeker {
    /// Seeks the act of the head of a lane. Answers what it left in mailboxes beside the end of the step.
    pub async fn step(&self, lease: &Lease) -> Result<(Next, Extra, Left), WorkError> {
        let Task::Seek { actor, act } = Task::from_value(&lease.item.data)? else {
            return Err(TaskError::Other("expected an act to seek".to_owned()).into());
        };
        let now = self.clock.now();
        let done = |extra| Ok((Next::Done, extra, Left::default()));
        if let Some(known) = self.boxes.act(&act).await? {
            if !self.hosts.is_near(&known.author) {
                // It came by itself: whoever it was meant for has it.
                return done(Extra::default());
            }
            let author = known.author.clone();
            let tell = Tell { act, author: author.clone(), sender: author, to: actor, at: now };
            return done(Extra { tell: vec![tell], ..Extra::default() });
        }
        let Ok(uri) = Uri::parse(act.as_str()) else { return done(Extra::default()) };
        let fetched = match self.far.fetch(&uri).await {
            Ok(fetched) => fetched,
            Err(error) if error.is_transient() && lease.item.attempt + 1 < SEEK_ATTEMPTS_MAX => {
                let at = now + BACK_OFF_S[usize::try_from(lease.item.attempt).unwrap_or_default().min(3)];
                return Ok((Next::Again { at, data: lease.item.data.clone() }, Extra::default(), Left::default()));
            }
            Err(error) => {
                tracing::info!(actor = %actor, act.id = %act, "`{act}`, which `{actor}` waits for, is not to be had: {error}");
                return done(Extra::default());
            }
        };
        let Some(found) = authentic(&act, &fetched) else { return done(Extra::default()) };
        let how = json!({"carried": "fetched", "verdict": "fetched from its server", "at": fetched.at});
        match self.boxes.receive(Arc::new(found), how, &[actor], now).await {
            Ok(left) => Ok((Next::Done, Extra::default(), left)),
            Err(ReceiveError::Failed(error)) => Err(error.into()),
            Err(ReceiveError::Full { .. } | ReceiveError::QuotaFull { .. })
                if lease.item.attempt + 1 < SEEK_ATTEMPTS_MAX =>
            {
                let next = Next::Again { at: now + BACK_OFF_S[0], data: lease.item.data.clone() };
                Ok((next, Extra::default(), Left::default()))
            }
            Err(_) => done(Extra::default()),
        }
    }
}

/// The act, if the document is it, and speaks for an actor of its own server.
fn authentic(act: &ActId, fetched: &FarDocument) -> Option<Act> {
    let activity = Activity::read(&fetched.document).ok()?;
    let own =
        activity.id.as_ref().is_some_and(|id| id.as_str() == act.as_str() && id.origin() == activity.actor.origin());
    let author = ActorId::new(activity.actor.as_str());
    let body = Arc::new(fetched.document.value().clone());
    own.then(|| Act::new(act.clone(), author, body, fetched.document.raw_shared()))
}
