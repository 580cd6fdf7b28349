//! The assignee consents to being one no more.

use crate::ticket_tracker::ticket::{self, UNASSIGNING, ticket_followers};
use crate::ticket_tracker::unassign::unassign;
use crate::ticket_tracker::{Tracks, wire};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Consents to the end of an assignment. Only the assignee can. The tracker tells the result.
///
/// Source: ForgeFed, "Unassigning an issue from somebody else".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnassignmentAccepted {
    /// The `Undo` of the assignment, or the `Assign` that it ends: the flow says the one, the handler the other.
    pub undo: ActId,
}

impl<A: Tracks> Method<A> for UnassignmentAccepted {
    type Answer = ();

    fn turn(self, _tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        let Some(pending) = UNASSIGNING.get(turn, &self.undo)?.filter(|pending| pending.who == caller) else {
            return Err(Refusal::new("not-the-assignee", format!("{} does not ask {caller}", self.undo)).into());
        };
        let ticket = ticket::ticket(turn, pending.ticket)?;
        let result = unassign(turn, pending.ticket, ticket, &caller)?;
        ticket::wait_no_more(turn, &pending);
        wire::accepted_with_result(
            turn,
            &pending.act,
            &result,
            &caller,
            ticket_followers(pending.ticket),
            pending.ticket,
        )
    }
}
