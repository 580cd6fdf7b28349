//! The assignee says no.

use crate::ticket_tracker::Tracks;
use crate::ticket_tracker::ticket::{self, ASSIGNING};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Turns an assignment down. Only the assignee can; whoever gave the ticket is told.
///
/// Source: protocol decision F-49; ForgeFed names the consent only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssignmentRefused {
    /// The `Assign`.
    pub assign: ActId,
}

impl<A: Tracks> Method<A> for AssignmentRefused {
    type Answer = ();

    fn turn(self, _tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        let Some(pending) = ASSIGNING.get(turn, &self.assign)?.filter(|pending| pending.who == caller) else {
            return Err(Refusal::new("not-the-assignee", format!("{} does not ask {caller}", self.assign)).into());
        };
        ticket::wait_no_more(turn, &pending);
        let by = turn.known_act(&self.assign)?.map(|act| act.author.clone());
        crate::access::wire::reject_of(turn, &self.assign, &by.iter().collect::<Vec<_>>(), "declined")?;
        Ok(())
    }
}
