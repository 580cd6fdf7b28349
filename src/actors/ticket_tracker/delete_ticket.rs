//! DeleteTicket: a ticket goes, with its comments.

use crate::access::{Role, require};
use crate::ticket_tracker::listed::LISTED;
use crate::ticket_tracker::planned::{forget_plan, onlookers};
use crate::ticket_tracker::ticket::{self, TICKETS, Ticket, ticket_uri};
use crate::ticket_tracker::{TicketNo, Tracks, files, forget_followers, forget_ticket};
use pritchel_actor::{ActorId, Audience, Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Deletes a ticket: its address is gone, its number is not used again. What hangs on it goes in this turn and, where that is
/// much, in turns that follow; the trackers of tickets that it depended on, or that depended on it, are told, and so are those who
/// have it or are asked to take it.
///
/// Source: ForgeFed, "Deleting an issue".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeleteTicket {
    /// Which ticket.
    pub ticket: TicketNo,
}

impl<A: Tracks> Method<A> for DeleteTicket {
    type Answer = ();

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(tracker, turn, Role::Admin)?;
        let ticket = ticket::ticket(turn, self.ticket)?;
        ticket.not_being_merged(turn.now())?;
        let asked = forget_ticket::asked(turn, self.ticket)?;
        remove(tracker, turn, self.ticket, &ticket)?;
        let told =
            Audience { groups: onlookers(self.ticket, &ticket), ..Audience::of(assignees(&ticket).chain(&asked)) };
        turn.answer_also(told.clone());
        turn.forward_to(told)
    }
}

fn assignees(ticket: &Ticket) -> impl Iterator<Item = &ActorId> {
    ticket.assignees.iter().map(|assignment| &assignment.who)
}

/// Takes a ticket away, with all that hangs on it.
pub(crate) fn remove<A: Tracks>(
    tracker: &mut A,
    turn: &mut Turn<'_>,
    number: TicketNo,
    ticket: &Ticket,
) -> Result<(), Halt> {
    let tracked = tracker.tracked_mut();
    let count = if ticket.is_open() { &mut tracked.open } else { &mut tracked.closed };
    *count = count.saturating_sub(1);
    forget_plan(turn, number, ticket);
    TICKETS.remove(turn, &number);
    LISTED.remove(turn, &number);
    files::release(turn, &ticket_uri(turn.me(), number), &ticket.attachments(), &[])?;
    tracker.forgets(turn, number, ticket)?;
    forget_ticket::of_assignees(turn, ticket)?;
    forget_ticket::forget::<A>(turn, number)?;
    forget_followers::later::<A>(turn, number)
}
