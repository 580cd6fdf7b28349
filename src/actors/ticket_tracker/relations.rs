//! Dependencies between tickets as rows: one is listed with both of its tickets, as far as they are this tracker's.

use crate::common::resource::is_mine;
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::ticket::{
    DEPENDANT_IDS, DEPENDANT_OFFERS, DEPENDANTS, DEPENDENCIES, DEPENDENCY_NUMBERS, Dependant, Dependency, TICKETS,
    act_id, ticket_no, ticket_uri,
};
use pritchel_actor::{ActId, ActorId, Halt, Turn};

/// Lists a dependant whose dependency is this tracker's too: nobody else has to confirm it.
pub fn list_own_dependant(turn: &mut Turn<'_>, ticket: TicketNo, of: String, id: String) -> Result<(), Halt> {
    let offer = act_id(turn)?;
    let tracker = turn.me().clone();
    DEPENDANT_OFFERS.put(turn, &(ticket, of.clone()), &offer);
    DEPENDANTS.put(turn, &offer, &Dependant { ticket, of, tracker, id: Some(id) });
    Ok(())
}

/// Takes a dependency of this tracker off both of its tickets.
pub fn drop_dependency(turn: &mut Turn<'_>, number: u64, dependency: &Dependency) -> Result<(), Halt> {
    let me = turn.me().clone();
    DEPENDENCIES.remove(turn, &number);
    DEPENDENCY_NUMBERS.remove(turn, &(dependency.ticket, dependency.on.clone()));
    if let Some(other) = ticket_no(&me, &dependency.on) {
        let place = (other, ticket_uri(&me, dependency.ticket));
        if let Some(offer) = DEPENDANT_OFFERS.get(turn, &place)? {
            DEPENDANTS.remove(turn, &offer);
        }
        DEPENDANT_OFFERS.remove(turn, &place);
    }
    if let Some(mut ticket) = TICKETS.get(turn, &dependency.ticket)? {
        ticket.dependencies = ticket.dependencies.saturating_sub(1);
        TICKETS.put(turn, &dependency.ticket, &ticket);
    }
    Ok(())
}

/// Takes a dependant off the ticket that it depends on.
pub fn drop_dependant(turn: &mut Turn<'_>, offer: &ActId, dependant: &Dependant) {
    DEPENDANT_OFFERS.remove(turn, &(dependant.ticket, dependant.of.clone()));
    DEPENDANTS.remove(turn, offer);
    if let Some(id) = &dependant.id {
        DEPENDANT_IDS.remove(turn, id);
    }
}

/// The tracker of a ticket elsewhere, among those that were told of the dependency on it.
pub fn tracker_among(told: &[ActorId], ticket: &str) -> Option<ActorId> {
    told.iter().find(|tracker| is_mine(tracker, ticket)).cloned()
}
