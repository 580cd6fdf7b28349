//! What forms do to the parts of a workflow, and to what tickets have of them.

use crate::answer::{WebError, WebResult};
use crate::page::fields::{Fields, wrong};
use pritchel_actor::{ActId, ActorId, Value};
use pritchel_actors::client;
use pritchel_actors::workflow::Color;
use serde_json::json;

/// What is done to a part of a workflow; `None` if the form is about something else.
pub fn part(workflow: &ActorId, what: &str, fields: &Fields, capability: &ActId) -> Option<WebResult<Value>> {
    let known = [
        "make-enum",
        "make-field",
        "add-value",
        "remove-value",
        "edit-field",
        "edit-value",
        "edit-enum",
        "move-part",
        "delete-part",
    ];
    known.contains(&what).then(|| done(workflow, what, fields, capability))
}

fn done(workflow: &ActorId, what: &str, fields: &Fields, capability: &ActId) -> WebResult<Value> {
    let summary = fields.text("summary").unwrap_or_default();
    Ok(match what {
        "make-enum" => {
            let values = values(fields);
            let values: Vec<_> = values.iter().map(|(name, color)| (name.as_str(), color.as_deref())).collect();
            let about = (fields.need("name")?, summary);
            client::make_enum(workflow, about, fields.ticked("ordered"), &values, capability)
        }
        "make-field" => {
            let about = (fields.need("name")?, summary, fields.text("color"));
            let kind = fields.need("kind")?;
            // An enumeration is named by its address.
            let (kind, of) = if kind.contains("://") { ("fieldTypeEnum", Some(kind)) } else { (kind, None) };
            client::make_field(workflow, about, kind, of, capability)
        }
        "add-value" => {
            let value = (fields.need("name")?, summary, fields.text("color"));
            client::add_value(workflow, fields.uri("enum")?, value, capability)
        }
        "remove-value" => client::remove_value(workflow, fields.uri("enum")?, fields.uri("part")?, capability),
        "move-part" => {
            let after = fields.need("after")?;
            let place = after.parse().map_err(|_| wrong(format!("expected a place in `after`, found {after:?}")))?;
            client::move_part(workflow, fields.uri("part")?, place, capability)
        }
        "delete-part" => client::delete_part(workflow, fields.uri("part")?, capability),
        _ => {
            let mut terms = json!({"name": fields.need("name")?, "summary": client::escaped(summary)});
            match what {
                "edit-field" => terms["fieldColor"] = json!(fields.text("color")),
                "edit-value" => terms["enumValueColor"] = json!(fields.text("color")),
                _ => terms["enumIsOrdered"] = json!(fields.ticked("ordered")),
            }
            client::edit_part(workflow, fields.uri("part")?, terms, capability)
        }
    })
}

/// Values as they are typed: one a line, with a colour at its end if it has one.
fn values(fields: &Fields) -> Vec<(String, Option<String>)> {
    let typed = fields.exact("values");
    let lines = typed.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| match line.rsplit_once(' ') {
            Some((name, color)) if Color::parse(color).is_ok() => (name.trim().to_owned(), Some(color.to_owned())),
            _ => (line.to_owned(), None),
        })
        .collect()
}

/// The value of a ticket's field as a form has it: by the type of the field; an empty one takes it away.
pub fn field_value(kind: &str, typed: Option<&str>) -> WebResult<Value> {
    let Some(typed) = typed else { return Ok(Value::Null) };
    let number = || {
        let number = serde_json::from_str::<serde_json::Number>(typed);
        number.map(Value::Number).map_err(|_| wrong(format!("expected a number, found {typed:?}")))
    };
    match kind {
        "fieldTypeText" | "fieldTypeEnum" => Ok(typed.into()),
        "fieldTypeInteger" | "fieldTypeRational" => number(),
        "fieldTypeBoolean" => Ok((typed == "yes").into()),
        "fieldTypeClass" => Ok(true.into()),
        _ => Err(WebError::not_found()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_becomes_a_value_of_the_fields_type() {
        #[rustfmt::skip]
        let rows = [
            ("fieldTypeText",     Some("7"),   Some(json!("7"))),
            ("fieldTypeInteger",  Some("-7"),  Some(json!(-7))),
            ("fieldTypeRational", Some("1.5"), Some(json!(1.5))),
            ("fieldTypeInteger",  Some("x"),   None),
            ("fieldTypeBoolean",  Some("yes"), Some(json!(true))),
            ("fieldTypeBoolean",  Some("no"),  Some(json!(false))),
            ("fieldTypeClass",    Some("yes"), Some(json!(true))),
            ("fieldTypeClass",    None,        Some(Value::Null)),
            ("fieldTypeOther",    Some("x"),   None),
        ];
        for (kind, typed, expected) in rows {
            assert_eq!(field_value(kind, typed).ok(), expected, "{kind} {typed:?}");
        }
    }
}
