//! Promises: questions not yet answered, and how the asker goes on. No stack is kept, so a promise survives a restart.

use crate::facet::Facet;
use crate::key::{ActId, ActorId, Seconds};
use crate::message::{Message, PromiseId, TimerId};
use crate::outcome::Outcome;
use crate::rows::{RowKey, Rows};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What settles a question asked by an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// An acceptance of the act.
    Accept,
    /// An acceptance that names a result.
    AcceptWithResult,
    /// An act that says it fulfils it, such as one that gives what was asked for.
    Fulfilled,
    /// Nothing: the receiver is only told.
    Told,
}

/// An act that answers another, as the domain reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Answering {
    /// The act it answers.
    pub of: ActId,
    /// Which kinds of question it can settle; empty for one that settles any, as a rejection does.
    pub settles: Vec<Settled>,
    /// What it says.
    pub outcome: Outcome<Value>,
}

/// A question not yet answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Promise {
    /// The only actor whose answer counts.
    pub asked: ActorId,
    /// What settles it.
    pub settled: Settled,
    /// The method to go on with: `{"method": …, "args": …}`.
    pub resume: Value,
    /// When the asker is told that the outcome is unknown.
    pub deadline: Seconds,
    /// Whether it has been told so.
    #[serde(default)]
    pub unknown: bool,
}

impl Promise {
    pub(crate) fn takes(&self, answer: &Answering) -> bool {
        answer.settles.is_empty() || answer.settles.contains(&self.settled)
    }
}

/// A timer that has been set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Timer {
    /// The method to call.
    pub call: Value,
    /// When.
    pub at: Seconds,
}

impl RowKey for PromiseId {
    fn encode(&self) -> Vec<u8> {
        self.0.as_bytes().to_vec()
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        Some(Self(String::from_utf8(bytes.to_vec()).ok()?))
    }
}

impl RowKey for TimerId {
    fn encode(&self) -> Vec<u8> {
        self.0.encode()
    }
    fn decode(bytes: &[u8]) -> Option<Self> {
        Some(Self(u64::decode(bytes)?))
    }
}

pub(crate) const PROMISES: Rows<PromiseId, Promise> = Rows::new("~promise");
pub(crate) const TIMERS: Rows<TimerId, Timer> = Rows::new("~timer");
pub(crate) const FACETS: Rows<String, Facet> = Rows::new("~facet");
/// Acts kept early, by the act they wait for.
pub(crate) const EARLY: Rows<(ActId, ActId), Message> = Rows::new("~early");
/// How many acts of one sender are kept early.
pub(crate) const EARLY_COUNT: Rows<ActorId, u64> = Rows::new("~early_count");
