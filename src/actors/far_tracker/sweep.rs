//! What is no longer kept, taken out some rows a turn: all of a tracker that made room, or what its server has no more.

use crate::far_tracker::FarTracker;
use crate::far_tracker::steps::{only_itself, read_on};
use crate::far_tracker::ticket::{FAR_TICKETS, FarKey, drop_one};
use crate::limits::FAR_SWEPT;
use pritchel_actor::{Halt, Method, Page, RowKey, Seconds, Turn};
use serde::{Deserialize, Serialize};

/// What is taken out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sweep {
    /// Everything.
    All,
    /// What was not read since then.
    Before {
        /// The time.
        at: Seconds,
        /// The last ticket that was looked at.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<FarKey>,
    },
}

/// Private, by the actor itself: goes on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepFar {}

impl Method<FarTracker> for SweepFar {
    type Answer = ();

    fn turn(self, far: &mut FarTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_itself(turn)?;
        sweep_on(far, turn)
    }
}

/// Takes out the next rows; reads on where none are left.
pub(super) fn sweep_on(far: &mut FarTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
    let (before, after) = match far.sweep.clone() {
        None => return Ok(()),
        Some(Sweep::All) => (None, None),
        Some(Sweep::Before { at, after }) => (Some(at), after),
    };
    let from = after.as_ref().map(RowKey::encode).unwrap_or_default();
    let page = Page { prefix: &[], after: &from, limit: FAR_SWEPT, newest_first: false };
    let rows = FAR_TICKETS.page(turn, page)?;
    let (last, full) = (rows.last().map(|(key, _)| key.clone()), rows.len() == FAR_SWEPT);
    for (key, ticket) in rows {
        if before.is_none_or(|before| ticket.read < before) {
            drop_one(far, turn, &key, &ticket);
        }
    }
    if !full {
        far.sweep = None;
        return read_on(far, turn);
    }
    far.sweep = Some(match before {
        None => Sweep::All,
        Some(at) => Sweep::Before { at, after: last },
    });
    let me = turn.myself::<FarTracker>();
    turn.call(&me, SweepFar {})
}
