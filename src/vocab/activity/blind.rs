//! The blind audience: kept for a client's outbox, taken out of everything that leaves.

use crate::json::Document;
use serde_json::Value;

/// The document without `bto` and `bcc`, its own and those of an object written out in it. Unchanged, with its bytes, if
/// there are none.
///
/// Source: ActivityPub 6, "bto and bcc".
pub fn without_blind(document: &Document) -> Document {
    let blind = |value: &Value| {
        value
            .as_object()
            .is_some_and(|map| map.keys().any(|key| is_blind(key)))
    };
    let root = document.obj();
    let objects: Vec<&Value> = match root.get("object") {
        Some(Value::Array(values)) => values.iter().collect(),
        Some(value) => vec![value],
        None => Vec::new(),
    };
    if !blind(document.value()) && !objects.iter().any(|value| blind(value)) {
        return document.clone();
    }
    let open = |value: &Value| match value.as_object() {
        Some(map) => {
            let kept = map.iter().filter(|(key, _)| !is_blind(key));
            Value::Object(
                kept.map(|(key, value)| (key.clone(), value.clone()))
                    .collect(),
            )
        }
        None => value.clone(),
    };
    let edit = document.edit().remove("bto").remove("bcc");
    match root.get("object") {
        Some(Value::Array(values)) => edit
            .set("object", values.iter().map(open).collect::<Vec<_>>())
            .finish(),
        Some(value) => edit.set("object", open(value)).finish(),
        None => edit.finish(),
    }
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
            "object": {"type": "Note", "bcc": "https://a.example/4", "content": "x"}
        });
        let open = without_blind(&Document::parse(text.to_string().as_bytes()).unwrap());
        let expected = json!({"type": "Create", "to": "https://a.example/3", "object": {"type": "Note", "content": "x"}});
        assert_eq!(open.value(), &expected);
        let already = Document::parse(b"{ \"type\": \"Create\" }").unwrap();
        assert_eq!(without_blind(&already).raw(), already.raw());
    }
}
