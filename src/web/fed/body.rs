//! Bodies of requests, within their bounds, and as documents.

use crate::answer::{WebError, WebResult};
use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use pritchel_vocab::{Document, ParseError, is_activity_type};
use serde_json::Value;

/// Reads a body of at most `bytes_max` bytes.
/// - errors: 413 for a longer one, without reading it to its end; 400 for one that breaks off
pub async fn read(headers: &HeaderMap, body: Body, bytes_max: usize) -> WebResult<Bytes> {
    if headers.get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        let detail = "expected a body as it is, found one with a Content-Encoding";
        return Err(WebError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-encoding", detail));
    }
    let too_large = || {
        let detail = format!("expected a body of at most {bytes_max} bytes, found more");
        WebError::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
    };
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > bytes_max as u64) {
        return Err(too_large());
    }
    match Limited::new(body, bytes_max).collect().await {
        Ok(read) => Ok(read.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) => Err(WebError::malformed(format!("the body could not be read: {error}"))),
    }
}

/// Refuses media types that are not those of ActivityPub. `application/ld+json` without its profile is taken too: what it
/// holds is read by its words, not by its context.
/// - `json_too`: whether plain `application/json` is taken, as from a client that has shown its token
pub fn must_be_activity(headers: &HeaderMap, json_too: bool) -> WebResult<()> {
    let found = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = found.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if is_activity_type(found) || name == "application/ld+json" || (json_too && name == "application/json") {
        return Ok(());
    }
    let shown: String = found.chars().take(80).collect();
    let detail =
        format!("expected `application/activity+json`, or `application/ld+json` with its profile, found `{shown}`");
    Err(WebError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", detail))
}

/// Bytes as a document: bounded, each term once.
/// - errors: where it is not, and what was expected there
pub fn document(bytes: &[u8]) -> WebResult<Value> {
    match Document::parse(bytes) {
        Ok(document) => Ok(document.value().clone()),
        Err(error @ ParseError::TooLarge { .. }) => {
            Err(WebError::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", error.to_string()))
        }
        Err(error) => Err(WebError::malformed(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: http::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[tokio::test]
    async fn a_body_is_read_to_its_bound_and_refused_one_byte_over() {
        let plain = HeaderMap::new();
        assert_eq!(read(&plain, Body::from("12345"), 5).await.unwrap().as_ref(), b"12345");
        assert_eq!(read(&plain, Body::from("123456"), 5).await.unwrap_err().status, 413);
        let announced = headers(CONTENT_LENGTH, "6");
        assert_eq!(read(&announced, Body::empty(), 5).await.unwrap_err().status, 413);
        let coded = headers(CONTENT_ENCODING, "gzip");
        assert_eq!(read(&coded, Body::from("1"), 5).await.unwrap_err().status, 415);
    }

    #[test]
    fn only_media_types_of_activitypub_are_taken() {
        #[rustfmt::skip]
        let rows = [
            ("application/activity+json",                                                        true,  true),
            ("application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"",           true,  true),
            ("application/ld+json",                                                              true,  true),
            ("application/json; charset=utf-8",                                                  false, true),
            ("text/plain",                                                                       false, false),
            ("text/html",                                                                        false, false),
            ("multipart/form-data; boundary=x",                                                  false, false),
            ("",                                                                                 false, false),
        ];
        for (media_type, delivered, posted) in rows {
            let headers = headers(CONTENT_TYPE, media_type);
            assert_eq!(must_be_activity(&headers, false).is_ok(), delivered, "{media_type}");
            assert_eq!(must_be_activity(&headers, true).is_ok(), posted, "{media_type}");
        }
        assert!(must_be_activity(&HeaderMap::new(), true).is_err());
    }

    #[test]
    fn what_has_two_readings_is_refused_with_its_place() {
        for (text, part) in
            [(r#"{"a":{"b":1,"b":2}}"#, "`b`"), ("[]", "an object"), ("{", "offset"), (r#"{"@graph":[]}"#, "@graph")]
        {
            let error = document(text.as_bytes()).unwrap_err();
            assert_eq!(error.status, 400);
            assert!(error.detail.contains(part), "{}", error.detail);
        }
        assert!(document(br#"{"a":1}"#).is_ok());
    }
}
