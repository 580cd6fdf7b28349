//! MilestoneGone: the roadmap has deleted a milestone.

use crate::release_tracker::ReleaseTracker;
use crate::release_tracker::forget_milestone::forget;
use crate::tie::TieKind;
use crate::tie::rows::uses;
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// The roadmap's own `Accept` of the `Delete` of a milestone: no release brings it any more.
///
/// Source: ForgeFed, the handler of `Accept` of ReleaseTracker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MilestoneGone {
    /// The milestone's address.
    pub milestone: String,
}

impl Method<ReleaseTracker> for MilestoneGone {
    type Answer = ();

    fn turn(self, _: &mut ReleaseTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        demand(uses(turn, TieKind::Roadmap, &caller)?, || {
            Refusal::new("not-the-roadmap", format!("{caller} is not the roadmap of this tracker"))
        })?;
        forget(turn, &caller, self.milestone)
    }
}
