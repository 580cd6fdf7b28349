//! A ticket elsewhere is to depend on one of ours: seen, not yet confirmed.

use crate::access::must_see;
use crate::common::resource::{followers, spread};
use crate::ticket_tracker::ticket::{self, DEPENDANT_OFFERS, DEPENDANTS, Dependant, act_id};
use crate::ticket_tracker::{TicketNo, Tracks, relations};
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Remembers the offer until the other's tracker confirms it. Nothing is shown before. It needs no Grant, but on a private
/// tracker whoever offers must be able to see the ticket. Not answered.
///
/// Source: ForgeFed, "Issue and MR Dependencies".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DependencyOffered {
    /// Our ticket.
    pub ticket: TicketNo,
    /// The ticket that is to depend on it.
    pub of: String,
    /// The tracker it was offered to.
    pub tracker: ActorId,
}

impl<A: Tracks> Method<A> for DependencyOffered {
    type Answer = ();

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        must_see(tracker, turn)?;
        ticket::ticket(turn, self.ticket)?;
        // A tracker speaks for its own tickets only.
        if !self.of.starts_with(&format!("{}/", self.tracker)) {
            let why = format!("{} is not a ticket of {}", self.of, self.tracker);
            return Err(Refusal::new("not-its-ticket", why).into());
        }
        relations::has_room(turn, self.ticket, &self.of)?;
        let offer = act_id(turn)?;
        DEPENDANTS.put(
            turn,
            &offer,
            &Dependant { ticket: self.ticket, of: self.of.clone(), tracker: self.tracker, id: None },
        );
        relations::await_word(tracker, turn, &offer)?;
        if !DEPENDANT_OFFERS.has(turn, &(self.ticket, self.of.clone()))? {
            DEPENDANT_OFFERS.put(turn, &(self.ticket, self.of), &offer);
        }
        spread(turn, vec![followers()])
    }
}
