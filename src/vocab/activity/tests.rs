//! Tests of reading and writing activities.

use super::draft::Draft;
use super::*;
use proptest::prelude::*;
use serde_json::json;

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap()
}

fn alice() -> ActorUri {
    ActorUri::parse("https://forge.example/people/alice").unwrap()
}

fn read(value: Value) -> Result<Activity, Wrong> {
    Activity::read(&Document::parse(value.to_string().as_bytes()).unwrap())
}

#[test]
fn a_like_of_forgejo_is_read_without_id_and_context() {
    let like = read(json!({
        "type": "Like",
        "startTime": "2024-03-07T00:00:00Z",
        "actor": "https://forgejo.example/api/v1/activitypub/user-id/1",
        "object": "https://forge.example/repos/tea"
    }))
    .unwrap();
    assert_eq!((like.id, like.kind), (None, ActivityType::Like));
    assert_eq!(like.start_time, Some(Seconds::new(1_709_769_600)));
    assert_eq!(like.object, [Thing::Uri(uri("https://forge.example/repos/tea"))]);
}

#[test]
fn a_grant_names_a_role_by_a_word() {
    let grant = read(json!({
        "type": "https://forgefed.org/ns#Grant", "actor": {"id": "https://forge.example/repos/tea"},
        "forge:fulfills": ["https://a.example/1", "https://a.example/2"],
        "object": "forge:maintain", "capability": {"type": "Grant", "id": "https://a.example/3"}
    }))
    .unwrap();
    assert_eq!(grant.kind, ActivityType::Grant);
    assert_eq!(grant.only_object().unwrap().word(), Some("maintain"));
    assert_eq!(grant.fulfills.len(), 2);
    assert_eq!(grant.capability, Some(uri("https://a.example/3")));
    assert_eq!(grant.object_uri().unwrap_err().at, "/object");
}

#[test]
fn what_is_not_one_activity_of_one_actor_is_refused_with_its_place() {
    let actor = "https://forge.example/people/alice";
    #[rustfmt::skip]
    let rows = [
        (json!({"actor": actor}),                                           "/type",       "nothing"),
        (json!({"type": 3, "actor": actor}),                                "/type",       "`3`"),
        (json!({"type": ["Create", "Offer"], "actor": actor}),              "/type",       "an array"),
        (json!({"type": "Like"}),                                           "/actor",      "nothing"),
        (json!({"type": "Like", "actor": "string"}),                        "/actor",      "`string`"),
        (json!({"type": "Like", "actor": [actor, "https://eve.example/"]}), "/actor",      "2"),
        (json!({"type": "Like", "actor": "http://forge.example/alice"}),    "/actor",      "`http://forge.example/alice`"),
        (json!({"type": "Like", "actor": {"type": "Person"}}),              "/actor",      "an object"),
        (json!({"type": "Like", "actor": actor, "id": "urn:x"}),            "/id",         "`urn:x`"),
        (json!({"type": "Like", "actor": actor, "startTime": "soon"}),      "/startTime",  "`soon`"),
        (json!({"type": "Like", "actor": actor, "object": [{"id": 1}]}),    "/object/0/id", "`1`"),
        (json!({"type": "Like", "actor": actor, "to": 4}),                  "/to",         "`4`"),
        (json!({"type": "Like", "actor": actor, "capability": [actor, actor]}), "/capability", "2"),
    ];
    for (value, at, found) in rows {
        let wrong = read(value.clone()).unwrap_err();
        assert_eq!((wrong.at.as_str(), wrong.found.as_str()), (at, found), "{value}");
    }
}

#[test]
fn the_type_we_know_counts_among_several() {
    let kind = |types: Value| read(json!({"type": types, "actor": "https://forge.example/alice"})).unwrap().kind;
    assert_eq!(kind(json!(["litepub:Bite", "Follow"])), ActivityType::Follow);
    assert_eq!(kind(json!("EmojiReact")), ActivityType::Other("EmojiReact".into()));
    assert_eq!(kind(json!(["as:Flag", "x:Report"])), ActivityType::Other("Flag".into()));
}

#[test]
fn there_are_23_kinds_and_each_has_one_name() {
    assert_eq!(ActivityType::KNOWN.len(), 23);
    for kind in ActivityType::KNOWN {
        assert_eq!(&ActivityType::from_name(kind.as_str()), kind);
        assert_eq!(&ActivityType::from_name(&format!("https://forgefed.org/ns#{kind}")), kind);
    }
}

#[test]
fn addressees_are_each_named_once_and_unreachable_ones_left_out() {
    let create = read(json!({
        "type": "Create", "actor": "https://forge.example/alice",
        "to": ["as:Public", "https://a.example/1", "bear:?u=x"],
        "cc": ["https://a.example/1", {"type": "Person", "id": "https://a.example/2"}],
        "audience": "https://a.example/3", "bto": "https://a.example/4"
    }))
    .unwrap();
    assert!(create.is_public());
    assert_eq!(
        create.addressees(),
        [&uri("https://a.example/1"), &uri("https://a.example/2"), &uri("https://a.example/3")]
    );
    assert_eq!(create.bto, [uri("https://a.example/4")]);
}

#[test]
fn an_activity_is_written_in_one_order() {
    let document = Draft::new(ActivityType::Accept, alice())
        .to([uri("https://a.example/1")])
        .term("forge", "x")
        .result(uri("https://a.example/2"))
        .object(uri("https://a.example/3"))
        .term("bcc", "https://a.example/4")
        .term("actor", "https://eve.example/")
        .capability(&uri("https://a.example/5"))
        .id(uri("https://a.example/6"))
        .to_document();
    let expected = concat!(
        r#"{"@context":["https://www.w3.org/ns/activitystreams","https://forgefed.org/ns"],"id":"https://a.example/6","#,
        r#""type":"Accept","actor":"https://forge.example/people/alice","object":"https://a.example/3","#,
        r#""result":"https://a.example/2","capability":"https://a.example/5","forge":"x","to":["https://a.example/1"]}"#
    );
    assert_eq!(String::from_utf8_lossy(document.raw()), expected);
}

#[test]
fn a_draft_that_a_receiver_would_refuse_is_refused_at_home() {
    assert!(Draft::new(ActivityType::Like, alice()).object(7).finish().is_err());
}

fn any_uri() -> impl Strategy<Value = Uri> {
    "https://[a-z]{1,8}\\.example/[a-zA-Z0-9/#?-]{0,20}".prop_map(|text| uri(&text))
}

proptest! {
    #[test]
    fn what_is_drafted_is_what_is_read(
        kind in prop::sample::select(ActivityType::KNOWN),
        id in prop::option::of(any_uri()),
        objects in prop::collection::vec(any_uri(), 0..3),
        target in prop::option::of(any_uri()),
        to in prop::collection::vec(any_uri(), 0..4),
        start in prop::option::of(0i64..4_000_000_000),
        content in ".{0,40}",
    ) {
        let mut draft = Draft::new(kind.clone(), alice()).to(to.clone()).content(content.clone());
        draft = id.clone().into_iter().fold(draft, Draft::id);
        draft = objects.iter().fold(draft, Draft::object);
        draft = target.iter().fold(draft, Draft::target);
        draft = start.into_iter().fold(draft, |draft, start| draft.start_time(Seconds::new(start)));
        let activity = draft.finish().unwrap();
        prop_assert_eq!(Document::parse(activity.document.raw()).unwrap(), activity.document.clone());
        prop_assert_eq!(activity.kind, kind);
        prop_assert_eq!(activity.id, id);
        prop_assert_eq!(activity.object, objects.into_iter().map(Thing::Uri).collect::<Vec<_>>());
        prop_assert_eq!(activity.target, target.map(Thing::Uri));
        prop_assert_eq!(activity.to, to);
        prop_assert_eq!(activity.start_time, start.map(Seconds::new));
        prop_assert_eq!(activity.content, Some(content));
    }
}
