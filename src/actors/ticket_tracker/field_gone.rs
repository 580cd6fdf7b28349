//! FieldGone, ForgetField: the workflow has deleted a field, or a value of an enumeration, and tickets have it no more, a bounded number of them a
//! turn.

use crate::limits::SWEPT_FIELDS_MAX;
use crate::ticket_tracker::forget_ticket::only_itself;
use crate::ticket_tracker::listed;
use crate::ticket_tracker::ticket::TICKETS;
use crate::ticket_tracker::{TicketNo, Tracks};
use crate::tie::TieKind;
use crate::tie::rows::uses;
use pritchel_actor::{ActorId, Halt, Method, Page, Refusal, RowKey, Turn, demand};
use serde::{Deserialize, Serialize};

/// The workflow's own `Accept` of the `Delete` of a field, or of the `Remove` of a value: no ticket has it any more.
///
/// Source: ours; ForgeFed, "Field", Delete, and "Enum", Remove a value, say only that its address is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldGone {
    /// The address of the field, or of the value.
    pub field: String,
}

impl<A: Tracks> Method<A> for FieldGone {
    type Answer = ();

    fn turn(self, _tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        demand(uses(turn, TieKind::Workflow, &caller)?, || {
            Refusal::new("not-the-workflow", format!("{caller} is not the workflow of this tracker"))
        })?;
        forget::<A>(turn, &caller, self.field, None)
    }
}

/// Private, by the tracker itself: goes on after this ticket. Which tickets have it no row tells, so that all are looked
/// through; that one is deleted is rare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForgetField {
    /// The workflow that said so.
    pub workflow: ActorId,
    /// The address of the field, or of the value.
    pub field: String,
    /// The last ticket that was looked at.
    pub after: TicketNo,
}

impl<A: Tracks> Method<A> for ForgetField {
    type Answer = ();

    fn turn(self, _tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_itself(turn)?;
        forget::<A>(turn, &self.workflow, self.field, Some(self.after))
    }
}

/// Looks through as many tickets as a turn may, and goes on in another one if there are more.
fn forget<A: Tracks>(
    turn: &mut Turn<'_>,
    workflow: &ActorId,
    gone: String,
    after: Option<TicketNo>,
) -> Result<(), Halt> {
    let after = after.map(|after| after.encode()).unwrap_or_default();
    let page = TICKETS.page(turn, Page { prefix: &[], after: &after, limit: SWEPT_FIELDS_MAX, newest_first: false })?;
    let last = page.last().map(|(number, _)| *number).filter(|_| page.len() == SWEPT_FIELDS_MAX);
    for (number, mut ticket) in page {
        let before = ticket.fields.len();
        // Only the workflow that keeps it can say that it is gone.
        ticket.fields.retain(|value| value.workflow != *workflow || !value.is_of(&gone));
        if ticket.fields.len() < before {
            listed::keep_quietly(turn, number, &ticket);
        }
    }
    match last {
        Some(after) => {
            let me = turn.myself::<A>();
            turn.call(&me, ForgetField { workflow: workflow.clone(), field: gone, after })
        }
        None => Ok(()),
    }
}
