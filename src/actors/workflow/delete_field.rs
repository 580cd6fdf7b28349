//! DeleteField: a field goes.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::workflow::field::{FIELDS, field};
use crate::workflow::{FieldNo, Workflow};
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Deletes a field: its address is gone, its number is not used again. Which tickets have it only their trackers
/// know, which let go of it when they hear of this.
///
/// Source: ForgeFed, "Field", Delete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeleteField {
    /// Which field.
    pub number: FieldNo,
}

impl Method<Workflow> for DeleteField {
    type Answer = ();

    fn turn(self, workflow: &mut Workflow, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(workflow, turn, Role::Maintain)?;
        field(turn, self.number)?;
        FIELDS.remove(turn, &self.number);
        workflow.order.retain(|number| *number != self.number);
        spread(turn, vec![followers()])
    }
}
