//! Tests of actor documents, the newest shape and those of others.

use super::keys::PublicKey;
use super::*;
use crate::limits::KEYS_MAX;
use proptest::prelude::*;
use serde_json::json;

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap()
}

fn full(kind: &str) -> ActorDoc {
    let id = ActorUri::parse("https://forge.example/repos/tea").unwrap();
    let part = |name| Some(id.as_uri().join_path(name).unwrap());
    ActorDoc {
        inbox: part("inbox"),
        outbox: part("outbox"),
        followers: part("followers"),
        preferred_username: Some("tea".into()),
        name: Some("Tea".into()),
        summary: Some("<p>Hot water</p>".into()),
        url: Some(uri("https://forge.example/alice/tea")),
        published: Some(Seconds::new(1_700_000_000)),
        manually_approves_followers: Some(false),
        endpoints: Endpoints { shared_inbox: Some(uri("https://forge.example/inbox")), ..Endpoints::default() },
        public_key: vec![ActorKey::Key(PublicKey {
            id: id.as_uri().with_fragment("main-key").unwrap(),
            owner: id.clone().into(),
            pem: "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n".into(),
        })],
        assertion_method: vec![Multikey {
            id: id.as_uri().with_fragment("ed25519").unwrap(),
            controller: id.clone().into(),
            multibase: "z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2".into(),
        }],
        clone_uri: vec![CloneUri::parse("https://forge.example/alice/tea.git").unwrap()],
        push_uri: vec![
            CloneUri::parse("https://forge.example/alice/tea.git").unwrap(),
            CloneUri::parse("ssh://git@forge.example/alice/tea.git").unwrap(),
        ],
        links: Links {
            collaborators: part("collaborators"),
            teams: part("teams"),
            context: part("projects").into_iter().collect(),
            tickets_tracked_by: Some(uri("https://forge.example/trackers/tea")),
            ..Links::default()
        },
        ..ActorDoc::new(kind, id)
    }
}

fn read(document: &Document) -> Result<ActorDoc, Wrong> {
    ActorDoc::read(&document.obj())
}

#[test]
fn an_actor_is_read_as_it_was_written() {
    for kind in PLAIN_TYPES.iter().chain(&FORGE_TYPES) {
        let actor = full(kind);
        assert_eq!(read(&Document::parse(actor.to_document().raw()).unwrap()), Ok(actor), "{kind}");
    }
}

#[test]
fn a_teams_filter_names_types_each_with_a_role_or_nothing() {
    let mut team = full("Team");
    team.role_filter = [("Repository".into(), Some("write".into())), ("Project".into(), None)].into();
    let document = team.to_document();
    assert_eq!(document.value()["roleFilter"], json!({"Repository": "write", "Project": null}));
    assert_eq!(read(&Document::parse(document.raw()).unwrap()), Ok(team));
    for bad in [json!("write"), json!({"Repository": 3}), json!([])] {
        let mut value = document.value().clone();
        value["roleFilter"] = bad;
        assert!(read(&Document::from_value(value.clone()).unwrap()).is_err(), "{value}");
    }
}

#[test]
fn an_actor_is_written_in_the_newest_shape() {
    insta::assert_json_snapshot!(full("Repository").to_document().value());
}

#[test]
fn a_type_is_written_as_others_need_it() {
    #[rustfmt::skip]
    let rows = [
        (vec!["Person"],                      json!("Person")),
        (vec!["Application"],                 json!("Application")),
        (vec!["Organization"],                json!("Organization")),
        (vec!["TicketTracker"],               json!(["TicketTracker", "Service"])),
        (vec!["TicketTracker", "Service"],    json!(["TicketTracker", "Service"])),
        (vec!["Team", "Group"],               json!(["Team", "Group"])),
        (vec!["Repository", "TicketTracker"], json!(["Repository", "TicketTracker", "Service"])),
    ];
    for (types, expected) in rows {
        let actor = ActorDoc { types: types.into_iter().map(str::to_owned).collect(), ..full("Person") };
        assert_eq!(actor.to_document().value()["type"], expected);
    }
}

#[test]
fn a_key_is_read_written_out_by_address_or_several() {
    let key = json!({"id": "https://a.example/#k", "owner": "https://a.example/", "publicKeyPem": "x"});
    for (keys, count) in [
        (key.clone(), 1),
        (json!("https://a.example/akey1"), 1),
        (json!([key, "https://a.example/akey2"]), 2),
        (Value::Null, 0),
    ] {
        let document = full("Team").to_document().edit().set("publicKey", keys).finish();
        assert_eq!(read(&document).unwrap().public_key.len(), count);
    }
}

#[test]
fn keys_of_other_kinds_are_no_reason_to_refuse_an_actor() {
    let methods = json!(["did:key:z6Mk", {"type": "JsonWebKey", "id": "x"}, "https://a.example/key"]);
    let document = full("Team").to_document().edit().set("assertionMethod", methods).finish();
    assert_eq!(read(&document).unwrap().assertion_method, []);
}

#[test]
fn one_actor_may_have_several_types() {
    let document =
        full("Team").to_document().edit().set("type", json!(["forge:Repository", "forge:TicketTracker"])).finish();
    let actor = read(&document).unwrap();
    assert!(actor.is("Repository") && actor.is("TicketTracker") && !actor.is("Team"));
}

#[test]
fn addresses_of_version_control_we_do_not_speak_are_left_out() {
    let uris = json!(["https://a.example/x.git", "file:///etc/passwd", "ext::sh -c x", "rsync://a.example/x"]);
    let document = full("Repository").to_document().edit().set("cloneUri", uris).finish();
    assert_eq!(read(&document).unwrap().clone_uri, [CloneUri::parse("https://a.example/x.git").unwrap()]);
}

#[test]
fn an_actor_without_inbox_can_be_read_but_not_written_to() {
    let document = full("Person").to_document().edit().remove("inbox").finish();
    assert_eq!(read(&document).unwrap().need_inbox().unwrap_err().at, "/inbox");
    assert!(full("Person").need_inbox().is_ok());
}

#[test]
fn an_actor_with_a_term_of_the_wrong_kind_is_refused_with_its_place() {
    let many = Value::from(vec!["https://a.example/k"; KEYS_MAX + 1]);
    #[rustfmt::skip]
    let rows = [
        ("id",                Value::Null,                                              "/id"),
        ("id",                json!("https://forge.example/repos/tea?x=y"),             "/id"),
        ("type",              Value::Null,                                              "/type"),
        ("inbox",             json!(3),                                                 "/inbox"),
        ("preferredUsername", json!(["tea"]),                                           "/preferredUsername"),
        ("publicKey",         json!({"id": "https://a.example/#k"}),                    "/publicKey/owner"),
        ("publicKey",         json!({"id": "https://a.example/#k", "owner": "https://a.example/"}), "/publicKey/publicKeyPem"),
        ("publicKey",         json!({"id": "https://a.example/#k", "owner": "https://a.example/",
                                     "publicKeyPem": "x".repeat(5000)}),                "/publicKey/publicKeyPem"),
        ("publicKey",         many.clone(),                                             "/publicKey"),
        ("assertionMethod",   many,                                                     "/assertionMethod"),
        ("assertionMethod",   json!({"type": "Multikey"}),                              "/assertionMethod/id"),
        ("endpoints",         json!({"sharedInbox": "nowhere"}),                        "/endpoints/sharedInbox"),
        ("published",         json!("2024"),                                            "/published"),
    ];
    for (term, bad, at) in rows {
        let document = full("Person").to_document().edit().set(term, bad).finish();
        assert_eq!(read(&document).unwrap_err().at, at, "{term}");
    }
}

#[test]
fn terms_we_do_not_know_survive_a_change_of_those_we_do() {
    let document = full("Person").to_document().edit().set("x:unknown", json!({"deep": [1, null]})).finish();
    let changed = document.edit().set("name", "Renamed").finish();
    assert_eq!(changed.value()["x:unknown"], json!({"deep": [1, null]}));
    assert_eq!(read(&changed).unwrap().name.as_deref(), Some("Renamed"));
}

proptest! {
    #[test]
    fn any_names_survive_the_wire(name in ".{0,40}", summary in ".{0,40}", approves in any::<Option<bool>>()) {
        let actor = ActorDoc { name: Some(name), summary: Some(summary), manually_approves_followers: approves, ..full("Team") };
        prop_assert_eq!(read(&Document::parse(actor.to_document().raw()).unwrap()), Ok(actor));
    }
}
