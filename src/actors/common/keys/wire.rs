//! What the worker of keys and other servers are told.

use crate::common::wire::{Tell, publish};
use pritchel_actor::{Halt, Turn, Value};
use pritchel_vocab::ActivityType;
use serde::{Deserialize, Serialize};

/// The kind of job that takes a step with an actor's keys. Its arguments are [`KeyWork`]; it brings the actor's document.
pub const KEY_JOB: &str = "rotate-keys";

/// A step on the way from one key to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyStep {
    /// A new pair is made and shown beside the old one, which still signs.
    Begin,
    /// The new pair signs; the old one is still shown.
    Switch,
    /// The old pair is forgotten.
    Drop,
    /// A new pair is made, and every other is forgotten at once.
    Revoke,
}

/// What the job is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyWork {
    /// The rotation's name. A step of a rotation that was taken already changes nothing.
    pub rotation: String,
    /// The step.
    pub step: KeyStep,
}

/// Tells that the keys have changed, with the actor's whole document.
pub fn announce(turn: &mut Turn<'_>, tell: &Tell, document: Value) -> Result<(), Halt> {
    publish(turn, ActivityType::Update, tell, |draft| draft.object(document))?;
    Ok(())
}
