//! Files attached to what people write, as texts name them.
//!
//! Source: ActivityStreams, `attachment`, as the wider fediverse writes it.

use crate::common::text::Line;
use crate::common::wire::uri;
use crate::limits::{ATTACHMENT_URI_BYTES_MAX, ATTACHMENTS_MAX, FILE_NAME_CHARS_MAX, MEDIA_TYPE_CHARS_MAX};
use pritchel_actor::Value;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

/// Types of what is shown as a file; anything else that is attached means something else.
const TYPES: [&str; 4] = ["Document", "Image", "Audio", "Video"];

/// A file as a text names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Where it is.
    pub url: String,
    /// What it is said to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// What it is called, or what it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Line>,
    /// How many bytes it is said to have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

impl Attachment {
    /// Reads one of the values of `attachment`; `None` if it is no file at an address of the web.
    pub fn read(value: &Value) -> Option<Self> {
        let kind = value.get("type")?;
        let kinds = kind.as_array().map_or(std::slice::from_ref(kind), Vec::as_slice);
        if !kinds.iter().any(|kind| kind.as_str().is_some_and(|kind| TYPES.contains(&kind))) {
            return None;
        }
        let place = value.get("url").or_else(|| value.get("href"))?;
        let places = place.as_array().map_or(std::slice::from_ref(place), Vec::as_slice);
        let url = places.iter().find_map(|place| {
            let text = place.as_str().or_else(|| place.get("href")?.as_str())?;
            let web = text.starts_with("https://") || text.starts_with("http://");
            (web && text.len() <= ATTACHMENT_URI_BYTES_MAX && uri(text).is_ok()).then(|| text.to_owned())
        })?;
        let text = |term: &str| value.get(term).and_then(Value::as_str);
        let typed = |found: &&str| {
            found.len() <= MEDIA_TYPE_CHARS_MAX && found.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
        };
        Some(Self {
            url,
            media_type: text("mediaType").filter(typed).map(str::to_owned),
            name: text("name").or_else(|| text("summary")).and_then(shortened),
            bytes: value.get("size").and_then(Value::as_u64),
        })
    }

    /// The files among what is attached, as many as are kept.
    pub fn read_all(attached: Option<&Value>) -> Vec<Self> {
        let all = attached.map(|value| value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice));
        all.into_iter().flatten().filter_map(Self::read).take(ATTACHMENTS_MAX).collect()
    }

    /// As a value of `attachment`.
    pub fn to_value(&self) -> Value {
        let picture = self.media_type.as_ref().is_some_and(|kind| kind.starts_with("image/"));
        let mut value = json!({"type": if picture { "Image" } else { "Document" }, "url": self.url});
        if let Some(media_type) = &self.media_type {
            value["mediaType"] = media_type.as_str().into();
        }
        if let Some(name) = &self.name {
            value["name"] = name.as_str().into();
        }
        if let Some(bytes) = self.bytes {
            value["size"] = bytes.into();
        }
        value
    }
}

/// What describes a picture may be long and have lines; here it is one.
fn shortened(text: &str) -> Option<Line> {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    Line::parse(&words.join(" ").chars().take(FILE_NAME_CHARS_MAX).collect::<String>()).ok()
}

/// An activity whose object names these files. For what is edited these are all that it names from now on.
pub fn with_files(mut activity: Value, files: &[Attachment]) -> Value {
    if let Some(object) = activity.get_mut("object").and_then(Value::as_object_mut) {
        name_files(object, files);
    }
    activity
}

/// Makes a document name these files in the place of those it named; what else is attached to it stays.
pub fn name_files(of: &mut Map<String, Value>, files: &[Attachment]) {
    let before = of.remove("attachment").unwrap_or_default();
    let before = match before {
        Value::Array(all) => all,
        Value::Null => Vec::new(),
        one => vec![one],
    };
    let others = before.into_iter().filter(|value| Attachment::read(value).is_none());
    let all: Vec<Value> = others.chain(files.iter().map(Attachment::to_value)).collect();
    of.insert("attachment".to_owned(), all.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_it_is_written_and_as_others_write_theirs() {
        let url = "https://a.example/trackers/t/files/k/log.txt";
        let ours = Attachment {
            url: url.to_owned(),
            media_type: Some("image/png".to_owned()),
            name: Line::parse("log.txt").ok(),
            bytes: Some(7),
        };
        assert_eq!(Attachment::read(&ours.to_value()), Some(ours.clone()));
        assert_eq!(ours.to_value()["type"], "Image");
        let theirs = json!({"type": "Document", "mediaType": "image/png", "url": [{"type": "Link", "href": url}],
            "name": "a kettle\nthat boils", "blurhash": "x", "width": 3});
        let read = Attachment::read(&theirs).unwrap();
        assert_eq!((read.url.as_str(), read.name.unwrap().as_str()), (url, "a kettle that boils"));
        let bad = [
            json!({"type": "Suggestion", "url": url}),
            json!({"type": "Document", "url": "javascript:alert(1)"}),
            json!({"type": "Document", "url": "data:text/html,x"}),
            json!({"type": "Document"}),
            json!(url),
        ];
        assert!(bad.iter().all(|value| Attachment::read(value).is_none()));
        let many: Vec<Value> = std::iter::repeat_n(theirs, ATTACHMENTS_MAX + 1).collect();
        assert_eq!(Attachment::read_all(Some(&many.into())).len(), ATTACHMENTS_MAX);
    }
}
