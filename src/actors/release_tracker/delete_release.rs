//! DeleteRelease: a release goes, with its comments.

use crate::access::{Role, require};
use crate::common::resource::spread;
use crate::release_tracker::forget_release::forget;
use crate::release_tracker::release::{RELEASE_TAGS, RELEASES, onlookers, release};
use crate::release_tracker::{ReleaseNo, ReleaseTracker};
use crate::ticket_tracker::planned::PLANNED;
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Deletes a release: its address is gone, its number is not used again; its tag can be released anew. The roadmap whose
/// milestones it brought sees it.
///
/// Source: ForgeFed, "Delete release".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeleteRelease {
    /// Which release.
    pub release: ReleaseNo,
}

impl Method<ReleaseTracker> for DeleteRelease {
    type Answer = ();

    fn turn(self, tracker: &mut ReleaseTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(tracker, turn, Role::Write)?;
        let release = release(turn, self.release)?;
        for planned in &release.milestones {
            PLANNED.remove(turn, &(planned.milestone.clone(), self.release));
        }
        RELEASES.remove(turn, &self.release);
        RELEASE_TAGS.remove(turn, &(release.origin.repository.clone(), release.tag.to_string()));
        tracker.releases = tracker.releases.saturating_sub(1);
        forget(turn, self.release)?;
        spread(turn, onlookers(tracker, &release))
    }
}
