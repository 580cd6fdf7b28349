//! UnassignmentAuthorised: the tracker says that the ticket may be taken back.

use crate::common::resource::followers;
use crate::team::Team;
use crate::team::assignment::{ASSIGNED, ASSIGNMENTS, UNASSIGNMENTS, is_tracker, unassignment};
use crate::team::wire;
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// The tracker's own `Accept` of the `Undo`, without a result: the team lets go. Nobody is kept at work.
///
/// Source: ForgeFed, "Unassign another actor", steps 2 and 3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnassignmentAuthorised {
    /// The `Undo`.
    pub undo: ActId,
}

impl Method<Team> for UnassignmentAuthorised {
    type Answer = ();

    fn turn(self, _team: &mut Team, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let tracker = turn.caller().id().clone();
        let mut unassignment = unassignment(turn, &self.undo)?;
        demand(is_tracker(&tracker, &unassignment.ticket), || {
            Refusal::new("not-its-tracker", format!("{tracker} does not keep {}", unassignment.ticket))
        })?;
        demand(!unassignment.agreed, || Refusal::new("already-decided", "the tracker has said so already"))?;
        unassignment.agreed = true;
        wire::consent(turn, &self.undo, &tracker, &unassignment.by)?;
        UNASSIGNMENTS.put(turn, &self.undo, &unassignment);
        if let Some(assign) = ASSIGNED.get(turn, &unassignment.ticket)?
            && let Some(mut assignment) = ASSIGNMENTS.get(turn, &assign)?
        {
            assignment.undo = Some(self.undo);
            ASSIGNMENTS.put(turn, &assign, &assignment);
        }
        turn.forward(vec![followers()])
    }
}
