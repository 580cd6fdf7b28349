//! What enters the boxes from outside of turns: acts from far, messages of the node itself, planted actors.

use std::collections::BTreeSet;
use std::sync::Arc;

use pritchel_actor::limits::{MAILBOX_MAX, MAILBOX_PER_SENDER_MAX};
use pritchel_actor::message::{Message, What};
use pritchel_actor::{Act, ActId, ActorId, BoxError, Left, Seconds, Stored, Value};

use super::inside::{Draft, Inside, Shared, Step};
use super::mailboxes::Full;
use super::{BoxStore, codec, commit_error, effects};
use crate::contract::{CommitError, Key, Query, Row};
use crate::keys;
use crate::limits::{ACT_BYTES_MAX, RANGE_ROWS_MAX, RECEIVE_TRIES, RECEIVERS_MAX};
use crate::work::lane;

/// Why an act from far, or a message, was not put into the mailboxes. None of them has it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiveError {
    /// There is no such actor here.
    #[error("there is no actor {actor} on this node")]
    NoActor {
        /// The address.
        actor: ActorId,
    },
    /// The mailbox is full, or something of the same sender waits for room in it.
    #[error("the mailbox of {actor} is full: it holds {MAILBOX_MAX} messages")]
    Full {
        /// Whose mailbox.
        actor: ActorId,
    },
    /// The sender has as many messages in this mailbox as one sender may.
    #[error("{sender} has {MAILBOX_PER_SENDER_MAX} messages waiting for {actor}, the most one sender may have")]
    QuotaFull {
        /// Whose mailbox.
        actor: ActorId,
        /// Whose messages.
        sender: ActorId,
    },
    /// The body is too large.
    #[error("an act has at most {ACT_BYTES_MAX} bytes, this one has {found}")]
    TooLarge {
        /// Its size.
        found: usize,
    },
    /// Too many receivers at once.
    #[error("an act is received by at most {RECEIVERS_MAX} actors at once, this one by {found}")]
    TooMany {
        /// How many.
        found: usize,
    },
    /// An act of another author has this id.
    #[error("{id} is an act of another author")]
    AnotherAct {
        /// The id.
        id: ActId,
    },
    /// Its author has sent another body under this id.
    #[error("{id} is known with another body")]
    AnotherBody {
        /// The id.
        id: ActId,
        /// The bytes it is known with.
        known: Arc<[u8]>,
        /// The bytes that came now.
        sent: Arc<[u8]>,
    },
    /// The boxes failed.
    #[error(transparent)]
    Failed(#[from] BoxError),
}

impl BoxStore {
    /// Makes actors from outside any turn, as the root of a node is made, with directory rows `(kind, key, value)`. All or
    /// none: an address already taken is answered [`BoxError::Taken`].
    pub async fn plant(
        &self,
        actors: Vec<(ActorId, Stored)>,
        directory: Vec<(String, String, Value)>,
    ) -> Result<(), BoxError> {
        self.shared.store.room().await;
        let (pending, _, ()) = self.shared.submit(|shared, inside, draft| {
            for (id, stored) in &actors {
                effects::plant(shared, inside, draft, id, stored)?;
            }
            for (kind, key, value) in directory {
                crate::directory::put_directory(inside, draft, &kind, &key, Some(value))?;
            }
            Ok::<_, BoxError>(())
        })?;
        pending.await.map_err(commit_error)
    }

    /// Puts an authentic act from far into the mailboxes of near actors: durable when this resolves, for all or for none. Of
    /// two acts with the same id and author the first one's body is kept.
    /// - `how`: how it was found to be authentic
    /// - `to`: at most [`RECEIVERS_MAX`]; none is no error, and then nothing is kept
    pub async fn receive(&self, act: Arc<Act>, how: Value, to: &[ActorId], at: Seconds) -> Result<Left, ReceiveError> {
        self.receive_same(act, how, to, at, |_| true).await
    }

    /// The same, but an act that is known with a body that is not `same` is refused with [`ReceiveError::AnotherBody`].
    pub async fn receive_same(
        &self,
        act: Arc<Act>,
        how: Value,
        to: &[ActorId],
        at: Seconds,
        same: impl Fn(&Act) -> bool,
    ) -> Result<Left, ReceiveError> {
        if act.raw.len() > ACT_BYTES_MAX {
            return Err(ReceiveError::TooLarge { found: act.raw.len() });
        }
        let to: BTreeSet<&ActorId> = to.iter().collect();
        if to.len() > RECEIVERS_MAX {
            return Err(ReceiveError::TooMany { found: to.len() });
        }
        if to.is_empty() {
            return Ok(Left::default());
        }
        let bytes = codec::encode_act(&act)?;
        let what = What::Act { id: act.id.clone(), how: Arc::new(how) };
        let message = Arc::new(Message { from: act.author.clone(), at, what });
        for attempt in 0..RECEIVE_TRIES {
            self.shared.store.room().await;
            // Under load a read waits for a sync. Nearly every act that arrives is new: at first this is only required.
            let known = match attempt {
                0 if self.shared.lock().present.holds_all(&to) => self.shared.acts().get(&act.id),
                _ => self.known_where(&act.id, &to).await?,
            };
            match known.as_ref() {
                Some(known) if known.author != act.author => {
                    return Err(ReceiveError::AnotherAct { id: act.id.clone() });
                }
                Some(known) if !same(known) => {
                    let (id, known, sent) = (act.id.clone(), known.raw.clone(), act.raw.clone());
                    return Err(ReceiveError::AnotherBody { id, known, sent });
                }
                _ => {}
            }
            let (pending, left, ()) = self.shared.submit(|_, inside, draft| {
                if known.is_none() {
                    draft.require.push((keys::act(&act.id), None));
                    inside.put(draft, keys::act(&act.id), bytes.clone())?;
                    draft.trail.push(Step::Act(act.clone()));
                }
                to.iter().try_for_each(|to| admit(inside, draft, to, &message))
            })?;
            match pending.await {
                Ok(()) => return Ok(left),
                // Another one with this id came in between: it is read, and its body kept.
                Err(CommitError::Conflict { .. }) => {}
                Err(error) => return Err(commit_error(error).into()),
            }
        }
        Err(BoxError::Failed(format!("{} is received by others again and again", act.id)).into())
    }

    /// The act with this id, if it is known; refused if one of these actors is not here.
    async fn known_where(&self, id: &ActId, to: &BTreeSet<&ActorId>) -> Result<Option<Arc<Act>>, ReceiveError> {
        for actor in to {
            self.must_be_near(actor)?;
        }
        let cached = self.shared.acts().get(id);
        let mut wanted: Vec<Key> = to.iter().map(|actor| keys::turn(actor)).collect();
        wanted.extend(cached.is_none().then(|| keys::act(id)));
        let mut found = self.shared.whole.get(wanted).await?.into_iter();
        for actor in to {
            if found.next().flatten().is_none() {
                return Err(ReceiveError::NoActor { actor: (*actor).clone() });
            }
        }
        self.shared.lock().present.add_all(to);
        match (cached, found.next().flatten()) {
            (None, Some(_)) => Ok(self.act(id).await?),
            (cached, _) => Ok(cached),
        }
    }

    /// Puts a message of the node itself into a mailbox, whether or not that is full: the result of a job, an answer.
    pub async fn post(&self, to: &ActorId, message: Message) -> Result<Left, ReceiveError> {
        self.must_exist(to).await?;
        self.shared.store.room().await;
        let (pending, left, ()) = self.shared.submit(|_, inside, draft| inside.mail(draft, to, Arc::new(message)))?;
        pending.await.map_err(commit_error)?;
        Ok(left)
    }

    /// Near actors after `after` that have mail, in the order of their addresses; those whose mail is not durable yet
    /// included. To be asked at the start, and by every pump.
    pub fn actors_with_mail(&self, after: Option<&ActorId>, limit: usize) -> Vec<ActorId> {
        self.shared.lock().mailboxes.owners(after, limit)
    }

    /// Messages that wait in all mailboxes.
    pub fn mail_waiting(&self) -> usize {
        self.shared.lock().mailboxes.waiting()
    }

    /// Takes the mail away that was sent to an address where no actor is; see [`Boxes::send_back`](pritchel_actor::Boxes).
    pub(super) async fn return_mail(&self, nobody: &ActorId, at: Seconds) -> Result<Left, BoxError> {
        match self.must_exist(nobody).await {
            Err(ReceiveError::NoActor { .. }) => {}
            Err(ReceiveError::Failed(error)) => return Err(error),
            _ => return Err(BoxError::Taken { address: nobody.clone() }),
        }
        let mut all = Left::default();
        loop {
            let page = Query::prefix(&keys::mailbox(nobody), RANGE_ROWS_MAX);
            let rows = self.shared.whole.rows(page).await?;
            if rows.is_empty() {
                return Ok(all);
            }
            self.shared.store.room().await;
            let (pending, left, ()) = self.shared.submit(|shared, inside, draft| {
                // It must still be nobody's when the mail goes.
                draft.require.push((keys::turn(nobody), None));
                rows.iter().try_for_each(|row| return_one(shared, inside, draft, at, row))
            })?;
            pending.await.map_err(commit_error)?;
            all.mail_for.extend(left.mail_for);
            all.work |= left.work;
        }
    }

    async fn must_exist(&self, actor: &ActorId) -> Result<(), ReceiveError> {
        self.must_be_near(actor)?;
        let no_actor = || ReceiveError::NoActor { actor: actor.clone() };
        self.shared.whole.one(keys::turn(actor)).await?.map(drop).ok_or_else(no_actor)
    }

    fn must_be_near(&self, actor: &ActorId) -> Result<(), ReceiveError> {
        match keys::is_address(actor) && self.shared.addresses.is_near(actor) {
            true => Ok(()),
            false => Err(ReceiveError::NoActor { actor: actor.clone() }),
        }
    }
}

/// Takes one message away, and answers it if it asked something. One that cannot be read goes as well: nobody else will.
fn return_one(
    shared: &Shared,
    inside: &mut Inside,
    draft: &mut Draft,
    at: Seconds,
    (key, value): &Row,
) -> Result<(), BoxError> {
    let (nobody, arrival) = keys::mail_of(key).ok_or_else(|| codec::unreadable(key, "no key of a message"))?;
    inside.take_mail(draft, &nobody, arrival);
    let message: Message = match codec::decode(key, value) {
        Ok(message) => message,
        Err(error) => {
            tracing::error!(actor = %nobody, "A message to `{nobody}`, who is not here, is dropped: {error}");
            return Ok(());
        }
    };
    // A far author was told by whoever received his act.
    match message.sent_back(&nobody, at).filter(|_| shared.addresses.is_near(&message.from)) {
        Some(back) => inside.mail(draft, &message.from, Arc::new(back)),
        None => Ok(()),
    }
}

/// Puts an act from far into a mailbox, if that has room and nothing of the same sender waits for room.
fn admit(inside: &mut Inside, draft: &mut Draft, to: &ActorId, message: &Arc<Message>) -> Result<(), ReceiveError> {
    let sender = &message.from;
    if inside.lanes.get(&lane("near", &[to.as_str(), sender.as_str()])).is_some() {
        return Err(ReceiveError::Full { actor: to.clone() });
    }
    match inside.mailboxes.admit(to, sender) {
        Ok(()) => Ok(inside.mail(draft, to, message.clone())?),
        Err(Full::Mailbox) => Err(ReceiveError::Full { actor: to.clone() }),
        Err(Full::Quota) => Err(ReceiveError::QuotaFull { actor: to.clone(), sender: sender.clone() }),
    }
}
