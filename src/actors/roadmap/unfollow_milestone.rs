//! UnfollowMilestone: somebody wants to be told of one milestone no more.

use crate::roadmap::follow_milestone::unfollow;
use crate::roadmap::milestone::MILESTONE_FOLLOWERS;
use crate::roadmap::{MilestoneNo, Roadmap};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes the follow of a milestone back. Needs no Grant: it is the follower's own.
///
/// Source: ForgeFed, the handler of `Undo` of Roadmap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnfollowMilestone {
    /// Which milestone.
    pub milestone: MilestoneNo,
}

impl Method<Roadmap> for UnfollowMilestone {
    type Answer = ();

    fn turn(self, _: &mut Roadmap, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let place = (self.milestone, turn.caller().id().clone());
        demand(MILESTONE_FOLLOWERS.has(turn, &place)?, || {
            Refusal::new("no-follower", format!("{} does not follow", place.1))
        })?;
        unfollow(turn, self.milestone, &place.1)
    }
}
