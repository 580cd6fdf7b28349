//! UnfollowTicket: somebody wants to be told of one ticket no more.

use crate::ticket_tracker::ticket::{TICKET_FOLLOWERS, TICKETS};
use crate::ticket_tracker::{TicketNo, Tracks};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes the follow of a ticket back. Needs no Grant: it is the follower's own.
///
/// Source: ForgeFed, "Following", of a child object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnfollowTicket {
    /// Which ticket.
    pub ticket: TicketNo,
}

impl<A: Tracks> Method<A> for UnfollowTicket {
    type Answer = ();

    fn turn(self, _tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let place = (self.ticket, turn.caller().id().clone());
        demand(TICKET_FOLLOWERS.has(turn, &place)?, || {
            Refusal::new("no-follower", format!("{} does not follow", place.1))
        })?;
        TICKET_FOLLOWERS.remove(turn, &place);
        if let Some(mut ticket) = TICKETS.get(turn, &self.ticket)? {
            ticket.followers = ticket.followers.saturating_sub(1);
            TICKETS.put(turn, &self.ticket, &ticket);
        }
        Ok(())
    }
}
