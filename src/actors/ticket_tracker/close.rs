//! Close: a ticket is resolved.

use crate::access::{Role, require};
use crate::common::resource::spread;
use crate::hooks::{TicketAction, news};
use crate::ticket_tracker::list_all::list_older;
use crate::ticket_tracker::listed;
use crate::ticket_tracker::planned::onlookers;
use crate::ticket_tracker::ticket::{self, Resolved, act_id};
use crate::ticket_tracker::{TicketNo, Tracks};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Closes a ticket.
///
/// Source: ForgeFed, "Closing an issue".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Close {
    /// Which ticket.
    pub ticket: TicketNo,
}

impl<A: Tracks> Method<A> for Close {
    type Answer = ();

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(tracker, turn, Role::Triage)?;
        let mut ticket = ticket::ticket(turn, self.ticket)?;
        tracker.may_change(turn, &ticket)?;
        demand(ticket.is_open(), || Refusal::new("already-closed", format!("ticket {} is closed", self.ticket)))?;
        ticket.not_being_merged(turn.now())?;
        let resolved = Resolved { by: turn.caller().id().clone(), at: turn.now(), act: act_id(turn)? };
        ticket.resolved = Some(resolved);
        list_older(tracker, turn)?;
        listed::keep(turn, self.ticket, &mut ticket);
        tracker.tracked_mut().open = tracker.tracked().open.saturating_sub(1);
        tracker.tracked_mut().closed += 1;
        let by = turn.caller().id().clone();
        news::ticket(tracker, turn, (&by, TicketAction::Closed), (self.ticket, &ticket, None))?;
        spread(turn, onlookers(self.ticket, &ticket))
    }
}
