//! AssignmentAuthorised: the tracker says that the ticket may be given to the team.

use crate::common::resource::followers;
use crate::team::Team;
use crate::team::assignment::{assignment, go_on};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// The tracker's own `Accept`, without a result: whoever gave the ticket to the team may do so. Now a member decides.
///
/// Source: ForgeFed, "Assign another actor", step 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssignmentAuthorised {
    /// The `Assign`.
    pub assign: ActId,
}

impl Method<Team> for AssignmentAuthorised {
    type Answer = ();

    fn turn(self, team: &mut Team, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let mut assignment = assignment(turn, &self.assign)?;
        demand(assignment.tracker.is_none(), || Refusal::new("already-decided", "the tracker has said so already"))?;
        assignment.tracker = Some(turn.caller().id().clone());
        turn.forward(vec![followers()])?;
        go_on(team, turn, &self.assign, assignment)
    }
}
