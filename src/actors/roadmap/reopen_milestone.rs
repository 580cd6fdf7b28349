//! ReopenMilestone: the closing of a milestone is undone.

use crate::access::{Role, require};
use crate::common::resource::spread;
use crate::roadmap::milestone::{MILESTONES, milestone, onlookers};
use crate::roadmap::{MilestoneNo, Roadmap};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Reopens a milestone, whoever closed it.
///
/// Source: ForgeFed, "Milestones", reopening.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReopenMilestone {
    /// Which milestone.
    pub milestone: MilestoneNo,
}

impl Method<Roadmap> for ReopenMilestone {
    type Answer = ();

    fn turn(self, roadmap: &mut Roadmap, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(roadmap, turn, Role::Write)?;
        let mut milestone = milestone(turn, self.milestone)?;
        demand(!milestone.is_open(), || Refusal::new("already-open", format!("milestone {} is open", self.milestone)))?;
        milestone.resolved = None;
        MILESTONES.put(turn, &self.milestone, &milestone);
        roadmap.closed = roadmap.closed.saturating_sub(1);
        roadmap.open += 1;
        spread(turn, onlookers(self.milestone))
    }
}
