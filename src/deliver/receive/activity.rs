//! What an activity may say about itself and what it carries, whoever signed it: pure rules on its document.
//!
//! Source: FEP-fe34: an id, and an object that is made or changed, belong to the origin of the activity's actor.

use crate::limits::ABOUT_DEPTH_MAX;
use aws_lc_rs::digest::{SHA256, digest};
use pritchel_actor::{ActId, ActorId, Seconds, Value};
use pritchel_vocab::{Activity, ActivityType, Document, Obj, Sameness, Thing, Uri, given_id, sameness};
use serde_json::Map;

use super::refusal::Refused;
use crate::hosts::Hosts;
use crate::peers::Peers;

/// An activity read from a body, with its document.
pub(super) struct Received {
    pub document: Document,
    pub activity: Activity,
}

/// Reads a body within the bounds of documents from outside.
pub(super) fn read(body: &[u8]) -> Result<Received, Refused> {
    let document = Document::parse(body).map_err(|why| Refused::new(400, "not-a-document", why))?;
    of_document(document)
}

/// Reads a document as an activity.
pub(super) fn of_document(document: Document) -> Result<Received, Refused> {
    let activity = Activity::read(&document).map_err(|why| Refused::new(400, "not-an-activity", why))?;
    Ok(Received { document, activity })
}

/// Whether a document says the same as another, in whatever order. What vouches for it is no part of it, and may be made
/// anew each time it is sent.
pub(super) fn says_the_same(one: &Value, other: &Value) -> bool {
    let (Some(one), Some(other)) = (one.as_object(), other.as_object()) else { return false };
    let vouches = |key: &str| matches!(key, "proof" | "signature");
    let words = |document: &Map<String, Value>| document.keys().filter(|key| !vouches(key)).count();
    words(one) == words(other) && one.iter().all(|(key, said)| vouches(key) || other.get(key) == Some(said))
}

/// Whether an activity says that its actor has changed, its keys perhaps.
pub(super) fn updates_its_actor(activity: &Activity) -> bool {
    activity.kind == ActivityType::Update && activity.object_uri().is_ok_and(|object| object == activity.actor.as_uri())
}

/// What was fetched of its actor that an activity makes outdated: the actor that has changed, or that tells of an SSH key of its own,
/// and that key. That a key is gone is told by its address alone, so each `Delete` of something of the actor's own server counts.
///
/// Source: ForgeFed, "SSH Key Updates".
pub(super) fn outdated_by(activity: &Activity) -> Vec<Uri> {
    let (actor, Some(object)) = (activity.actor.as_uri(), activity.object.first()) else { return Vec::new() };
    let tells = match activity.kind {
        ActivityType::Create => object.is("SshPublicKey"),
        ActivityType::Update => object.is("SshPublicKey") || updates_its_actor(activity),
        ActivityType::Delete => true,
        _ => false,
    };
    let key = object.uri().filter(|uri| uri.origin() == actor.origin());
    match (tells, key) {
        (false, _) => Vec::new(),
        // A key that is written out in its actor's document may have no address.
        (true, None) if activity.kind == ActivityType::Delete => Vec::new(),
        (true, key) => std::iter::once(actor.clone()).chain(key.cloned()).collect(),
    }
}

/// The addresses of what an activity is about, down to what it undoes or answers: what was fetched from there may be another by now. It is
/// a hint, and believed of anybody: whoever makes one up has something read again.
pub(super) fn is_about(activity: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    about(activity, ABOUT_DEPTH_MAX, &mut found);
    found
}

fn about<'v>(value: &'v Value, depth: usize, found: &mut Vec<&'v str>) {
    for name in ["object", "target", "context", "inReplyTo", "result"] {
        let said = match value.get(name) {
            Some(Value::Array(all)) => all.first(),
            said => said,
        };
        let Some(said) = said.filter(|_| depth > 0) else { continue };
        found.extend(said.as_str().or_else(|| said.get("id")?.as_str()));
        if said.is_object() {
            about(said, depth - 1, found);
        }
    }
}

/// Whether an activity reports something.
pub(super) fn is_report(activity: &Activity) -> bool {
    matches!(&activity.kind, ActivityType::Other(kind) if kind == "Flag")
}

/// Checks whom and what an activity names: nobody of ours speaks from outside, nothing of a blocked server is taken, and
/// nothing of another server is spoken for.
pub(super) fn judge(received: &Received, peers: &Peers) -> Result<(), Refused> {
    let activity = &received.activity;
    let actor = activity.actor.as_uri();
    admit(peers, "actor", actor)?;
    if let Some(id) = &activity.id {
        same_origin("id", id, actor)?;
        if id == actor {
            return Err(Refused::new(
                400,
                "id-of-its-actor",
                format!("the activity has the address of its actor, {id}"),
            ));
        }
    }
    for thing in &activity.object {
        if let Some(uri) = thing.uri() {
            admit(peers, "object", uri)?;
        }
        if let Some(object) = thing.obj() {
            carried(&object, actor, &activity.kind, peers)?;
        }
    }
    Ok(())
}

/// An object written out: of kinds that make or change it, it must be the actor's own server's. Others name what they speak
/// of by writing it out (an `Accept` its `Follow`, an `Undo` what it undoes), which gives the object no authority.
fn carried(object: &Obj<'_>, actor: &Uri, kind: &ActivityType, peers: &Peers) -> Result<(), Refused> {
    let wrong = |why: pritchel_vocab::Wrong| Refused::new(400, "not-an-activity", why);
    let mut owners = Vec::new();
    for owner in object.many("attributedTo").map_err(wrong)? {
        owners.extend(owner.uri().map_err(wrong)?);
    }
    for owner in &owners {
        admit(peers, "owner of the object,", owner)?;
    }
    if !matches!(kind, ActivityType::Create | ActivityType::Update | ActivityType::Offer | ActivityType::Push) {
        return Ok(());
    }
    if let Some(id) = object.id().map_err(wrong)? {
        same_origin("object's id", &id, actor)?;
    }
    owners.iter().try_for_each(|owner| same_origin("object's owner", owner, actor))
}

fn same_origin(what: &str, uri: &Uri, actor: &Uri) -> Result<(), Refused> {
    if uri.origin() == actor.origin() {
        return Ok(());
    }
    let why = format!("the {what} {uri} is not of the server of the actor {actor}");
    Err(Refused::new(400, "another-origin", why))
}

fn admit(peers: &Peers, what: &str, uri: &Uri) -> Result<(), Refused> {
    if uri.is_public() || peers.admit_uri(uri) { Ok(()) } else { Err(Refused::blocked(what, uri.as_str())) }
}

/// The address an activity is known by: its own, or one made up for it that is the same each time it comes.
pub(super) fn act_id(received: &Received, now: Seconds, seed: &[u8]) -> Result<ActId, Refused> {
    let activity = &received.activity;
    let made_up = |parts: &[&[u8]]| {
        let hash = digest(&SHA256, &parts.concat());
        let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        ActId::new(given_id(activity.actor.as_str(), &hex))
    };
    match (&activity.id, sameness(activity)) {
        (Some(id), _) => Ok(ActId::new(id.as_str())),
        (None, Sameness::Known(same)) => Ok(made_up(&[same.as_bytes()])),
        (None, Sameness::Repeatable) => Ok(made_up(&[received.document.raw(), &now.to_be_bytes(), seed])),
        (None, Sameness::Nameless) => {
            let why = format!("expected an `id`: without one a {} cannot be told from another", activity.kind);
            Err(Refused::new(400, "no-id", why))
        }
    }
}

/// The near actors a delivery is openly addressed to. `hosts` says who is near, not who is there.
pub(super) fn near_addressees(activity: &Activity, hosts: &Hosts) -> Vec<ActorId> {
    let near = activity.addressees().into_iter().filter(|uri| hosts.of(uri.as_str()).is_some());
    near.map(|uri| ActorId::new(uri.as_str())).collect()
}

/// The one thing an activity is done to, by its address.
pub(super) fn only_object(activity: &Activity) -> Option<ActorId> {
    match activity.object.as_slice() {
        [only] => only.uri().map(|uri| ActorId::new(uri.as_str())),
        _ => None,
    }
}

/// The one thing an activity is done to, if it is written out.
pub(super) fn only_embedded(activity: &Activity) -> Option<Obj<'_>> {
    match activity.object.as_slice() {
        [only @ Thing::Embedded(_)] => only.obj(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ACTOR: &str = "https://peer.example/people/b";

    fn received(mut value: Value) -> Result<Received, Refused> {
        if value.get("actor").is_none() {
            value["actor"] = json!(ACTOR);
        }
        read(value.to_string().as_bytes())
    }

    #[test]
    fn an_activity_speaks_only_for_its_own_server() {
        let peers = Peers::new(&["evil.example"], &[]);
        let id = "https://peer.example/1";
        let note = |owner: &str| json!({"type": "Note", "id": "https://peer.example/n", "attributedTo": owner});
        #[rustfmt::skip]
        let rows = [
            (json!({"type": "Follow", "id": id, "object": "https://forge.example/a"}),                   None),
            (json!({"type": "Follow", "id": "https://other.example/1", "object": "https://a.example/"}), Some("another-origin")),
            (json!({"type": "Follow", "id": "http://peer.example/1", "object": "https://a.example/"}),   Some("another-origin")),
            (json!({"type": "Follow", "id": "https://peer.example:8443/1", "object": "https://a.example/"}), Some("another-origin")),
            (json!({"type": "Follow", "id": ACTOR, "object": "https://forge.example/a"}),                Some("id-of-its-actor")),
            (json!({"type": "Follow", "id": id, "object": "https://evil.example/a"}),                    Some("blocked")),
            (json!({"type": "Create", "id": id, "object": note(ACTOR)}),                                 None),
            (json!({"type": "Create", "id": id, "object": note("https://other.example/c")}),             Some("another-origin")),
            (json!({"type": "Create", "id": id, "object": note("https://x.evil.example/c")}),            Some("blocked")),
            (json!({"type": "Create", "id": id, "object": {"type": "Note", "id": "https://other.example/n"}}), Some("another-origin")),
            (json!({"type": "Update", "id": id, "object": {"type": "Person", "id": "https://other.example/c"}}), Some("another-origin")),
            (json!({"type": "Offer", "id": id, "object": {"type": "Ticket", "attributedTo": "https://other.example/c"}}), Some("another-origin")),
            (json!({"type": "Accept", "id": id, "object": {"type": "Follow", "id": "https://forge.example/1", "actor": "https://forge.example/a"}}), None),
            (json!({"type": "Undo", "id": id, "object": {"type": "Follow", "id": "https://other.example/1"}}), None),
        ];
        for (value, expected) in rows {
            let found = judge(&received(value.clone()).unwrap(), &peers).err();
            assert_eq!(found.as_ref().map(|refused| refused.code.as_str()), expected, "{value}");
            assert!(found.is_none_or(|refused| matches!(refused.status, 400 | 403)));
        }
    }

    #[test]
    fn what_cannot_be_read_is_answered_with_what_was_expected_and_found() {
        let object = "https://forge.example/a";
        #[rustfmt::skip]
        let rows = [
            (json!({"type": "Follow", "object": 5}),                        "expected an address or an object at `/object`, found `5`"),
            (json!({"type": "Follow", "object": [object, true]}),           "expected an address or an object at `/object/1`, found `true`"),
            (json!({"type": "Listen", "object": 5}),                        "at `/object`, found `5`"),
            (json!({"type": 5, "object": object}),                          "expected a type of activity at `/type`, found `5`"),
            (json!({"object": object}),                                     "expected a type of activity at `/type`, found nothing"),
            (json!({"type": "Follow", "object": object, "target": 7}),      "at `/target`, found `7`"),
            (json!({"type": "Follow", "object": object, "to": 7}),          "expected addresses at `/to`, found `7`"),
        ];
        for (value, expected) in rows {
            let Err(refused) = received(value.clone()) else { panic!("{value} was read") };
            assert_eq!((refused.status, refused.code.as_str()), (400, "not-an-activity"), "{value}");
            assert!(refused.detail.contains(expected), "{value}: {:?} has no {expected:?}", refused.detail);
        }
    }

    /// Shapes of our own writing that servers of other kinds send: whether they mean anything here is for their receivers.
    #[test]
    fn what_other_servers_rightly_send_is_read_whether_or_not_we_know_its_type() {
        let (id, note) = ("https://peer.example/1", "https://forge.example/n");
        #[rustfmt::skip]
        let rows = [
            json!({"type": "Flag", "object": [note, "https://forge.example/a"], "content": "spam", "to": ACTOR}),
            json!({"type": "EmojiReact", "object": note, "content": "+1", "tag": []}),
            json!({"type": "View", "object": note, "expires": "2027-01-15T08:00:00Z", "result": {"type": "InteractionCounter", "userInteractionCount": 1}}),
            json!({"type": "Block", "object": "https://forge.example/a", "target": "https://peer.example/g", "removeData": true, "summary": "rude", "endTime": "2027-01-15T08:00:00Z"}),
            json!({"type": "Lock", "object": note, "audience": "https://peer.example/g", "cc": ["as:Public"]}),
            json!({"type": "Arrive", "location": {"type": "Place", "name": "home"}}),
            json!({"type": "Question", "oneOf": [{"name": "yes"}], "closed": false}),
            json!({"type": "QuoteRequest", "object": note, "instrument": {"id": "https://peer.example/q", "type": "Note"}}),
            json!({"type": "Dislike", "object": note, "diaspora:guid": "x"}),
            json!({"type": "Announce", "object": {"id": "https://peer.example/2", "type": "Like", "actor": ACTOR, "object": note}}),
            json!({"type": "Delete", "object": {"id": "https://peer.example/n", "type": "Tombstone"}, "to": ["as:Public", "bear:?u=x"]}),
            json!({"type": "Create", "object": {"type": "ChatMessage", "id": "https://peer.example/c", "content": "x"}, "context": "tag:peer.example,2027:1"}),
            json!({"type": "Move", "object": ACTOR, "target": "https://other.example/b"}),
            json!({"type": "Invite", "object": "https://peer.example/g", "target": "https://forge.example/a"}),
            json!({"type": "https://peer.example/ns#Poke", "object": note, "summary": null}),
        ];
        let peers = Peers::new::<&str>(&[], &[]);
        for mut value in rows {
            value["id"] = json!(id);
            let read = received(value.clone()).unwrap_or_else(|refused| panic!("{value}: {refused}"));
            assert_eq!(judge(&read, &peers), Ok(()), "{value}");
        }
    }

    #[test]
    fn an_activity_without_an_id_gets_the_same_one_each_time_it_comes() {
        let like = || {
            received(json!({"type": "Like", "object": "https://forge.example/r", "startTime": "2027-01-15T08:00:00Z"}))
        };
        let id = |received: Received, now| act_id(&received, now, b"seed").unwrap().to_string();
        let first = id(like().unwrap(), 1);
        assert!(first.starts_with("https://peer.example/people/b/no-id/"), "{first}");
        assert_eq!(id(like().unwrap(), 2), first);
        let later =
            received(json!({"type": "Like", "object": "https://forge.example/r", "startTime": "2027-01-15T08:00:01Z"}));
        assert_ne!(id(later.unwrap(), 2), first);
        let follow = || received(json!({"type": "Follow", "object": "https://forge.example/a"})).unwrap();
        assert_ne!(id(follow(), 1), id(follow(), 2), "a follower may come back");
        let refused =
            act_id(&received(json!({"type": "Offer", "object": {"type": "Ticket"}})).unwrap(), 1, b"").unwrap_err();
        assert_eq!((refused.status, refused.code.as_str()), (400, "no-id"));
    }

    #[test]
    fn only_the_update_of_its_own_actor_says_that_it_has_changed() {
        #[rustfmt::skip]
        let rows = [
            ("Update", json!(ACTOR),                              true),
            ("Update", json!({"id": ACTOR, "type": "Person"}),    true),
            ("Update", json!("https://peer.example/n"),           false),
            ("Update", json!([ACTOR, "https://peer.example/n"]),  false),
            ("Create", json!(ACTOR),                              false),
        ];
        for (kind, object, expected) in rows {
            let body = json!({"type": kind, "actor": ACTOR, "object": object}).to_string();
            assert_eq!(updates_its_actor(&read(body.as_bytes()).unwrap().activity), expected, "{body}");
        }
    }
}
