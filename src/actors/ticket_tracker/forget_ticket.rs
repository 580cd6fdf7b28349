//! ForgetTicket: what hung on a deleted ticket goes, a bounded number of rows a turn.

use crate::limits::{SWEPT_FILES_MAX, SWEPT_MAX, SWEPT_RELATIONS_MAX};
use crate::ticket_tracker::ticket::{
    ASSIGNING, COMMENT_PLACES, COMMENTS, DEPENDANT_IDS, DEPENDANT_OFFERS, DEPENDANTS, DEPENDENCIES, DEPENDENCY_NUMBERS,
    THREADED, TICKETS, Ticket, UNASSIGNING, WAITING, dependency_no, dependency_uri, ticket_no, wait_no_more,
};
use crate::ticket_tracker::{TicketNo, Tracks, files, relations, wire};
use pritchel_actor::{ActorId, Halt, Method, Page, Refusal, RowKey, Turn, demand};
use serde::{Deserialize, Serialize};

/// Private, by the tracker itself: goes on where the turn before has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForgetTicket {
    /// Which ticket.
    pub ticket: TicketNo,
}

impl<A: Tracks> Method<A> for ForgetTicket {
    type Answer = ();

    fn turn(self, _tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_itself(turn)?;
        // A number is not used again: what has this number is of the deleted ticket.
        demand(!TICKETS.has(turn, &self.ticket)?, || {
            Refusal::new("not-deleted", format!("ticket {} is there", self.ticket))
        })?;
        forget::<A>(turn, self.ticket)
    }
}

/// Refuses whoever is not the tracker: other actors of this server can call private methods too.
pub(crate) fn only_itself(turn: &Turn<'_>) -> Result<(), Halt> {
    if turn.caller().id() == turn.me() {
        return Ok(());
    }
    Err(Refusal::new("not-itself", "only the tracker itself can do this").into())
}

/// Removes as many rows as a turn may, and goes on in another one if that were not all.
pub(super) fn forget<A: Tracks>(turn: &mut Turn<'_>, ticket: TicketNo) -> Result<(), Halt> {
    let all = [comments(turn, ticket)?, waiting(turn, ticket)?, dependencies(turn, ticket)?, dependants(turn, ticket)?];
    if all != [true; 4] {
        let me = turn.myself::<A>();
        turn.call(&me, ForgetTicket { ticket })?;
    }
    Ok(())
}

/// Forgets that assignees were asked to consent to the end of their assignments.
pub(super) fn of_assignees(turn: &mut Turn<'_>, ticket: &Ticket) -> Result<(), Halt> {
    for assignment in &ticket.assignees {
        if let Some(pending) = UNASSIGNING.get(turn, &assignment.act)? {
            UNASSIGNING.remove(turn, &pending.act);
            UNASSIGNING.remove(turn, &assignment.act);
        }
    }
    Ok(())
}

/// Removes as many comments on a ticket or a release as a turn may. Answers whether those were all.
pub(crate) fn comments(turn: &mut Turn<'_>, ticket: TicketNo) -> Result<bool, Halt> {
    let page = COMMENTS.page(turn, Page::first(&ticket.encode(), SWEPT_MAX))?;
    let mut gone = 0;
    for (place, comment) in &page {
        if gone > SWEPT_FILES_MAX {
            return Ok(false);
        }
        gone += files::release(turn, &comment.id, &comment.attachments, &[])?;
        COMMENTS.remove(turn, place);
        COMMENT_PLACES.remove(turn, &comment.id);
        if comment.thread.is_some() {
            THREADED.remove(turn, place);
        }
    }
    Ok(page.len() < SWEPT_MAX)
}

/// Who is asked to take the ticket.
pub(super) fn asked(turn: &mut Turn<'_>, ticket: TicketNo) -> Result<Vec<ActorId>, Halt> {
    let mut asked = Vec::new();
    for ((_, act), ends) in WAITING.page(turn, Page::first(&ticket.encode(), SWEPT_RELATIONS_MAX))? {
        if !ends && let Some(pending) = ASSIGNING.get(turn, &act)? {
            asked.push(pending.who);
        }
    }
    Ok(asked)
}

/// Consent that is waited for.
fn waiting(turn: &mut Turn<'_>, ticket: TicketNo) -> Result<bool, Halt> {
    let page = WAITING.page(turn, Page::first(&ticket.encode(), SWEPT_RELATIONS_MAX))?;
    for (place, ends) in &page {
        let of = if *ends { UNASSIGNING } else { ASSIGNING };
        match of.get(turn, &place.1)? {
            Some(pending) => wait_no_more(turn, &pending),
            None => WAITING.remove(turn, place),
        }
    }
    Ok(page.len() < SWEPT_RELATIONS_MAX)
}

/// What the ticket waited for.
fn dependencies(turn: &mut Turn<'_>, ticket: TicketNo) -> Result<bool, Halt> {
    let me = turn.me().clone();
    let page = DEPENDENCY_NUMBERS.page(turn, Page::first(&ticket.encode(), SWEPT_RELATIONS_MAX))?;
    for (place, number) in &page {
        let Some(dependency) = DEPENDENCIES.get(turn, number)? else {
            DEPENDENCY_NUMBERS.remove(turn, place);
            continue;
        };
        relations::drop_dependency(turn, *number, &dependency)?;
        if let Some(tracker) = dependency.tracker.filter(|_| ticket_no(&me, &dependency.on).is_none()) {
            wire::dependency_ended(turn, &me, &dependency_uri(&me, *number), &tracker)?;
        }
    }
    Ok(page.len() < SWEPT_RELATIONS_MAX)
}

/// What waited for the ticket: here the dependency goes, elsewhere its tracker is told that it has come to nothing.
fn dependants(turn: &mut Turn<'_>, ticket: TicketNo) -> Result<bool, Halt> {
    let me = turn.me().clone();
    let page = DEPENDANT_OFFERS.page(turn, Page::first(&ticket.encode(), SWEPT_RELATIONS_MAX))?;
    for (place, offer) in &page {
        DEPENDANT_OFFERS.remove(turn, place);
        let Some(dependant) = DEPENDANTS.get(turn, offer)? else { continue };
        DEPENDANTS.remove(turn, offer);
        let Some(id) = dependant.id else { continue };
        DEPENDANT_IDS.remove(turn, &id);
        match dependency_no(&me, &id) {
            None => wire::dependency_ended(turn, &dependant.tracker, &id, &dependant.tracker)?,
            Some(number) => {
                if let Some(dependency) = DEPENDENCIES.get(turn, &number)? {
                    relations::drop_dependency(turn, number, &dependency)?;
                }
            }
        }
    }
    Ok(page.len() < SWEPT_RELATIONS_MAX)
}
