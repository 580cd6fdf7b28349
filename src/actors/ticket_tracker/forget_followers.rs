//! ForgetFollowers: the followers of a deleted ticket go when they have been told of it.

use crate::limits::{FOLLOWERS_KEPT_S, SWEPT_MAX};
use crate::ticket_tracker::forget_ticket::only_itself;
use crate::ticket_tracker::ticket::{DELETED, TICKET_FOLLOWERS};
use crate::ticket_tracker::{TicketNo, Tracks};
use pritchel_actor::{Halt, Method, Page, RowKey, Turn};
use serde::{Deserialize, Serialize};

/// Private, by the tracker itself: removes followers of the first ticket whose time has come, a page a turn. While a deleted
/// ticket waits, one call of this is on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForgetFollowers {}

impl<A: Tracks> Method<A> for ForgetFollowers {
    type Answer = ();

    fn turn(self, _tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_itself(turn)?;
        let Some((ticket, deleted)) = DELETED.page(turn, Page::first(&[], 1))?.into_iter().next() else {
            return Ok(());
        };
        let wait = deleted + FOLLOWERS_KEPT_S - turn.now();
        if wait > 0 {
            turn.after::<A>(wait, ForgetFollowers {})?;
            return Ok(());
        }
        let page = TICKET_FOLLOWERS.page(turn, Page::first(&ticket.encode(), SWEPT_MAX))?;
        for (place, _) in &page {
            TICKET_FOLLOWERS.remove(turn, place);
        }
        if page.len() < SWEPT_MAX {
            DELETED.remove(turn, &ticket);
        }
        let me = turn.myself::<A>();
        turn.call(&me, ForgetFollowers {})
    }
}

/// Has the followers of a ticket that was deleted in this turn forgotten. They are kept until the fan-out of the `Delete` and of
/// its answer, which reads them page by page, has passed.
pub(super) fn later<A: Tracks>(turn: &mut Turn<'_>, ticket: TicketNo) -> Result<(), Halt> {
    let now = turn.now();
    let waiting = DELETED.page(turn, Page::first(&[], 1))?.into_iter().next();
    DELETED.put(turn, &ticket, &now);
    // A call that was lost, since it failed again and again, is made up for.
    let on_its_way = waiting.is_some_and(|(_, deleted)| deleted + 2 * FOLLOWERS_KEPT_S > now);
    if !on_its_way {
        turn.after::<A>(FOLLOWERS_KEPT_S, ForgetFollowers {})?;
    }
    Ok(())
}
