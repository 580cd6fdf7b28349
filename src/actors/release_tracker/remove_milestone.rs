//! RemoveMilestone: a release brings a milestone no more.

use crate::access::{Role, require};
use crate::common::resource::spread;
use crate::release_tracker::release::{RELEASES, onlookers, release};
use crate::release_tracker::{ReleaseNo, ReleaseTracker};
use crate::ticket_tracker::planned::PLANNED;
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes a milestone from among those of a release. The roadmap sees it.
///
/// Source: ForgeFed, "Unassociate milestone".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RemoveMilestone {
    /// Which release.
    pub release: ReleaseNo,
    /// The address of the milestone.
    pub milestone: String,
}

impl Method<ReleaseTracker> for RemoveMilestone {
    type Answer = ();

    fn turn(self, tracker: &mut ReleaseTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(tracker, turn, Role::Write)?;
        let mut release = release(turn, self.release)?;
        let told = onlookers(tracker, &release);
        let before = release.milestones.len();
        release.milestones.retain(|planned| planned.milestone != self.milestone);
        demand(release.milestones.len() < before, || {
            Refusal::new("not-planned", format!("release {} does not bring {}", self.release, self.milestone))
        })?;
        PLANNED.remove(turn, &(self.milestone, self.release));
        RELEASES.put(turn, &self.release, &release);
        spread(turn, told)
    }
}
