//! What a workflow keeps of a field, and how it is addressed.

use crate::common::text::Line;
use crate::limits::FIELDS_MAX;
use crate::workflow::enumeration::{number, taken};
use crate::workflow::{Color, EnumNo};
use pritchel_actor::{ActorId, Halt, Page, Reads, Refusal, Rows, Seconds};
use serde::{Deserialize, Serialize};

/// Number of a field in its workflow, counted from 1.
pub type FieldNo = u64;

/// What values a field takes.
///
/// Source: ForgeFed, "Field Types".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// A text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Rational,
    /// Yes or no.
    Boolean,
    /// None: a ticket has the field or has it not.
    Class,
    /// A value of this enumeration.
    Enum(EnumNo),
}

impl FieldKind {
    /// The word of it on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "fieldTypeText",
            Self::Integer => "fieldTypeInteger",
            Self::Rational => "fieldTypeRational",
            Self::Boolean => "fieldTypeBoolean",
            Self::Class => "fieldTypeClass",
            Self::Enum(_) => "fieldTypeEnum",
        }
    }
}

/// A field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// What it is called; no other of the workflow is.
    pub name: Line,
    /// One line about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Line>,
    /// What values it takes.
    pub kind: FieldKind,
    /// The colour behind its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// When it was made.
    pub published: Seconds,
}

/// Fields by number.
pub const FIELDS: Rows<FieldNo, Field> = Rows::new("fields");

/// All fields, in the order in which they were made.
pub fn all(reads: &mut impl Reads) -> Result<Vec<(FieldNo, Field)>, Halt> {
    FIELDS.page(reads, Page::first(&[], FIELDS_MAX))
}

/// The field of this number, or a refusal.
pub fn field(reads: &mut impl Reads, number: FieldNo) -> Result<Field, Halt> {
    let none = || Refusal::new("no-such-field", format!("there is no field {number}"));
    Ok(FIELDS.get(reads, &number)?.ok_or_else(none)?)
}

/// Refuses the name of another field. Answers how many there are.
pub fn refuse_name(reads: &mut impl Reads, name: &Line, but: Option<FieldNo>) -> Result<usize, Halt> {
    let all = all(reads)?;
    match all.iter().any(|(number, other)| Some(*number) != but && other.name == *name) {
        true => Err(taken(name)),
        false => Ok(all.len()),
    }
}

/// The address of a field.
pub fn field_uri(workflow: &ActorId, number: FieldNo) -> String {
    format!("{workflow}/fields/{number}")
}

/// The number of a field of this workflow from its address.
pub fn field_no(workflow: &ActorId, uri: &str) -> Option<FieldNo> {
    number(uri.strip_prefix(workflow.as_str())?.strip_prefix("/fields/")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_one_address() {
        let workflow = ActorId::from("https://forge.example/workflows/w");
        assert_eq!(field_no(&workflow, &field_uri(&workflow, 7)), Some(7));
        for other in ["fields/07", "field/7", "fields/7/x"] {
            assert_eq!(field_no(&workflow, &format!("{workflow}/{other}")), None, "{other}");
        }
    }
}
