//! AssignmentDeclined: a member says no to a ticket in the team's name.

use crate::access::{Role, require};
use crate::common::resource::followers;
use crate::team::Team;
use crate::team::assignment::{assignment, forget, no_longer_waits};
use crate::team::wire;
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Turns a ticket down that the team has not taken yet: the tracker and whoever gave it are told.
///
/// Source: ours. ForgeFed leaves open how a team says no; a person does so by a `Reject` (protocol decision F-49).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssignmentDeclined {
    /// The `Assign`.
    pub assign: ActId,
}

impl Method<Team> for AssignmentDeclined {
    type Answer = ();

    fn turn(self, team: &mut Team, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(team, turn, Role::Triage)?;
        let assignment = assignment(turn, &self.assign)?;
        demand(!assignment.is_agreed(), || Refusal::new("already-decided", "the team has said yes already"))?;
        no_longer_waits(team, turn, assignment.waits);
        forget(turn, &assignment.ticket, &self.assign);
        wire::refuse(turn, &self.assign, &assignment)?;
        turn.forward(vec![followers()])
    }
}
