//! FollowTicket: somebody wants to be told of one ticket.

use crate::access::{Role, followings, require};
use crate::ticket_tracker::ticket::{self, TICKET_FOLLOWERS, TICKETS};
use crate::ticket_tracker::{TicketNo, Tracks};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Follows one ticket.
///
/// Source: ForgeFed, "Following", of a child object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FollowTicket {
    /// Which ticket.
    pub ticket: TicketNo,
}

impl<A: Tracks> Method<A> for FollowTicket {
    type Answer = ();

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let shown = require(tracker, turn, Role::Visit)?;
        let mut ticket = ticket::ticket(turn, self.ticket)?;
        let (follower, now) = (turn.caller().id().clone(), turn.now());
        let place = (self.ticket, follower);
        demand(!TICKET_FOLLOWERS.has(turn, &place)?, || {
            Refusal::new("already-follower", format!("{} follows already", place.1))
        })?;
        TICKET_FOLLOWERS.put(turn, &place, &now);
        ticket.followers += 1;
        TICKETS.put(turn, &self.ticket, &ticket);
        followings::note(tracker, turn, &shown)
    }
}
