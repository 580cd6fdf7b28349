//! EditValue: name, description and colour of a value.

use crate::access::{Role, require};
use crate::common::edited::{Edited, refuse_terms};
use crate::common::resource::{followers, spread};
use crate::common::text::Line;
use crate::workflow::enumeration::{ENUMS, enumeration};
use crate::workflow::{Color, EnumNo, ValueNo, Workflow};
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Changes what is given, leaves the rest.
///
/// Source: ForgeFed, "Editing an Object", EnumValue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditValue {
    /// Of which enumeration.
    pub of: EnumNo,
    /// Which value.
    pub value: ValueNo,
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Line>,
    /// The new line about it.
    #[serde(default)]
    pub summary: Edited<Line>,
    /// The new colour.
    #[serde(default)]
    pub color: Edited<Color>,
    /// Terms the `Edit` also names, which cannot be edited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}

impl Method<Workflow> for EditValue {
    type Answer = ();

    fn turn(self, workflow: &mut Workflow, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(workflow, turn, Role::Maintain)?;
        let mut edited = enumeration(turn, self.of)?;
        edited.value(self.value)?;
        let nothing = self.name.is_none() && self.summary.is_kept() && self.color.is_kept();
        refuse_terms(&self.others, "name, summary and enumValueColor", nothing)?;
        if let Some(name) = &self.name {
            edited.refuse_name(name, Some(self.value))?;
        }
        let value = edited.value(self.value)?;
        value.name = self.name.unwrap_or_else(|| value.name.clone());
        value.summary = self.summary.of(value.summary.take());
        value.color = self.color.of(value.color.take());
        ENUMS.put(turn, &self.of, &edited);
        spread(turn, vec![followers()])
    }
}
