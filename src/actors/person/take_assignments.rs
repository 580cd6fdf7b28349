//! TakeAssignments: whether a person is asked before a ticket is theirs.

use crate::person::{Person, publish};
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Private, by the person: from now on they take what they are given without being asked, or are asked again. What waits already
/// waits on.
///
/// Source: protocol decision F-49.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TakeAssignments {
    /// Whether tickets are theirs as soon as the tracker says that they may be given to them.
    pub unasked: bool,
}

impl Method<Person> for TakeAssignments {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        person.takes_assignments = self.unasked;
        Ok(())
    }
}
