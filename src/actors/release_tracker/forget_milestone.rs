//! ForgetMilestone: releases no longer bring a milestone that is gone, a bounded number of them a turn.

use crate::limits::SWEPT_PLANNED_MAX;
use crate::release_tracker::ReleaseTracker;
use crate::release_tracker::release::RELEASES;
use crate::ticket_tracker::forget_ticket::only_itself;
use crate::ticket_tracker::planned::PLANNED;
use pritchel_actor::rows::pair_prefix;
use pritchel_actor::{ActorId, Halt, Method, Page, RowKey, Turn};
use serde::{Deserialize, Serialize};

/// Private, by the tracker itself: goes on where the turn before has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForgetMilestone {
    /// The roadmap that said so.
    pub roadmap: ActorId,
    /// The milestone's address.
    pub milestone: String,
}

impl Method<ReleaseTracker> for ForgetMilestone {
    type Answer = ();

    fn turn(self, _: &mut ReleaseTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_itself(turn)?;
        forget(turn, &self.roadmap, self.milestone)
    }
}

/// Takes the milestone from as many releases as a turn may, and goes on in another one if that were not all.
pub(super) fn forget(turn: &mut Turn<'_>, roadmap: &ActorId, milestone: String) -> Result<(), Halt> {
    let page = PLANNED.page(turn, Page::first(&pair_prefix(&milestone.encode()), SWEPT_PLANNED_MAX))?;
    let mut all = page.len() < SWEPT_PLANNED_MAX;
    for (place, ()) in page {
        let release = RELEASES.get(turn, &place.1)?;
        let Some(mut release) = release else {
            PLANNED.remove(turn, &place);
            continue;
        };
        // Only the roadmap that keeps a milestone can say that it is gone.
        let of = release.milestones.iter().find(|planned| planned.milestone == milestone);
        if of.is_some_and(|planned| planned.roadmap != *roadmap) {
            all = true;
            continue;
        }
        release.milestones.retain(|planned| planned.milestone != milestone);
        PLANNED.remove(turn, &place);
        RELEASES.put(turn, &place.1, &release);
    }
    if !all {
        let me = turn.myself::<ReleaseTracker>();
        turn.call(&me, ForgetMilestone { roadmap: roadmap.clone(), milestone })?;
    }
    Ok(())
}
