//! CloseMilestone: a milestone is reached, or given up.

use crate::access::{Role, require};
use crate::common::resource::spread;
use crate::roadmap::milestone::{MILESTONES, milestone, onlookers};
use crate::roadmap::{MilestoneNo, Roadmap};
use crate::ticket_tracker::ticket::{Resolved, act_id};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Closes a milestone.
///
/// Source: ForgeFed, "Close milestone".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CloseMilestone {
    /// Which milestone.
    pub milestone: MilestoneNo,
}

impl Method<Roadmap> for CloseMilestone {
    type Answer = ();

    fn turn(self, roadmap: &mut Roadmap, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(roadmap, turn, Role::Write)?;
        let mut milestone = milestone(turn, self.milestone)?;
        demand(milestone.is_open(), || {
            Refusal::new("already-closed", format!("milestone {} is closed", self.milestone))
        })?;
        milestone.resolved = Some(Resolved { by: turn.caller().id().clone(), at: turn.now(), act: act_id(turn)? });
        MILESTONES.put(turn, &self.milestone, &milestone);
        roadmap.open = roadmap.open.saturating_sub(1);
        roadmap.closed += 1;
        spread(turn, onlookers(self.milestone))
    }
}
