//! The HTML in what a client posts, made safe before it is published: other servers, and pages of ours, show it.

use crate::terms::short;
use crate::text::{Html, TooLong};
use serde_json::{Map, Value};

/// Makes the HTML in a document safe, its own and that of everything written out in it, at any depth: every `content`, the
/// `summary` of a note, and both in other languages. `source` stays as it was written: whoever shows it renders it first.
/// A ticket's `summary` is one line of plain text, and what a `Patch` contains is what git reads: both stay too.
///
/// Source: ActivityPub B.10, "Sanitizing Content".
pub fn with_safe_html(map: &mut Map<String, Value>) -> Result<(), TooLong> {
    let is = |kind: &str| match map.get("type") {
        Some(Value::String(name)) => short(name) == kind,
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(|name| short(name) == kind),
        _ => false,
    };
    let (is_note, is_patch) = (is("Note"), is("Patch"));
    for (key, value) in map.iter_mut() {
        match short(key) {
            "source" => {}
            "content" if is_patch => {}
            "content" | "contentMap" => html(value)?,
            "summary" | "summaryMap" if is_note => html(value)?,
            _ => within(value)?,
        }
    }
    Ok(())
}

fn within(value: &mut Value) -> Result<(), TooLong> {
    match value {
        Value::Object(map) => with_safe_html(map),
        Value::Array(values) => values.iter_mut().try_for_each(within),
        _ => Ok(()),
    }
}

/// A text, or one for each language.
fn html(value: &mut Value) -> Result<(), TooLong> {
    match value {
        Value::String(text) => *text = Html::sanitise(text)?.into(),
        Value::Object(texts) => texts.values_mut().try_for_each(html)?,
        Value::Array(texts) => texts.iter_mut().try_for_each(html)?,
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::HTML_MAX_BYTES;
    use serde_json::json;

    fn safe(mut value: Value) -> Result<Value, TooLong> {
        with_safe_html(value.as_object_mut().unwrap())?;
        Ok(value)
    }

    #[test]
    fn html_is_made_safe_wherever_it_stands_and_what_is_no_html_stays() {
        let evil = "<p onclick=\"x()\">tea<script>x()</script></p>";
        let source = json!({"content": evil, "mediaType": "text/markdown"});
        let posted = json!({
            "type": "Create", "content": evil, "summary": "a < b",
            "object": [{"type": ["Note"], "content": evil, "summary": evil, "contentMap": {"de": evil}, "source": source},
                {"type": "Ticket", "summary": "a < b", "as:content": evil, "source": source},
                {"type": "Patch", "content": "From: Alice <alice@a.example>"}],
        });
        let expected = json!({
            "type": "Create", "content": "<p>tea</p>", "summary": "a < b",
            "object": [{"type": ["Note"], "content": "<p>tea</p>", "summary": "<p>tea</p>", "contentMap": {"de": "<p>tea</p>"},
                "source": source}, {"type": "Ticket", "summary": "a < b", "as:content": "<p>tea</p>", "source": source},
                {"type": "Patch", "content": "From: Alice <alice@a.example>"}],
        });
        assert_eq!(safe(posted).unwrap(), expected);
        assert_eq!(safe(expected.clone()).unwrap(), expected, "what is safe stays as it is");
    }

    #[test]
    fn html_over_its_bound_is_refused() {
        assert!(safe(json!({"content": "x".repeat(HTML_MAX_BYTES)})).is_ok());
        assert!(safe(json!({"object": {"content": "x".repeat(HTML_MAX_BYTES + 1)}})).is_err());
    }
}
