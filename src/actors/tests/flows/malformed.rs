//! What no call can be made of: a client is told at once and nothing changes; another server gets a `Reject`.

use super::{Cast, Place};
use pritchel_actor::{Act, ActId, ActorId, Outcome, Value};
use pritchel_actors::Person;
use pritchel_actors::person::Publish;
use serde_json::json;

#[test]
fn what_a_client_posts_that_is_not_whole_is_refused_and_changes_nothing() {
    let cast = Cast::new(61, Place::Each);
    let (alice, tracker) = (&cast.alice, &cast.tracker);
    let ticket = |summary: Value| {
        let object = json!({"type": "Ticket", "attributedTo": alice.id, "summary": summary, "content": "x"});
        json!({"type": "Offer", "target": tracker, "to": [tracker], "object": object})
    };
    let object = json!({"type": "Ticket", "id": format!("{tracker}/tickets/1"), "summary": "x".repeat(201)});
    let retitled = json!({"type": "Update", "to": [tracker], "object": object});
    #[rustfmt::skip]
    let rows = [
        (json!({"type": 7, "object": 5}),                             "as `type`, found a number"),
        (json!({"object": "x"}),                                      "as `type`, found none"),
        (json!({"type": [], "content": "x"}),                         "as `type`, found a list"),
        (json!({"type": ["Note", 7], "content": "x"}),                "as `type`, found a list"),
        (json!({"type": "", "content": "x"}),                         "as `type`, found an empty text"),
        (json!({"type": {"a": 1}}),                                   "as `type`, found an object"),
        (json!({"type": "Follow"}),                                   "`object` in `Follow`, found none"),
        (json!({"type": "Follow", "object": "x"}),                    "of `Follow`, found \"x\""),
        (json!({"type": "Follow", "object": 5}),                      "found `5`"),
        (json!({"type": "Follow", "object": [tracker, alice.id]}),    "of one thing as `object` of `Follow`"),
        (json!({"type": "Create"}),                                   "`object` in `Create`, found none"),
        (json!({"type": "Create", "object": tracker}),                "as `object` of `Create`, found another"),
        (json!({"type": "Create", "object": {"content": "x"}}),       "as `object` of `Create`, found another"),
        (json!({"type": "Accept", "object": []}),                     "`object` in `Accept`, found none"),
        (json!({"type": "Reject", "object": {"type": "Offer"}}),      "of one thing as `object` of `Reject`"),
        (json!({"type": "Undo"}),                                     "`object` in `Undo`, found none"),
        (json!({"type": "Invite", "object": alice.id}),               "expected a `target` in `Invite`"),
        (ticket(Value::Null),                                         "as `summary`, found none"),
        (ticket(json!(" ")),                                          "as `summary`, found none"),
        (ticket(json!("x".repeat(201))),                              "`summary`: expected 1 to 200 characters, found 201"),
        (ticket(json!("<b></b>")),                                    "`summary`: expected 1 to 200 characters, found none"),
        (retitled,                                                    "`summary`: expected 1 to 200 characters, found 201"),
    ];
    let before = cast.world.state();
    for (document, expected) in rows {
        match cast.world.call::<Person>(&alice.id, &alice.id, Publish { document: document.clone() }) {
            Outcome::Refused(why) => {
                assert_eq!(why.code, "malformed", "{document}");
                assert!(why.summary.contains(expected), "{document}: {:?} has no {expected:?}", why.summary);
            }
            other => panic!("{document}: expected a refusal, found {other:?}"),
        }
    }
    cast.world.settle();
    assert_eq!(cast.world.state(), before);
}

#[test]
fn an_object_that_says_its_type_is_wrapped_whatever_that_is() {
    let cast = Cast::new(62, Place::Each);
    let rows = [json!({"type": "Audio", "name": "x"}), json!({"type": ["Page", "Note"], "content": "x"})];
    for object in rows {
        let act = cast.alice.does(object);
        assert_eq!(cast.alice.sent(&act).kind, "Create");
    }
}

/// An activity from a server that runs other software.
fn foreign(number: usize, body: &Value) -> (ActId, Value) {
    let id = format!("https://far.example/acts/{number}");
    let mut body = body.clone();
    body["id"] = id.as_str().into();
    body["actor"] = "https://far.example/ann".into();
    (ActId::new(id), body)
}

#[test]
fn an_act_of_another_server_that_lacks_its_object_is_refused_and_rejected() {
    let cast = Cast::new(63, Place::Each);
    let receivers: [&ActorId; 3] = [&cast.alice.id, &cast.tracker, &cast.factory];
    let mut number = 0;
    for to in receivers {
        for (kind, ends) in [
            ("Follow", "malformed"),
            ("Invite", "malformed"),
            ("Undo", "malformed"),
            ("Offer", "malformed"),
            ("Accept", "malformed"),
        ] {
            number += 1;
            let (act, body) = foreign(number, &json!({"type": kind, "to": [to]}));
            cast.world.sends(to, &body);
            let told = cast.world.hold(&ActorId::new("https://far.example/ann"), "Reject");
            assert!(told.is_empty());
            cast.world.rest();
            assert_eq!(cast.world.ended(to, &act), ends, "{kind} to {to}");
            let told = cast.world.hold(&ActorId::new("https://far.example/ann"), "Reject");
            // Answers are never answered, or two servers would go on for ever.
            assert_eq!(told.len(), usize::from(kind != "Accept"), "{kind} to {to}");
        }
    }
}

#[test]
fn an_act_of_a_type_nobody_knows_is_kept_and_not_rejected() {
    let cast = Cast::new(64, Place::Each);
    for (number, to) in [&cast.alice.id, &cast.tracker].into_iter().enumerate() {
        let (act, body) = foreign(number, &json!({"type": "Listen", "to": [to]}));
        cast.world.sends(to, &body);
        cast.world.rest();
        let ended = cast.world.ended(to, &act);
        assert!(ended == "noted" || ended.starts_with("unsupported: "), "{ended}");
        assert!(cast.world.hold(&ActorId::new("https://far.example/ann"), "Reject").is_empty());
    }
}

/// Such an act comes to the gate only from this server, or from a store that another version has written: what comes by
/// HTTP is answered 400 before it is kept.
#[test]
fn an_act_that_cannot_be_read_is_refused_with_what_was_expected_and_found() {
    let cast = Cast::new(65, Place::Each);
    let domain = ActorId::new(format!("{}/domain", cast.alice.id.as_str().split("/people/").next().unwrap()));
    let author = ActorId::new("https://far.example/ann");
    #[rustfmt::skip]
    let rows = [
        (json!({"type": "Follow", "object": 5}),                       "expected an address or an object at `/object`, found `5`"),
        (json!({"type": "Follow", "object": "no address"}),            "at `/object`, found `no address`"),
        (json!({"type": ["Follow", "Like"], "object": "https://a.example/"}), "expected one type of activity at `/type`"),
        (json!({"type": "Invite", "object": "https://a.example/", "instrument": "triage"}), "expected a `target` in `Invite`"),
        (json!({"type": "Invite", "object": "https://a.example/", "target": {"type": "Note"}}), "as `target` of `Invite`"),
    ];
    let mut number = 0;
    for to in [&cast.alice.id, &cast.tracker, &cast.factory, &domain] {
        for (body, expected) in &rows {
            number += 1;
            let (act, body) = foreign(number, body);
            assert!(cast.world.puts(to, Act::made(act.clone(), author.clone(), body.clone())), "{to}");
            cast.world.rest();
            assert_eq!(cast.world.ended(to, &act), "malformed", "{body} to {to}");
            let why = cast.world.why(to, &act);
            assert!(why.contains(expected), "{body} to {to}: {why:?} has no {expected:?}");
        }
    }
}
