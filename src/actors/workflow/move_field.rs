//! MoveField: a field gets another place.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::workflow::field::{field, field_uri};
use crate::workflow::place::Places;
use crate::workflow::{FieldNo, Workflow};
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Moves a field among its like.
///
/// Source: ForgeFed, "Field", Reorder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoveField {
    /// Which field.
    pub number: FieldNo,
    /// From where to where.
    pub places: Places,
}

impl Method<Workflow> for MoveField {
    type Answer = ();

    fn turn(self, workflow: &mut Workflow, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(workflow, turn, Role::Maintain)?;
        field(turn, self.number)?;
        let me = turn.me();
        self.places.apply(&mut workflow.order, |number| *number == self.number, |number| field_uri(me, *number))?;
        spread(turn, vec![followers()])
    }
}
