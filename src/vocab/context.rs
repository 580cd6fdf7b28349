//! The `@context` values we write. What we read is taken by short names whatever its context says, and no context is
//! ever fetched: these are names, not addresses to visit.

use serde_json::{Value, json};

/// ActivityStreams 2.0 and ActivityPub.
pub const ACTIVITY_STREAMS: &str = "https://www.w3.org/ns/activitystreams";
/// ForgeFed.
pub const FORGEFED: &str = "https://forgefed.org/ns";
/// `publicKey` of actors.
pub const SECURITY: &str = "https://w3id.org/security/v1";
/// `proof` of FEP-8b32.
pub const DATA_INTEGRITY: &str = "https://w3id.org/security/data-integrity/v2";
/// `assertionMethod` keys of FEP-521a.
pub const MULTIKEY: &str = "https://w3id.org/security/multikey/v1";

/// `webfinger` of FEP-2c59.
pub const WEBFINGER: &str = "https://purl.archive.org/socialweb/webfinger#webfinger";

/// For a document with no ForgeFed term in it, such as a Note or a collection of addresses.
pub fn plain() -> Value {
    json!(ACTIVITY_STREAMS)
}

/// For activities and objects of ForgeFed.
pub fn forge() -> Value {
    json!([ACTIVITY_STREAMS, FORGEFED])
}

/// For the same with a `proof`: it must be there before the proof is made, which covers it.
pub fn forge_with_proof() -> Value {
    json!([ACTIVITY_STREAMS, DATA_INTEGRITY, FORGEFED])
}

/// For actors with keys.
pub fn actor() -> Value {
    json!([ACTIVITY_STREAMS, SECURITY, DATA_INTEGRITY, MULTIKEY, FORGEFED, {"webfinger": WEBFINGER}])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_context_begins_with_activity_streams() {
        assert_eq!(plain(), ACTIVITY_STREAMS);
        for context in [forge(), forge_with_proof(), actor()] {
            assert_eq!(context[0], ACTIVITY_STREAMS);
            assert!(context.as_array().unwrap().contains(&json!(FORGEFED)));
        }
    }
}
