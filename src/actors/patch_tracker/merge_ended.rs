//! MergeEnded: the repository has merged, or could not.

use crate::hooks::{TicketAction, news};
use crate::patch_tracker::merge_request::{Applying, Merged};
use crate::patch_tracker::{PatchTracker, versions, wire};
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::listed;
use crate::ticket_tracker::ticket::{Resolved, TICKETS, Ticket};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Private, from the repository: how a merge has ended. The `Apply` is answered now.
///
/// Source: ForgeFed, "Merge Requests", Apply, step 4; protocol decision F-15.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MergeEnded {
    /// The merge request.
    pub ticket: TicketNo,
    /// The `Apply`.
    pub apply: ActId,
    /// The commit the target branch is at now, hexadecimal; or why it was not moved.
    pub outcome: Result<String, Refusal>,
}

impl Method<PatchTracker> for MergeEnded {
    type Answer = ();

    fn turn(self, tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        let ticket = TICKETS.get(turn, &self.ticket)?;
        let target = ticket.and_then(|ticket| ticket.merge).map(|merge| merge.offer.target.repository);
        demand(target == Some(caller), || {
            Refusal::new("not-the-repository", "a merge is done by the repository it goes into")
        })?;
        ended(tracker, turn, self)
    }
}

/// Notes how a merge has ended, and answers the `Apply`. What is no longer waited for changes nothing.
pub(super) fn ended(tracker: &mut PatchTracker, turn: &mut Turn<'_>, end: MergeEnded) -> Result<(), Halt> {
    let Some(mut ticket) = TICKETS.get(turn, &end.ticket)? else { return Ok(()) };
    let Some(merge) = &mut ticket.merge else { return Ok(()) };
    let Some(applying) = merge.applying.take_if(|applying| applying.apply == end.apply) else { return Ok(()) };
    let merged = end.outcome.map(|commit| Merged { commit, method: applying.method });
    let refused = match merged {
        Ok(merged) => {
            merge.merged = Some(merged);
            versions::forget_origin(turn, end.ticket, merge);
            resolve(tracker, turn, &mut ticket, &applying);
            None
        }
        Err(why) => Some(why),
    };
    listed::keep(turn, end.ticket, &mut ticket);
    if refused.is_none() {
        news::ticket(tracker, turn, (&applying.by, TicketAction::Closed), (end.ticket, &ticket, None))?;
    }
    wire::answer(turn, end.ticket, &ticket, &applying, refused.as_ref())
}

/// A ticket that was closed meanwhile, since nothing was heard for long, was merged all the same.
fn resolve(tracker: &mut PatchTracker, turn: &Turn<'_>, ticket: &mut Ticket, applying: &Applying) {
    if ticket.is_open() {
        tracker.tracked.open = tracker.tracked.open.saturating_sub(1);
        tracker.tracked.closed += 1;
    }
    let (by, act) = (applying.by.clone(), applying.apply.clone());
    ticket.resolved = Some(Resolved { by, at: turn.now(), act });
}
