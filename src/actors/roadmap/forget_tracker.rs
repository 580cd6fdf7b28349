//! ForgetTracker: tickets and releases of a tracker that no longer uses the roadmap are counted no more, a bounded number of them a turn.

use crate::limits::SWEPT_PLANNED_MAX;
use crate::roadmap::Roadmap;
use crate::roadmap::brought::{self, RELEASE_PLACES};
use crate::roadmap::forget_milestone::only_itself;
use crate::roadmap::progress::{TICKET_PLACES, take};
use crate::tie::TieKind;
use crate::tie::rows::provides_for;
use pritchel_actor::{ActorId, Halt, Method, Page, Turn};
use serde::{Deserialize, Serialize};

/// Private, by the roadmap itself: goes on where the turn before has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForgetTracker {
    /// Which tracker.
    pub tracker: ActorId,
}

impl Method<Roadmap> for ForgetTracker {
    type Answer = ();

    fn turn(self, _: &mut Roadmap, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_itself(turn)?;
        // Tied anew meanwhile: what it has said since counts.
        if provides_for(turn, TieKind::Roadmap, &self.tracker)? {
            return Ok(());
        }
        forget(turn, &self.tracker)
    }
}

/// Takes as many tickets and releases out of their milestones as a turn may, and goes on in another one if that were not all.
pub(super) fn forget(turn: &mut Turn<'_>, tracker: &ActorId) -> Result<(), Halt> {
    let below = format!("{tracker}/");
    let page = TICKET_PLACES.page(turn, Page::first(below.as_bytes(), SWEPT_PLANNED_MAX))?;
    for (ticket, _) in &page {
        take(turn, ticket)?;
    }
    let releases = RELEASE_PLACES.page(turn, Page::first(below.as_bytes(), SWEPT_PLANNED_MAX))?;
    for ((release, number), ()) in &releases {
        brought::take(turn, *number, release)?;
    }
    if page.len().max(releases.len()) < SWEPT_PLANNED_MAX {
        return Ok(());
    }
    let me = turn.myself::<Roadmap>();
    turn.call(&me, ForgetTracker { tracker: tracker.clone() })
}
