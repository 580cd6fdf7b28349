//! DeleteMilestone: a milestone goes.

use crate::access::{Role, require};
use crate::common::resource::spread;
use crate::limits::FOLLOWERS_KEPT_S;
use crate::roadmap::milestone::{MILESTONES, milestone, onlookers};
use crate::roadmap::{ForgetMilestoneRows, MilestoneNo, Roadmap};
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Deletes a milestone: its address is gone, its number is not used again. Who follows sees the `Accept`.
///
/// Source: ForgeFed, "Delete milestone".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeleteMilestone {
    /// Which milestone.
    pub milestone: MilestoneNo,
}

impl Method<Roadmap> for DeleteMilestone {
    type Answer = ();

    fn turn(self, roadmap: &mut Roadmap, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(roadmap, turn, Role::Write)?;
        let milestone = milestone(turn, self.milestone)?;
        let count = if milestone.is_open() { &mut roadmap.open } else { &mut roadmap.closed };
        *count = count.saturating_sub(1);
        MILESTONES.remove(turn, &self.milestone);
        turn.after::<Roadmap>(FOLLOWERS_KEPT_S, ForgetMilestoneRows { milestone: self.milestone })?;
        spread(turn, onlookers(self.milestone))
    }
}
