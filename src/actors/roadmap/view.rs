//! What may be asked about a roadmap, beyond what all resources show.

use crate::access::view::{may_see, not_shown};
use crate::roadmap::milestone::{MILESTONE_FOLLOWERS, MILESTONES};
use crate::roadmap::{Milestone, MilestoneNo, Roadmap};
use pritchel_actor::{ActorId, Halt, Header, Look, Page, RowKey, View};

/// A page of milestones, newest first.
#[derive(Clone, Debug)]
pub struct ViewRoadmap {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// Milestones with smaller numbers than this one; `None` from the newest.
    pub before: Option<MilestoneNo>,
    /// At most so many.
    pub limit: usize,
}

/// A roadmap as its page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct RoadmapShown {
    /// How many milestones are open.
    pub open: u64,
    /// How many are closed.
    pub closed: u64,
    /// The page of milestones.
    pub milestones: Vec<(MilestoneNo, Milestone)>,
}

impl View<Roadmap> for ViewRoadmap {
    type Answer = RoadmapShown;

    fn look(&self, roadmap: &Roadmap, _: &Header, look: &mut Look<'_, '_>) -> Result<RoadmapShown, Halt> {
        may_see(roadmap, look, self.viewer.as_ref())?;
        let after = self.before.map(|before| before.encode()).unwrap_or_default();
        let page = Page { prefix: &[], after: &after, limit: self.limit, newest_first: true };
        let milestones = MILESTONES.page(look, page)?;
        Ok(RoadmapShown { open: roadmap.open, closed: roadmap.closed, milestones })
    }
}

/// One milestone.
#[derive(Clone, Debug)]
pub struct ViewMilestone {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// Its number.
    pub number: MilestoneNo,
}

impl View<Roadmap> for ViewMilestone {
    type Answer = Milestone;

    fn look(&self, roadmap: &Roadmap, _: &Header, look: &mut Look<'_, '_>) -> Result<Milestone, Halt> {
        may_see(roadmap, look, self.viewer.as_ref())?;
        MILESTONES.get(look, &self.number)?.ok_or_else(not_shown)
    }
}

/// Whether somebody follows a milestone.
#[derive(Clone, Debug)]
pub struct FollowsMilestone {
    /// Who.
    pub viewer: ActorId,
    /// Its number.
    pub number: MilestoneNo,
}

impl View<Roadmap> for FollowsMilestone {
    type Answer = bool;

    fn look(&self, _: &Roadmap, _: &Header, look: &mut Look<'_, '_>) -> Result<bool, Halt> {
        MILESTONE_FOLLOWERS.has(look, &(self.number, self.viewer.clone()))
    }
}
