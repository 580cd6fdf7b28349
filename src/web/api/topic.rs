//! Who may read what is said about something. A comment is in its author's outbox for whoever it says; about a ticket that
//! not everybody is shown it is for those who are, the tracker and the followers it names, and not for everybody.

use crate::domains::{Site, of_actor};
use crate::fed::actor::look_at;
use crate::fed::near::{Kind, Near};
use crate::limits::{TOPIC_ACTORS_MAX, TOPIC_S};
use crate::page::audience::is_public;
use crate::ports::Front;
use pritchel_actor::{ActorId, Value};
use pritchel_actors::client;
use pritchel_actors::common::naming::origin_of;
use std::time::Duration;

/// The terms that say whom something is for.
const AUDIENCE: [&str; 3] = ["to", "cc", "audience"];

/// What somebody posts, as it may be published: a note for everybody about something (its `context`) that not everybody is
/// shown is left to the others it names.
pub async fn fitting(front: &Front, posted: Value) -> Value {
    let Some((topic, trackers)) = topic(&posted) else { return posted };
    if is_shown_to_all(front, topic, &trackers).await { posted } else { client::not_public(posted) }
}

/// What a note that is posted for everybody is about, and whom else of that server it is for.
fn topic(posted: &Value) -> Option<(&str, Vec<&str>)> {
    let note = match posted.get("type")?.as_str()? {
        "Create" => posted.get("object")?,
        _ => posted,
    };
    let topic = note.get("context")?.as_str().filter(|_| note.get("type").and_then(Value::as_str) == Some("Note"))?;
    let told: Vec<&str> = told(posted).into_iter().chain(told(note)).collect();
    let of_its_server = |one: &&str| origin_of(one) == origin_of(topic) && !one.ends_with("/followers");
    let mut of_it: Vec<&str> = told.iter().copied().filter(of_its_server).collect();
    of_it.sort_unstable();
    of_it.dedup();
    told.iter().any(|one| is_public(one)).then_some((topic, of_it))
}

fn told(of: &Value) -> Vec<&str> {
    let texts = |term: &str| match of.get(term) {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one.as_str()],
        _ => Vec::new(),
    };
    AUDIENCE.into_iter().flat_map(texts).collect()
}

/// Whether something is shown to everybody.
/// - `trackers`: whom else it is for, where it cannot be asked itself
pub async fn is_shown_to_all(front: &Front, topic: &str, trackers: &[&str]) -> bool {
    if let Some(domain) = of_actor(&front.settings, &ActorId::new(topic)) {
        let site = Site(domain.clone());
        // A ticket is shown to whom its tracker is.
        let near = topic.strip_prefix(&site.origin).and_then(|path| Near::of(&site, path));
        return match near.filter(|near| matches!(near.kind, Some(Kind::Resource(_)))) {
            Some(near) => look_at(front, &near, None).await.is_ok(),
            None => true,
        };
    }
    let asked = far_is_shown_to_all(front, topic, trackers);
    tokio::time::timeout(Duration::from_secs(TOPIC_S), asked).await.unwrap_or(false)
}

async fn far_is_shown_to_all(front: &Front, topic: &str, trackers: &[&str]) -> bool {
    // Asked in the name of this server: what it is not shown, or not told to be for everybody, is not.
    if let Ok(found) = front.ports.fetch(topic.to_owned()).await {
        let told = told(&found);
        return told.is_empty() || told.iter().any(|one| is_public(one));
    }
    // Much other software has names for conversations that lead nowhere: those are between people.
    for tracker in trackers.iter().take(TOPIC_ACTORS_MAX) {
        match front.ports.fetch((*tracker).to_owned()).await {
            Ok(found) if is_person(&found) => {}
            _ => return false,
        }
    }
    true
}

fn is_person(document: &Value) -> bool {
    document.get("type").and_then(Value::as_str) == Some("Person")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

    #[test]
    fn only_a_note_for_everybody_about_something_has_a_topic() {
        let (ticket, tracker) = ("https://far.example/t/tickets/1", "https://far.example/t");
        let note = |to: Value| json!({"type": "Note", "context": ticket, "to": to});
        #[rustfmt::skip]
        let rows = [
            (note(json!([PUBLIC, tracker])),                                                    Some(vec![tracker])),
            (note(json!("as:Public")),                                                          Some(vec![])),
            (note(json!([tracker])),                                                            None),
            (json!({"type": "Note", "to": [PUBLIC]}),                                           None),
            (json!({"type": "Create", "to": [PUBLIC, tracker], "object": note(json!([]))}),     Some(vec![tracker])),
            (json!({"type": "Create", "object": note(json!([PUBLIC, "https://b.example/"]))}),  Some(vec![])),
            (json!({"type": "Create", "to": [PUBLIC], "object": {"type": "Factory"}}),          None),
            (json!({"type": "Follow", "to": [PUBLIC], "context": ticket}),                      None),
            (json!([]),                                                                         None),
        ];
        for (posted, expected) in rows {
            let found = topic(&posted);
            assert_eq!(found.map(|(_, trackers)| trackers), expected, "{posted}");
        }
    }
}
