//! Further terms: what a ticket says that nobody here reads, kept for those who do.

use crate::activity::Thing;
use crate::activity::safe::with_safe_html;
use crate::limits::FURTHER_MAX_BYTES;
use crate::object::{Obj, Wrong};
use crate::terms::short;
use serde_json::{Map, Value};

/// Terms that have a place of their own in a ticket, or are its tracker's to say: a ticket does not bring them along.
const OWN: [&str; 41] = [
    "id",
    "type",
    "context",
    "attributedTo",
    "summary",
    "content",
    "mediaType",
    "source",
    "published",
    "updated",
    "followers",
    "replies",
    "dependencies",
    "dependants",
    "assignments",
    "assignedTo",
    "ticketMilestone",
    "customFields",
    "managedBy",
    "isResolved",
    "resolvedBy",
    "resolved",
    "attachment",
    "to",
    "cc",
    "bto",
    "bcc",
    "audience",
    "likes",
    "shares",
    "url",
    "deleted",
    "formerType",
    "ticketsTrackedBy",
    "history",
    "instrument",
    "actor",
    "object",
    "target",
    "result",
    "origin",
];

/// Terms by which a document is taken for an actor, a key, a Grant or somebody's word. One of our address never has them from
/// others.
///
/// Source: FEP-fe34: what a document says of keys counts because of where it is served.
const TRUSTED: [&str; 24] = [
    "inbox",
    "outbox",
    "following",
    "endpoints",
    "preferredUsername",
    "webfinger",
    "publicKey",
    "publicKeyPem",
    "owner",
    "controller",
    "assertionMethod",
    "authentication",
    "verificationMethod",
    "publicKeyMultibase",
    "alsoKnownAs",
    "movedTo",
    "proof",
    "signature",
    "capability",
    "allows",
    "delegates",
    "fulfills",
    "partOf",
    "items",
];

/// The further terms of a ticket, with what is attached to it other than an offer to merge.
pub(super) fn read(obj: &Obj<'_>, attachment: &[Thing]) -> Map<String, Value> {
    let kept = obj.map().iter().filter(|(key, value)| is_further(key) && !value.is_null());
    let mut further: Map<String, Value> = kept.map(|(key, value)| (key.clone(), value.clone())).collect();
    let attached: Vec<Value> = attachment.iter().filter(|thing| !thing.is("Offer")).map(Value::from).collect();
    if !attached.is_empty() {
        further.insert("attachment".to_owned(), attached.into());
    }
    further
}

/// Whatever namespace it is said to be of: others may know that name too.
fn is_further(key: &str) -> bool {
    let bare = key.rsplit([':', '/', '#']).next().unwrap_or(key);
    let known = |name: &str| OWN.contains(&name) || TRUSTED.contains(&name);
    !key.starts_with('@') && !known(short(key)) && !known(bare)
}

/// The same to be served by us: HTML in them is made safe. Refused are more than [`FURTHER_MAX_BYTES`] of them.
pub(super) fn to_serve(mut further: Map<String, Value>) -> Result<Map<String, Value>, Wrong> {
    let wrong = |expected: String, found: usize| Wrong::new("", expected, found.to_string());
    let size = serde_json::to_string(&further).map_or(usize::MAX, |text| text.len());
    if size > FURTHER_MAX_BYTES {
        return Err(wrong(format!("at most {FURTHER_MAX_BYTES} bytes of terms that nobody here reads"), size));
    }
    with_safe_html(&mut further).map_err(|why| wrong(why.to_string(), why.size))?;
    Ok(further)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Document;
    use serde_json::json;

    fn further(ticket: Value) -> Result<Value, String> {
        let document = Document::from_value(ticket).unwrap();
        let ticket = crate::ticket::Ticket::read(&document.obj()).map_err(|wrong| wrong.to_string())?;
        ticket.further_to_serve().map(Value::Object).map_err(|wrong| wrong.to_string())
    }

    fn offered(more: Value) -> Value {
        let mut ticket = json!({"type": "Ticket", "attributedTo": "https://a.example/alice", "summary": "Tea"});
        ticket.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ticket
    }

    #[test]
    fn what_nobody_here_reads_is_kept_as_it_is_and_its_html_is_made_safe() {
        let image = json!({"type": "Image", "url": "https://a.example/pot.png"});
        let more = json!({
            "x:severity": 3, "https://x.example/ns#area": ["kettle"], "tag": [{"type": "Hashtag", "name": "#tea"}],
            "attachment": [image, {"type": "Offer"}], "contentMap": {"de": "<p>Tee<script>x</script></p>"}, "nothing": null,
        });
        let kept = json!({
            "x:severity": 3, "https://x.example/ns#area": ["kettle"], "tag": [{"type": "Hashtag", "name": "#tea"}],
            "contentMap": {"de": "<p>Tee</p>"}, "attachment": [image],
        });
        assert_eq!(further(offered(more)), Ok(kept));
        assert_eq!(further(offered(json!({}))), Ok(json!({})));
    }

    #[test]
    fn what_the_tracker_says_and_what_makes_an_actor_is_not_brought_along() {
        let all: Vec<&str> = OWN.into_iter().chain(TRUSTED).collect();
        for term in all.iter().filter(|term| !["type", "attributedTo", "summary"].contains(term)) {
            let (ldp, own) = (format!("http://www.w3.org/ns/ldp#{term}"), (*term).to_owned());
            for spelling in [own, format!("as:{term}"), format!("x:{term}"), ldp] {
                // Of the wrong kind for some: then the ticket is refused as a whole.
                if let Ok(kept) = further(offered(json!({spelling.as_str(): "https://a.example/x"}))) {
                    assert!(kept == json!({}) || *term == "attachment", "{spelling}: {kept}");
                }
            }
        }
    }

    #[test]
    fn too_many_further_terms_are_refused() {
        let most = FURTHER_MAX_BYTES - r#"{"x":""}"#.len();
        assert!(further(offered(json!({"x": "a".repeat(most)}))).is_ok());
        let wrong = further(offered(json!({"x": "a".repeat(most + 1)}))).unwrap_err();
        assert!(wrong.contains("expected at most") && wrong.contains(&(FURTHER_MAX_BYTES + 1).to_string()), "{wrong}");
    }
}
