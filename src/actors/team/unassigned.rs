//! Unassigned: the tracker says that the ticket is the team's no more.

use crate::common::resource::followers;
use crate::team::Team;
use crate::team::assignment::{ASSIGNED, forget, is_tracker, no_longer_waits, unassignment};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// The tracker's `Accept` of the `Undo`, with the address of the assignment that has ended.
///
/// Source: ForgeFed, "Unassign another actor", step 5.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unassigned {
    /// The `Undo`.
    pub undo: ActId,
}

impl Method<Team> for Unassigned {
    type Answer = ();

    fn turn(self, team: &mut Team, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let tracker = turn.caller().id().clone();
        let unassignment = unassignment(turn, &self.undo)?;
        demand(is_tracker(&tracker, &unassignment.ticket), || {
            Refusal::new("not-its-tracker", format!("{tracker} does not keep {}", unassignment.ticket))
        })?;
        no_longer_waits(team, turn, unassignment.waits);
        forget(turn, &unassignment.ticket, &self.undo);
        if let Some(assign) = ASSIGNED.get(turn, &unassignment.ticket)? {
            ASSIGNED.remove(turn, &unassignment.ticket);
            forget(turn, &unassignment.ticket, &assign);
        }
        turn.forward(vec![followers()])
    }
}
