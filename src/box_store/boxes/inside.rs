//! The one place where batches are made and handed over, under one lock: numbers are given out, counts and lanes are kept, and
//! the store gets the batches in that same order. So a reader that sees a message has seen all before it.
//!
//! What is known in memory is changed when a batch is handed over and corrected if it is refused. Corrections commute, so
//! other batches may come in between. A turn requires the number of the turn before it: if one is refused, so are the turns
//! that were run on its result.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use futures_util::FutureExt;
use pritchel_actor::message::{Arrival, Message, What};
use pritchel_actor::{Act, ActorId, BoxError, Left, Seconds, Value};
use serde_json::json;

use super::acts::ActCache;
use super::large::{self, Whole};
use super::mailboxes::{Mailboxes, counted};
use super::present::Present;
use super::{Addresses, codec};
use crate::contract::{Batch, CommitError, Key, Op, Receipt, Store, Value as Bytes};
use crate::keys;
use crate::limits::NUMBERS_RESERVED;
use crate::work::lanes::{Entry, Lanes};
use crate::work::{ItemRow, NewItem, Task, TaskError, Tell, WorkError, check_lane, lane};

/// Everything the clones of a [`super::BoxStore`] share.
pub(crate) struct Shared {
    pub store: Arc<dyn Store>,
    pub whole: Whole,
    pub addresses: Arc<dyn Addresses>,
    /// Whether these boxes are all there is to the store, see [`Store::is_exclusive`].
    pub exclusive: bool,
    inside: Mutex<Inside>,
    acts: Mutex<ActCache>,
}

/// What is kept in memory.
#[derive(Default)]
pub(crate) struct Inside {
    /// The next number: of an arrival, an item, an entry.
    pub next: u64,
    /// Numbers below this are reserved durably.
    pub reserved: u64,
    pub mailboxes: Mailboxes,
    pub lanes: Lanes,
    pub present: Present,
    /// How many pieces a value may have, for those that may have any.
    pub split: HashMap<Key, u8>,
    /// Batches whose receipts nobody waits for any more.
    orphans: Vec<(Receipt, Vec<Step>)>,
}

/// What is done when a batch is durable or was refused.
pub(crate) enum Step {
    /// A message was put into a mailbox.
    Mail { to: ActorId, arrival: Arrival },
    /// A message was consumed.
    Taken { actor: ActorId, arrival: Arrival, sender: Option<ActorId> },
    /// An item was appended to a lane, with its entry or without.
    Appended { lane: String, backed: bool },
    /// A lane's entry was moved.
    Moved { lane: String, n: u64 },
    /// A value had this many pieces before.
    Split { key: Key, before: u8 },
    /// Numbers up to here were reserved.
    Reserved(u64),
    /// An act came to be known.
    Act(Arc<Act>),
}

/// A batch in the making.
#[derive(Default)]
pub(crate) struct Draft {
    pub require: Vec<(Key, Option<Bytes>)>,
    pub ops: Vec<Op>,
    pub mail_for: BTreeSet<ActorId>,
    pub work: bool,
    pub remind_at: Option<Seconds>,
    pub trail: Vec<Step>,
}

impl Draft {
    /// What the batch leaves to do outside.
    pub fn left(&self) -> Left {
        Left { mail_for: self.mail_for.iter().cloned().collect(), work: self.work, remind_at: self.remind_at }
    }
}

impl Shared {
    /// The boxes over a store, with what was found in it at opening.
    pub fn new(store: Arc<dyn Store>, addresses: Arc<dyn Addresses>, inside: Inside) -> Self {
        let whole = Whole(store.clone());
        let exclusive = store.is_exclusive();
        Self { store, whole, addresses, exclusive, inside: Mutex::new(inside), acts: Mutex::default() }
    }

    /// The memory, with what has become of batches nobody waited for.
    pub fn lock(&self) -> MutexGuard<'_, Inside> {
        let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        for (mut receipt, trail) in std::mem::take(&mut inside.orphans) {
            match (&mut receipt).now_or_never() {
                Some(outcome) => self.settle(&mut inside, trail, outcome.is_ok()),
                None => inside.orphans.push((receipt, trail)),
            }
        }
        inside
    }

    /// The acts kept in memory.
    pub fn acts(&self) -> MutexGuard<'_, ActCache> {
        self.acts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fills a draft and hands it over. What the filling changed in memory is taken back if it fails.
    pub fn submit<T, E>(
        self: &Arc<Self>,
        fill: impl FnOnce(&Self, &mut Inside, &mut Draft) -> Result<T, E>,
    ) -> Result<(Pending, Left, T), E> {
        let mut inside = self.lock();
        let mut draft = Draft::default();
        match fill(self, &mut inside, &mut draft) {
            Ok(filled) => {
                let left = draft.left();
                Ok((self.hand_over(&mut inside, draft), left, filled))
            }
            Err(error) => {
                self.settle(&mut inside, draft.trail, false);
                Err(error)
            }
        }
    }

    fn hand_over(self: &Arc<Self>, inside: &mut Inside, mut draft: Draft) -> Pending {
        if inside.next + NUMBERS_RESERVED / 2 > inside.reserved {
            // In every batch until one of them is durable: then no durable batch has numbers beyond what is reserved.
            let reserved = inside.next + NUMBERS_RESERVED;
            draft.ops.push(reserve(reserved));
            draft.trail.push(Step::Reserved(reserved));
        }
        let receipt = self.store.commit(Batch { require: draft.require, ops: draft.ops });
        Pending { shared: self.clone(), waiting: Some((receipt, draft.trail)) }
    }

    fn settle(&self, inside: &mut Inside, trail: Vec<Step>, done: bool) {
        for step in trail {
            match step {
                Step::Mail { to, arrival } if done => inside.mailboxes.durable(&to, arrival),
                Step::Appended { lane, backed } => inside.lanes.appended(&lane, backed, done),
                Step::Moved { lane, n } if done => inside.lanes.seen(&lane, n),
                Step::Reserved(to) if done => inside.reserved = inside.reserved.max(to),
                Step::Act(act) if done => self.acts().put(act),
                Step::Split { key, .. } if done => {
                    if inside.split.get(&key) == Some(&0) {
                        inside.split.remove(&key);
                    }
                }
                _ if done => {}
                Step::Mail { to, arrival } => drop(inside.mailboxes.remove(&to, arrival)),
                Step::Taken { actor, arrival, sender } => inside.mailboxes.add(&actor, arrival, sender),
                Step::Moved { lane, n } => inside.lanes.doubt(&lane, n),
                Step::Split { key, before } => {
                    let pieces = inside.split.entry(key).or_default();
                    *pieces = before.max(*pieces);
                }
                Step::Reserved(_) | Step::Act(_) => {}
            }
        }
    }
}

/// The row that reserves numbers.
pub(crate) fn reserve(to: u64) -> Op {
    Op::put(keys::meta("numbers"), to.to_string())
}

/// A batch handed over. Resolves when it is durable or was refused; dropping it cancels nothing.
pub(crate) struct Pending {
    shared: Arc<Shared>,
    waiting: Option<(Receipt, Vec<Step>)>,
}

impl Future for Pending {
    type Output = Result<(), CommitError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some((receipt, _)) = &mut self.waiting else {
            return Poll::Ready(Err(CommitError::Failed("a receipt was asked again".to_owned())));
        };
        let Poll::Ready(outcome) = receipt.poll_unpin(context) else { return Poll::Pending };
        if let Some((_, trail)) = self.waiting.take() {
            let mut inside = self.shared.lock();
            self.shared.settle(&mut inside, trail, outcome.is_ok());
        }
        Poll::Ready(outcome)
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            self.shared.lock().orphans.push(waiting);
        }
    }
}

impl Inside {
    /// A number never given out before by this store.
    pub fn number(&mut self) -> u64 {
        let number = self.next;
        self.next += 1;
        number
    }

    /// Puts a value, however large.
    pub fn put(&mut self, draft: &mut Draft, key: Key, value: Vec<u8>) -> Result<(), BoxError> {
        let before = self.split.get(&key).copied().unwrap_or(0);
        let count = large::put(&mut draft.ops, key, value, before)?;
        self.now_split(draft, before, count);
        Ok(())
    }

    /// Removes a value.
    pub fn delete(&mut self, draft: &mut Draft, key: Key) {
        let before = self.split.get(&key).copied().unwrap_or(0);
        large::delete(&mut draft.ops, key, before);
        self.now_split(draft, before, 0);
    }

    /// The last operation of a draft is that of the key: its pieces come before it.
    fn now_split(&mut self, draft: &mut Draft, before: u8, count: u8) {
        if let (true, Some(op)) = (before > 0 || count > 0, draft.ops.last()) {
            let key = op.key().clone();
            self.split.insert(key.clone(), count);
            draft.trail.push(Step::Split { key, before });
        }
    }

    /// Puts a message into a mailbox, full or not.
    pub fn mail(&mut self, draft: &mut Draft, to: &ActorId, message: Arc<Message>) -> Result<(), BoxError> {
        let value = codec::encode(message.as_ref())?;
        let arrival = self.number();
        self.mailboxes.post(to, arrival, message, value.len());
        draft.trail.push(Step::Mail { to: to.clone(), arrival });
        draft.mail_for.insert(to.clone());
        self.put(draft, keys::mail(to, arrival), value)
    }

    /// Takes a message out of a mailbox.
    pub fn take_mail(&mut self, draft: &mut Draft, actor: &ActorId, arrival: Arrival) {
        self.delete(draft, keys::mail(actor, arrival));
        if let Some(sender) = self.mailboxes.remove(actor, arrival) {
            draft.trail.push(Step::Taken { actor: actor.clone(), arrival, sender });
        }
    }

    /// Sends a message to a near actor: into its mailbox if there is room and nothing of this sender waits before it, else to
    /// the end of what waits.
    pub fn send(&mut self, draft: &mut Draft, to: &ActorId, message: Message) -> Result<(), BoxError> {
        if let Some(sender) = counted(to, &message) {
            let waiting = lane("near", &[to.as_str(), sender.as_str()]);
            if self.lanes.get(&waiting).is_some() || self.mailboxes.admit(to, &sender).is_err() {
                let at = message.at;
                return self.task(draft, waiting, at, &Task::Near { to: to.clone(), message });
            }
        }
        self.mail(draft, to, Arc::new(message))
    }

    /// Tells an act: near actors find it in their mailbox, far ones by a delivery.
    pub fn tell(&mut self, addresses: &dyn Addresses, draft: &mut Draft, tell: Tell) -> Result<(), BoxError> {
        let Tell { act, author, sender, to, at } = tell;
        if addresses.is_near(&to) {
            if !keys::is_address(&to) {
                tracing::warn!(actor = %to, act.id = %act, "`{act}` is told nobody: `{to}` is no address of ours");
                return Ok(());
            }
            let what = What::Act { id: act, how: Arc::new(json!({"carried": "near"})) };
            return self.send(draft, &to, Message { from: author, at, what });
        }
        let name = lane("delivery", &[&addresses.origin(&to), sender.as_str()]);
        self.task(draft, name, at, &Task::Delivery { act, sender, to })
    }

    /// Appends a task of this room's own.
    pub fn task(&mut self, draft: &mut Draft, lane: String, at: Seconds, task: &Task) -> Result<(), BoxError> {
        let data = task.to_value().map_err(|e: TaskError| BoxError::Failed(e.to_string()))?;
        self.append(draft, lane, at, data)
    }

    /// Appends an item whose lane's name is not known to be one.
    pub fn append_new(&mut self, draft: &mut Draft, new: NewItem) -> Result<(), WorkError> {
        check_lane(&new.lane)?;
        Ok(self.append(draft, new.lane, new.at, new.data)?)
    }

    fn append(&mut self, draft: &mut Draft, lane: String, at: Seconds, data: Value) -> Result<(), BoxError> {
        let row = ItemRow { at, attempt: 0, first_failed: None, data };
        self.append_row(draft, lane, &row)
    }

    /// Appends an item as it is.
    pub fn append_row(&mut self, draft: &mut Draft, lane: String, row: &ItemRow) -> Result<(), BoxError> {
        let value = codec::encode(row)?;
        let seq = self.number();
        let next = &mut self.next;
        let entry = self.lanes.append(&lane, seq, row.at, || {
            *next += 1;
            *next - 1
        });
        draft.trail.push(Step::Appended { lane: lane.clone(), backed: entry.is_some() });
        if let Some((due, entry)) = entry {
            draft.ops.push(Op::put(keys::due(&lane, due), codec::encode(&entry)?));
        }
        draft.work |= keys::lane_kind(&lane) != "remind";
        self.put(draft, keys::item(&lane, seq), value)
    }

    /// Moves a lane's entry, on condition that it is where it is thought to be.
    pub fn move_entry(
        &mut self,
        draft: &mut Draft,
        lane: &str,
        from: (Seconds, Entry),
        to: (Seconds, bool),
    ) -> Result<u64, BoxError> {
        self.require_entry(draft, lane, from)?;
        let entry = Entry { n: self.number(), held: to.1 };
        draft.ops.push(Op::delete(keys::due(lane, from.0)));
        draft.ops.push(Op::put(keys::due(lane, to.0), codec::encode(&entry)?));
        self.lanes.place(lane, from.1.n, to.0, entry);
        draft.trail.push(Step::Moved { lane: lane.to_owned(), n: entry.n });
        Ok(entry.n)
    }

    /// Removes the entry of a lane that is empty, on condition that it is where it is thought to be.
    pub fn remove_entry(&mut self, draft: &mut Draft, lane: &str, from: (Seconds, Entry)) -> Result<(), BoxError> {
        self.require_entry(draft, lane, from)?;
        draft.ops.push(Op::delete(keys::due(lane, from.0)));
        self.lanes.remove(lane, from.1.n);
        Ok(())
    }

    /// Requires that an entry is where it is thought to be.
    pub fn require_entry(&self, draft: &mut Draft, lane: &str, at: (Seconds, Entry)) -> Result<(), BoxError> {
        draft.require.push((keys::due(lane, at.0), Some(codec::encode(&at.1)?.into())));
        Ok(())
    }
}
