//! How much a new account publishes at first, so that one that was made for spam does little before somebody looks.

use crate::limits::DAY_S;
use crate::person::Person;
use crate::person::daily::{self, Daily};
use pritchel_actor::{Halt, Refusal, Rows, Seconds, Turn, Value};
use serde::{Deserialize, Serialize};

/// What an account is bound by until it is old enough. It is as the domain had it when the person registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probation {
    /// Until when.
    pub until: Seconds,
    /// Activities it publishes in a day, by universal time.
    pub a_day: u32,
}

/// How many activities a new account has published, by the day.
pub const PUBLISHED: Daily = Rows::new("published");

/// What is never counted: whoever has spoken may take it back, and whoever is asked may answer.
const FREE: [&str; 6] = ["Undo", "Delete", "Accept", "Reject", "Leave", "Revoke"];

/// Counts what is about to be published.
/// - errors: `new-account` where that is too much for a day; then nothing is counted
pub(crate) fn count(person: &mut Person, turn: &mut Turn<'_>, document: &Value) -> Result<(), Halt> {
    let Some(Probation { until, a_day }) = person.probation else { return Ok(()) };
    let now = turn.now();
    if until <= now {
        person.probation = None;
        return daily::forget(turn, &PUBLISHED);
    }
    if document["type"].as_str().is_some_and(|kind| FREE.contains(&kind)) {
        return Ok(());
    }
    if daily::spend(turn, &PUBLISHED, 1, a_day.into())?.is_none() {
        return Ok(());
    }
    let days = (until - now + DAY_S - 1) / DAY_S;
    let why = format!("a new account publishes at most {a_day} activities a day, for {days} more days: go on tomorrow");
    Err(Refusal::new("new-account", why).into())
}
