//! DeleteTicket: a ticket goes, with its comments.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::limits::COMMENTS_PAGE;
use crate::ticket_tracker::ticket::{self, COMMENT_PLACES, COMMENTS, TICKETS, ticket_followers};
use crate::ticket_tracker::{TicketNo, TicketTracker};
use pritchel_actor::{Halt, Method, Page, RowKey, Turn};
use serde::{Deserialize, Serialize};

/// Deletes a ticket: its address is gone, its number is not used again. Comments beyond a page are no longer reached by
/// anything and go with the tracker.
///
/// Source: ForgeFed, "Deleting an issue".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeleteTicket {
    /// Which ticket.
    pub ticket: TicketNo,
}

impl Method<TicketTracker> for DeleteTicket {
    type Answer = ();

    fn turn(self, tracker: &mut TicketTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(tracker, turn, Role::Admin)?;
        let ticket = ticket::ticket(turn, self.ticket)?;
        let count = if ticket.is_open() { &mut tracker.open } else { &mut tracker.closed };
        *count = count.saturating_sub(1);
        TICKETS.remove(turn, &self.ticket);
        for (place, comment) in COMMENTS.page(turn, Page::first(&self.ticket.encode(), COMMENTS_PAGE))? {
            COMMENTS.remove(turn, &place);
            COMMENT_PLACES.remove(turn, &comment.id);
        }
        spread(turn, vec![followers(), ticket_followers(self.ticket)])
    }
}
