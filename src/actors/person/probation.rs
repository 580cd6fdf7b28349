//! How much a new account publishes at first, so that one that was made for spam does little before somebody looks.

use crate::limits::DAY_S;
use crate::person::Person;
use pritchel_actor::{Halt, Page, Refusal, Rows, Seconds, Turn, Value, demand};
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
pub const PUBLISHED: Rows<u64, u32> = Rows::new("published");

/// What is never counted: whoever has spoken may take it back, and whoever is asked may answer.
const FREE: [&str; 6] = ["Undo", "Delete", "Accept", "Reject", "Leave", "Revoke"];

/// Counts what is about to be published.
/// - errors: `new-account` where that is too much for a day; then nothing is counted
pub(crate) fn count(person: &mut Person, turn: &mut Turn<'_>, document: &Value) -> Result<(), Halt> {
    let Some(Probation { until, a_day }) = person.probation else { return Ok(()) };
    let (now, day) = (turn.now(), u64::try_from(turn.now() / DAY_S).unwrap_or_default());
    let over = until <= now;
    // One row a day, and nobody asks for those of other days.
    for (other, _) in PUBLISHED.page(turn, Page::first(&[], 4))? {
        if over || other != day {
            PUBLISHED.remove(turn, &other);
        }
    }
    if over {
        person.probation = None;
        return Ok(());
    }
    if document["type"].as_str().is_some_and(|kind| FREE.contains(&kind)) {
        return Ok(());
    }
    let before = PUBLISHED.get(turn, &day)?.unwrap_or_default();
    demand(before < a_day, || {
        let days = (until - now + DAY_S - 1) / DAY_S;
        let why =
            format!("a new account publishes at most {a_day} activities a day, for {days} more days: go on tomorrow");
        Refusal::new("new-account", why)
    })?;
    PUBLISHED.put(turn, &day, &(before + 1));
    Ok(())
}
