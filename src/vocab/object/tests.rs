//! Tests of the tolerant reader: many shapes, one reading.

use super::*;
use crate::json::Document;
use serde_json::json;

fn document(value: Value) -> Document {
    Document::parse(value.to_string().as_bytes()).unwrap()
}

#[test]
fn a_term_is_found_under_every_spelling() {
    for key in ["allows", "forge:allows", "https://forgefed.org/ns#allows"] {
        for word in ["invoke", "forge:invoke", "https://forgefed.org/ns#invoke"] {
            let document = document(json!({ key: word }));
            assert_eq!(document.obj().words("allows").unwrap(), ["invoke"], "{key} {word}");
        }
    }
}

#[test]
fn types_are_a_set_of_short_names() {
    let rows = [
        (json!("Grant"), vec!["Grant"]),
        (json!("https://forgefed.org/ns#Grant"), vec!["Grant"]),
        (json!(["forge:TicketTracker", "as:Service"]), vec!["TicketTracker", "Service"]),
        (json!(["Note", 3]), vec!["Note"]),
        (json!(3), vec![]),
    ];
    for (types, expected) in rows {
        let document = document(json!({ "type": types }));
        assert_eq!(document.obj().types(), expected, "{types}");
    }
    let tracker = document(json!({"type": ["TicketTracker", "Service"]}));
    assert!(tracker.obj().is("Service") && !tracker.obj().is("Person"));
}

#[test]
fn only_an_object_has_terms() {
    assert!(Obj::of(&json!({"type": "Grant"})).unwrap().is("Grant"));
    let why = Obj::of(&json!(["Grant"])).unwrap_err();
    assert_eq!(why.to_string(), Document::from_value(json!(["Grant"])).unwrap_err().to_string());
}

#[test]
fn id_and_type_have_no_other_spelling() {
    let document = document(json!({"as:type": "Grant", "as:id": "https://a.example/"}));
    assert_eq!(document.obj().types(), Vec::<&str>::new());
    assert_eq!(document.obj().id(), Ok(None));
}

#[test]
fn one_thing_may_be_an_address_an_object_or_an_array_of_one() {
    let uri = Uri::parse("https://a.example/1").unwrap();
    for value in [
        json!("https://a.example/1"),
        json!(["https://a.example/1"]),
        json!({"id": "https://a.example/1"}),
        json!([{"id": "https://a.example/1"}]),
        json!([null, "https://a.example/1"]),
    ] {
        let document = document(json!({ "object": value }));
        assert_eq!(document.obj().uri("object"), Ok(Some(uri.clone())), "{value}");
    }
}

#[test]
fn what_does_not_fit_is_refused_with_its_place() {
    let rows = [
        (json!({"object": ["https://a.example/1", "https://a.example/2"]}), "/object", "2"),
        (json!({"object": 7}), "/object", "`7`"),
        (json!({"object": [["https://a.example/1"]]}), "/object/0", "an array"),
        (json!({"object": "mailto:a@b.example"}), "/object", "`mailto:a@b.example`"),
        (json!({"object": ""}), "/object", "``"),
        (json!({"object": "two words"}), "/object", "`two words`"),
        (json!({"object": {"id": 3}}), "/object/id", "`3`"),
        (json!({"object": {"name": "no id"}}), "/object", "an object"),
        (json!({"object": "admin"}), "/object", "`admin`"),
    ];
    for (value, at, found) in rows {
        let wrong = document(value.clone()).obj().uri("object").unwrap_err();
        assert_eq!((wrong.at.as_str(), wrong.found.as_str()), (at, found), "{value}");
    }
}

#[test]
fn a_word_is_told_from_an_address() {
    for (text, expected) in [
        ("admin", Some("admin")),
        ("forge:admin", Some("admin")),
        ("https://forgefed.org/ns#admin", Some("admin")),
        ("https://roles.example/admin", None),
    ] {
        let document = document(json!({ "object": text }));
        let item = document.obj().one("object").unwrap().unwrap();
        assert_eq!(matches!(item, Item::Word(_)), expected.is_some(), "{text}");
        if let Item::Word(word) = item {
            assert_eq!(Some(word), expected);
        }
    }
}

#[test]
fn everybody_is_recognised_under_all_three_names() {
    for name in ["https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"] {
        let document = document(json!({ "to": name }));
        assert_eq!(document.obj().uris("to"), Ok(vec![Uri::public()]), "{name}");
    }
}

#[test]
fn plain_values_are_read_by_kind() {
    let document = document(json!({
        "name": "tea", "isResolved": true, "totalItems": 3, "published": "2024-03-07T01:00:00+01:00", "duration": "PT60S",
        "filesAdded": ["a", "b"], "filesRemoved": "c", "summary": null
    }));
    let obj = document.obj();
    assert_eq!(obj.text("name"), Ok(Some("tea")));
    assert_eq!(obj.text("summary"), Ok(None));
    assert!(obj.is_null("summary") && !obj.is_null("name") && !obj.is_null("absent"));
    assert_eq!(obj.flag("isResolved"), Ok(Some(true)));
    assert_eq!(obj.count("totalItems"), Ok(Some(3)));
    assert_eq!(obj.time("published"), Ok(Some(Seconds::new(1_709_769_600))));
    assert_eq!(obj.duration_s("duration"), Ok(Some(60)));
    assert_eq!(obj.texts("filesAdded"), Ok(vec!["a", "b"]));
    assert_eq!(obj.texts("filesRemoved"), Ok(vec!["c"]));
    assert!(obj.flag("name").is_err() && obj.text("totalItems").is_err() && obj.count("name").is_err());
    assert_eq!(obj.time("name").unwrap_err().at, "/name");
}

#[test]
fn a_duration_is_whole_seconds_only() {
    for text in ["PT0S", "PT-1S", "PT+1S", "PT1M", "P1D", "PT1.5S", "PTS", "60", "PT9223372036854775808S"] {
        assert!(document(json!({ "duration": text })).obj().duration_s("duration").is_err(), "{text}");
    }
    let most = document(json!({ "duration": "PT9223372036854775807S" }));
    assert_eq!(most.obj().duration_s("duration"), Ok(Some(i64::MAX as u64)));
}

#[test]
fn items_are_found_ordered_or_not() {
    for term in ["items", "orderedItems"] {
        let document = document(json!({ term: ["https://a.example/1", {"type": "Note"}] }));
        assert_eq!(document.obj().items().unwrap().len(), 2, "{term}");
    }
    assert_eq!(document(json!({})).obj().items(), Ok(vec![]));
}

#[test]
fn an_error_quotes_little_and_shows_control_characters() {
    assert_eq!(quote("a\nb"), "`a\\nb`");
    assert_eq!(quote(&"x".repeat(200)).chars().count(), QUOTE_MAX_CHARS + 3);
}
