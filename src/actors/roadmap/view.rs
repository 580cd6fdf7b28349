//! What may be asked about a roadmap, beyond what all resources show.

use crate::access::view::{may_see, not_shown};
use crate::roadmap::brought::MILESTONE_RELEASES;
use crate::roadmap::milestone::{MILESTONE_FOLLOWERS, MILESTONES};
use crate::roadmap::progress::MILESTONE_TICKETS;
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

/// A page of what is planned for a milestone.
#[derive(Clone, Debug)]
pub struct ViewPlanned {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// The milestone's number.
    pub number: MilestoneNo,
    /// Tickets, or else releases.
    pub tickets: bool,
    /// Those after this one.
    pub after: Option<String>,
    /// At most so many.
    pub limit: usize,
}

impl View<Roadmap> for ViewPlanned {
    /// How many there are in all, and the addresses of the page.
    type Answer = (u64, Vec<String>);

    fn look(&self, roadmap: &Roadmap, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        may_see(roadmap, look, self.viewer.as_ref())?;
        let milestone = MILESTONES.get(look, &self.number)?.ok_or_else(not_shown)?;
        let prefix = self.number.encode();
        let after = self.after.as_ref().map(|after| (self.number, after.clone()).encode()).unwrap_or_default();
        let page = Page { prefix: &prefix, after: &after, limit: self.limit, newest_first: false };
        Ok(if self.tickets {
            let listed = MILESTONE_TICKETS.page(look, page)?.into_iter().map(|((_, uri), _)| uri).collect();
            (milestone.open + milestone.closed, listed)
        } else {
            let listed = MILESTONE_RELEASES.page(look, page)?.into_iter().map(|((_, uri), ())| uri).collect();
            (milestone.releases, listed)
        })
    }
}
