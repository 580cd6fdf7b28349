//! For which milestone of the tracker's roadmap a ticket is planned.

use crate::common::resource::followers;
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::fields::wire::kept_by;
use crate::ticket_tracker::ticket::{Ticket, ticket_followers};
use crate::tie::TieKind;
use crate::tie::rows::{provider, providers};
use pritchel_actor::{ActorId, Group, Halt, Refusal, Rows, Turn};
use serde::{Deserialize, Serialize};

/// A milestone that a ticket is planned for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// The roadmap that keeps it.
    pub roadmap: ActorId,
    /// Its address.
    pub milestone: String,
}

/// Tickets by the milestone they are planned for.
pub const PLANNED: Rows<(String, TicketNo), ()> = Rows::new("planned");

/// Plans a ticket for a milestone of the tracker's roadmap, or for none. The caller keeps the ticket.
/// - errors: a refusal if the tracker uses no roadmap, or the milestone is of another
pub fn plan(turn: &mut Turn<'_>, number: TicketNo, ticket: &mut Ticket, milestone: Option<String>) -> Result<(), Halt> {
    let none = || Refusal::new("no-roadmap", "this tracker uses no roadmap: its tickets have no milestones");
    let roadmap = provider(turn, TieKind::Roadmap)?.ok_or_else(none)?;
    let planned = match milestone {
        None => None,
        Some(milestone) => {
            kept_by(turn, &roadmap, &milestone, "Milestone", roadmap.as_str())?;
            Some(Planned { roadmap, milestone })
        }
    };
    unplan(turn, number, ticket);
    if let Some(planned) = &planned {
        PLANNED.put(turn, &(planned.milestone.clone(), number), &());
    }
    ticket.milestone = planned;
    Ok(())
}

/// Takes a ticket out of its milestone. The caller keeps the ticket.
pub fn unplan(turn: &mut Turn<'_>, number: TicketNo, ticket: &mut Ticket) {
    forget_plan(turn, number, ticket);
    ticket.milestone = None;
}

/// Forgets that a ticket is planned for its milestone.
pub fn forget_plan(turn: &mut Turn<'_>, number: TicketNo, ticket: &Ticket) {
    if let Some(planned) = &ticket.milestone {
        PLANNED.remove(turn, &(planned.milestone.clone(), number));
    }
}

/// Who sees what happens to a ticket: the followers of the tracker and of the ticket, and the roadmap it is planned in.
pub fn onlookers(number: TicketNo, ticket: &Ticket) -> Vec<Group> {
    let mut groups = vec![followers(), ticket_followers(number)];
    groups.extend(ticket.milestone.iter().map(|_| providers(TieKind::Roadmap)));
    groups
}
