//! SetMilestone: for which milestone a ticket is planned.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::ticket_tracker::listed;
use crate::ticket_tracker::planned::plan;
use crate::ticket_tracker::ticket::{self, ticket_followers};
use crate::ticket_tracker::{TicketNo, Tracks};
use crate::tie::TieKind;
use crate::tie::rows::providers;
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Plans a ticket for a milestone of the tracker's roadmap, or for none. The roadmap sees it.
///
/// Source: ForgeFed, "Edit a Ticket's milestone".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetMilestone {
    /// Which ticket.
    pub ticket: TicketNo,
    /// The address of the milestone; `None` for none.
    pub milestone: Option<String>,
}

impl<A: Tracks> Method<A> for SetMilestone {
    type Answer = ();

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(tracker, turn, Role::Triage)?;
        let mut ticket = ticket::ticket(turn, self.ticket)?;
        tracker.may_change(turn, &ticket)?;
        plan(turn, self.ticket, &mut ticket, self.milestone)?;
        ticket.updated = Some(turn.now());
        listed::keep(turn, self.ticket, &mut ticket);
        spread(turn, vec![followers(), ticket_followers(self.ticket), providers(TieKind::Roadmap)])
    }
}
