//! Upkeep: after some pushes git packs what they brought, in a job outside turns, at most once a day. The repository decides
//! when; whoever runs git does it, so that any runner or pump goes on with it after a restart.
//!
//! Source: ours. Without it each push leaves loose objects or a pack of its own, and every clone and page becomes slower.

use crate::limits::{MAINTAIN_EVERY_S, MAINTAIN_PUSHES};
use crate::repository::Repository;
use pritchel_actor::{Halt, Method, Outcome, Refusal, Seconds, Turn, Value, demand};
use serde::{Deserialize, Serialize};

/// The kind of job that puts a repository in order on disk. It has no arguments, and what it brings says nothing.
pub const MAINTAIN_JOB: &str = "maintain";

/// How far a repository is in order on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upkeep {
    /// Pushes since it was last asked for.
    pub pushes: u32,
    /// When it was last asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Seconds>,
    /// Whether it is under way, or a timer is set for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub awaited: bool,
}

impl Upkeep {
    /// Whether nobody has pushed yet.
    pub fn is_untouched(&self) -> bool {
        *self == Self::default()
    }

    /// Counts a push that has moved something.
    pub fn pushed(&mut self, turn: &mut Turn<'_>) -> Result<(), Halt> {
        self.pushes = self.pushes.saturating_add(1);
        self.ask(turn)
    }

    /// Asks for it if it is due; sets a timer if it is wanted and was done less than a day ago.
    fn ask(&mut self, turn: &mut Turn<'_>) -> Result<(), Halt> {
        if self.awaited || self.pushes < MAINTAIN_PUSHES {
            return Ok(());
        }
        self.awaited = true;
        let wait_s = self.since.map_or(0, |since| since.saturating_add(MAINTAIN_EVERY_S).saturating_sub(turn.now()));
        if wait_s > 0 {
            turn.after::<Repository>(wait_s, Maintain {})?;
            return Ok(());
        }
        self.begin(turn)
    }

    fn begin(&mut self, turn: &mut Turn<'_>) -> Result<(), Halt> {
        *self = Self { pushes: 0, since: Some(turn.now()), awaited: true };
        turn.job::<Repository>(MAINTAIN_JOB, Value::Null, Maintained {})
    }
}

/// Private, by a timer of its own: has git put the repository in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Maintain {}

impl Method<Repository> for Maintain {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand(turn.caller().id() == turn.me(), || {
            Refusal::new("not-oneself", "a repository is put in order when it says so itself")
        })?;
        repository.upkeep.begin(turn)
    }
}

/// Git has put the repository in order, or could not: then it is tried again after as many pushes more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Maintained {}

impl Method<Repository> for Maintained {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        // Unknown is not final: the answer may still come.
        let _: Outcome<Value> = turn.outcome()?;
        repository.upkeep.awaited = false;
        repository.upkeep.ask(turn)
    }
}
