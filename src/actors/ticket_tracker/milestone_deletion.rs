//! MilestoneDeletion: somebody has a milestone of the tracker's roadmap deleted.

use crate::common::resource::followers;
use crate::limits::PLANNED_TOLD_MAX;
use crate::ticket_tracker::Tracks;
use crate::ticket_tracker::planned::PLANNED;
use crate::ticket_tracker::ticket::ticket_followers;
use pritchel_actor::rows::pair_prefix;
use pritchel_actor::{Halt, Method, Page, RowKey, Turn};
use serde::{Deserialize, Serialize};

/// Passes the `Delete` on to those who follow the tracker, or a ticket that is planned for the milestone. Nothing else is done
/// until the roadmap itself says that the milestone is gone. Of a milestone with very many tickets, the followers of the first
/// of them are told.
///
/// Source: ForgeFed, the handlers of `Delete` of the trackers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MilestoneDeletion {
    /// The milestone's address.
    pub milestone: String,
}

impl<A: Tracks> Method<A> for MilestoneDeletion {
    type Answer = ();

    fn turn(self, _tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let planned = PLANNED.page(turn, Page::first(&pair_prefix(&self.milestone.encode()), PLANNED_TOLD_MAX))?;
        let tickets = planned.into_iter().map(|((_, number), ())| ticket_followers(number));
        turn.forward(std::iter::once(followers()).chain(tickets).collect())
    }
}
