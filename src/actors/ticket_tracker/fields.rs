//! What a ticket has of the fields of its tracker's workflow: values, each fitting the type of its field as the workflow's
//! documents tell it, wherever the workflow is.
//! - [`wire`]: values as activities and documents have them
//!
//! Source: ForgeFed, "Edit a Ticket's custom fields", "Field Types"; protocol decision F-11.

pub mod wire;

use crate::common::Edited;
use crate::common::text::Line;
use crate::limits::CUSTOM_FIELDS_MAX;
use crate::ticket_tracker::ticket::Ticket;
use pritchel_actor::{ActorId, Halt, Refusal, Turn, Value, demand};
use serde::{Deserialize, Serialize};
use serde_json::Number;

/// A value that a ticket has of a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldValue {
    /// The address of the field.
    pub field: String,
    /// The workflow it is of.
    pub workflow: ActorId,
    /// What the field was called when the value was set.
    pub name: Line,
    /// The value.
    pub value: FieldData,
}

impl FieldValue {
    /// Whether it is of this field, or is this value of an enumeration.
    pub fn is_of(&self, uri: &str) -> bool {
        self.field == uri || matches!(&self.value, FieldData::Enum { value, .. } if value == uri)
    }
}

/// A value of some type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldData {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Rational(Number),
    /// Yes or no.
    Boolean(bool),
    /// That the ticket has the field.
    Class,
    /// A value of an enumeration.
    Enum {
        /// Its address.
        value: String,
        /// What it was called when it was set.
        name: Line,
    },
}

impl FieldData {
    /// The value on the wire; `None` for that which has none.
    pub fn value(&self) -> Option<Value> {
        match self {
            Self::Text(text) => Some(text.as_str().into()),
            Self::Integer(number) => Some((*number).into()),
            Self::Rational(number) => Some(Value::Number(number.clone())),
            Self::Boolean(flag) => Some((*flag).into()),
            Self::Class => None,
            Self::Enum { value, .. } => Some(value.as_str().into()),
        }
    }
}

/// What is to become of a ticket's value of one field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldEdit {
    /// The address of the field.
    pub field: String,
    /// The new value; none at all for a field of which a ticket only has that it is there.
    pub value: Edited<Value>,
}

/// Sets and removes a ticket's values, as long as all of them fit. Values of a workflow that the tracker used before go.
pub fn apply(turn: &mut Turn<'_>, workflow: &ActorId, ticket: &mut Ticket, edits: &[FieldEdit]) -> Result<(), Halt> {
    let mut values = std::mem::take(&mut ticket.fields);
    values.retain(|value| value.workflow == *workflow);
    for edit in edits {
        values.retain(|value| value.field != edit.field);
        if edit.value != Edited::Cleared {
            values.push(wire::fitting(turn, workflow, edit)?);
        }
    }
    demand(values.len() <= CUSTOM_FIELDS_MAX, || {
        let why = format!("a ticket has values of at most {CUSTOM_FIELDS_MAX} fields");
        Refusal::new("too-many-custom-fields", why)
    })?;
    ticket.fields = values;
    Ok(())
}
