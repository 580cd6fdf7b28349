//! Values of fields as activities and documents have them, and the documents that say what fits.

use crate::common::Edited;
use crate::common::naming::origin_of;
use crate::common::text::Line;
use crate::limits::{CUSTOM_FIELDS_MAX, FIELD_TEXT_CHARS_MAX};
use crate::ticket_tracker::fields::{FieldData, FieldEdit, FieldValue};
use pritchel_actor::{ActorId, Halt, NotFound, Refusal, Turn, Value};
use pritchel_vocab::{Document, Thing};
use serde_json::Map;

impl FieldEdit {
    /// Reads those that an activity names.
    /// - errors: what is missing or strange
    pub fn read_all(things: &[Thing]) -> Result<Vec<Self>, String> {
        things.iter().take(CUSTOM_FIELDS_MAX + 1).map(Self::read).collect()
    }

    fn read(thing: &Thing) -> Result<Self, String> {
        let object = thing.obj().filter(|object| object.is("FieldValue"));
        let object = object.ok_or_else(|| "expected a FieldValue, written out, in `customFields`".to_owned())?;
        let field = object.uri("context").map_err(|wrong| wrong.to_string())?;
        let field = field.ok_or_else(|| "expected a Field as `context` of a FieldValue".to_owned())?;
        let value = match object.get("fieldValue") {
            _ if object.is_null("fieldValue") => Edited::Cleared,
            None => Edited::Kept,
            Some(value) => Edited::Set(value.clone()),
        };
        Ok(Self { field: field.as_str().to_owned(), value })
    }

    /// As the wire has it.
    pub fn to_value(&self) -> Value {
        let value = match &self.value {
            Edited::Kept => None,
            Edited::Cleared => Some(Value::Null),
            Edited::Set(value) => Some(value.clone()),
        };
        written(&self.field, value)
    }
}

/// A FieldValue as the wire has it.
pub fn written(field: &str, value: Option<Value>) -> Value {
    let mut map = Map::new();
    map.insert("type".to_owned(), "FieldValue".into());
    map.insert("context".to_owned(), field.into());
    if let Some(value) = value {
        map.insert("fieldValue".to_owned(), value);
    }
    Value::Object(map)
}

/// The value, if it fits its field.
/// - errors: a refusal if it does not, or the field is another's; the need for its document while it is not at hand
pub fn fitting(turn: &mut Turn<'_>, workflow: &ActorId, edit: &FieldEdit) -> Result<FieldValue, Halt> {
    let shown = kept_by(turn, workflow, &edit.field, "Field", workflow.as_str())?;
    let object = shown.obj();
    let types = object.words("fieldType").unwrap_or_default();
    let kind = types.first().copied().unwrap_or_default();
    let wrong = |expected: &str| {
        let found = match &edit.value {
            Edited::Set(value) => value.to_string().chars().take(100).collect(),
            _ => "none".to_owned(),
        };
        Halt::from(Refusal::new("wrong-field-value", format!("expected {expected} for {}, found {found}", edit.field)))
    };
    let value = match &edit.value {
        Edited::Set(value) => Some(value),
        _ => None,
    };
    let data = match (kind, value) {
        ("fieldTypeText", Some(Value::String(text))) if text.chars().count() <= FIELD_TEXT_CHARS_MAX => {
            FieldData::Text(text.clone())
        }
        ("fieldTypeText", _) => return Err(wrong(&format!("a text of at most {FIELD_TEXT_CHARS_MAX} characters"))),
        ("fieldTypeInteger", value) => match value.and_then(Value::as_i64) {
            Some(number) => FieldData::Integer(number),
            None => return Err(wrong("a whole number of 64 bits")),
        },
        ("fieldTypeRational", Some(Value::Number(number))) => FieldData::Rational(number.clone()),
        ("fieldTypeRational", _) => return Err(wrong("a number")),
        ("fieldTypeBoolean", Some(Value::Bool(flag))) => FieldData::Boolean(*flag),
        ("fieldTypeBoolean", _) => return Err(wrong("true or false")),
        ("fieldTypeClass", None | Some(Value::Bool(true))) => FieldData::Class,
        ("fieldTypeClass", _) => return Err(wrong("no value")),
        ("fieldTypeEnum", Some(Value::String(value))) => {
            let of = object.uri("instrument").ok().flatten();
            let of = of.ok_or_else(|| strange(&edit.field, "it names no Enum as `instrument`"))?;
            let shown = kept_by(turn, workflow, value, "EnumValue", of.as_str())?;
            FieldData::Enum { value: value.clone(), name: named(&shown, value)? }
        }
        ("fieldTypeEnum", _) => return Err(wrong("the address of a value of its Enum")),
        (other, _) => return Err(strange(&edit.field, &format!("its type {other:?} is none we know"))),
    };
    let (field, workflow) = (edit.field.clone(), workflow.clone());
    Ok(FieldValue { name: named(&shown, &field)?, field, workflow, value: data })
}

fn named(shown: &Document, uri: &str) -> Result<Line, Halt> {
    let name = shown.obj().text("name").ok().flatten().and_then(Line::lossy);
    name.ok_or_else(|| strange(uri, "it has no name"))
}

/// The document of something that `keeper` keeps: of this type, in this context, from the keeper's own server.
/// - errors: a refusal if it is another thing, or cannot be had; the need for it while it is not at hand
pub fn kept_by(turn: &mut Turn<'_>, keeper: &ActorId, uri: &str, kind: &str, of: &str) -> Result<Document, Halt> {
    if origin_of(uri) != origin_of(keeper.as_str()) {
        return Err(strange(uri, &format!("expected a {kind} of {of}")));
    }
    let value = match turn.document(uri)?.found {
        Ok(value) => value,
        Err(NotFound::Gone { status, .. }) => return Err(strange(uri, &format!("it is gone ({status})"))),
        Err(NotFound::Unavailable { why, .. }) => {
            return Err(Refusal::new("unavailable", format!("{uri}: {why}")).into());
        }
    };
    let document = Document::from_value((*value).clone()).map_err(|why| strange(uri, &why.to_string()))?;
    let object = document.obj();
    let context = object.uri("context").ok().flatten();
    let named = object.id().ok().flatten();
    let fits = object.is(kind)
        && named.is_some_and(|id| id.as_str() == uri)
        && context.is_some_and(|context| context.as_str() == of);
    if fits { Ok(document) } else { Err(strange(uri, &format!("expected a {kind} of {of}"))) }
}

fn strange(uri: &str, why: &str) -> Halt {
    Refusal::new("not-of-the-provider", format!("{uri}: {why}")).into()
}
