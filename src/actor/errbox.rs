//! What became of every message: the inbox keeps the outcome of each act, the errbox that of whatever did not go well.

use crate::key::{ActId, ActorId, Seconds};
use crate::outcome::Refusal;
use crate::rows::Rows;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// An inbox item: one act, how it came, what the gate made of it, how that ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InboxItem {
    /// The act.
    pub act: ActId,
    /// Its author.
    pub from: ActorId,
    /// When it was accepted.
    pub accepted: Seconds,
    /// When its turn ended.
    pub handled: Seconds,
    /// How it was found to be authentic.
    pub how: Arc<Value>,
    /// The typed call the gate made of it: `{"method": …, "args": …}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Value>,
    /// How it ended.
    pub ended: Ended,
    /// The documents its turn asked for, with the time each was fetched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<(String, Seconds)>,
}

/// How a message ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// A method did what was asked.
    Done {
        /// Its answer.
        answer: Value,
        /// The act that tells the answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply: Option<ActId>,
    },
    /// A method refused it.
    Refused {
        /// Why.
        why: Refusal,
        /// The act that tells the refusal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply: Option<ActId>,
    },
    /// It settled a question this actor had asked.
    Settled,
    /// It calls for nothing; kept to be seen.
    Noted,
    /// This actor has no method for it.
    Unsupported {
        /// What was expected.
        why: String,
    },
    /// It made its method fail again and again, and was set aside.
    Quarantined {
        /// The failure, for the operator.
        why: String,
    },
}

impl Ended {
    /// Whether it belongs into the errbox.
    pub fn is_trouble(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Unsupported { .. } | Self::Quarantined { .. })
    }
}

/// A line of the errbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrboxLine {
    /// Who sent what went wrong.
    pub from: ActorId,
    /// When.
    pub at: Seconds,
    /// The act, if it was one, and its place in the inbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<(ActId, u64)>,
    /// The private method, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// How it ended.
    pub ended: Ended,
}

/// A published act in its author's outbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutboxItem {
    /// The act.
    pub act: ActId,
    /// When it was published.
    pub at: Seconds,
    /// Whom it names one by one.
    pub to: Vec<ActorId>,
    /// The act that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<ActId>,
}

/// What is remembered of an act that was handled, so that it is never acted on twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Its place in the inbox.
    pub inbox: u64,
    /// The act that answered it: sent again if the act comes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<ActId>,
    /// When it was handled.
    pub at: Seconds,
}

/// Inbox items by place.
pub const INBOX: Rows<u64, InboxItem> = Rows::new("~inbox");
/// Errbox lines by place.
pub const ERRBOX: Rows<u64, ErrboxLine> = Rows::new("~errbox");
/// Outbox items by place.
pub const OUTBOX: Rows<u64, OutboxItem> = Rows::new("~outbox");
/// Places in the outbox by act.
pub const PUBLISHED: Rows<ActId, u64> = Rows::new("~published");
/// Handled acts, by act and author: an id is only as good as who says it.
pub const SEEN: Rows<(ActId, ActorId), Seen> = Rows::new("~seen");
