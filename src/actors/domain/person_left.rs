//! PersonLeft: a person of the domain has deleted their account.

use crate::domain::{Domain, PEOPLE};
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Private, from the person. Their name stays taken: nobody is ever somebody else by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PersonLeft {}

impl Method<Domain> for PersonLeft {
    type Answer = ();

    fn turn(self, domain: &mut Domain, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let person = turn.caller().id().clone();
        if PEOPLE.has(turn, &person)? {
            PEOPLE.remove(turn, &person);
            domain.people = domain.people.saturating_sub(1);
        }
        Ok(())
    }
}
