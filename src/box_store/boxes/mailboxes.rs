//! What lies in each mailbox, as counts in memory: who may still put something in. Rebuilt at open from the mailbox rows.

use std::collections::{BTreeMap, HashMap};

use pritchel_actor::ActorId;
use pritchel_actor::limits::{MAILBOX_MAX, MAILBOX_PER_SENDER_MAX};
use pritchel_actor::message::{Arrival, Message, What};

/// Why a mailbox takes no further message of a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    Mailbox,
    Quota,
}

/// The mailboxes that are not empty.
#[derive(Default)]
pub(crate) struct Mailboxes(BTreeMap<ActorId, Mailbox>);

#[derive(Default)]
struct Mailbox {
    /// Each message with its sender, if it is counted.
    waiting: BTreeMap<Arrival, Option<ActorId>>,
    counted: usize,
    senders: HashMap<ActorId, usize>,
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
        let Some(mailbox) = self.0.get(to) else { return Ok(()) };
        if mailbox.counted >= MAILBOX_MAX {
            return Err(Full::Mailbox);
        }
        if mailbox.senders.get(sender).is_some_and(|count| *count >= MAILBOX_PER_SENDER_MAX) {
            return Err(Full::Quota);
        }
        Ok(())
    }

    /// Counts a message. Asking whether there is room is the caller's.
    pub fn add(&mut self, to: &ActorId, arrival: Arrival, sender: Option<ActorId>) {
        let mailbox = self.0.entry(to.clone()).or_default();
        if let Some(sender) = &sender {
            mailbox.counted += 1;
            *mailbox.senders.entry(sender.clone()).or_default() += 1;
        }
        mailbox.waiting.insert(arrival, sender);
    }

    /// Takes a message out; `None` if it is not there, else the sender it was counted for.
    pub fn remove(&mut self, to: &ActorId, arrival: Arrival) -> Option<Option<ActorId>> {
        let mailbox = self.0.get_mut(to)?;
        let sender = mailbox.waiting.remove(&arrival)?;
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
            self.0.remove(to);
        }
        Some(sender)
    }

    /// Actors after `after` with mail, in the order of their addresses.
    pub fn owners(&self, after: Option<&ActorId>, limit: usize) -> Vec<ActorId> {
        let from = after.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        self.0.range((from, std::ops::Bound::Unbounded)).take(limit).map(|(actor, _)| actor.clone()).collect()
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
        for arrival in 2..=arrival {
            boxes.remove(&to, arrival);
        }
        assert!(boxes.owners(None, 10).is_empty() && boxes.0.is_empty());
    }
}
