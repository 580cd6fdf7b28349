//! ListAll: the tickets of a tracker that is older than lists by short forms get theirs, a bounded number of them a turn.

use crate::limits::LISTED_STEP;
use crate::ticket_tracker::forget_ticket::only_itself;
use crate::ticket_tracker::listed::{LISTED, Listed};
use crate::ticket_tracker::ticket::TICKETS;
use crate::ticket_tracker::{TicketNo, Tracks};
use pritchel_actor::{Halt, Method, Page, RowKey, Turn};
use serde::{Deserialize, Serialize};

/// Whether all tickets of a tracker have a short form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Listing {
    /// Not those that were opened by an earlier version.
    #[default]
    Not,
    /// They are getting theirs.
    Begun,
    /// All of them.
    Whole,
}

impl Listing {
    /// Whether nothing has begun.
    pub fn is_not(&self) -> bool {
        *self == Self::Not
    }
}

/// Private, by the tracker itself: goes on where the turn before has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListAll {
    /// Tickets with greater numbers than this one.
    pub after: TicketNo,
}

impl<A: Tracks> Method<A> for ListAll {
    type Answer = ();

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_itself(turn)?;
        let after = self.after.encode();
        let page = TICKETS.page(turn, Page { after: &after, ..Page::first(&[], LISTED_STEP) })?;
        for (number, ticket) in &page {
            LISTED.put(turn, number, &Listed::of(ticket));
        }
        match page.last().filter(|_| page.len() == LISTED_STEP) {
            Some((last, _)) => {
                let me = turn.myself::<A>();
                turn.call(&me, ListAll { after: *last })
            }
            None => {
                tracker.tracked_mut().listing = Listing::Whole;
                Ok(())
            }
        }
    }
}

/// Has older tickets get their short forms, if they have none.
pub(super) fn list_older<A: Tracks>(tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
    if !tracker.tracked().listing.is_not() {
        return Ok(());
    }
    tracker.tracked_mut().listing = Listing::Begun;
    let me = turn.myself::<A>();
    turn.call(&me, ListAll { after: 0 })
}
