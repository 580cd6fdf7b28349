//! What a workflow keeps of an enumeration and its values, and how they are addressed.

use crate::common::text::Line;
use crate::limits::ENUMS_MAX;
use crate::workflow::Color;
use pritchel_actor::{ActorId, Halt, Page, Reads, Refusal, Rows, Seconds, demand};
use serde::{Deserialize, Serialize};

/// Number of an enumeration in its workflow, counted from 1.
pub type EnumNo = u64;
/// Number of a value in its enumeration, counted from 1, in the order in which they were made.
pub type ValueNo = u64;

/// An enumeration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Enum {
    /// What it is called; no other of the workflow is.
    pub name: Line,
    /// One line about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Line>,
    /// Whether the order of its values means something.
    pub ordered: bool,
    /// Its values in their order: that in which they were made, where the order means nothing.
    pub values: Vec<EnumValue>,
    /// The number of the last value. A number is used once, even when its value is removed.
    pub last: ValueNo,
    /// When it was made.
    pub published: Seconds,
}

/// A value of an enumeration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnumValue {
    /// Its number.
    pub number: ValueNo,
    /// What it is called; no other of the enumeration is.
    pub name: Line,
    /// One line about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Line>,
    /// The colour behind its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// When it was made.
    pub published: Seconds,
}

/// What a new value is to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewValue {
    /// What it is called.
    pub name: Line,
    /// One line about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Line>,
    /// The colour behind its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
}

impl Enum {
    /// The value of this number, to be changed.
    /// - errors: a refusal if there is none
    pub fn value(&mut self, number: ValueNo) -> Result<&mut EnumValue, Halt> {
        let name = &self.name;
        let none = || Refusal::new("no-such-value", format!("{name} has no value {number}"));
        Ok(self.values.iter_mut().find(|value| value.number == number).ok_or_else(none)?)
    }

    /// Puts a value at the end. Answers its number.
    /// - errors: a refusal if one has this name, or there are too many
    pub fn add(&mut self, value: NewValue, now: Seconds) -> Result<ValueNo, Halt> {
        let limit = crate::limits::ENUM_VALUES_MAX;
        demand(self.values.len() < limit, || {
            Refusal::new("too-many-values", format!("an enumeration has at most {limit} values"))
        })?;
        self.refuse_name(&value.name, None)?;
        let NewValue { name, summary, color } = value;
        self.last += 1;
        self.values.push(EnumValue { number: self.last, name, summary, color, published: now });
        Ok(self.last)
    }

    /// Refuses the name of another value.
    pub fn refuse_name(&self, name: &Line, but: Option<ValueNo>) -> Result<(), Halt> {
        let mut others = self.values.iter().filter(|value| Some(value.number) != but);
        match others.any(|value| value.name == *name) {
            true => Err(taken(name)),
            false => Ok(()),
        }
    }
}

/// Enumerations by number, which is the order of their publishing.
pub const ENUMS: Rows<EnumNo, Enum> = Rows::new("enums");

/// All enumerations.
pub fn all(reads: &mut impl Reads) -> Result<Vec<(EnumNo, Enum)>, Halt> {
    ENUMS.page(reads, Page::first(&[], ENUMS_MAX))
}

/// The enumeration of this number, or a refusal.
pub fn enumeration(reads: &mut impl Reads, number: EnumNo) -> Result<Enum, Halt> {
    let none = || Refusal::new("no-such-enum", format!("there is no enumeration {number}"));
    Ok(ENUMS.get(reads, &number)?.ok_or_else(none)?)
}

/// Refuses the name of another enumeration. Answers how many there are.
pub fn refuse_name(reads: &mut impl Reads, name: &Line, but: Option<EnumNo>) -> Result<usize, Halt> {
    let all = all(reads)?;
    match all.iter().any(|(number, other)| Some(*number) != but && other.name == *name) {
        true => Err(taken(name)),
        false => Ok(all.len()),
    }
}

/// A name that another thing of the kind has.
pub(super) fn taken(name: &Line) -> Halt {
    Refusal::new("name-taken", format!("another one is called {name}")).into()
}

/// The address of an enumeration.
pub fn enum_uri(workflow: &ActorId, number: EnumNo) -> String {
    format!("{workflow}/enums/{number}")
}

/// The number of an enumeration of this workflow from its address.
pub fn enum_no(workflow: &ActorId, uri: &str) -> Option<EnumNo> {
    number(uri.strip_prefix(workflow.as_str())?.strip_prefix("/enums/")?)
}

/// The collection of an enumeration's values.
pub fn values_uri(workflow: &ActorId, number: EnumNo) -> String {
    format!("{}/values", enum_uri(workflow, number))
}

/// The enumeration of which this is the collection of values.
pub fn values_of(workflow: &ActorId, uri: &str) -> Option<EnumNo> {
    enum_no(workflow, uri.strip_suffix("/values")?)
}

/// The address of a value.
pub fn value_uri(workflow: &ActorId, (of, value): (EnumNo, ValueNo)) -> String {
    format!("{}/{value}", values_uri(workflow, of))
}

/// The numbers of a value of this workflow from its address.
pub fn value_no(workflow: &ActorId, uri: &str) -> Option<(EnumNo, ValueNo)> {
    let (values, value) = uri.rsplit_once('/')?;
    Some((values_of(workflow, values)?, number(value)?))
}

/// Canonical decimal only: one thing has one address.
pub(super) fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enumeration_its_values_and_each_of_them_have_one_address() {
        let workflow = ActorId::from("https://forge.example/workflows/w");
        assert_eq!(enum_no(&workflow, &enum_uri(&workflow, 7)), Some(7));
        assert_eq!(values_of(&workflow, &values_uri(&workflow, 7)), Some(7));
        assert_eq!(value_no(&workflow, &value_uri(&workflow, (7, 2))), Some((7, 2)));
        for other in ["enums/07/values/2", "enums/7/values/+2", "enums/7/2", "enums/values/2"] {
            assert_eq!(value_no(&workflow, &format!("{workflow}/{other}")), None, "{other}");
        }
        assert_eq!(enum_no(&"https://forge.example/workflows/x".into(), &enum_uri(&workflow, 7)), None);
    }
}
