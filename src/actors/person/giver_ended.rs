//! Whom the person follows, or has Grants of, is no more.

use crate::limits::SWEPT_MAX;
use crate::person::rows::{DELEGATIONS, PERMITS};
use crate::person::{Person, publish};
use pritchel_actor::{ActId, ActorId, Halt, Method, Page, RowKey, Turn};
use serde::{Deserialize, Serialize};

/// The caller says that it was deleted: it is followed no more, and its Grants are worth nothing any more, those it passed on included.
/// It is no matter if there is neither.
///
/// Source: ForgeFed, "Deleting Resource Actors"; protocol decision F-54; ActivityPub, "Delete Activity".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GiverEnded {}

impl Method<Person> for GiverEnded {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let giver = turn.caller().id().clone();
        publish::forget_followed(person, turn, &giver)?;
        sweep(turn, giver, None)
    }
}

/// Private, by the person's own box: goes on after this Grant. Grants are by their address, so that all are looked through, a
/// page a turn; that a giver is deleted is rare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepPermits {
    /// Who gave them.
    pub giver: ActorId,
    /// The last Grant that was looked at.
    pub after: ActId,
}

impl Method<Person> for SweepPermits {
    type Answer = ();

    fn turn(self, _person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        sweep(turn, self.giver, Some(&self.after))
    }
}

/// Marks the Grants of one page that this actor gave, and has the next page looked at.
pub fn sweep(turn: &mut Turn<'_>, giver: ActorId, after: Option<&ActId>) -> Result<(), Halt> {
    let after = after.map(RowKey::encode).unwrap_or_default();
    let page = Page { prefix: &[], after: &after, limit: SWEPT_MAX, newest_first: false };
    let permits = PERMITS.page(turn, page)?;
    let full = permits.len() == SWEPT_MAX;
    let last = permits.last().map(|(grant, _)| grant.clone()).filter(|_| full);
    for (grant, mut permit) in permits.into_iter().filter(|(_, permit)| permit.live && permit.giver == giver) {
        permit.live = false;
        permit.orphaned = true;
        if let Some(delegate) = permit.delegate.take() {
            DELEGATIONS.remove(turn, &delegate);
        }
        PERMITS.put(turn, &grant, &permit);
    }
    let myself = turn.myself::<Person>();
    last.map_or(Ok(()), |after| turn.call(&myself, SweepPermits { giver, after }))
}
