//! How a call can end, and how a turn can stop.

use crate::key::ActorId;
use crate::need::Need;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What became of a call, as its asker learns it. A call has no fourth outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome<T> {
    /// It happened, and this is the answer.
    Done(T),
    /// It did not happen, and nothing was changed.
    Refused(Refusal),
    /// It may have happened or not. Not final: a late answer resumes the asker once more.
    Unknown,
}

impl<T> Outcome<T> {
    /// The same outcome with another answer.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Done(answer) => Outcome::Done(f(answer)),
            Self::Refused(why) => Outcome::Refused(why),
            Self::Unknown => Outcome::Unknown,
        }
    }
}

/// Why a call was refused: for the caller, so it names no private data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Stable name of the reason, such as `not-a-ticket`. Has a page of its own in the manual.
    pub code: String,
    /// One sentence: what was expected, what was found.
    pub summary: String,
    /// The step of a numbered procedure that failed, for those who debug the other side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// What of a protocol asks for it, by the ids that has where it is written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<String>,
}

impl Refusal {
    /// That this actor has ended.
    pub fn gone(actor: &ActorId) -> Self {
        Refusal::new("gone", format!("{actor} has ended"))
    }

    /// A refusal for `code`, explained by `summary`.
    pub fn new(code: impl Into<String>, summary: impl Into<String>) -> Self {
        Self { code: code.into(), summary: summary.into(), step: None, against: Vec::new() }
    }

    /// Names the step of the procedure that failed.
    pub fn at_step(mut self, step: impl Into<String>) -> Self {
        self.step = Some(step.into());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.summary)?;
        if let Some(step) = &self.step {
            write!(f, " (step {step})")?;
        }
        if self.against.is_empty() { Ok(()) } else { write!(f, " [{}]", self.against.join(", ")) }
    }
}

impl std::error::Error for Refusal {}

/// Refuses unless a condition holds. Each check of a method is one such line, or a look-up that finds nothing; a test can
/// switch it off, see [`crate::switch`].
pub fn demand(holds: bool, why: impl FnOnce() -> Refusal) -> Result<(), Halt> {
    if holds {
        return Ok(());
    }
    let why = why();
    if crate::switch::is_off(&why.code) { Ok(()) } else { Err(why.into()) }
}

/// Why a turn stops before its end. Whatever it had done until then is forgotten.
#[derive(Clone, Debug, PartialEq)]
pub enum Halt {
    /// The caller may not have what it asked for.
    Refuse(Refusal),
    /// The turn lacks rows or documents; it is run again from the start when they are at hand.
    Need(Vec<Need>),
    /// What the actor itself stored cannot be read. The message is quarantined, nobody outside is told why.
    Broken(String),
}

impl From<Refusal> for Halt {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse(refusal)
    }
}

impl From<Need> for Halt {
    fn from(need: Need) -> Self {
        Self::Need(vec![need])
    }
}
