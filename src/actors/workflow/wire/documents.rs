//! Enumerations, their values and fields as documents.

use crate::common::text::Line;
use crate::common::wire::{escape, time};
use crate::workflow::enumeration::{enum_uri, value_uri, values_uri};
use crate::workflow::field::field_uri;
use crate::workflow::{Color, Enum, EnumNo, EnumValue, Field, FieldKind, FieldNo};
use pritchel_actor::{ActorId, Seconds, Value};
use pritchel_vocab::{Document, context};
use serde_json::{Map, json};

/// A document of ours with what all of them have.
fn begun(id: &str, kind: &str, of: &str, name: &Line, summary: Option<&Line>, at: Seconds) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("id".to_owned(), id.into());
    map.insert("type".to_owned(), kind.into());
    map.insert("context".to_owned(), of.into());
    map.insert("name".to_owned(), name.as_str().into());
    if let Some(summary) = summary {
        map.insert("summary".to_owned(), escape(summary.as_str()).into());
    }
    map.insert("published".to_owned(), time(at).to_string().into());
    map
}

fn put_color(map: &mut Map<String, Value>, term: &str, color: Option<&Color>) {
    if let Some(color) = color {
        map.insert(term.to_owned(), color.as_str().into());
    }
}

fn whole(mut map: Map<String, Value>) -> Document {
    map.insert("@context".to_owned(), context::forge());
    Document::from_map(map)
}

fn value_map(me: &ActorId, of: EnumNo, value: &EnumValue) -> Map<String, Value> {
    let id = value_uri(me, (of, value.number));
    let of = enum_uri(me, of);
    let mut map = begun(&id, "EnumValue", &of, &value.name, value.summary.as_ref(), value.published);
    put_color(&mut map, "enumValueColor", value.color.as_ref());
    map
}

/// A value.
pub fn value(me: &ActorId, of: EnumNo, value: &EnumValue) -> Document {
    whole(value_map(me, of, value))
}

/// The values of an enumeration, written out: there are few.
fn values_map(me: &ActorId, number: EnumNo, shown: &Enum) -> Map<String, Value> {
    let values: Vec<Value> = shown.values.iter().map(|value| Value::Object(value_map(me, number, value))).collect();
    let mut map = Map::new();
    map.insert("id".to_owned(), values_uri(me, number).into());
    map.insert("type".to_owned(), "OrderedCollection".into());
    map.insert("context".to_owned(), enum_uri(me, number).into());
    map.insert("totalItems".to_owned(), values.len().into());
    map.insert("orderedItems".to_owned(), values.into());
    map
}

/// The values of an enumeration.
pub fn values(me: &ActorId, number: EnumNo, shown: &Enum) -> Document {
    whole(values_map(me, number, shown))
}

/// An enumeration with its values.
pub fn enumeration(me: &ActorId, number: EnumNo, shown: &Enum) -> Document {
    let id = enum_uri(me, number);
    let mut map = begun(&id, "Enum", me.as_str(), &shown.name, shown.summary.as_ref(), shown.published);
    map.insert("enumIsOrdered".to_owned(), shown.ordered.into());
    map.insert("enumValues".to_owned(), Value::Object(values_map(me, number, shown)));
    whole(map)
}

/// A field.
pub fn field(me: &ActorId, number: FieldNo, field: &Field) -> Document {
    let id = field_uri(me, number);
    let mut map = begun(&id, "Field", me.as_str(), &field.name, field.summary.as_ref(), field.published);
    map.insert("fieldType".to_owned(), json!(field.kind.as_str()));
    if let FieldKind::Enum(of) = field.kind {
        map.insert("instrument".to_owned(), enum_uri(me, of).into());
    }
    put_color(&mut map, "fieldColor", field.color.as_ref());
    whole(map)
}
