//! TicketPlanned: a tracker has planned one of its tickets, closed it, reopened it or deleted it.

use crate::common::resource::{is_mine, spread};
use crate::roadmap::milestone::{milestone, onlookers_of};
use crate::roadmap::progress::{TICKET_PLACES, put, take};
use crate::roadmap::release_planned::not_planned;
use crate::roadmap::{MilestoneNo, Roadmap};
use crate::tie::TieKind;
use crate::tie::rows::provides_for;
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// What has become of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TicketChange {
    /// It is planned for a milestone of this roadmap now, or for none.
    Planned(Option<MilestoneNo>),
    /// It is closed.
    Closed,
    /// It is open again.
    Reopened,
    /// It is gone.
    Deleted,
}

/// The tracker's own `Accept` of what somebody did to its ticket: the milestone counts it.
///
/// Source: ForgeFed, the handler of `Accept` of Roadmap. That closing counts, too, is ours: it is how progress is seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TicketPlanned {
    /// The ticket's address.
    pub ticket: String,
    /// What has become of it.
    pub change: TicketChange,
}

impl TicketChange {
    /// The case of the handler.
    fn case(self) -> &'static str {
        match self {
            Self::Planned(_) => "planned",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::Deleted => "deleted",
        }
    }
}

impl Method<Roadmap> for TicketPlanned {
    type Answer = ();

    fn turn(self, _: &mut Roadmap, turn: &mut Turn<'_>) -> Result<(), Halt> {
        turn.case(self.change.case());
        let tracker = turn.caller().id().clone();
        let tied = provides_for(turn, TieKind::Roadmap, &tracker)?;
        demand(tied && is_mine(&tracker, &self.ticket), || {
            let why = format!("expected a ticket of a tracker that uses this roadmap, found {}", self.ticket);
            Refusal::new("not-its-tracker", why)
        })?;
        let was = TICKET_PLACES.get(turn, &self.ticket)?;
        demand(self.change != TicketChange::Deleted || was.is_some(), || not_planned(&self.ticket))?;
        let now = match (self.change, was) {
            (TicketChange::Planned(Some(number)), _) => {
                milestone(turn, number)?;
                let open = match take(turn, &self.ticket)? {
                    Some((_, open)) => open,
                    None => is_open(turn, &self.ticket)?,
                };
                put(turn, number, &self.ticket, open)?;
                Some(number)
            }
            (TicketChange::Planned(None) | TicketChange::Deleted, _) => {
                take(turn, &self.ticket)?;
                None
            }
            (TicketChange::Closed | TicketChange::Reopened, Some(number)) => {
                put(turn, number, &self.ticket, self.change == TicketChange::Reopened)?;
                None
            }
            (TicketChange::Closed | TicketChange::Reopened, None) => None,
        };
        spread(turn, onlookers_of(was.into_iter().chain(now)))
    }
}

/// Whether a ticket that is planned for the first time is open, as its document has it. One that cannot be looked at is taken
/// to be: what becomes of it will be told.
fn is_open(turn: &mut Turn<'_>, ticket: &str) -> Result<bool, Halt> {
    let document = turn.document(ticket)?.found.ok();
    Ok(document.is_none_or(|ticket| ticket.get("isResolved").and_then(serde_json::Value::as_bool) != Some(true)))
}
