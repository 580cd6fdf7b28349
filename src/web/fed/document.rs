//! Documents as answers: the media type others insist on, a tag by which an unchanged document is not sent again, and how
//! long it may be kept.

use crate::etag;
use crate::fed::shown::Shown;
use crate::limits::DOCUMENT_KEPT_S;
use crate::viewer::hash_of_bytes;
use crate::want::ACTIVITY_JSON;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, VARY};
use http::{HeaderMap, HeaderValue, StatusCode};
use pritchel_vocab::Document;
use serde_json::json;

/// A document as an answer to a request with these headers.
pub fn answer(headers: &HeaderMap, document: &Shown<Document>) -> Response {
    bytes(headers, Bytes::from_owner(document.what.raw_shared()), document.to_all)
}

/// Bytes of a document, exactly these.
pub fn bytes(headers: &HeaderMap, raw: Bytes, to_all: bool) -> Response {
    let hash = hash_of_bytes(&raw);
    let tag = format!("\"{}\"", hash.get(..32).unwrap_or(&hash));
    let unchanged = etag::is_had(headers, &tag);
    let mut response = Response::new(if unchanged { Body::empty() } else { Body::from(raw) });
    if unchanged {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let out = response.headers_mut();
    out.insert(CONTENT_TYPE, HeaderValue::from_static(ACTIVITY_JSON));
    let kept = if to_all { format!("public, max-age={DOCUMENT_KEPT_S}") } else { "private, no-cache".to_owned() };
    for (name, value) in [(ETAG, tag), (CACHE_CONTROL, kept)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            out.insert(name, value);
        }
    }
    out.insert(VARY, HeaderValue::from_static("Accept, Authorization, Signature, Cookie"));
    response
}

/// What stands at an address whose thing has been deleted.
///
/// Source: ActivityPub, "Delete Activity".
pub fn tombstone(uri: &str) -> Response {
    let value = json!({"@context": "https://www.w3.org/ns/activitystreams", "id": uri, "type": "Tombstone"});
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = StatusCode::GONE;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(ACTIVITY_JSON));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(known: Option<&str>) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(known) = known {
            headers.insert(http::header::IF_NONE_MATCH, known.parse().unwrap());
        }
        bytes(&headers, Bytes::from_static(b"{}"), true)
    }

    #[test]
    fn what_is_known_is_not_sent_again_and_what_has_changed_is() {
        let tag = asked(None).headers()[ETAG].to_str().unwrap().to_owned();
        #[rustfmt::skip]
        let rows = [
            (tag.clone(),                  304),
            (format!("W/{tag}"),           304),
            (format!("\"old\", {tag}"),    304),
            ("*".to_owned(),               304),
            ("\"old\"".to_owned(),         200),
            (tag.replace('"', ""),         200),
        ];
        for (known, status) in rows {
            assert_eq!(asked(Some(&known)).status().as_u16(), status, "{known}");
        }
    }

    #[test]
    fn only_what_everybody_sees_is_kept_by_others() {
        let private = bytes(&HeaderMap::new(), Bytes::from_static(b"{}"), false);
        assert_eq!(private.headers()[CACHE_CONTROL], "private, no-cache");
        assert_eq!(asked(None).headers()[CACHE_CONTROL], "public, max-age=60");
    }
}
