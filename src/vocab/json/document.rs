//! A JSON object with the bytes it came as.

use super::edit::Edit;
use super::parser::{name_of, parse};
use super::refusal::{Limits, ParseError};
use crate::object::Obj;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::sync::Arc;

/// One document: its bytes as received or first written, and its value. Cloning copies two pointers.
/// Stored (serde) as the text itself, so bytes survive: signatures and forwarding need them unchanged.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Document {
    raw: Arc<[u8]>,
    value: Arc<Value>,
}

impl Document {
    /// Reads bytes from outside within the default bounds.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        parse(bytes, &Limits::default())
    }

    /// Takes a value of ours and writes it once. The only refusal is a value that is not an object.
    pub fn from_value(value: Value) -> Result<Self, ParseError> {
        match value {
            Value::Object(map) => Ok(Self::from_map(map)),
            other => Err(ParseError::NotAnObject { found: name_of(&other) }),
        }
    }

    /// Takes an object of ours and writes it once.
    pub fn from_map(map: Map<String, Value>) -> Self {
        let value = Value::Object(map);
        Self { raw: Arc::from(value.to_string().into_bytes()), value: Arc::new(value) }
    }

    /// Both halves of a document that was just parsed. `value` is an object.
    pub(super) fn from_parts(raw: Arc<[u8]>, value: Value) -> Self {
        Self { raw, value: Arc::new(value) }
    }

    /// The bytes as they came.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The bytes, shared.
    pub fn raw_shared(&self) -> Arc<[u8]> {
        self.raw.clone()
    }

    /// The value; always an object.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The value, shared.
    pub fn value_shared(&self) -> Arc<Value> {
        self.value.clone()
    }

    /// A reader of its terms.
    pub fn obj(&self) -> Obj<'_> {
        Obj::root(&self.value)
    }

    /// Begins a changed copy: given terms change, every other property stays, in its place.
    pub fn edit(&self) -> Edit {
        Edit::of(&self.value)
    }
}

impl PartialEq for Document {
    /// Equal bytes. Two documents that say the same in other bytes are not equal, since a signature tells them apart.
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl Eq for Document {}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document({})", self.value)
    }
}

impl TryFrom<String> for Document {
    type Error = ParseError;

    /// Reads a document back from our own store.
    fn try_from(text: String) -> Result<Self, ParseError> {
        parse(text.as_bytes(), &Limits::own())
    }
}

impl From<Document> for String {
    fn from(document: Document) -> String {
        // The bytes were checked, or written by us: the lossy conversion loses nothing.
        String::from_utf8_lossy(&document.raw).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_stored_document_keeps_its_bytes() {
        let document = Document::parse(b"{ \"type\" : \"Note\" }").unwrap();
        let stored = serde_json::to_string(&document).unwrap();
        let back: Document = serde_json::from_str(&stored).unwrap();
        assert_eq!(back.raw(), b"{ \"type\" : \"Note\" }");
        assert_eq!(back, document);
    }

    #[test]
    fn a_document_of_ours_is_written_once_in_the_order_given() {
        let document = Document::from_value(json!({"type": "Note", "id": 1})).unwrap();
        assert_eq!(document.raw(), br#"{"type":"Note","id":1}"#);
        assert_eq!(Document::parse(document.raw()).unwrap(), document);
    }

    #[test]
    fn what_is_not_an_object_is_no_document() {
        assert_eq!(Document::from_value(json!([1])), Err(ParseError::NotAnObject { found: "an array" }));
    }

    #[test]
    fn documents_are_told_apart_by_their_bytes() {
        let spaced = Document::parse(b"{ }").unwrap();
        assert_ne!(spaced, Document::parse(b"{}").unwrap());
        assert_eq!(spaced.value(), Document::parse(b"{}").unwrap().value());
    }
}
