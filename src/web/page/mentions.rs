//! Mentions: whoever is named in what somebody writes here, as `@alice` or `@bob@b.example`, is named in its `tag` and told of it.
//!
//! Told is only who may see what it is written about: of something private of this server whoever it is shown to, of what is not shown to
//! everybody elsewhere nobody. So no text reaches anybody by being mentioned in it who could not have read it anyway.
//!
//! Who is named anew by an edit is told of it, who was named before is not told again.
//!
//! Source: ActivityStreams, "Mention". The name with its `@` and the audience are as Mastodon has them.

use crate::api::topic::is_shown_to_all;
use crate::domains::{Site, of_actor};
use crate::fed::actor::look_at;
use crate::fed::near::{Near, look_at_tracker};
use crate::limits::MENTIONS_S;
use crate::page::references::people;
use crate::page::visit::{Me, Visit};
use crate::page::who::Kind;
use crate::powers::{Bringing, bring_for};
use pritchel_actor::{ActorId, Value};
use pritchel_actors::Person;
use pritchel_actors::limits::MENTIONED_MAX;
use pritchel_actors::person::view::NoteOf;
use pritchel_actors::ticket_tracker::ticket::ticket_no;
use pritchel_actors::ticket_tracker::view::ViewTicket;
use pritchel_actors::ticket_tracker::wire;
use pritchel_vocab::text::render_markdown;
use serde_json::{Map, json};
use std::time::Duration;

/// What somebody is about to publish, with those whom its text mentions.
pub async fn with_mentions(visit: &Visit, me: &Me, document: Value) -> Value {
    let Some((tracker, texts)) = written(&document) else { return document };
    let names = names(&texts);
    let before = match edited(&document) {
        Some(edited) => named_before(visit, &tracker, edited).await,
        None if names.is_empty() => return document,
        None => Some(Vec::new()),
    };
    let found = async {
        let mut found = Vec::new();
        for (name, whom) in found_people(visit, me, names).await {
            if may_be_told(visit, &tracker, &whom).await {
                found.push((name, whom));
            }
        }
        found
    };
    let found = tokio::time::timeout(Duration::from_secs(MENTIONS_S), found).await.unwrap_or_default();
    let new = found.iter().filter(|(_, whom)| before.as_ref().is_some_and(|before| !before.contains(whom)));
    let new: Vec<ActorId> = new.map(|(_, whom)| whom.clone()).collect();
    // Where a text named nobody, and names nobody now, nothing is said of it.
    let nobody = found.is_empty() && before.is_none_or(|before| before.is_empty());
    if nobody { document } else { naming(document, &found, &new) }
}

/// The address of the text that is edited, if one is.
fn edited(document: &Value) -> Option<&str> {
    let edits = document.get("type").and_then(Value::as_str) == Some("Edit");
    document.get("object")?.get("id")?.as_str().filter(|_| edits)
}

/// Whom a text names until now; `None` where nobody here knows.
async fn named_before(visit: &Visit, tracker: &ActorId, text: &str) -> Option<Vec<ActorId>> {
    let front = &visit.front;
    if let Some(number) = ticket_no(tracker, text) {
        let view = ViewTicket { viewer: visit.me.as_ref().map(|me| me.id.clone()), number, after: None, limit: 0 };
        return look_at_tracker(front, tracker, &view).await.ok().map(|shown| wire::mentions(&shown.ticket));
    }
    let (author, key) = text.split_once("/notes/")?;
    let (create, change) = front.node.look::<Person, _>(&author.into(), &NoteOf { key: key.into() }).await.ok()??;
    let act = front.ports.act(change.map_or(create, |change| change.act)).await.ok()??;
    let tags = act.body.get("object")?.get("tag").and_then(Value::as_array).cloned().unwrap_or_default();
    let named = tags.iter().filter(|tag| wire::is_mention(tag)).filter_map(|tag| tag.get("href")?.as_str());
    Some(named.map(ActorId::from).collect())
}

/// The tracker that something is written to, and its texts as they were typed.
fn written(document: &Value) -> Option<(ActorId, Vec<String>)> {
    let object = document.get("object")?;
    let kind = |of: &Value, name: &str| of.get("type").and_then(Value::as_str) == Some(name);
    let source = |of: Option<&Value>| Some(of?.get("source")?.get("content")?.as_str()?.to_owned());
    let edits = kind(document, "Edit") && object.get("content").is_some();
    let says = kind(document, "Create") && kind(object, "Note") || kind(object, "Ticket");
    let texts: Vec<String> = if says || edits {
        source(Some(object)).into_iter().collect()
    } else if kind(object, "Review") {
        let threads = object.get("reviewThreads").and_then(Value::as_array).into_iter().flatten();
        let threads = threads.filter_map(|thread| source(thread.get("object")));
        source(object.get("attachment")).into_iter().chain(threads).collect()
    } else {
        return None;
    };
    let written = kind(document, "Create") || kind(document, "Offer") || edits;
    let tracker = document.get("to")?.get(0)?.as_str().filter(|_| written)?;
    Some((ActorId::new(tracker), texts))
}

/// Who is mentioned in texts: each once, the first [`MENTIONED_MAX`] of them.
fn names(texts: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for html in texts.iter().filter_map(|text| render_markdown(text).ok()) {
        let new = people(html.as_str()).into_iter().filter(|name| !names.contains(name));
        let new: Vec<String> = new.collect();
        names.extend(new);
    }
    names.truncate(MENTIONED_MAX);
    names
}

/// The people of these names, with their whole names.
async fn found_people(visit: &Visit, me: &Me, names: Vec<String>) -> Vec<(String, ActorId)> {
    let mut found: Vec<(String, ActorId)> = Vec::new();
    for name in names {
        let name = if name.contains('@') { name } else { format!("{name}@{}", visit.site.host) };
        let Some(whom) = person(visit, &name).await else { continue };
        if whom != me.id && found.iter().all(|(_, one)| *one != whom) {
            found.push((format!("@{name}"), whom));
        }
    }
    found
}

async fn person(visit: &Visit, name: &str) -> Option<ActorId> {
    if let Some(near) = visit.front.ports.named(name.to_owned()).await.ok()? {
        return (Kind::of(&visit.front.settings, &near) == Some(Kind::Person)).then_some(near);
    }
    let host = name.split_once('@')?.1;
    if crate::domains::naming(&visit.front.settings, host).is_some() {
        return None;
    }
    let found = visit.front.ports.find(name.to_owned()).await.ok()?;
    (found.document.get("type").and_then(Value::as_str) == Some("Person")).then_some(found.id)
}

/// Whether somebody may be told what is written to a tracker.
async fn may_be_told(visit: &Visit, tracker: &ActorId, whom: &ActorId) -> bool {
    if is_shown_to_all(&visit.front, tracker.as_str(), &[]).await {
        return true;
    }
    let Some(domain) = of_actor(&visit.front.settings, tracker) else { return false };
    let site = Site(domain.clone());
    let near = tracker.as_str().strip_prefix(site.origin.as_str()).and_then(|path| Near::of(&site, path));
    let Some(near) = near else { return false };
    let Bringing(front) = Bringing::of(&visit.front);
    bring_for(&front, whom, tracker).await.is_ok() && look_at(&front, &near, Some(whom.clone())).await.is_ok()
}

/// The same with those who are mentioned named, and these of them told.
fn naming(mut document: Value, mentioned: &[(String, ActorId)], new: &[ActorId]) -> Value {
    let tags = mentioned.iter().map(|(name, whom)| json!({"type": "Mention", "href": whom, "name": name}));
    let tags: Vec<Value> = tags.collect();
    let told = |of: &mut Map<String, Value>| {
        let cc = of.entry("cc").or_insert_with(|| json!([]));
        if let Value::Array(cc) = cc {
            cc.extend(new.iter().map(|whom| json!(whom)));
        }
    };
    if let Some(activity) = document.as_object_mut() {
        told(activity);
        if let Some(object) = activity.get_mut("object").and_then(Value::as_object_mut) {
            if object.contains_key("to") {
                told(object);
            }
            object.insert("tag".to_owned(), tags.into());
        }
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use pritchel_actors::client;

    #[test]
    fn what_is_written_to_a_tracker_has_texts_and_other_acts_have_none() {
        let (me, tracker) =
            (ActorId::from("https://a.example/people/a"), ActorId::from("https://a.example/trackers/t"));
        let ticket = format!("{tracker}/tickets/1");
        let review = client::submit_review(&tracker, [&ticket, "https://a.example/v"], "remark", "r", &[], None);
        #[rustfmt::skip]
        let rows = [
            (client::open_ticket(&me, &tracker, "t", "x", None),         Some("x")),
            (client::comment(&tracker, &ticket, None, "y", None),        Some("y")),
            (review,                                                     Some("r")),
            (client::close(&tracker, &ticket, None),                     None),
            (client::edit_ticket(&tracker, &ticket, "t", "z", None),     Some("z")),
            (client::edit_comment(&tracker, &ticket, "z"),               Some("z")),
            (client::edit_resource(&tracker, "t", "z", &"https://a.example/g".into()), None),
            (client::follow(&me),                                        None),
        ];
        for (document, text) in rows {
            let expected = text.map(|text| (tracker.clone(), vec![text.to_owned()]));
            assert_eq!(written(&document), expected, "{document}");
        }
    }

    #[test]
    fn a_text_tells_so_many_and_no_more() {
        let many = |count: usize| (0..count).map(|at| format!("@p{at} @p{at}@b.example ")).collect::<String>();
        assert_eq!(names(&["@a `@b`".to_owned(), "@c @a".to_owned()]), ["a", "c"]);
        assert_eq!(names(&[many(MENTIONED_MAX / 2)]).len(), MENTIONED_MAX);
        assert_eq!(names(&[many(MENTIONED_MAX), many(MENTIONED_MAX + 1)]).len(), MENTIONED_MAX);
    }

    #[test]
    fn who_is_mentioned_is_named_and_told() {
        let tracker = ActorId::from("https://a.example/trackers/t");
        let bob = ActorId::from("https://b.example/bob");
        let said = client::comment(&tracker, "https://a.example/trackers/t/tickets/1", None, "x", None);
        let named = naming(said, &[("@bob@b.example".to_owned(), bob.clone())], std::slice::from_ref(&bob));
        let tag = json!([{"type": "Mention", "href": bob, "name": "@bob@b.example"}]);
        assert_eq!(named["object"]["tag"], tag);
        for of in [&named, &named["object"]] {
            assert!(of["cc"].as_array().unwrap().contains(&json!(bob)), "{of}");
        }
    }
}
