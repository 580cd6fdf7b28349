//! Tickets that others give to the person, until they are taken or turned down.

use crate::limits::ASSIGNMENTS_WAITING_MAX;
use crate::person::Person;
use crate::person::rows::{GIVEN, GIVEN_ORDER, GivenTicket};
use pritchel_actor::{ActId, Halt, Page, Turn};

/// Takes one down. Anybody can give, so only so many are kept: the oldest makes room.
pub(super) fn keep(person: &mut Person, turn: &mut Turn<'_>, assign: &ActId, given: &GivenTicket) -> Result<(), Halt> {
    if person.given >= ASSIGNMENTS_WAITING_MAX
        && let Some((place, oldest)) = GIVEN_ORDER.page(turn, Page::first(&[], 1))?.pop()
    {
        forget(person, turn, &oldest, place);
    }
    GIVEN_ORDER.put(turn, &given.place, assign);
    GIVEN.put(turn, assign, given);
    person.given += 1;
    Ok(())
}

/// Lets go of one.
pub(super) fn forget(person: &mut Person, turn: &mut Turn<'_>, assign: &ActId, place: u64) {
    GIVEN_ORDER.remove(turn, &place);
    GIVEN.remove(turn, assign);
    person.given = person.given.saturating_sub(1);
}
