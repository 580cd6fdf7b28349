//! EditFields: what a ticket has of the fields of the tracker's workflow.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::ticket_tracker::fields::{FieldEdit, apply};
use crate::ticket_tracker::listed;
use crate::ticket_tracker::ticket::{self, ticket_followers};
use crate::ticket_tracker::{TicketNo, Tracks};
use crate::tie::TieKind;
use crate::tie::rows::provider;
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Sets and removes values, one a field; the others stay. All of them fit, or nothing changes.
///
/// Source: ForgeFed, "Edit a Ticket's custom fields".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditFields {
    /// Which ticket.
    pub ticket: TicketNo,
    /// What is to become of its values.
    pub edits: Vec<FieldEdit>,
}

impl<A: Tracks> Method<A> for EditFields {
    type Answer = ();

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(tracker, turn, Role::Triage)?;
        let mut ticket = ticket::ticket(turn, self.ticket)?;
        tracker.may_change(turn, &ticket)?;
        let workflow = workflow(turn)?;
        demand(!self.edits.is_empty(), || Refusal::new("nothing-to-edit", "`customFields` names no FieldValue"))?;
        apply(turn, &workflow, &mut ticket, &self.edits)?;
        ticket.updated = Some(turn.now());
        listed::keep(turn, self.ticket, &mut ticket);
        spread(turn, vec![followers(), ticket_followers(self.ticket)])
    }
}

/// The workflow that the tracker uses.
/// - errors: a refusal if it uses none
pub(super) fn workflow(turn: &mut Turn<'_>) -> Result<ActorId, Halt> {
    let none = || Refusal::new("no-workflow", "this tracker uses no workflow: its tickets have no fields");
    Ok(provider(turn, TieKind::Workflow)?.ok_or_else(none)?)
}
