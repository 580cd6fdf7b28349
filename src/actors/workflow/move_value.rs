//! MoveValue: a value of an ordered enumeration gets another place.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::workflow::enumeration::{ENUMS, enumeration, value_uri};
use crate::workflow::place::Places;
use crate::workflow::{EnumNo, ValueNo, Workflow};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Moves a value among its like.
///
/// Source: ForgeFed, "Reorder Value"; protocol decision F-26: the object is the value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoveValue {
    /// Of which enumeration.
    pub of: EnumNo,
    /// Which value.
    pub value: ValueNo,
    /// From where to where.
    pub places: Places,
}

impl Method<Workflow> for MoveValue {
    type Answer = ();

    fn turn(self, workflow: &mut Workflow, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(workflow, turn, Role::Maintain)?;
        let mut edited = enumeration(turn, self.of)?;
        edited.value(self.value)?;
        demand(edited.ordered, || {
            let why = format!("the order of the values of {} means nothing: set `enumIsOrdered` first", edited.name);
            Refusal::new("not-ordered", why)
        })?;
        let (me, of) = (turn.me(), self.of);
        let address = |value: &crate::workflow::EnumValue| value_uri(me, (of, value.number));
        self.places.apply(&mut edited.values, |value| value.number == self.value, address)?;
        ENUMS.put(turn, &self.of, &edited);
        spread(turn, vec![followers()])
    }
}
