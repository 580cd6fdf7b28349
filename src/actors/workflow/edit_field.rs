//! EditField: name, description and colour of a field.

use crate::access::{Role, require};
use crate::common::edited::{Edited, refuse_terms};
use crate::common::resource::{followers, spread};
use crate::common::text::Line;
use crate::workflow::field::{FIELDS, field, refuse_name};
use crate::workflow::{Color, FieldNo, Workflow};
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Changes what is given, leaves the rest. The type of a field stays: tickets have values of it.
///
/// Source: ForgeFed, "Editing an Object", Field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditField {
    /// Which field.
    pub number: FieldNo,
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

impl Method<Workflow> for EditField {
    type Answer = ();

    fn turn(self, workflow: &mut Workflow, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(workflow, turn, Role::Maintain)?;
        let mut edited = field(turn, self.number)?;
        let nothing = self.name.is_none() && self.summary.is_kept() && self.color.is_kept();
        refuse_terms(&self.others, "name, summary and fieldColor", nothing)?;
        if let Some(name) = self.name {
            refuse_name(turn, &name, Some(self.number))?;
            edited.name = name;
        }
        edited.summary = self.summary.of(edited.summary);
        edited.color = self.color.of(edited.color);
        FIELDS.put(turn, &self.number, &edited);
        spread(turn, vec![followers()])
    }
}
