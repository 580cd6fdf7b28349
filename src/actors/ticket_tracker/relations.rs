//! Dependencies between tickets as rows: one is listed with both of its tickets, as far as they are this tracker's.

use crate::common::resource::is_mine;
use crate::limits::{DEPENDANTS_MAX, DEPENDANTS_UNCONFIRMED_MAX};
use crate::ticket_tracker::ticket::{
    DEPENDANT_IDS, DEPENDANT_OFFERS, DEPENDANT_REMOVALS, DEPENDANTS, DEPENDENCIES, DEPENDENCY_NUMBERS, Dependant,
    Dependency, TICKETS, UNCONFIRMED, UNCONFIRMED_PLACES, act_id, ticket_no, ticket_uri,
};
use crate::ticket_tracker::{TicketNo, Tracks};
use pritchel_actor::{ActId, ActorId, Halt, Page, Refusal, RowKey, Turn, demand};
use serde::{Deserialize, Serialize};

/// How many things told of dependants wait to be confirmed, and how many ever did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unconfirmed {
    /// How many wait.
    pub waiting: u64,
    /// How many ever did: their order.
    pub last: u64,
}

impl Unconfirmed {
    pub(super) fn is_untouched(&self) -> bool {
        self.last == 0
    }
}

/// Has what anybody may tell wait for the word of the tracker it is about. Where too much waits, the oldest makes room.
/// - `told`: its place among the dependants or their removals
pub fn await_word(tracker: &mut impl Tracks, turn: &mut Turn<'_>, told: &ActId) -> Result<(), Halt> {
    if UNCONFIRMED_PLACES.has(turn, told)? {
        return Ok(());
    }
    if tracker.tracked().unconfirmed.waiting >= DEPENDANTS_UNCONFIRMED_MAX
        && let Some((_, oldest)) = UNCONFIRMED.page(turn, Page::first(&[], 1))?.pop()
    {
        DEPENDANT_REMOVALS.remove(turn, &oldest);
        if let Some(dependant) = DEPENDANTS.get(turn, &oldest)?.filter(|dependant| dependant.id.is_none()) {
            DEPENDANTS.remove(turn, &oldest);
            let place = (dependant.ticket, dependant.of);
            if DEPENDANT_OFFERS.get(turn, &place)?.is_some_and(|offer| offer == oldest) {
                DEPENDANT_OFFERS.remove(turn, &place);
            }
        }
        has_word(tracker, turn, &oldest)?;
    }
    let unconfirmed = &mut tracker.tracked_mut().unconfirmed;
    (unconfirmed.waiting, unconfirmed.last) = (unconfirmed.waiting + 1, unconfirmed.last + 1);
    UNCONFIRMED.put(turn, &unconfirmed.last, told);
    UNCONFIRMED_PLACES.put(turn, told, &unconfirmed.last);
    Ok(())
}

/// What waited for a tracker's word waits no more.
pub fn has_word(tracker: &mut impl Tracks, turn: &mut Turn<'_>, told: &ActId) -> Result<(), Halt> {
    let Some(place) = UNCONFIRMED_PLACES.get(turn, told)? else { return Ok(()) };
    UNCONFIRMED_PLACES.remove(turn, told);
    UNCONFIRMED.remove(turn, &place);
    let unconfirmed = &mut tracker.tracked_mut().unconfirmed;
    unconfirmed.waiting = unconfirmed.waiting.saturating_sub(1);
    Ok(())
}

/// Refuses a further dependant of a ticket that is listed under as many as can be shown.
pub fn has_room(turn: &mut Turn<'_>, ticket: TicketNo, of: &str) -> Result<(), Halt> {
    let listed = DEPENDANT_OFFERS.page(turn, Page::first(&ticket.encode(), DEPENDANTS_MAX))?;
    demand(listed.len() < DEPENDANTS_MAX || listed.iter().any(|((_, other), _)| other == of), || {
        Refusal::new("too-many-dependants", format!("at most {DEPENDANTS_MAX} tickets are listed as waiting for one"))
    })?;
    Ok(())
}

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
