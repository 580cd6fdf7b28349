//! Tests of the bounded parser: each refusal beside what is still taken.

use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Result<Document, ParseError> {
    parse(text.as_bytes(), &Limits::default())
}

#[test]
fn bytes_and_value_are_kept_together() {
    let text = "{ \"b\": 1,\n \"a\": [true, null, -2, 1.5, \"é\"] }";
    let document = read(text).unwrap();
    assert_eq!(document.raw(), text.as_bytes());
    assert_eq!(document.value(), &serde_json::json!({"b": 1, "a": [true, null, -2, 1.5, "é"]}));
    assert_eq!(document.value().as_object().unwrap().keys().collect::<Vec<_>>(), ["b", "a"]);
}

#[test]
fn what_two_readers_could_read_differently_is_refused() {
    let key = |at: &str, key: &str| ParseError::Duplicate { at: at.into(), key: key.into() };
    let keyword = |at: &str, key: &str| ParseError::Keyword { at: at.into(), key: key.into() };
    #[rustfmt::skip]
    let rows = [
        (r#"{"a":1,"a":1}"#,                                     key("", "`a`")),
        (r#"{"o":[{"x":{"a":1,"a":2}}]}"#,                       key("/o/0/x", "`a`")),
        (r#"{"actor":"x","as:actor":"y"}"#,                      key("", "`as:actor`")),
        (r#"{"forge:allows":"x","allows":"y"}"#,                 key("", "`allows`")),
        (r#"{"as:to":1,"https://www.w3.org/ns/activitystreams#to":2}"#, key("", "`https://www.w3.org/ns/activitystreams#to`")),
        (r#"{"@graph":[]}"#,                                     keyword("", "`@graph`")),
        (r#"{"@id":"https://forge.example/"}"#,                  keyword("", "`@id`")),
        (r#"{"@type":"Create"}"#,                                keyword("", "`@type`")),
        (r#"{"object":{"@reverse":{}}}"#,                        keyword("/object", "`@reverse`")),
        (r#"{"object":{"@included":{}}}"#,                       keyword("/object", "`@included`")),
        (r#"{"a/b~":[{"@foo":{}}]}"#,                            keyword("/a~1b~0/0", "`@foo`")),
        (r#"{"@context":{"who":"@id"}}"#,                        keyword("/@context", "`who`")),
        (r#"{"@context":[{"kind":{"@id":"@type"}}]}"#,           keyword("/@context/0", "`kind`")),
        (r#"{"@context":{"x":{"@reverse":"as:actor"}}}"#,        keyword("/@context/x", "`@reverse`")),
    ];
    for (text, expected) in rows {
        assert_eq!(read(text), Err(expected), "{text}");
    }
}

#[test]
fn contexts_that_others_really_send_are_taken() {
    for text in [
        r#"{"@context":"https://www.w3.org/ns/activitystreams"}"#,
        r#"{"@context":["https://www.w3.org/ns/activitystreams",{"toot":"http://joinmastodon.org/ns#","featured":{"@id":"toot:featured","@type":"@id"}}]}"#,
        r#"{"@context":{"id":"@id","type":"@type","@vocab":"_:","@language":"en"}}"#,
        r#"{"object":{"@context":"https://forgefed.org/ns","type":"Branch"}}"#,
    ] {
        assert!(read(text).is_ok(), "{text}");
    }
}

#[test]
fn only_one_whole_object_is_a_document() {
    assert_eq!(read("[]"), Err(ParseError::NotAnObject { found: "an array" }));
    assert_eq!(read("\"a\""), Err(ParseError::NotAnObject { found: "a text" }));
    for (text, byte) in [("", 0), ("{} {}", 3), ("{\"a\":1,}", 7), ("{\n \"a\": tru }", 11), ("\u{feff}{}", 0)] {
        match read(text) {
            Err(ParseError::Syntax { byte: found, .. }) => assert_eq!(found, byte, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn numbers_beyond_all_bounds_and_broken_text_are_refused() {
    assert!(matches!(read(r#"{"a":1e999}"#), Err(ParseError::Syntax { .. })));
    assert!(matches!(read(r#"{"a":NaN}"#), Err(ParseError::Syntax { .. })));
    assert!(matches!(read(r#"{"a":"\ud800"}"#), Err(ParseError::Syntax { .. })));
    assert_eq!(parse(b"{\"a\":\"\xff\"}", &Limits::default()), Err(ParseError::NotUtf8 { byte: 6 }));
}

#[test]
fn every_bound_holds_exactly() {
    let limits = Limits { size_bytes: 200, depth: 3, items: 3, values: 8, text_bytes: 5 };
    let read = |text: &str| parse(text.as_bytes(), &limits).map(|_| ());
    assert_eq!(read(r#"{"a":{"b":{}}}"#), Ok(()));
    assert_eq!(read(r#"{"a":{"b":{"c":[]}}}"#), Err(ParseError::TooDeep { at: "/a/b/c".into(), limit: 3 }));
    assert_eq!(read(r#"{"a":[1,2,3]}"#), Ok(()));
    assert_eq!(read(r#"{"a":[1,2,3,4]}"#), Err(ParseError::TooMany { at: "/a".into(), limit: 3 }));
    assert_eq!(read(r#"{"a":1,"b":2,"c":3,"d":4}"#), Err(ParseError::TooMany { at: "".into(), limit: 3 }));
    assert_eq!(read(r#"{"a":[1,2,3],"b":[1,2]}"#), Ok(()));
    assert_eq!(read(r#"{"a":[1,2,3],"b":[1,2,3]}"#), Err(ParseError::TooManyValues { at: "/b/2".into(), limit: 8 }));
    assert_eq!(read(r#"{"a":"12345"}"#), Ok(()));
    assert_eq!(read(r#"{"a":"123456"}"#), Err(ParseError::TextTooLong { at: "/a".into(), size: 6, limit: 5 }));
    let spaces = " ".repeat(200);
    assert_eq!(read(&format!("{{}}{spaces}")), Err(ParseError::TooLarge { size: 202, limit: 200 }));
}

#[test]
fn a_deep_document_is_refused_and_not_a_full_stack() {
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(matches!(read(&deep), Err(ParseError::TooDeep { limit: 64, .. })));
}

#[test]
fn an_overlong_key_is_refused() {
    let key = "k".repeat(limits::KEY_MAX_BYTES + 1);
    assert!(matches!(read(&format!("{{\"{key}\":1}}")), Err(ParseError::TextTooLong { .. })));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-zé\"\\\\ ]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[a-z:/~]{1,6}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn the_parser_never_panics_on_arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes, &Limits::default());
    }

    #[test]
    fn the_parser_never_panics_on_almost_json(text in r#"[\[\]{}",:@a-c0-9\\.eE+ -]{0,80}"#) {
        let _ = parse(text.as_bytes(), &Limits::default());
    }

    #[test]
    fn the_parser_reads_what_serde_json_reads(value in any_json()) {
        let text = serde_json::json!({ "a": value }).to_string();
        let expected: Value = serde_json::from_str(&text).unwrap();
        let document = read(&text).unwrap();
        prop_assert_eq!(document.value(), &expected);
    }
}

#[test]
fn a_key_in_a_refusal_stands_in_one_pair_of_back_quotes() {
    for (text, said) in [
        (r#"{"a": 1, "a": 2}"#, "expected every term once, found `a` again at ``"),
        (r#"{"@graph": []}"#, "expected no JSON-LD keyword but @context, found `@graph` at ``"),
    ] {
        assert_eq!(Document::parse(text.as_bytes()).unwrap_err().to_string(), said);
    }
}
