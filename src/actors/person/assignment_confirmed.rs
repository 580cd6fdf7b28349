//! The tracker of a ticket says that it may be given to the person, or that it is theirs.

use crate::common::resource::is_mine;
use crate::person::rows::GIVEN;
use crate::person::{Person, given, wire};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Marks a ticket that is given as one that the person may take, and takes it if they want not to be asked; or lets go of it, since the
/// tracker has written down that it is the person's. Only the ticket's tracker can say so.
///
/// Source: ForgeFed, "Assign another actor", steps 2 and 6; protocol decision F-49.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssignmentConfirmed {
    /// The `Assign`.
    pub assign: ActId,
    /// Whether the ticket is the person's.
    pub listed: bool,
}

impl Method<Person> for AssignmentConfirmed {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        let given = GIVEN.get(turn, &self.assign)?;
        let Some(mut given) = given.filter(|given| is_mine(&caller, &given.ticket)) else {
            let why = format!("{} gives no ticket that {caller} keeps", self.assign);
            return Err(Refusal::new("not-its-tracker", why).into());
        };
        if self.listed {
            given::forget(person, turn, &self.assign, given.place);
        } else {
            if person.takes_assignments && given.answered.is_none() && person.suspended.is_none() {
                wire::consent(turn, &self.assign, &caller)?;
                given.answered = Some(true);
            }
            given.tracker = Some(caller);
            GIVEN.put(turn, &self.assign, &given);
        }
        Ok(())
    }
}
