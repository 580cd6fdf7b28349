//! RemoveValue: an enumeration loses a value.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::workflow::enumeration::{ENUMS, enumeration};
use crate::workflow::{EnumNo, ValueNo, Workflow};
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Takes a value out: no ticket can be given it any more. The trackers that use the workflow are told, and take it from the tickets that have
/// it, since only they know which those are.
///
/// Source: ForgeFed, "Remove Value".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RemoveValue {
    /// From which enumeration.
    pub of: EnumNo,
    /// Which value.
    pub value: ValueNo,
}

impl Method<Workflow> for RemoveValue {
    type Answer = ();

    fn turn(self, workflow: &mut Workflow, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(workflow, turn, Role::Maintain)?;
        let mut edited = enumeration(turn, self.of)?;
        edited.value(self.value)?;
        edited.values.retain(|value| value.number != self.value);
        ENUMS.put(turn, &self.of, &edited);
        spread(turn, vec![followers()])
    }
}
