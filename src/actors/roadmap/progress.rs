//! How many of the tickets planned for a milestone are done.

use crate::roadmap::MilestoneNo;
use crate::roadmap::milestone::{MILESTONES, Milestone};
use pritchel_actor::{Halt, Rows, Turn};

/// Tickets by the milestone they are planned for: whether each is open.
pub const MILESTONE_TICKETS: Rows<(MilestoneNo, String), bool> = Rows::new("milestone_tickets");
/// Milestones by the ticket that is planned for them.
pub const TICKET_PLACES: Rows<String, MilestoneNo> = Rows::new("ticket_places");

/// The count that a ticket is in.
fn count(milestone: &mut Milestone, open: bool) -> &mut u64 {
    if open { &mut milestone.open } else { &mut milestone.closed }
}

/// Puts a ticket among those of a milestone, or notes that it is open or closed now.
pub fn put(turn: &mut Turn<'_>, number: MilestoneNo, ticket: &str, open: bool) -> Result<(), Halt> {
    let Some(mut milestone) = MILESTONES.get(turn, &number)? else { return Ok(()) };
    let place = (number, ticket.to_owned());
    if let Some(was) = MILESTONE_TICKETS.get(turn, &place)? {
        let count = count(&mut milestone, was);
        *count = count.saturating_sub(1);
    }
    *count(&mut milestone, open) += 1;
    MILESTONE_TICKETS.put(turn, &place, &open);
    TICKET_PLACES.put(turn, &place.1, &number);
    MILESTONES.put(turn, &number, &milestone);
    Ok(())
}

/// Takes a ticket out of its milestone. Answers which that was, and whether the ticket was open.
pub fn take(turn: &mut Turn<'_>, ticket: &str) -> Result<Option<(MilestoneNo, bool)>, Halt> {
    let key = ticket.to_owned();
    let Some(number) = TICKET_PLACES.get(turn, &key)? else { return Ok(None) };
    TICKET_PLACES.remove(turn, &key);
    let place = (number, key);
    let Some(was) = MILESTONE_TICKETS.get(turn, &place)? else { return Ok(None) };
    MILESTONE_TICKETS.remove(turn, &place);
    if let Some(mut milestone) = MILESTONES.get(turn, &number)? {
        let count = count(&mut milestone, was);
        *count = count.saturating_sub(1);
        MILESTONES.put(turn, &number, &milestone);
    }
    Ok(Some((number, was)))
}
