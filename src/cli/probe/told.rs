//! What has come, in few words and for people.

use crate::cli::demo::client::names;
use crate::cli::limits::PROBE_SHOWN_MAX;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::tap::Arrived;
use pritchel_actor::{ActId, ActorId};
use serde_json::Value;

/// Whether an activity is the `Accept` or `Reject` of an act by an actor.
pub fn is_answer(activity: &Value, of: &ActId, by: &ActorId) -> bool {
    let kind = has_type(activity, "Accept") || has_type(activity, "Reject");
    kind && names(&activity["object"], of.as_str()) && names(&activity["actor"], by.as_str())
}

/// Whether something has arrived, was believed, and is of this type.
pub fn is_a(arrived: &Option<Arrived>, kind: &str) -> bool {
    arrived.as_ref().is_some_and(|arrived| arrived.refused.is_none() && has_type(&arrived.activity, kind))
}

/// What has arrived, in words.
pub fn told_of(arrived: &Option<Arrived>) -> String {
    match arrived {
        None => "nothing came".to_owned(),
        Some(Arrived { activity, refused: None, .. }) => told(activity),
        Some(Arrived { activity, refused: Some(why), inbox_of }) => {
            let inbox = inbox_of.as_ref().map_or("the shared inbox".to_owned(), |of| format!("the inbox of {of}"));
            format!("{} came to {inbox}, which did not take it: {why}", told(activity))
        }
    }
}

/// A document in words: the beginning of its JSON, without what all documents have.
pub fn told(document: &Value) -> String {
    let mut document = document.clone();
    if let Some(map) = document.as_object_mut() {
        map.retain(|term, _| !["@context", "proof"].contains(&term.as_str()));
    }
    let text = document.to_string();
    match text.char_indices().nth(PROBE_SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The address a term names, as text or as an object.
pub fn address_of(term: &Value) -> Option<&str> {
    term.as_str().or_else(|| term["id"].as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_is_by_the_one_who_was_asked_and_names_the_act() {
        let (act, tracker) = (ActId::new("http://a/1"), ActorId::new("http://b/t"));
        let answer = |kind: &str, object: Value, actor: &str| json!({"type": kind, "object": object, "actor": actor});
        #[rustfmt::skip]
        let rows = [
            (answer("Accept", json!("http://a/1"), "http://b/t"),         true),
            (answer("Reject", json!({"id": "http://a/1"}), "http://b/t"), true),
            (answer("Accept", json!("http://a/2"), "http://b/t"),         false),
            (answer("Accept", json!("http://a/1"), "http://c/t"),         false),
            (answer("Follow", json!("http://a/1"), "http://b/t"),         false),
        ];
        for (activity, is) in rows {
            assert_eq!(is_answer(&activity, &act, &tracker), is, "{activity}");
        }
    }

    #[test]
    fn what_is_told_of_a_document_is_bounded_and_leaves_out_what_all_have() {
        let long = json!({"@context": "x", "proof": {}, "content": "ä".repeat(2 * PROBE_SHOWN_MAX)});
        let told = told(&long);
        assert!(told.starts_with(r#"{"content":"ä"#) && told.ends_with('…'), "{told}");
        assert_eq!(told.chars().count(), PROBE_SHOWN_MAX + 1);
    }
}
