//! What is kept of a delivery for those who inspect it: how it was found to be authentic, and the headers that say so.

use http::HeaderMap;
use pritchel_actor::Value;
use pritchel_actors::common::wire;
use serde_json::{Map, json};

use super::Incoming;
use super::authentic::Authentic;
use super::signed::Signed;
use crate::limits::KEPT_HEADER_BYTES_MAX;
use crate::peers::Standing;
use crate::signature::Scheme;

/// Headers that concern who sent it.
const KEPT: [&str; 9] = [
    "host",
    "date",
    "digest",
    "content-digest",
    "content-type",
    "user-agent",
    "signature-input",
    "signature",
    "authorization",
];

/// The headers that are kept for who inspects a delivery. Of `Authorization` only signatures: others are secrets.
pub(super) fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut kept = Vec::new();
    for name in KEPT {
        for value in headers.get_all(name).iter().take(2) {
            let text = String::from_utf8_lossy(value.as_bytes());
            let secret = name == "authorization" && !text.to_ascii_lowercase().starts_with("signature ");
            if !secret {
                let end = text.floor_char_boundary(text.len().min(KEPT_HEADER_BYTES_MAX));
                kept.push((name.to_owned(), text[..end].to_owned()));
            }
        }
    }
    kept
}

/// How an activity was found to be authentic, for those who inspect it; and, for methods, whether its actor is limited here.
/// - `signed`: `None`, if nobody could check the signature any more
pub(super) fn how(request: &Incoming, signed: Option<&Signed>, authentic: &Authentic, author: Standing) -> Value {
    let headers = kept_headers(&request.headers);
    let digest = headers.iter().find(|(name, _)| name == "content-digest" || name == "digest");
    let mut how = Map::new();
    how.insert("carried".to_owned(), json!("http"));
    how.insert("digest".to_owned(), json!(digest.map(|(_, value)| value)));
    if let Some(Signed { verified, .. }) = signed {
        how.insert(
            "scheme".to_owned(),
            json!(match verified.scheme {
                Scheme::Cavage => "draft-cavage",
                Scheme::Rfc9421 => "rfc9421",
            }),
        );
        how.insert("key".to_owned(), json!(verified.key_id));
        how.insert("covered".to_owned(), json!(verified.covered));
        how.insert("created".to_owned(), json!(verified.created));
    }
    if author == Standing::Limited {
        how.insert(wire::LIMITED.to_owned(), json!(true));
    }
    for (name, value) in &authentic.found {
        how.insert((*name).to_owned(), value.clone());
    }
    let headers: Vec<Value> = headers.iter().map(|(name, value)| json!([name, value])).collect();
    how.insert("headers".to_owned(), Value::Array(headers));
    Value::Object(how)
}
