//! MilestoneDeletion: somebody has a milestone of the tracker's roadmap deleted.

use crate::common::resource::{followers, inhabited};
use crate::release_tracker::ReleaseTracker;
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Passes the `Delete` on to those who follow the tracker: what becomes of the milestone, the roadmap itself will say.
///
/// Source: ForgeFed, the handler of `Delete` of ReleaseTracker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MilestoneDeletion {
    /// The milestone's address.
    pub milestone: String,
}

impl Method<ReleaseTracker> for MilestoneDeletion {
    type Answer = ();

    fn turn(self, tracker: &mut ReleaseTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        turn.forward(inhabited([(followers(), tracker.resource.followers)]))
    }
}
