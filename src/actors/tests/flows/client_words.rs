//! What a client posts becomes the person's own: in nobody else's name, told to blind addressees without naming them, and
//! silent about what only the server says.

use super::{Cast, Place};
use pritchel_actor::{ActId, Value};
use pritchel_actors::Person;
use pritchel_actors::person::view::ViewPerson;
use serde_json::json;

const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// The activity as everybody is told it.
fn told(cast: &Cast, act: &ActId) -> Value {
    serde_json::from_slice(&cast.world.0.borrow().net.act(act).unwrap()).unwrap()
}

#[test]
fn blind_addressees_are_told_and_never_named_whatever_is_posted() {
    let cast = Cast::new(71, Place::Each);
    let bob = cast.bob.id.as_str();
    for object in [
        json!({"type": "Article", "content": "x", "to": PUBLIC, "bto": bob, "bcc": [bob]}),
        json!({"type": ["Note"], "content": "x", "to": PUBLIC, "bcc": [bob], "tag": {"type": "Mention", "as:bto": bob}}),
        json!({"type": "Create", "to": PUBLIC, "bto": [bob], "object": {"type": "Page", "bto": bob, "name": "x"}}),
    ] {
        let act = cast.alice.does(object);
        let text = told(&cast, &act).to_string();
        assert!(!text.contains("bto") && !text.contains("bcc"), "{text}");
        let heard = cast.bob.inbox();
        assert!(heard.iter().any(|item| item.act == act), "{text}");
    }
}

#[test]
fn nothing_is_posted_in_the_name_of_another() {
    let cast = Cast::new(72, Place::Each);
    let (alice, bob) = (&cast.alice, &cast.bob);
    let before = cast.world.state();
    for kind in ["Create", "Offer", "Update"] {
        let object = json!({"type": "Article", "id": "https://far.example/1", "attributedTo": bob.id, "content": "x"});
        let refused = alice.cannot_post(json!({"type": kind, "to": PUBLIC, "target": cast.tracker, "object": object}));
        assert_eq!(refused.code, "not-oneself", "{kind}: {}", refused.summary);
    }
    // However the activity writes what it is, and what it is about.
    let forged = json!({"type": "Article", "attributedTo": bob.id, "content": "x"});
    for (kind, object) in [
        (json!("Create"), json!([forged])),
        (json!(["Create", "Other"]), forged.clone()),
        (json!("as:Create"), forged.clone()),
        (json!("https://www.w3.org/ns/activitystreams#Create"), forged.clone()),
    ] {
        let posted = json!({"type": kind, "to": PUBLIC, "object": object});
        assert!(["not-oneself", "malformed"].contains(&alice.cannot_post(posted).code.as_str()), "{kind}");
    }
    assert_eq!(cast.world.state(), before);
    let own = json!({"type": "Article", "id": "https://far.example/1", "attributedTo": alice.id, "content": "x"});
    let act = alice.does(json!({"type": "Create", "to": PUBLIC, "object": own}));
    assert_eq!(told(&cast, &act)["object"], json!({"type": "Article", "attributedTo": alice.id, "content": "x"}));
}

#[test]
fn what_only_the_server_says_of_an_actor_is_refused() {
    let cast = Cast::new(73, Place::Each);
    let alice = &cast.alice;
    let before = cast.world.state();
    let key = json!({"id": format!("{}#main-key", alice.id), "owner": alice.id, "publicKeyPem": "EVIL"});
    for (term, value) in [
        ("publicKey", key),
        ("https://w3id.org/security#publicKey", json!("x")),
        ("assertionMethod", json!([])),
        ("inbox", json!("https://far.example/inbox")),
        ("endpoints", json!({"sharedInbox": "https://far.example/inbox"})),
    ] {
        for kind in ["Update", "Create", "Announce"] {
            let mut person = json!({"type": "Person", "id": alice.id});
            person[term] = value.clone();
            let refused = alice.cannot_post(json!({"type": kind, "to": PUBLIC, "object": [person.clone()]}));
            assert_eq!(refused.code, "not-by-clients", "{kind} {term}");
            let refused = alice.cannot_post(json!({"type": kind, "to": PUBLIC, "object": person}));
            assert_eq!(refused.code, "not-by-clients", "{kind} {term}");
        }
    }
    for object in [json!(alice.id), json!([alice.id]), json!({"id": alice.id, "type": "Person"})] {
        assert_eq!(alice.cannot_post(json!({"type": "Delete", "object": object})).code, "not-by-clients");
    }
    assert_eq!(cast.world.state(), before);
}

#[test]
fn activities_for_which_nothing_is_done_are_not_wrapped() {
    let cast = Cast::new(74, Place::Each);
    for kind in ["Block", "Flag", "Dislike", "Listen"] {
        let refused = cast.alice.cannot_post(json!({"type": kind, "object": cast.bob.id, "to": cast.bob.id}));
        assert_eq!(refused.code, "not-carried", "{kind}");
    }
    for note in [json!({"type": "Note"}), json!({"type": "Note", "content": 5})] {
        assert_eq!(cast.alice.cannot_post(note).code, "malformed");
    }
}

#[test]
fn a_change_of_a_note_is_told_whole_and_stands_on_the_last_one() {
    let cast = Cast::new(75, Place::Each);
    let alice = &cast.alice;
    let posted = json!({"type": ["Note"], "to": PUBLIC, "content": "A", "summary": "S", "source": {"content": "a"}});
    let create = alice.does(posted);
    let note = told(&cast, &create)["object"].clone();
    assert_eq!((&note["type"], &note["attributedTo"]), (&json!("Note"), &json!(alice.id)));
    let change = |mut object: Value| {
        object["id"] = note["id"].clone();
        let act = alice.does(json!({"type": "Update", "to": PUBLIC, "object": object}));
        told(&cast, &act)["object"].clone()
    };
    let first = change(json!({"content": "B"}));
    assert_eq!((&first["content"], &first["summary"], &first["source"]), (&json!("B"), &json!("S"), &Value::Null));
    let second = change(json!({"summary": "T", "published": "1999-01-01T00:00:00Z", "attributedTo": alice.id}));
    assert_eq!((&second["content"], &second["summary"]), (&json!("B"), &json!("T")));
    assert_eq!((&second["published"], &second["type"]), (&note["published"], &note["type"]));
    assert!(second["updated"].is_string());
    let third = change(json!({"summary": null}));
    assert!(third.get("summary").is_none(), "{third}");
    assert_eq!(third["content"], "B");
}

#[test]
fn a_client_changes_the_profile_as_the_form_does() {
    let cast = Cast::new(76, Place::Each);
    let alice = &cast.alice;
    let profile = || cast.world.see::<Person, _>(&alice.id, &ViewPerson).unwrap();
    let about = json!({"id": alice.id, "type": "Person", "name": "Alice A.", "summary": "<p>x<script>y</script></p>",
        "manuallyApprovesFollowers": true});
    let act = alice.does(json!({"type": "Update", "object": about}));
    let shown = profile();
    assert_eq!(shown.display_name.map(|name| name.to_string()).as_deref(), Some("Alice A."));
    assert_eq!(shown.summary.map(|html| html.to_string()).as_deref(), Some("<p>x</p>"));
    assert!(shown.approves_followers);
    let told = told(&cast, &act);
    assert_eq!((&told["object"], &told["to"]), (&json!(alice.id), &json!(PUBLIC)));
    alice.does(json!({"type": "Update", "object": {"id": alice.id, "name": null}}));
    assert_eq!(profile().display_name, None);
    assert!(profile().summary.is_some());
    for (term, value, code) in [
        ("preferredUsername", json!("eve"), "not-editable"),
        ("name", json!(5), "malformed"),
        ("name", json!("x\ny"), "malformed"),
    ] {
        let mut object = json!({"id": alice.id});
        object[term] = value;
        assert_eq!(alice.cannot_post(json!({"type": "Update", "object": object})).code, code, "{term}");
    }
    let of_bob = json!({"type": "Update", "to": PUBLIC, "object": {"id": cast.bob.id, "name": "Mallory"}});
    alice.does(of_bob);
    let bob = cast.world.see::<Person, _>(&cast.bob.id, &ViewPerson).unwrap();
    assert_ne!(bob.display_name.map(|name| name.to_string()).as_deref(), Some("Mallory"));
}

/// Protocol decision F-33: what only a resource says, no person's client says for it.
#[test]
fn what_only_resources_say_is_posted_by_nobody() {
    let cast = Cast::new(77, Place::Each);
    let before = cast.world.state();
    for kind in ["Push", "Grant", "Revoke", "forge:Push"] {
        let posted =
            json!({"type": kind, "to": [cast.repo], "object": "admin", "target": cast.repo, "context": cast.repo});
        let mut posted = posted;
        if kind.ends_with("Push") {
            posted["object"] = json!({"type": "OrderedCollection", "totalItems": 0});
        }
        let why = cast.olga.cannot_post(posted);
        assert_eq!(why.code, "not-for-persons", "{kind}: {}", why.summary);
    }
    assert_eq!(cast.world.state(), before);
}
