//! Reopen: a ticket's resolution is undone.

use crate::access::{Role, require};
use crate::common::resource::spread;
use crate::hooks::{TicketAction, news};
use crate::ticket_tracker::listed;
use crate::ticket_tracker::planned::onlookers;
use crate::ticket_tracker::ticket::{self};
use crate::ticket_tracker::{TicketNo, Tracks};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Reopens a ticket, whoever closed it.
///
/// Source: ForgeFed, "Reopening an issue".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reopen {
    /// Which ticket.
    pub ticket: TicketNo,
}

impl<A: Tracks> Method<A> for Reopen {
    type Answer = ();

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(tracker, turn, Role::Triage)?;
        let mut ticket = ticket::ticket(turn, self.ticket)?;
        tracker.may_change(turn, &ticket)?;
        demand(!ticket.is_open(), || Refusal::new("already-open", format!("ticket {} is open", self.ticket)))?;
        demand(!ticket.is_merged(), || Refusal::new("already-merged", "what is merged stays so"))?;
        ticket.resolved = None;
        tracker.reopens(turn, self.ticket, &mut ticket)?;
        listed::keep(turn, self.ticket, &mut ticket);
        tracker.tracked_mut().closed = tracker.tracked().closed.saturating_sub(1);
        tracker.tracked_mut().open += 1;
        let by = turn.caller().id().clone();
        news::ticket(tracker, turn, (&by, TicketAction::Reopened), (self.ticket, &ticket, None))?;
        spread(turn, onlookers(self.ticket, &ticket))
    }
}
