//! DeletionSeen and TicketGone: somebody asks for a ticket of the team's to be deleted, and the tracker says that it is.

use crate::common::resource::followers;
use crate::limits::ASSIGNMENTS_WAITING_MAX;
use crate::team::Team;
use crate::team::assignment::{ASSIGNED, ASSIGNMENTS, UNASSIGNMENTS, about, forget, is_tracker, no_longer_waits};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Somebody's `Delete` of a ticket that the team has, or is to take, as its tracker passes it on. What becomes of it the tracker will say: those who
/// follow the team are shown both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeletionSeen {
    /// The ticket's address.
    pub ticket: String,
}

impl Method<Team> for DeletionSeen {
    type Answer = ();

    fn turn(self, _: &mut Team, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let ours = ASSIGNED.has(turn, &self.ticket)? || !about(turn, &self.ticket, 1)?.is_empty();
        demand(ours, || not_ours(&self.ticket))?;
        turn.forward(vec![followers()])
    }
}

fn not_ours(ticket: &str) -> Refusal {
    Refusal::new("no-such-assignment", format!("{ticket} is not the team's, and it is not asked to take it"))
}

/// The tracker's `Accept` of a `Delete`: the team has the ticket no more, and is not asked any more to take it or to give it back.
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
        let mut acts = about(turn, &self.ticket, ASSIGNMENTS_WAITING_MAX as usize)?;
        // What was asked before there was a note of it by its ticket.
        if let Some(assign) = ASSIGNED.get(turn, &self.ticket)? {
            acts.extend(ASSIGNMENTS.get(turn, &assign)?.and_then(|assignment| assignment.undo));
            acts.push(assign);
        }
        demand(!acts.is_empty(), || not_ours(&self.ticket))?;
        ASSIGNED.remove(turn, &self.ticket);
        for act in acts {
            let assigned = ASSIGNMENTS.get(turn, &act)?.and_then(|assignment| assignment.waits);
            let taken_back = UNASSIGNMENTS.get(turn, &act)?.and_then(|unassignment| unassignment.waits);
            no_longer_waits(team, turn, assigned.or(taken_back));
            forget(turn, &self.ticket, &act);
        }
        turn.forward(vec![followers()])
    }
}
