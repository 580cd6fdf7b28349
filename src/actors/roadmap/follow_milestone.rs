//! FollowMilestone: somebody wants to be told of one milestone.

use crate::access::{Role, followings, require};
use crate::common::resource::{Visibility, drop_follower};
use crate::limits::SWEPT_FOLLOWS_MAX;
use crate::roadmap::milestone::{MILESTONE_FOLLOWERS, MILESTONES, MILESTONES_FOLLOWED, milestone};
use crate::roadmap::{MilestoneNo, Roadmap};
use pritchel_actor::rows::pair_prefix;
use pritchel_actor::{ActorId, Halt, Method, Page, Refusal, RowKey, Turn, demand};
use serde::{Deserialize, Serialize};

/// Follows one milestone.
///
/// Source: ForgeFed, "Following", of a child object; the handler of `Follow` of Roadmap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FollowMilestone {
    /// Which milestone.
    pub milestone: MilestoneNo,
}

impl Method<Roadmap> for FollowMilestone {
    type Answer = ();

    fn turn(self, roadmap: &mut Roadmap, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let shown = require(roadmap, turn, Role::Visit)?;
        let mut milestone = milestone(turn, self.milestone)?;
        let (place, now) = ((self.milestone, turn.caller().id().clone()), turn.now());
        demand(!MILESTONE_FOLLOWERS.has(turn, &place)?, || {
            Refusal::new("already-follower", format!("{} follows already", place.1))
        })?;
        let follows =
            MILESTONES_FOLLOWED.page(turn, Page::first(&pair_prefix(&place.1.encode()), SWEPT_FOLLOWS_MAX))?;
        demand(follows.len() < SWEPT_FOLLOWS_MAX, || {
            let why = format!("at most {SWEPT_FOLLOWS_MAX} milestones of one roadmap are followed: follow the roadmap");
            Refusal::new("too-many-follows", why)
        })?;
        MILESTONE_FOLLOWERS.put(turn, &place, &now);
        MILESTONES_FOLLOWED.put(turn, &(place.1, self.milestone), &());
        milestone.followers += 1;
        MILESTONES.put(turn, &self.milestone, &milestone);
        followings::note(roadmap, turn, &shown)
    }
}

/// Forgets that somebody follows a milestone.
pub(super) fn unfollow(turn: &mut Turn<'_>, number: MilestoneNo, who: &ActorId) -> Result<(), Halt> {
    MILESTONE_FOLLOWERS.remove(turn, &(number, who.clone()));
    MILESTONES_FOLLOWED.remove(turn, &(who.clone(), number));
    if let Some(mut milestone) = MILESTONES.get(turn, &number)? {
        milestone.followers = milestone.followers.saturating_sub(1);
        MILESTONES.put(turn, &number, &milestone);
    }
    Ok(())
}

/// Who may no longer see a private roadmap is told no more of it, nor of any milestone.
pub(super) fn lost_access(roadmap: &mut Roadmap, turn: &mut Turn<'_>, who: &ActorId) -> Result<(), Halt> {
    if roadmap.resource.visibility == Visibility::Private {
        let prefix = pair_prefix(&who.encode());
        for ((_, number), ()) in MILESTONES_FOLLOWED.page(turn, Page::first(&prefix, SWEPT_FOLLOWS_MAX))? {
            unfollow(turn, number, who)?;
        }
    }
    drop_follower(roadmap, turn, who)
}
