//! The blind audience: kept for a client's outbox, taken out of everything that leaves.

use crate::json::Document;
use serde_json::{Map, Value};

/// The document without `bto` and `bcc`, its own and those of everything written out in it, at any depth. Unchanged, with
/// its bytes, if there are none.
///
/// Source: ActivityPub 6, "bto and bcc".
pub fn without_blind(document: &Document) -> Document {
    match document.value() {
        Value::Object(map) if holds_blind(document.value()) => Document::from_map(open_map(map)),
        _ => document.clone(),
    }
}

fn holds_blind(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.iter().any(|(key, value)| is_blind(key) || holds_blind(value)),
        Value::Array(values) => values.iter().any(holds_blind),
        _ => false,
    }
}

fn open(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(open_map(map)),
        Value::Array(values) => values.iter().map(open).collect(),
        other => other.clone(),
    }
}

fn open_map(map: &Map<String, Value>) -> Map<String, Value> {
    let kept = map.iter().filter(|(key, _)| !is_blind(key));
    kept.map(|(key, value)| (key.clone(), open(value))).collect()
}

pub(super) fn is_blind(key: &str) -> bool {
    matches!(crate::terms::short(key), "bto" | "bcc")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_blind_audience_is_taken_out_everywhere() {
        let text = json!({
            "type": "Create", "bto": "https://a.example/1", "as:bcc": ["https://a.example/2"], "to": "https://a.example/3",
            "object": {"type": "Note", "bcc": "https://a.example/4", "attachment": [{"bto": 1, "content": "x"}]}
        });
        let open = without_blind(&Document::parse(text.to_string().as_bytes()).unwrap());
        let expected = json!({"type": "Create", "to": "https://a.example/3", "object": {"type": "Note", "attachment": [{"content": "x"}]}});
        assert_eq!(open.value(), &expected);
        let already = Document::parse(b"{ \"type\": \"Create\" }").unwrap();
        assert_eq!(without_blind(&already).raw(), already.raw());
    }
}
