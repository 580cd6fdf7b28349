//! A ticket of the person's is to be taken back.

use crate::person::{Person, wire};
use pritchel_actor::{ActId, Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Consents when the ticket's tracker says that it may be taken back: nobody is kept at work. The tracker ends the
/// assignment when it has the consent.
///
/// Source: ForgeFed, "Unassign another actor"; protocol decision F-49.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeUnassigned {
    /// The `Undo` of the assignment, which the tracker has authorised.
    pub undo: ActId,
}

impl Method<Person> for BeUnassigned {
    type Answer = ();

    fn turn(self, _person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let tracker = turn.caller().id().clone();
        wire::consent(turn, &self.undo, &tracker)
    }
}
