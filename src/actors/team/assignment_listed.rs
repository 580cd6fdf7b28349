//! AssignmentListed: the tracker says that the ticket is the team's.

use crate::common::resource::followers;
use crate::team::Team;
use crate::team::assignment::{ASSIGNED, ASSIGNMENTS, assignment};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// The tracker's `Accept` with the assignment's address, after the team's own: the ticket is the team's.
///
/// Source: ForgeFed, "Assign another actor", step 6.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssignmentListed {
    /// The `Assign`.
    pub assign: ActId,
    /// The assignment's address.
    pub relationship: String,
}

impl Method<Team> for AssignmentListed {
    type Answer = ();

    fn turn(self, _team: &mut Team, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let mut assignment = assignment(turn, &self.assign)?;
        demand(assignment.is_agreed() && assignment.relationship.is_none(), || {
            Refusal::new("already-decided", "the team has not said yes, or has been told so already")
        })?;
        assignment.relationship = Some(self.relationship);
        assignment.since = turn.now();
        ASSIGNED.put(turn, &assignment.ticket, &self.assign);
        ASSIGNMENTS.put(turn, &self.assign, &assignment);
        turn.forward(vec![followers()])
    }
}
