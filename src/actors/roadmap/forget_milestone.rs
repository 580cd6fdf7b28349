//! ForgetMilestoneRows: what hung on a deleted milestone goes, a bounded number of rows a turn.

use crate::limits::SWEPT_PLANNED_MAX;
use crate::roadmap::brought::{MILESTONE_RELEASES, RELEASE_PLACES};
use crate::roadmap::milestone::{MILESTONE_FOLLOWERS, MILESTONES_FOLLOWED};
use crate::roadmap::progress::{MILESTONE_TICKETS, TICKET_PLACES};
use crate::roadmap::{MilestoneNo, Roadmap};
use pritchel_actor::{Halt, Method, Page, Refusal, RowKey, Turn};
use serde::{Deserialize, Serialize};

/// Private, by a timer of the roadmap itself: forgets the tickets, releases and followers of a milestone, who have been told by now
/// that it is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForgetMilestoneRows {
    /// Which milestone.
    pub milestone: MilestoneNo,
}

impl Method<Roadmap> for ForgetMilestoneRows {
    type Answer = ();

    fn turn(self, _: &mut Roadmap, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_itself(turn)?;
        let prefix = self.milestone.encode();
        let followers = MILESTONE_FOLLOWERS.page(turn, Page::first(&prefix, SWEPT_PLANNED_MAX))?;
        for (place, _) in &followers {
            MILESTONE_FOLLOWERS.remove(turn, place);
            MILESTONES_FOLLOWED.remove(turn, &(place.1.clone(), place.0));
        }
        let tickets = MILESTONE_TICKETS.page(turn, Page::first(&prefix, SWEPT_PLANNED_MAX))?;
        for (place, _) in &tickets {
            MILESTONE_TICKETS.remove(turn, place);
            // It may be planned for another one by now.
            if TICKET_PLACES.get(turn, &place.1)? == Some(self.milestone) {
                TICKET_PLACES.remove(turn, &place.1);
            }
        }
        let releases = MILESTONE_RELEASES.page(turn, Page::first(&prefix, SWEPT_PLANNED_MAX))?;
        for (place, ()) in &releases {
            MILESTONE_RELEASES.remove(turn, place);
            RELEASE_PLACES.remove(turn, &(place.1.clone(), place.0));
        }
        if followers.len().max(tickets.len()).max(releases.len()) < SWEPT_PLANNED_MAX {
            return Ok(());
        }
        let me = turn.myself::<Roadmap>();
        turn.call(&me, self)
    }
}

/// Refuses whoever is not the roadmap: other actors of this server can call private methods too.
pub(super) fn only_itself(turn: &Turn<'_>) -> Result<(), Halt> {
    if turn.caller().id() == turn.me() {
        return Ok(());
    }
    Err(Refusal::new("not-itself", "only the roadmap itself can do this").into())
}
