//! Assign: a ticket is given to somebody.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::limits::ASSIGNEES_MAX;
use crate::ticket_tracker::listed;
use crate::ticket_tracker::ticket::{self, Assignment, Pending, act_id, assignment_uri, ticket_followers};
use crate::ticket_tracker::{TicketNo, Tracks};
use pritchel_actor::{ActId, ActorId, Audience, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Gives a ticket to the caller at once, to another with that one's consent: then the answer without a result tells the
/// other that consent is asked for.
///
/// Source: ForgeFed, "Assigning an issue".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assign {
    /// Which ticket.
    pub ticket: TicketNo,
    /// To whom.
    pub assignee: ActorId,
}

impl<A: Tracks> Method<A> for Assign {
    type Answer = Option<String>;

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<Option<String>, Halt> {
        require(tracker, turn, Role::Triage)?;
        let ticket = ticket::ticket(turn, self.ticket)?;
        tracker.may_change(turn, &ticket)?;
        check(&ticket, &self.assignee)?;
        spread(turn, vec![followers(), ticket_followers(self.ticket)])?;
        let act = act_id(turn)?;
        if self.assignee == *turn.caller().id() {
            return assign(tracker, turn, self.ticket, ticket, &self.assignee, act).map(Some);
        }
        let pending = Pending { ticket: self.ticket, who: self.assignee.clone(), act, assign: None };
        ticket::wait(turn, &pending);
        turn.answer_also(Audience::one(&self.assignee));
        Ok(None)
    }
}

fn check(ticket: &ticket::Ticket, assignee: &ActorId) -> Result<(), Halt> {
    demand(!ticket.assignees.iter().any(|assignment| assignment.who == *assignee), || {
        Refusal::new("already-assigned", format!("the ticket is {assignee}'s already"))
    })?;
    demand(ticket.assignees.len() < ASSIGNEES_MAX, || {
        Refusal::new("too-many-assignees", format!("a ticket has at most {ASSIGNEES_MAX} assignees"))
    })
}

/// Writes the assignment down and answers its address.
pub(super) fn assign(
    tracker: &mut impl Tracks,
    turn: &mut Turn<'_>,
    number: TicketNo,
    mut ticket: ticket::Ticket,
    assignee: &ActorId,
    act: ActId,
) -> Result<String, Halt> {
    check(&ticket, assignee)?;
    let relation = tracker.tracked_mut().relation();
    ticket.assignees.push(Assignment { who: assignee.clone(), number: relation, since: turn.now(), act });
    listed::keep(turn, number, &mut ticket);
    Ok(assignment_uri(turn.me(), number, relation))
}
