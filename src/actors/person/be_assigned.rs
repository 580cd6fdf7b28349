//! Somebody gives the person a ticket.

use crate::person::rows::{CONSENTS, GivenTicket};
use crate::person::{Person, given};
use pritchel_actor::{Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Keeps a ticket that is given for the person to take or to turn down. Not answered by itself.
///
/// Source: ForgeFed, "Assign another actor"; protocol decision F-49.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeAssigned {
    /// The ticket's address.
    pub ticket: String,
}

impl Method<Person> for BeAssigned {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let Some(act) = turn.act() else {
            return Err(Refusal::new("no-act", "a ticket is given by an act").into());
        };
        let answered = CONSENTS.get(turn, &act.id)?;
        CONSENTS.remove(turn, &act.id);
        if answered == Some(false) {
            return Ok(());
        }
        let (by, at, place) = (turn.caller().id().clone(), turn.now(), turn.number());
        let given = GivenTicket { ticket: self.ticket, by, at, tracker: None, answered, place };
        given::keep(person, turn, &act.id, &given)
    }
}
