//! LookAgain: the tracker and a repository have been tied, maybe anew. What was pushed meanwhile to where merge requests come from
//! nobody has told the tracker, or it could not have it kept.

use crate::limits::LOOKED_AGAIN_STEP;
use crate::patch_tracker::PatchTracker;
use crate::patch_tracker::versions::{self, Contents};
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::forget_ticket::only_itself;
use crate::ticket_tracker::ticket::TICKETS;
use crate::tie::TieKind;
use crate::tie::rows::uses;
use pritchel_actor::{ActorId, Halt, Method, Page, RowKey, Turn};
use serde::{Deserialize, Serialize};

/// Private, by the tracker itself: goes on after this merge request.
///
/// Source: protocol decision F-56, which has merge requests frozen until the two are tied anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LookAgain {
    /// The repository they go into.
    pub repository: ActorId,
    /// The last that was looked at.
    pub after: TicketNo,
}

impl Method<PatchTracker> for LookAgain {
    type Answer = ();

    fn turn(self, _: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_itself(turn)?;
        // They may have parted again.
        if uses(turn, TieKind::Patches, &self.repository)? { look(turn, &self.repository, self.after) } else { Ok(()) }
    }
}

/// Has some of the open merge requests into a repository look at where they come from, and goes on in another turn if there are
/// more.
pub(super) fn look(turn: &mut Turn<'_>, repository: &ActorId, after: TicketNo) -> Result<(), Halt> {
    let page = TICKETS.page(turn, Page { after: &after.encode(), ..Page::first(&[], LOOKED_AGAIN_STEP) })?;
    let last = page.last().map(|(number, _)| *number).filter(|_| page.len() == LOOKED_AGAIN_STEP);
    for (number, mut ticket) in page {
        let into = ticket.merge.as_ref().map(|merge| &merge.offer.target.repository);
        if ticket.is_open() && into == Some(repository) {
            versions::ask(turn, number, &mut ticket, Contents::Origin)?;
            TICKETS.put(turn, &number, &ticket);
        }
    }
    let Some(after) = last else { return Ok(()) };
    let me = turn.myself::<PatchTracker>();
    turn.call(&me, LookAgain { repository: repository.clone(), after })
}
