//! EditEnum: name, description and order of an enumeration.

use crate::access::{Role, require};
use crate::common::edited::{Edited, refuse_terms};
use crate::common::resource::{followers, spread};
use crate::common::text::Line;
use crate::workflow::enumeration::{ENUMS, enumeration, refuse_name};
use crate::workflow::{EnumNo, Workflow};
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Changes what is given, leaves the rest. Without an order its values stand as they were made.
///
/// Source: ForgeFed, "Editing an Object", Enum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditEnum {
    /// Which enumeration.
    pub number: EnumNo,
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Line>,
    /// The new line about it.
    #[serde(default)]
    pub summary: Edited<Line>,
    /// Whether the order of its values means something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered: Option<bool>,
    /// Terms the `Edit` also names, which cannot be edited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
}

impl Method<Workflow> for EditEnum {
    type Answer = ();

    fn turn(self, workflow: &mut Workflow, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(workflow, turn, Role::Maintain)?;
        let mut edited = enumeration(turn, self.number)?;
        let nothing = self.name.is_none() && self.summary.is_kept() && self.ordered.is_none();
        refuse_terms(&self.others, "name, summary and enumIsOrdered", nothing)?;
        if let Some(name) = self.name {
            refuse_name(turn, &name, Some(self.number))?;
            edited.name = name;
        }
        edited.summary = self.summary.of(edited.summary);
        edited.ordered = self.ordered.unwrap_or(edited.ordered);
        if !edited.ordered {
            edited.values.sort_by_key(|value| value.number);
        }
        ENUMS.put(turn, &self.number, &edited);
        spread(turn, vec![followers()])
    }
}
