//! MilestoneGone: the roadmap has deleted a milestone.

use crate::ticket_tracker::Tracks;
use crate::ticket_tracker::forget_milestone::forget;
use crate::tie::TieKind;
use crate::tie::rows::uses;
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// The roadmap's own `Accept` of the `Delete` of a milestone: no ticket is planned for it any more.
///
/// Source: ForgeFed, the handlers of `Accept` of the trackers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MilestoneGone {
    /// The milestone's address.
    pub milestone: String,
}

impl<A: Tracks> Method<A> for MilestoneGone {
    type Answer = ();

    fn turn(self, _tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        demand(uses(turn, TieKind::Roadmap, &caller)?, || {
            let why = format!("{caller} is not the roadmap of this tracker");
            Refusal::new("not-the-roadmap", why)
        })?;
        forget::<A>(turn, &caller, self.milestone)
    }
}
