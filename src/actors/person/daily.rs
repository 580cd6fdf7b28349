//! What is counted by the day, by universal time.

use crate::limits::DAY_S;
use pritchel_actor::{Halt, Page, Rows, Turn};

/// How much of a day is used up, by the number of the day: one row, since nobody asks for those of other days.
pub type Daily = Rows<u64, u64>;

/// Counts so much more for today, unless that makes more than `most`.
///
/// Answers `None` if it was counted, else how much of today is used up already.
pub fn spend(turn: &mut Turn<'_>, rows: &Daily, more: u64, most: u64) -> Result<Option<u64>, Halt> {
    let today = u64::try_from(turn.now() / DAY_S).unwrap_or_default();
    let used = rows.get(turn, &today)?.unwrap_or_default();
    let all = used.saturating_add(more);
    if all > most {
        return Ok(Some(used));
    }
    forget_but(turn, rows, Some(today))?;
    rows.put(turn, &today, &all);
    Ok(None)
}

/// Counts no more.
pub fn forget(turn: &mut Turn<'_>, rows: &Daily) -> Result<(), Halt> {
    forget_but(turn, rows, None)
}

fn forget_but(turn: &mut Turn<'_>, rows: &Daily, today: Option<u64>) -> Result<(), Halt> {
    // There is one at most; a few more where a clock was set back.
    for (day, _) in rows.page(turn, Page::first(&[], 4))? {
        if Some(day) != today {
            rows.remove(turn, &day);
        }
    }
    Ok(())
}
