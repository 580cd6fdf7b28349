//! Parsing within bounds. What two readers could read differently is refused: duplicate keys, one term under two
//! spellings, JSON-LD keywords and aliases of them.

use super::Document;
use super::refusal::{Limits, ParseError};
use crate::limits;
use crate::object::quote;
use crate::terms::short;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

/// Reads one document. The bytes are kept beside the value.
pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Document, ParseError> {
    let value = parse_value(bytes, limits)?;
    match value {
        Value::Object(_) => Ok(Document::from_parts(Arc::from(bytes), value)),
        other => Err(ParseError::NotAnObject { found: name_of(&other) }),
    }
}

/// Reads one JSON value of any kind under the same rules.
fn parse_value(bytes: &[u8], limits: &Limits) -> Result<Value, ParseError> {
    if bytes.len() > limits.size_bytes {
        return Err(ParseError::TooLarge { size: bytes.len(), limit: limits.size_bytes });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| ParseError::NotUtf8 { byte: error.valid_up_to() })?;
    let work = Work { limits, left: Cell::new(limits.values), refusal: RefCell::new(None) };
    let root = Place { up: None, step: Step::Root, depth: 0, in_context: false };
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Seed { work: &work, place: &root }.deserialize(&mut reader);
    read.and_then(|value| reader.end().map(|()| value)).map_err(|error| {
        let refusal = work.refusal.take();
        refusal.unwrap_or_else(|| ParseError::Syntax { byte: offset(text, &error), why: error.to_string() })
    })
}

/// serde_json tells line and column, both counted from 1, the column in bytes.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let before: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    (before + error.column().saturating_sub(1)).min(text.len())
}

/// The kind of a value in words.
pub(crate) fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// What one run of the parser shares among all levels.
struct Work<'l> {
    limits: &'l Limits,
    /// Values still allowed.
    left: Cell<usize>,
    /// serde carries errors as text only, so the typed one waits here.
    refusal: RefCell<Option<ParseError>>,
}

/// Where the parser is: a chain on the stack, turned into a pointer only when something is refused.
struct Place<'p> {
    up: Option<&'p Place<'p>>,
    step: Step<'p>,
    depth: usize,
    /// Inside an `@context`, where keywords define terms.
    in_context: bool,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Key(&'p str),
    Index(usize),
}

impl Place<'_> {
    fn pointer(&self) -> String {
        let mut text = self.up.map(Place::pointer).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Key(key) => {
                text.push('/');
                text.push_str(&key.replace('~', "~0").replace('/', "~1"));
            }
            Step::Index(index) => text.push_str(&format!("/{index}")),
        }
        text
    }
}

struct Seed<'p> {
    work: &'p Work<'p>,
    place: &'p Place<'p>,
}

impl Seed<'_> {
    fn refuse<E: serde::de::Error>(&self, refusal: ParseError) -> E {
        self.work.refusal.replace(Some(refusal));
        E::custom("refused")
    }

    fn at(&self) -> String {
        self.place.pointer()
    }

    /// Counts one value against the bound of all.
    fn count<E: serde::de::Error>(&self) -> Result<(), E> {
        match self.work.left.get().checked_sub(1) {
            Some(left) => {
                self.work.left.set(left);
                Ok(())
            }
            None => Err(self.refuse(ParseError::TooManyValues { at: self.at(), limit: self.work.limits.values })),
        }
    }

    /// Enters an array or object.
    fn enter<E: serde::de::Error>(&self) -> Result<(), E> {
        self.count()?;
        let limit = self.work.limits.depth;
        if self.place.depth >= limit {
            return Err(self.refuse(ParseError::TooDeep { at: self.at(), limit }));
        }
        Ok(())
    }

    fn check_text<E: serde::de::Error>(&self, size: usize, limit: usize) -> Result<(), E> {
        if size > limit {
            return Err(self.refuse(ParseError::TextTooLong { at: self.at(), size, limit }));
        }
        Ok(())
    }

    fn text<E: serde::de::Error>(&self, text: String) -> Result<Value, E> {
        self.count()?;
        self.check_text(text.len(), self.work.limits.text_bytes)?;
        Ok(Value::String(text))
    }

    /// Refuses a key that gives the object a second reading.
    fn check_key<E: serde::de::Error>(&self, key: &str) -> Result<(), E> {
        self.check_text(key.len(), limits::KEY_MAX_BYTES)?;
        let refused = match self.place.in_context {
            // Inside a context these keywords define terms and are ignored; the rest change how a document is walked.
            true => matches!(key, "@graph" | "@reverse" | "@included" | "@nest" | "@import"),
            false => key.starts_with('@') && key != "@context",
        };
        if refused {
            return Err(self.refuse(ParseError::Keyword { at: self.at(), key: quote(key) }));
        }
        Ok(())
    }

    /// Refuses a context that gives a keyword a second name. `id` and `type` are the names everybody gives.
    fn check_alias<E: serde::de::Error>(&self, key: &str, value: &Value) -> Result<(), E> {
        let target = match value {
            Value::Object(definition) => definition.get("@id").and_then(Value::as_str),
            Value::String(target) => Some(target.as_str()),
            _ => None,
        };
        let is_keyword = target.is_some_and(|target| target.starts_with('@'));
        let usual = matches!((key, target), ("id", Some("@id")) | ("type", Some("@type")));
        if is_keyword && !usual && !key.starts_with('@') {
            return Err(self.refuse(ParseError::Keyword { at: self.at(), key: quote(key) }));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Value, E> {
        self.count().map(|()| Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Value, E> {
        self.count().map(|()| Value::from(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value, E> {
        self.count().map(|()| Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        self.count()?;
        let number = Number::from_f64(value);
        number.map(Value::Number).ok_or_else(|| self.refuse(ParseError::NotFinite { at: self.at() }))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        self.text(value.to_owned())
    }

    fn visit_string<E: serde::de::Error>(self, value: String) -> Result<Value, E> {
        self.text(value)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        self.count().map(|()| Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        self.enter()?;
        let mut out = Vec::new();
        loop {
            let place = Place {
                up: Some(self.place),
                step: Step::Index(out.len()),
                depth: self.place.depth + 1,
                in_context: self.place.in_context,
            };
            match items.next_element_seed(Seed { work: self.work, place: &place })? {
                None => return Ok(Value::Array(out)),
                Some(_) if out.len() >= self.work.limits.items => {
                    let limit = self.work.limits.items;
                    return Err(self.refuse(ParseError::TooMany { at: self.at(), limit }));
                }
                Some(item) => out.push(item),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        self.enter()?;
        let mut out = Map::new();
        // Terms that came under a longer spelling; almost always empty.
        let mut renamed: HashSet<String> = HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            self.check_key(&key)?;
            if out.len() >= self.work.limits.items {
                let limit = self.work.limits.items;
                return Err(self.refuse(ParseError::TooMany { at: self.at(), limit }));
            }
            let term = if self.place.in_context { key.as_str() } else { short(&key) };
            let again =
                out.contains_key(term) || renamed.contains(term) || (term != key && !renamed.insert(term.to_owned()));
            if again {
                return Err(self.refuse(ParseError::Duplicate { at: self.at(), key: quote(&key) }));
            }
            let place = Place {
                up: Some(self.place),
                step: Step::Key(&key),
                depth: self.place.depth + 1,
                in_context: self.place.in_context || key == "@context",
            };
            let value = entries.next_value_seed(Seed { work: self.work, place: &place })?;
            if self.place.in_context {
                self.check_alias(&key, &value)?;
            }
            out.insert(key, value);
        }
        Ok(Value::Object(out))
    }
}

#[cfg(test)]
mod tests;
