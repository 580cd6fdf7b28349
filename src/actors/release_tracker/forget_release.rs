//! ForgetRelease: the comments on a deleted release go, a bounded number of them a turn.

use crate::release_tracker::release::RELEASES;
use crate::release_tracker::{ReleaseNo, ReleaseTracker};
use crate::ticket_tracker::forget_ticket::{comments, only_itself};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Private, by the tracker itself: goes on where the turn before has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForgetRelease {
    /// Which release.
    pub release: ReleaseNo,
}

impl Method<ReleaseTracker> for ForgetRelease {
    type Answer = ();

    fn turn(self, _: &mut ReleaseTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_itself(turn)?;
        // A number is not used again: what has this number is of the deleted release.
        demand(!RELEASES.has(turn, &self.release)?, || {
            Refusal::new("not-deleted", format!("release {} is there", self.release))
        })?;
        forget(turn, self.release)
    }
}

/// Removes as many comments as a turn may, and goes on in another one if that were not all.
pub(super) fn forget(turn: &mut Turn<'_>, release: ReleaseNo) -> Result<(), Halt> {
    if comments(turn, release)? {
        return Ok(());
    }
    let me = turn.myself::<ReleaseTracker>();
    turn.call(&me, ForgetRelease { release })
}
