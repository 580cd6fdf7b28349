//! ForgetMilestone: tickets are no longer planned for a milestone that is gone, a bounded number of them a turn.

use crate::limits::SWEPT_PLANNED_MAX;
use crate::ticket_tracker::Tracks;
use crate::ticket_tracker::forget_ticket::only_itself;
use crate::ticket_tracker::listed;
use crate::ticket_tracker::planned::{PLANNED, unplan};
use crate::ticket_tracker::ticket::TICKETS;
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

impl<A: Tracks> Method<A> for ForgetMilestone {
    type Answer = ();

    fn turn(self, _tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_itself(turn)?;
        forget::<A>(turn, &self.roadmap, self.milestone)
    }
}

/// Takes as many tickets out of the milestone as a turn may, and goes on in another one if that were not all.
pub(super) fn forget<A: Tracks>(turn: &mut Turn<'_>, roadmap: &ActorId, milestone: String) -> Result<(), Halt> {
    let page = PLANNED.page(turn, Page::first(&pair_prefix(&milestone.encode()), SWEPT_PLANNED_MAX))?;
    let mut all = page.len() < SWEPT_PLANNED_MAX;
    for ((_, number), ()) in page {
        let ticket = TICKETS.get(turn, &number)?;
        // Only the roadmap that keeps a milestone can say that it is gone.
        let its_own = |planned: &super::planned::Planned| planned.roadmap == *roadmap;
        match ticket {
            Some(mut ticket) if ticket.milestone.as_ref().is_some_and(its_own) => {
                unplan(turn, number, &mut ticket);
                listed::keep_quietly(turn, number, &ticket);
            }
            Some(_) => all = true,
            None => PLANNED.remove(turn, &(milestone.clone(), number)),
        }
    }
    if !all {
        let me = turn.myself::<A>();
        turn.call(&me, ForgetMilestone { roadmap: roadmap.clone(), milestone })?;
    }
    Ok(())
}
