//! The fields of a form or a query, each once.

use crate::answer::{WebError, WebResult};
use crate::fed::body;
use crate::limits::{FIELDS_MAX, FORM_BYTES_MAX};
use axum::body::Body;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// Fields by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a query or the body of a form. A field that stands there twice is refused: two readers could each take another.
    pub fn parse(text: &[u8]) -> WebResult<Self> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(text).into_owned() {
            if fields.iter().any(|(known, _)| *known == name) {
                let name: String = name.chars().take(40).collect();
                return Err(WebError::malformed(format!("expected each field once, found {name:?} again")));
            }
            if fields.len() == FIELDS_MAX {
                return Err(WebError::malformed(format!("expected at most {FIELDS_MAX} fields")));
            }
            fields.push((name, value));
        }
        Ok(Self(fields))
    }

    /// Reads the form in a body.
    pub async fn of_form(headers: &HeaderMap, body: Body) -> WebResult<Self> {
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let name = media_type.split(';').next().unwrap_or_default().trim();
        if !name.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            let status = http::StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(WebError::new(status, "media-type", "expected `application/x-www-form-urlencoded`"));
        }
        Self::parse(&body::read(headers, body, FORM_BYTES_MAX).await?)
    }

    /// A field, if it is there and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// A field that must be there.
    pub fn need(&self, name: &str) -> WebResult<&str> {
        self.get(name).ok_or_else(|| WebError::malformed(format!("expected the field `{name}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_name_and_may_stand_there_once() {
        let fields = Fields::parse(b"a=1&b=%20x&c=").unwrap();
        assert_eq!((fields.get("a"), fields.get("b"), fields.get("c")), (Some("1"), Some(" x"), None));
        assert_eq!(fields.need("d").unwrap_err().status, 400);
        assert_eq!(Fields::parse(b"a=1&a=1").unwrap_err().status, 400);
    }

    #[test]
    fn only_so_many_fields_are_read() {
        let many: Vec<String> = (0..=FIELDS_MAX).map(|n| format!("f{n}=")).collect();
        assert!(Fields::parse(many.join("&").as_bytes()).is_err());
        assert!(Fields::parse(many[1..].join("&").as_bytes()).is_ok());
    }
}
