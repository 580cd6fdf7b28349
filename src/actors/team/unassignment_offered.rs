//! UnassignmentOffered: somebody takes a ticket back from the team.

use crate::common::resource::followers;
use crate::team::Team;
use crate::team::assignment::{ABOUT, ASSIGNED, UNASSIGNMENTS, Unassignment, wait};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes the `Undo` of an assignment down, and tells those who follow. The team lets go when the ticket's tracker says that
/// this one may.
///
/// Source: ForgeFed, "Actor Interface and Behavior", Team, `Undo`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnassignmentOffered {
    /// The ticket's address.
    pub ticket: String,
}

impl Method<Team> for UnassignmentOffered {
    type Answer = ();

    fn turn(self, team: &mut Team, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand(ASSIGNED.has(turn, &self.ticket)?, || {
            Refusal::new("not-assigned", format!("{} is not the team's", self.ticket))
        })?;
        let act = crate::ticket_tracker::ticket::act_id(turn)?;
        let by = turn.caller().id().clone();
        let waits = Some(wait(team, turn, &act)?);
        let since = turn.now();
        ABOUT.put(turn, &(self.ticket.clone(), act.clone()), &());
        UNASSIGNMENTS.put(turn, &act, &Unassignment { ticket: self.ticket, by, agreed: false, waits, since });
        turn.answer_none();
        turn.forward(vec![followers()])
    }
}
