//! DeletionSeen and TicketGone: somebody asks for a ticket of the team's to be deleted, and the tracker says that it is.

use crate::common::resource::followers;
use crate::team::Team;
use crate::team::assignment::{ASSIGNED, ASSIGNMENTS, UNASSIGNMENTS, is_tracker, no_longer_waits};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Somebody's `Delete` of a ticket that the team has, as its tracker passes it on. What becomes of it the tracker will say: those who
/// follow the team are shown both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeletionSeen {
    /// The ticket's address.
    pub ticket: String,
}

impl Method<Team> for DeletionSeen {
    type Answer = ();

    fn turn(self, _: &mut Team, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand(ASSIGNED.has(turn, &self.ticket)?, || not_ours(&self.ticket))?;
        turn.forward(vec![followers()])
    }
}

fn not_ours(ticket: &str) -> Refusal {
    Refusal::new("no-such-assignment", format!("{ticket} is not the team's"))
}

/// The tracker's `Accept` of a `Delete`: the team has the ticket no more, and gives it back no more.
///
/// Source: ours; ForgeFed says nothing of who has a ticket that is deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TicketGone {
    /// The ticket's address.
    pub ticket: String,
}

impl Method<Team> for TicketGone {
    type Answer = ();

    fn turn(self, team: &mut Team, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let tracker = turn.caller().id().clone();
        demand(is_tracker(&tracker, &self.ticket), || {
            Refusal::new("not-its-tracker", format!("{tracker} does not keep {}", self.ticket))
        })?;
        let Some(assign) = ASSIGNED.get(turn, &self.ticket)? else {
            return Err(not_ours(&self.ticket).into());
        };
        ASSIGNED.remove(turn, &self.ticket);
        let undo = ASSIGNMENTS.get(turn, &assign)?.and_then(|assignment| assignment.undo);
        ASSIGNMENTS.remove(turn, &assign);
        if let Some(undo) = undo
            && let Some(unassignment) = UNASSIGNMENTS.get(turn, &undo)?
        {
            no_longer_waits(team, turn, unassignment.waits);
            UNASSIGNMENTS.remove(turn, &undo);
        }
        turn.forward(vec![followers()])
    }
}
