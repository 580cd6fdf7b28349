//! DeleteEnum: an enumeration goes.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::workflow::enumeration::{ENUMS, enumeration};
use crate::workflow::field::all;
use crate::workflow::{EnumNo, FieldKind, Workflow};
use pritchel_actor::{Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Deletes an enumeration that no field uses: its address is gone, its number is not used again.
///
/// Source: ForgeFed, "Enum", Delete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeleteEnum {
    /// Which enumeration.
    pub number: EnumNo,
}

impl Method<Workflow> for DeleteEnum {
    type Answer = ();

    fn turn(self, workflow: &mut Workflow, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(workflow, turn, Role::Maintain)?;
        let deleted = enumeration(turn, self.number)?;
        let used = all(turn)?.into_iter().find(|(_, field)| field.kind == FieldKind::Enum(self.number));
        if let Some((_, field)) = used {
            let why =
                format!("the field {} takes its values from {}: delete the field first", field.name, deleted.name);
            return Err(Refusal::new("enum-in-use", why).into());
        }
        ENUMS.remove(turn, &self.number);
        spread(turn, vec![followers()])
    }
}
