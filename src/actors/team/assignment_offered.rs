//! AssignmentOffered: somebody gives the team a ticket.

use crate::common::resource::followers;
use crate::team::Team;
use crate::team::assignment::{ABOUT, ASSIGNED, ASSIGNMENTS, Assignment, wait};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes the `Assign` down, and tells those who follow. Nothing comes of it unless the ticket's tracker and a member who may
/// triage agree.
///
/// Source: ForgeFed, "Actor Interface and Behavior", Team, `Assign`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssignmentOffered {
    /// The ticket's address.
    pub ticket: String,
}

impl Method<Team> for AssignmentOffered {
    type Answer = ();

    fn turn(self, team: &mut Team, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand(!ASSIGNED.has(turn, &self.ticket)?, || {
            Refusal::new("already-assigned", format!("{} is the team's already", self.ticket))
        })?;
        let act = crate::ticket_tracker::ticket::act_id(turn)?;
        let assignment = Assignment {
            ticket: self.ticket,
            by: turn.caller().id().clone(),
            tracker: None,
            member: None,
            relationship: None,
            undo: None,
            waits: Some(wait(team, turn, &act)?),
            since: turn.now(),
        };
        ASSIGNMENTS.put(turn, &act, &assignment);
        ABOUT.put(turn, &(assignment.ticket, act), &());
        turn.answer_none();
        turn.forward(vec![followers()])
    }
}
