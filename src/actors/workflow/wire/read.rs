//! The parts of enumerations, values and fields as activities have them.

use crate::common::Edited;
use crate::common::text::Line;
use crate::gate::{line, malformed};
use crate::workflow::Color;
use crate::workflow::enumeration::NewValue;
use pritchel_actor::Halt;
use pritchel_vocab::{Obj, text};

/// Terms that any object may name in an `Edit` beside those that change.
const PLAIN: [&str; 4] = ["@context", "id", "type", "context"];

/// The name of something new.
pub fn name(object: &Obj<'_>) -> Result<Line, Halt> {
    line(object, "name")?.ok_or_else(|| malformed("expected a `name`"))
}

/// One line about something, which is HTML-escaped plain text on the wire.
pub fn summary(object: &Obj<'_>) -> Result<Option<Line>, Halt> {
    let summary = object.text("summary").map_err(malformed)?.map(text::plain).filter(|text| !text.trim().is_empty());
    summary.map(|text| Line::parse(&text).map_err(|e| malformed(format!("`summary`: {e}")))).transpose()
}

/// A colour.
pub fn color(object: &Obj<'_>, term: &str) -> Result<Option<Color>, Halt> {
    let color = object.text(term).map_err(malformed)?;
    color.map(|text| Color::parse(text).map_err(|e| malformed(format!("`{term}`: {e}")))).transpose()
}

/// What an `Edit` does to a line about something: an empty one goes.
pub fn edited_summary(object: &Obj<'_>) -> Result<Edited<Line>, Halt> {
    Ok(match summary(object)? {
        Some(line) => Edited::Set(line),
        None if object.map().contains_key("summary") => Edited::Cleared,
        None => Edited::Kept,
    })
}

/// What an `Edit` does to a colour.
pub fn edited_color(object: &Obj<'_>, term: &str) -> Result<Edited<Color>, Halt> {
    Ok(match color(object, term)? {
        Some(color) => Edited::Set(color),
        None if object.is_null(term) => Edited::Cleared,
        None => Edited::Kept,
    })
}

/// A new value.
pub fn value(object: &Obj<'_>) -> Result<NewValue, Halt> {
    if !object.is("EnumValue") {
        return Err(malformed("expected an EnumValue"));
    }
    Ok(NewValue { name: name(object)?, summary: summary(object)?, color: color(object, "enumValueColor")? })
}

/// The terms of an `Edit` that are neither of `editable` nor go without saying.
pub fn others(object: &Obj<'_>, editable: &[&str]) -> Vec<String> {
    let known = |term: &&String| PLAIN.contains(&term.as_str()) || editable.contains(&term.as_str());
    object.map().keys().filter(|term| !known(term)).cloned().collect()
}
