//! The files of a release as activities and documents have them: its attachments.

use crate::common::text::Line;
use crate::limits::{ASSETS_MAX, MEDIA_TYPE_BYTES_MAX};
use crate::release_tracker::Asset;
use pritchel_vocab::{Obj, Thing, Uri};
use serde_json::{Value, json};

impl Asset {
    /// The assets that an object names as its attachments; `None` if it says nothing of any.
    /// - errors: what is missing or strange
    pub fn read_all(object: &Obj<'_>) -> Result<Option<Vec<Self>>, String> {
        if !object.map().contains_key("attachment") {
            return Ok(None);
        }
        let things = Thing::read_all(object, "attachment").map_err(|wrong| wrong.to_string())?;
        if things.len() > ASSETS_MAX {
            return Err(format!("expected at most {ASSETS_MAX} of `attachment`, found {}", things.len()));
        }
        things.iter().map(Self::read).collect::<Result<_, _>>().map(Some)
    }

    fn read(thing: &Thing) -> Result<Self, String> {
        let object = thing.obj().filter(|object| object.is("Link"));
        let object = object.ok_or_else(|| "expected a Link, written out, in `attachment`".to_owned())?;
        let text = |term| object.text(term).map_err(|wrong| wrong.to_string());
        let need = |term| text(term)?.ok_or_else(|| format!("expected a `{term}` of a Link in `attachment`"));
        let href = Uri::parse(need("href")?).map_err(|why| format!("`href`: {why}"))?;
        let media_type = need("mediaType")?;
        if !is_media_type(media_type) {
            return Err(format!(
                "expected a media type such as `application/gzip` as `mediaType`, found {media_type:?}"
            ));
        }
        let name = Line::parse(need("name")?).map_err(|why| format!("`name`: {why}"))?;
        Ok(Self { href: href.as_str().to_owned(), media_type: media_type.to_owned(), name })
    }

    /// As the wire has it.
    pub fn to_value(&self) -> Value {
        json!({"type": "Link", "href": self.href, "mediaType": self.media_type, "name": self.name.as_str()})
    }
}

/// Whether a text is a media type without parameters.
///
/// Source: RFC 6838, section 4.2.
fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        let first = part.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        first && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    text.len() <= MEDIA_TYPE_BYTES_MAX
        && text.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pritchel_vocab::Document;

    fn read(attachment: Value) -> Result<Option<Vec<Asset>>, String> {
        let document = Document::from_value(json!({"type": "Release", "attachment": attachment})).unwrap();
        Asset::read_all(&document.obj())
    }

    #[test]
    fn an_asset_is_read_as_it_is_written() {
        let link =
            json!({"type": "Link", "href": "https://a.example/x.gz", "mediaType": "application/gzip", "name": "x"});
        let assets = read(json!([link])).unwrap().unwrap();
        assert_eq!(assets[0].to_value(), link);
        assert_eq!(read(json!([])), Ok(Some(Vec::new())));
        let nothing = Document::from_value(json!({"type": "Release"})).unwrap();
        assert_eq!(Asset::read_all(&nothing.obj()), Ok(None));
    }

    #[test]
    fn what_is_no_link_or_leads_nowhere_is_refused() {
        let link = |href: &str, kind: &str| json!({"type": "Link", "href": href, "mediaType": kind, "name": "x"});
        for (bad, why) in [
            (json!(["https://a.example/x"]), "a Link"),
            (json!([{"type": "Note", "content": "x"}]), "a Link"),
            (json!([{"type": "Link", "href": "https://a.example/x", "name": "x"}]), "`mediaType`"),
            (json!([link("javascript:alert(1)", "text/plain")]), "`href`"),
            (json!([link("https://a.example/x", "text")]), "media type"),
            (json!([link("https://a.example/x", "text/plain; x=\"y\"")]), "media type"),
            (Value::Array(vec![link("https://a.example/x", "text/plain"); ASSETS_MAX + 1]), "at most"),
        ] {
            let found = read(bad).unwrap_err();
            assert!(found.contains(why), "expected {why}, found {found}");
        }
    }
}
