//! ForgetFollower: somebody who may no longer see a private tracker follows no ticket of it.

use crate::access::COLLABORATORS;
use crate::limits::SWEPT_MAX;
use crate::ticket_tracker::forget_ticket::only_itself;
use crate::ticket_tracker::ticket::{TICKET_FOLLOWERS, TICKETS};
use crate::ticket_tracker::{TicketNo, Tracks};
use pritchel_actor::{ActorId, Halt, Method, Need, Page, RowKey, Turn};
use serde::{Deserialize, Serialize};

/// Private, by the tracker itself: goes on after this follower of this ticket. Rows are by ticket, so that all are looked
/// through, a page a turn; losing access is rare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForgetFollower {
    /// Who.
    pub who: ActorId,
    /// The last row that was looked at.
    pub after: (TicketNo, ActorId),
}

impl<A: Tracks> Method<A> for ForgetFollower {
    type Answer = ();

    fn turn(self, _tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_itself(turn)?;
        // Let in again meanwhile, they may follow again.
        if COLLABORATORS.has(turn, &self.who)? {
            return Ok(());
        }
        forget::<A>(turn, &self.who, &self.after.encode())
    }
}

/// Looks through a page of the followers of all tickets, and goes on in another turn if there are more.
pub(super) fn forget<A: Tracks>(turn: &mut Turn<'_>, who: &ActorId, after: &[u8]) -> Result<(), Halt> {
    let page = TICKET_FOLLOWERS.page(turn, Page { prefix: &[], after, limit: SWEPT_MAX, newest_first: false })?;
    let theirs: Vec<TicketNo> =
        page.iter().filter(|((_, follower), _)| follower == who).map(|((ticket, _), _)| *ticket).collect();
    let need = |ticket: &TicketNo| Need::Row { table: TICKETS.name().to_owned(), key: ticket.encode() };
    turn.need_all(theirs.iter().map(need).collect())?;
    for ticket in theirs {
        TICKET_FOLLOWERS.remove(turn, &(ticket, who.clone()));
        if let Some(mut followed) = TICKETS.get(turn, &ticket)? {
            followed.followers = followed.followers.saturating_sub(1);
            TICKETS.put(turn, &ticket, &followed);
        }
    }
    let full = page.len() == SWEPT_MAX;
    match page.into_iter().next_back().filter(|_| full) {
        Some((after, _)) => {
            let me = turn.myself::<A>();
            turn.call(&me, ForgetFollower { who: who.clone(), after })
        }
        None => Ok(()),
    }
}
