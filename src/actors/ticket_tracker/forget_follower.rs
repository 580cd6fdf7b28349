//! ForgetFollower: whoever may no longer see a private tracker follows no ticket of it.

use crate::access::COLLABORATORS;
use crate::common::resource::Visibility;
use crate::common::set_visibility::forget_strangers::strangers;
use crate::limits::SWEPT_MAX;
use crate::ticket_tracker::forget_ticket::only_itself;
use crate::ticket_tracker::ticket::{TICKET_FOLLOWERS, TICKETS};
use crate::ticket_tracker::{TicketNo, Tracks};
use pritchel_actor::{ActorId, Halt, Method, Need, Page, RowKey, Turn};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Private, by the tracker itself: goes on after this follower of this ticket. Rows are by ticket, so that all are looked
/// through, a page a turn; losing access is rare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForgetFollower {
    /// Who; `None` for all who do not collaborate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<ActorId>,
    /// The last row that was looked at.
    pub after: (TicketNo, ActorId),
}

impl<A: Tracks> Method<A> for ForgetFollower {
    type Answer = ();

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_itself(turn)?;
        // Let in again meanwhile, or shown the tracker again as everybody is, they may follow again.
        let again = match &self.who {
            Some(who) => COLLABORATORS.has(turn, who)?,
            None => tracker.resource().visibility != Visibility::Private,
        };
        if again { Ok(()) } else { forget::<A>(turn, self.who.as_ref(), &self.after.encode()) }
    }
}

/// Looks through a page of the followers of all tickets, and goes on in another turn if there are more.
/// - `who`: whose; `None` for those of all who do not collaborate
pub(crate) fn forget<A: Tracks>(turn: &mut Turn<'_>, who: Option<&ActorId>, after: &[u8]) -> Result<(), Halt> {
    let page = TICKET_FOLLOWERS.page(turn, Page { prefix: &[], after, limit: SWEPT_MAX, newest_first: false })?;
    let gone = match who {
        Some(who) => BTreeSet::from([who.clone()]),
        None => strangers(turn, page.iter().map(|((_, follower), _)| follower))?,
    };
    let theirs: Vec<&(TicketNo, ActorId)> =
        page.iter().map(|(place, _)| place).filter(|(_, follower)| gone.contains(follower)).collect();
    let need =
        |(ticket, _): &&(TicketNo, ActorId)| Need::Row { table: TICKETS.name().to_owned(), key: ticket.encode() };
    turn.need_all(theirs.iter().map(need).collect())?;
    for place @ (ticket, _) in theirs {
        TICKET_FOLLOWERS.remove(turn, place);
        if let Some(mut followed) = TICKETS.get(turn, ticket)? {
            followed.followers = followed.followers.saturating_sub(1);
            TICKETS.put(turn, ticket, &followed);
        }
    }
    let full = page.len() == SWEPT_MAX;
    match page.into_iter().next_back().filter(|_| full) {
        Some((after, _)) => {
            let me = turn.myself::<A>();
            turn.call(&me, ForgetFollower { who: who.cloned(), after })
        }
        None => Ok(()),
    }
}
