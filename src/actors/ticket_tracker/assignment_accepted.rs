//! The assignee consents.

use crate::ticket_tracker::assign::assign;
use crate::ticket_tracker::ticket::{self, ASSIGNING, ticket_followers};
use crate::ticket_tracker::{Tracks, wire};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Consents to an assignment. Only the assignee can; being asked is authority enough. The tracker tells the result.
///
/// Source: ForgeFed, "Assigning an issue to somebody else".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssignmentAccepted {
    /// The `Assign`.
    pub assign: ActId,
}

impl<A: Tracks> Method<A> for AssignmentAccepted {
    type Answer = ();

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        let Some(pending) = ASSIGNING.get(turn, &self.assign)?.filter(|pending| pending.who == caller) else {
            return Err(Refusal::new("not-the-assignee", format!("{} does not ask {caller}", self.assign)).into());
        };
        let ticket = ticket::ticket(turn, pending.ticket)?;
        ticket::wait_no_more(turn, &pending);
        let result = assign(tracker, turn, pending.ticket, ticket, &caller, pending.act)?;
        wire::accepted_with_result(
            turn,
            &self.assign,
            &result,
            &caller,
            ticket_followers(pending.ticket),
            pending.ticket,
        )
    }
}
