//! MergeProposed: what the repository says to a merge.

use crate::patch_tracker::merge_ended::ended;
use crate::patch_tracker::{MergeEnded, PatchTracker};
use crate::ticket_tracker::TicketNo;
use pritchel_actor::{ActId, Halt, Method, Outcome, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// The repository has taken the merge up, and will tell how it ends; or it will not do it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MergeProposed {
    /// The merge request.
    pub ticket: TicketNo,
    /// The `Apply`.
    pub apply: ActId,
}

impl Method<PatchTracker> for MergeProposed {
    type Answer = ();

    fn turn(self, tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let refused = match turn.outcome::<()>()? {
            Outcome::Done(()) => return Ok(()),
            Outcome::Refused(why) => why,
            Outcome::Unknown => Refusal::new("merge-failed", "the repository did not answer"),
        };
        ended(tracker, turn, MergeEnded { ticket: self.ticket, apply: self.apply, outcome: Err(refused) })
    }
}
