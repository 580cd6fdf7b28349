//! Messages: what lies in a mailbox. The mailbox holds the act or the call, never what the gate made of it.

use crate::act::Act;
use crate::facet::FacetToken;
use crate::key::{ActId, ActorId, Seconds};
use crate::outcome::{Outcome, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// Place of a message in its mailbox: greater means later.
pub type Arrival = u64;

/// Name of a question not yet answered: the act that asks, or a number of the asker's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PromiseId(pub String);

/// Name of a set timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimerId(pub u64);

/// One message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who is behind it: for an act its author, for a timer the actor itself. Order, identity and quota are this actor's.
    pub from: ActorId,
    /// When it was accepted.
    pub at: Seconds,
    /// What it says.
    pub what: What,
}

impl Message {
    /// How an act was found to be authentic, as whoever carried it has written it down; `None` for all else.
    pub fn carried(&self) -> Option<Arc<Value>> {
        match &self.what {
            What::Act { how, .. } => Some(how.clone()),
            What::Call { .. } | What::Answer { .. } | What::Due(_) => None,
        }
    }

    /// The answer to a message that was sent where there is no actor; `None` if it asks nothing. An act may ask something of
    /// several: its author's own turn sees whether this one was asked.
    pub fn sent_back(&self, nobody: &ActorId, at: Seconds) -> Option<Self> {
        let promise = match &self.what {
            What::Call { promise, .. } => promise.clone()?,
            What::Act { id, .. } => PromiseId(id.as_str().to_owned()),
            What::Answer { .. } | What::Due(_) => return None,
        };
        let why = Refusal::new("no-such-actor", format!("there is no actor {nobody} on this node"));
        let what = What::Answer { promise, outcome: Outcome::Refused(why) };
        Some(Self { from: nobody.clone(), at, what })
    }
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// An act, which is kept once for the whole node.
    Act {
        /// The act's address.
        id: ActId,
        /// How it was found to be authentic, for those who inspect it.
        how: Arc<Value>,
    },
    /// A private call.
    Call {
        /// `{"method": …, "args": …}`.
        call: Value,
        /// The facet it came through.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        facet: Option<FacetToken>,
        /// The asker's promise, if it wants the answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        promise: Option<PromiseId>,
    },
    /// The answer to a private call or a job of this actor.
    Answer {
        /// The promise it was asked under.
        promise: PromiseId,
        /// How it ended.
        outcome: Outcome<Value>,
    },
    /// Something this actor wanted to be reminded of has become due.
    Due(Due),
}

/// What can become due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// A timer.
    Timer(TimerId),
    /// A promise whose answer has not come.
    Overdue(PromiseId),
    /// Acts kept early for this one, which has not come.
    Early(ActId),
}

/// A message with its place and, for an act, the act itself.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Its place in the mailbox.
    pub arrival: Arrival,
    /// The message.
    pub message: Arc<Message>,
    /// The act, if the message is one.
    pub act: Option<Arc<Act>>,
}
