//! What a person's document says of them beyond what every actor's says: their picture, and further lines about themselves.
//!
//! Source: ActivityStreams, `icon` and `attachment`; `PropertyValue` of schema.org, as Mastodon has it.

use crate::fed::near::Near;
use crate::page::profile::{is_link, path};
use pritchel_actors::Person;
use pritchel_vocab::Document;
use pritchel_vocab::text::escape;
use serde_json::{Value, json};

/// A person's document with what they say of themselves.
pub fn with_profile(near: &Near, person: &Person, document: Document) -> Document {
    if person.picture.is_none() && person.fields.is_empty() {
        return document;
    }
    let mut edit = document.edit();
    if let Some(picture) = &person.picture {
        let url = near.site.uri(&path(&near.id, picture));
        edit = edit.set("icon", json!({"type": "Image", "mediaType": picture.media_type, "url": url}));
    }
    if !person.fields.is_empty() {
        let lines = person.fields.iter().map(|field| {
            let value = written(field.value.as_str());
            json!({"type": "PropertyValue", "name": field.name.as_str(), "value": value})
        });
        edit = edit.set("attachment", lines.collect::<Vec<Value>>());
        let mut context = document.value()["@context"].clone();
        if let Value::Array(terms) = &mut context {
            let schema = "http://schema.org#";
            let terms_of = json!({"schema": schema, "PropertyValue": "schema:PropertyValue", "value": "schema:value"});
            terms.push(terms_of);
            edit = edit.set("@context", context);
        }
    }
    edit.finish()
}

/// What somebody says, as HTML: others show it so.
fn written(value: &str) -> String {
    let text = escape(value);
    match is_link(value) {
        true => format!("<a href=\"{text}\" rel=\"me nofollow noopener\">{text}</a>"),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_text_or_a_link_and_never_markup() {
        assert_eq!(written("they/them"), "they/them");
        assert_eq!(written("<b>\"x\"</b>"), "&lt;b&gt;&quot;x&quot;&lt;/b&gt;");
        let link = written("https://a.example/\"><script>");
        assert!(!link.contains("<script") && link.starts_with("<a href=\"https://a.example/&quot;&gt;"), "{link}");
    }
}
