//! Unassign: a ticket is taken back from somebody.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::ticket_tracker::listed;
use crate::ticket_tracker::ticket::{self, Pending, act_id, assignment_uri, ticket_followers};
use crate::ticket_tracker::{TicketNo, Tracks};
use pritchel_actor::{ActorId, Audience, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Takes a ticket back: from oneself at once, from another with that one's consent.
///
/// Source: ForgeFed, "Unassigning an issue".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unassign {
    /// Which ticket.
    pub ticket: TicketNo,
    /// From whom.
    pub assignee: ActorId,
}

impl<A: Tracks> Method<A> for Unassign {
    type Answer = Option<String>;

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<Option<String>, Halt> {
        let oneself = self.assignee == *turn.caller().id();
        turn.case(if oneself { "oneself" } else { "another" });
        require(tracker, turn, if oneself { Role::Visit } else { Role::Triage })?;
        let ticket = ticket::ticket(turn, self.ticket)?;
        let Some(assignment) = ticket.assignees.iter().find(|assignment| assignment.who == self.assignee) else {
            return Err(Refusal::new("not-assigned", format!("the ticket is not {}'s", self.assignee)).into());
        };
        let assign = assignment.act.clone();
        spread(turn, vec![followers(), ticket_followers(self.ticket)])?;
        if oneself {
            return unassign(turn, self.ticket, ticket, &self.assignee).map(Some);
        }
        let act = act_id(turn)?;
        let who = self.assignee.clone();
        ticket::wait(turn, &Pending { ticket: self.ticket, who, act, assign: Some(assign) });
        turn.answer_also(Audience::one(&self.assignee));
        Ok(None)
    }
}

/// Takes the assignment away and answers the address it had.
pub(super) fn unassign(
    turn: &mut Turn<'_>,
    number: TicketNo,
    mut ticket: ticket::Ticket,
    assignee: &ActorId,
) -> Result<String, Halt> {
    let Some(at) = ticket.assignees.iter().position(|assignment| assignment.who == *assignee) else {
        return Err(Refusal::new("not-assigned", format!("the ticket is not {assignee}'s")).into());
    };
    let removed = ticket.assignees.remove(at);
    listed::keep(turn, number, &mut ticket);
    Ok(assignment_uri(turn.me(), number, removed.number))
}
