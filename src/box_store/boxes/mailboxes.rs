//! What lies in each mailbox, as known in memory: who may still put something in, and recent messages themselves, so that an
//! actor that is awake gets its mail without a read of the store. Rebuilt at open from the mailbox rows, without the messages.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use pritchel_actor::ActorId;
use pritchel_actor::limits::{MAILBOX_MAX, MAILBOX_PER_SENDER_MAX};
use pritchel_actor::message::{Arrival, Message, What};

use crate::limits::MAIL_KEPT_BYTES_MAX;

/// Why a mailbox takes no further message of a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    Mailbox,
    Quota,
}

/// A message and its place.
pub(crate) type Posted = (Arrival, Arc<Message>);

/// The mailboxes that are not empty.
#[derive(Default)]
pub(crate) struct Mailboxes {
    by_owner: BTreeMap<ActorId, Mailbox>,
    kept_bytes: usize,
}

#[derive(Default)]
struct Mailbox {
    waiting: BTreeMap<Arrival, Waiting>,
    counted: usize,
    senders: HashMap<ActorId, usize>,
}

struct Waiting {
    /// The sender, if it is counted.
    sender: Option<ActorId>,
    /// The message and its size, if there was room to keep it.
    kept: Option<(Arc<Message>, usize)>,
    /// Whether it is known to be durable: nobody reads it before.
    durable: bool,
}

/// The sender a message is counted for. Answers, what is due, and what an actor tells itself use room that was reserved when
/// they were asked for: they are not counted and always fit.
pub(crate) fn counted(to: &ActorId, message: &Message) -> Option<ActorId> {
    let reserved = matches!(message.what, What::Answer { .. } | What::Due(_)) || message.from == *to;
    (!reserved).then(|| message.from.clone())
}

impl Mailboxes {
    /// Whether `to` takes one more counted message of `sender`.
    pub fn admit(&self, to: &ActorId, sender: &ActorId) -> Result<(), Full> {
        let Some(mailbox) = self.by_owner.get(to) else { return Ok(()) };
        if mailbox.counted >= MAILBOX_MAX {
            return Err(Full::Mailbox);
        }
        if mailbox.senders.get(sender).is_some_and(|count| *count >= MAILBOX_PER_SENDER_MAX) {
            return Err(Full::Quota);
        }
        Ok(())
    }

    /// Counts a message found in the store.
    pub fn add(&mut self, to: &ActorId, arrival: Arrival, sender: Option<ActorId>) {
        self.insert(to, arrival, Waiting { sender, kept: None, durable: true });
    }

    /// Counts a message on its way to the store. Asking whether there is room is the caller's.
    /// - `size_bytes`: of its row
    pub fn post(&mut self, to: &ActorId, arrival: Arrival, message: Arc<Message>, size_bytes: usize) {
        let sender = counted(to, &message);
        let kept = (self.kept_bytes + size_bytes <= MAIL_KEPT_BYTES_MAX).then_some((message, size_bytes));
        self.kept_bytes += kept.as_ref().map_or(0, |(_, bytes)| *bytes);
        self.insert(to, arrival, Waiting { sender, kept, durable: false });
    }

    fn insert(&mut self, to: &ActorId, arrival: Arrival, waiting: Waiting) {
        let mailbox = self.by_owner.entry(to.clone()).or_default();
        if let Some(sender) = &waiting.sender {
            mailbox.counted += 1;
            *mailbox.senders.entry(sender.clone()).or_default() += 1;
        }
        mailbox.waiting.insert(arrival, waiting);
    }

    /// A message is in the store.
    pub fn durable(&mut self, to: &ActorId, arrival: Arrival) {
        if let Some(waiting) = self.by_owner.get_mut(to).and_then(|mailbox| mailbox.waiting.get_mut(&arrival)) {
            waiting.durable = true;
        }
    }

    /// At most `limit` durable messages after `after`; `None` if the store must be asked.
    ///
    /// Messages at the end that are not known to be durable are left out: whoever puts them there wakes their receiver when
    /// they are. One before a durable message may have been refused, of which nobody is told; then the store knows.
    pub fn kept(&self, to: &ActorId, after: Option<Arrival>, limit: usize) -> Option<Vec<Posted>> {
        let Some(mailbox) = self.by_owner.get(to) else { return Some(Vec::new()) };
        let mut posted = Vec::new();
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest = mailbox.waiting.range((from, Bound::Unbounded));
        for (arrival, waiting) in rest.by_ref() {
            if !waiting.durable {
                return rest.all(|(_, later)| !later.durable).then_some(posted);
            }
            posted.push((*arrival, waiting.kept.as_ref()?.0.clone()));
            if posted.len() >= limit {
                break;
            }
        }
        Some(posted)
    }

    /// Takes a message out; `None` if it is not there, else the sender it was counted for.
    pub fn remove(&mut self, to: &ActorId, arrival: Arrival) -> Option<Option<ActorId>> {
        let mailbox = self.by_owner.get_mut(to)?;
        let Waiting { sender, kept, .. } = mailbox.waiting.remove(&arrival)?;
        self.kept_bytes -= kept.map_or(0, |(_, bytes)| bytes);
        if let Some(sender) = &sender {
            mailbox.counted -= 1;
            if let Some(count) = mailbox.senders.get_mut(sender) {
                *count -= 1;
                if *count == 0 {
                    mailbox.senders.remove(sender);
                }
            }
        }
        if mailbox.waiting.is_empty() {
            self.by_owner.remove(to);
        }
        Some(sender)
    }

    /// Messages that wait, of all actors.
    pub fn waiting(&self) -> usize {
        self.by_owner.values().map(|mailbox| mailbox.waiting.len()).sum()
    }

    /// Actors after `after` with mail, in the order of their addresses.
    pub fn owners(&self, after: Option<&ActorId>, limit: usize) -> Vec<ActorId> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.by_owner.range((from, Bound::Unbounded)).take(limit).map(|(actor, _)| actor.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_holds_an_eighth_and_all_senders_the_whole() {
        let (mut boxes, to) = (Mailboxes::default(), ActorId::from("to"));
        let sender = |n: usize| ActorId::new(format!("s{n}"));
        let mut arrival = 0;
        for n in 0..8 {
            for _ in 0..MAILBOX_PER_SENDER_MAX {
                assert_eq!(boxes.admit(&to, &sender(n)), Ok(()));
                arrival += 1;
                boxes.add(&to, arrival, Some(sender(n)));
            }
            let full = if n == 7 { Full::Mailbox } else { Full::Quota };
            assert_eq!(boxes.admit(&to, &sender(n)), Err(full));
        }
        assert_eq!(boxes.admit(&to, &sender(9)), Err(Full::Mailbox));
        boxes.add(&to, arrival + 1, None);
        assert_eq!(boxes.remove(&to, arrival + 1), Some(None), "what is reserved is not counted");
        assert_eq!(boxes.admit(&to, &sender(9)), Err(Full::Mailbox));
        assert_eq!(boxes.remove(&to, 1), Some(Some(sender(0))));
        assert_eq!(boxes.remove(&to, 1), None);
        assert_eq!(boxes.admit(&to, &sender(0)), Ok(()));
        assert_eq!(boxes.owners(None, 10), std::slice::from_ref(&to));
        assert_eq!(boxes.waiting(), MAILBOX_MAX - 1);
        for arrival in 2..=arrival {
            boxes.remove(&to, arrival);
        }
        assert!(boxes.owners(None, 10).is_empty() && boxes.by_owner.is_empty());
    }

    fn posted(boxes: &mut Mailboxes, to: &ActorId, arrival: Arrival, size_bytes: usize) {
        let what = What::Due(pritchel_actor::message::Due::Early("act".into()));
        boxes.post(to, arrival, Arc::new(Message { from: "from".into(), at: arrival as i64, what }), size_bytes);
    }

    fn arrivals(boxes: &Mailboxes, after: Option<Arrival>, limit: usize) -> Option<Vec<Arrival>> {
        let kept = boxes.kept(&"to".into(), after, limit)?;
        assert!(kept.iter().all(|(arrival, message)| message.at == *arrival as i64));
        Some(kept.into_iter().map(|(arrival, _)| arrival).collect())
    }

    #[test]
    fn a_message_is_shown_when_it_and_all_before_it_are_known_to_be_durable() {
        let (mut boxes, to) = (Mailboxes::default(), ActorId::from("to"));
        assert_eq!(arrivals(&boxes, None, 9), Some(vec![]));
        for arrival in 1..=4 {
            posted(&mut boxes, &to, arrival, 10);
        }
        assert_eq!(arrivals(&boxes, None, 9), Some(vec![]), "all are on their way");
        boxes.durable(&to, 1);
        assert_eq!(arrivals(&boxes, None, 9), Some(vec![1]));
        boxes.durable(&to, 3);
        assert_eq!(arrivals(&boxes, None, 9), None, "the second may be durable too, or refused");
        assert_eq!(arrivals(&boxes, None, 1), Some(vec![1]));
        assert_eq!(arrivals(&boxes, Some(2), 9), Some(vec![3]));
        boxes.remove(&to, 2);
        assert_eq!(arrivals(&boxes, None, 9), Some(vec![1, 3]));
    }

    #[test]
    fn what_is_not_kept_is_read_from_the_store() {
        let (mut boxes, to) = (Mailboxes::default(), ActorId::from("to"));
        for (arrival, size_bytes) in [(1, MAIL_KEPT_BYTES_MAX), (2, 1)] {
            posted(&mut boxes, &to, arrival, size_bytes);
            boxes.durable(&to, arrival);
        }
        assert_eq!((arrivals(&boxes, None, 1), arrivals(&boxes, None, 2)), (Some(vec![1]), None));
        assert_eq!(boxes.remove(&to, 1), Some(None));
        posted(&mut boxes, &to, 3, 1);
        boxes.durable(&to, 3);
        assert_eq!(
            (arrivals(&boxes, None, 9), arrivals(&boxes, Some(2), 9)),
            (None, Some(vec![3])),
            "there is room again"
        );
        boxes.remove(&to, 2);
        boxes.add(&to, 2, None);
        assert_eq!(arrivals(&boxes, None, 9), None, "found in the store");
        boxes.remove(&to, 2);
        boxes.remove(&to, 3);
        assert_eq!(boxes.kept_bytes, 0);
    }
}
