//! AssignmentAgreed: a member says yes to a ticket in the team's name.

use crate::access::{Role, require};
use crate::common::resource::followers;
use crate::team::Team;
use crate::team::assignment::{assignment, go_on};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes a ticket in the team's name: who may triage the team decides. The team itself tells the tracker when that has said
/// that the ticket may be given.
///
/// Source: ForgeFed, "Assign another actor", step 3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssignmentAgreed {
    /// The `Assign`.
    pub assign: ActId,
}

impl Method<Team> for AssignmentAgreed {
    type Answer = ();

    fn turn(self, team: &mut Team, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(team, turn, Role::Triage)?;
        let mut assignment = assignment(turn, &self.assign)?;
        demand(assignment.member.is_none(), || Refusal::new("already-decided", "a member has said yes already"))?;
        assignment.member = Some(turn.caller().id().clone());
        turn.forward(vec![followers()])?;
        go_on(team, turn, &self.assign, assignment)
    }
}
