//! Values of rows: JSON with the version of its shape, so that a later program can tell old from new, and an older one
//! refuses what it does not know.

use std::sync::Arc;

use pritchel_actor::{Act, ActId, ActorId, BoxError, Value};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Version of the shape of all values written here.
pub(crate) const VERSION: u16 = 1;

#[derive(Serialize)]
struct Written<'w, T> {
    v: u16,
    what: &'w T,
}

#[derive(Deserialize)]
struct Read<T> {
    v: u16,
    what: T,
}

#[derive(Deserialize)]
struct Probe {
    v: u16,
}

/// A size that most values fit into: one allocation instead of a row of doublings.
const TYPICAL_SIZE: usize = 512;

/// The bytes of a value.
pub(crate) fn encode<T: Serialize>(what: &T) -> Result<Vec<u8>, BoxError> {
    encode_sized(what, 0)
}

/// The bytes of a value of which some part is known to have `part_bytes`.
pub(crate) fn encode_sized<T: Serialize>(what: &T, part_bytes: usize) -> Result<Vec<u8>, BoxError> {
    let mut bytes = Vec::with_capacity(TYPICAL_SIZE + part_bytes);
    let written = serde_json::to_writer(&mut bytes, &Written { v: VERSION, what });
    written.map(|()| bytes).map_err(|e| BoxError::Failed(format!("no JSON: {e}")))
}

/// The value of these bytes, found under `key`.
pub(crate) fn decode<T: DeserializeOwned>(key: &[u8], bytes: &[u8]) -> Result<T, BoxError> {
    match serde_json::from_slice::<Read<T>>(bytes) {
        Ok(read) if read.v <= VERSION => Ok(read.what),
        outcome => {
            let why = match (serde_json::from_slice::<Probe>(bytes), outcome) {
                (Ok(Probe { v }), _) if v > VERSION => format!("version {v}, this program knows {VERSION}"),
                (_, Err(e)) => e.to_string(),
                (_, Ok(_)) => "not what is kept here".to_owned(),
            };
            Err(unreadable(key, &why))
        }
    }
}

/// The error for a row that cannot be read.
pub(crate) fn unreadable(key: &[u8], why: &str) -> BoxError {
    BoxError::Unreadable(format!("the row `{}`: {why}", key.escape_ascii()))
}

#[derive(Serialize, Deserialize)]
struct ActHead {
    v: u16,
    id: ActId,
    author: ActorId,
    /// Only when the body is not what its bytes say.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    body: Option<Value>,
}

/// A body of `null` is a body.
fn given<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

/// Whether our own writer writes a body in these very bytes, as most writers do. Costs a fraction of reading them.
fn is_written_as(body: &Value, raw: &[u8]) -> bool {
    struct Rest<'r>(&'r [u8]);
    impl std::io::Write for Rest<'_> {
        fn write(&mut self, part: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.strip_prefix(part).ok_or(std::io::ErrorKind::InvalidData)?;
            Ok(part.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut rest = Rest(raw);
    serde_json::to_writer(&mut rest, body).is_ok() && rest.0.is_empty()
}

/// An act as a line of JSON, then the body's bytes as they are.
pub(crate) fn encode_act(act: &Act) -> Result<Vec<u8>, BoxError> {
    let same = is_written_as(&act.body, &act.raw)
        || serde_json::from_slice::<Value>(&act.raw).is_ok_and(|parsed| parsed == *act.body);
    let body = (!same).then(|| act.body.as_ref().clone());
    let head = ActHead { v: VERSION, id: act.id.clone(), author: act.author.clone(), body };
    let mut bytes = serde_json::to_vec(&head).map_err(|e| BoxError::Failed(format!("no JSON: {e}")))?;
    bytes.push(b'\n');
    bytes.extend_from_slice(&act.raw);
    Ok(bytes)
}

/// The act of these bytes, found under `key`.
pub(crate) fn decode_act(key: &[u8], bytes: &[u8]) -> Result<Act, BoxError> {
    let broken = |why: String| unreadable(key, &why);
    // JSON escapes a line feed inside of texts, so the first one ends the line.
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(|| broken("no head".to_owned()))?;
    let head: ActHead = serde_json::from_slice(&bytes[..end]).map_err(|e| broken(e.to_string()))?;
    if head.v > VERSION {
        return Err(broken(format!("version {}, this program knows {VERSION}", head.v)));
    }
    let raw = &bytes[end + 1..];
    let body = match head.body {
        Some(body) => body,
        None => serde_json::from_slice(raw).map_err(|e| broken(e.to_string()))?,
    };
    Ok(Act::new(head.id, head.author, Arc::new(body), raw.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn odd_bytes_of_a_body_come_back_as_they_were() {
        let bodies: [(&[u8], Value); 6] = [
            (b"{\"a\": 1.0,  \"b\":\"\\u0000\"}\n", json!({"a": 1.0, "b": "\u{0}"})),
            (b"{\"a\":1,\"a\":2}", json!({"a": 1})),
            (b"\xff\xfe\x00not json\n\n", json!({"read": "otherwise"})),
            (b"", Value::Null),
            ("{\"é\":\"\u{2028}\"}".as_bytes(), json!({"é": "\u{2028}"})),
            (b"\n{}", json!({})),
        ];
        for (raw, body) in bodies {
            let act = Act::new("an\nid\0".into(), "who".into(), Arc::new(body.clone()), raw.into());
            let back = decode_act(b"a", &encode_act(&act).unwrap()).unwrap();
            assert_eq!((&back, back.body.as_ref()), (&act, &body));
        }
    }

    #[test]
    fn a_later_version_is_not_guessed_at() {
        assert_eq!(decode::<u8>(b"k", br#"{"v":1,"what":7}"#), Ok(7));
        for (bytes, why) in [
            (&br#"{"v":2,"what":7}"#[..], "version 2, this program knows 1"),
            (br#"{"v":2,"other":7}"#, "version 2"),
            (br#"{"what":7}"#, "missing field `v`"),
            (br#"{"v":1,"what":"seven"}"#, "invalid type"),
            (b"", "EOF"),
        ] {
            let Err(BoxError::Unreadable(text)) = decode::<u8>(b"k", bytes) else { panic!("{why}") };
            assert!(text.starts_with("the row `k`: ") && text.contains(why), "{text}");
        }
        assert!(decode_act(b"a", b"{\"v\":2,\"id\":\"i\",\"author\":\"a\"}\n{}").is_err());
        assert!(decode_act(b"a", b"no line").is_err());
    }
}
