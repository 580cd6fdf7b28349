//! AddValue: an enumeration gets one more value.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::workflow::enumeration::{ENUMS, NewValue, enumeration, value_uri};
use crate::workflow::{EnumNo, Workflow};
use pritchel_actor::{Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Puts a value at the end of an enumeration, and answers its address.
///
/// Source: ForgeFed, "Add Value"; protocol decision F-27: the target is the enumeration's own collection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddValue {
    /// To which enumeration.
    pub of: EnumNo,
    /// What it is to be.
    pub value: NewValue,
    /// The address it claims to have already: must be none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl Method<Workflow> for AddValue {
    type Answer = String;

    fn turn(self, workflow: &mut Workflow, turn: &mut Turn<'_>) -> Result<String, Halt> {
        require(workflow, turn, Role::Maintain)?;
        let mut edited = enumeration(turn, self.of)?;
        if let Some(id) = self.id {
            let why = format!("a value gets its address from its workflow, this one claims {id}");
            return Err(Refusal::new("has-an-id", why).into());
        }
        let number = edited.add(self.value, turn.now())?;
        ENUMS.put(turn, &self.of, &edited);
        spread(turn, vec![followers()])?;
        Ok(value_uri(turn.me(), (self.of, number)))
    }
}
