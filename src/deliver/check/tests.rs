//! A store in use is clean, and each row of it that is spoilt is told.

use std::sync::Arc;

use pritchel_actor::effect::{Audience, Effect, TurnRecord};
use pritchel_actor::errbox::OutboxItem;
use pritchel_actor::{Act, Boxes, Value};
use pritchel_box_store::BoxStore;
use pritchel_box_store::check::{Known, Problem};
use pritchel_box_store::work::{Extra, NewItem, Next, lane};
use serde_json::json;

use super::*;
use crate::limits::REMOTE_ACTOR_S;
use crate::signature::Scheme;
use crate::testing::{NOW, PEER, Scene, actor, peer};

const ACT: &str = "https://forge.example/people/a/outbox/1";

/// A store with something of every kind: alice's act is on its way to bob, whose document is remembered.
async fn in_use() -> Scene {
    let scene = Scene::new(&["people/a"]).await;
    let (boxes, me, bob) = (&scene.near.boxes, actor("people/a"), peer("people/bob"));
    scene.net.person(&bob);
    scene.outside.keys.pair(&me).await.unwrap();
    scene.outside.remote.actor(&bob, REMOTE_ACTOR_S).await.unwrap();
    assert!(scene.outside.remote.actor(&peer("people/gone"), REMOTE_ACTOR_S).await.is_err());
    scene.outside.origins.learn(PEER, Scheme::Rfc9421).await;
    let act = Arc::new(Act::made(ACT.into(), me.clone(), json!({"id": ACT, "type": "Note", "actor": me})));
    let mut stored = boxes.open(&me).await.unwrap().unwrap();
    stored.header.turn += 1;
    let item = OutboxItem { act: ACT.into(), at: NOW, to: vec![bob.clone()], cause: None };
    let effects = vec![Effect::Publish { act, item, audience: Audience::one(&bob) }];
    let record = TurnRecord { actor: me.clone(), stored, rows: Vec::new(), consumed: None, effects, at: NOW };
    boxes.commit(record).await.unwrap();
    let refused = json!({"v": 1, "at": NOW, "status": 401, "code": "c", "detail": "d", "headers": [], "body": "", "body_bytes": 0});
    #[rustfmt::skip]
    let records = [
        (REMOTE_KEY,  format!("{PEER}/keys/1"),    json!({"v": 1, "owner": bob})),
        (UNDELIVERED, format!("{ACT} {bob}"),      json!({"v": 1, "to": bob, "at": NOW, "times": 3, "why": "down"})),
        (REFUSED,     format!("{me} 00"),          refused),
        (FOLLOWS,     format!("{bob} {me}"),       json!({"v": 1})),
    ];
    for (kind, key, value) in records {
        boxes.put_record(kind, &key, value, None).await.unwrap();
    }
    scene
}

async fn problems(boxes: &BoxStore) -> Vec<Problem> {
    let known = Known([("Person".to_owned(), 1), ("Domain".to_owned(), 1)].into());
    boxes.check_with(&known, &DeliverRows).await.unwrap().problems
}

/// Puts an item into a lane, as a step of the lane that is there does.
async fn put_item(boxes: &BoxStore, lane: &str, data: Value) {
    let lease = boxes.due(NOW, &["delivery"], 1).await.unwrap().remove(0);
    let next = Next::Again { at: NOW, data: lease.item.data.clone() };
    let work = vec![NewItem { lane: lane.to_owned(), at: NOW, data }];
    boxes.finish(lease, next, Extra { work, ..Extra::default() }).await.unwrap();
}

#[tokio::test]
async fn a_store_in_use_is_clean() {
    let scene = in_use().await;
    let kept = scene.near.boxes.check(&Known::default()).await.unwrap();
    let rows = |kind| kept.rows.get(&kind).map_or(0, |count| count.rows);
    use pritchel_box_store::keys::Kind;
    assert_eq!(
        [Kind::Record, Kind::Sealed, Kind::Work].map(rows),
        [7, 2, 1],
        "something of every kind, the keys of the instance too"
    );
    assert_eq!(problems(&scene.near.boxes).await, []);
}

#[tokio::test]
async fn a_record_that_is_spoilt_is_told() {
    let (me, bob) = (actor("people/a"), peer("people/bob"));
    let nobody = actor("people/nobody");
    #[rustfmt::skip]
    let rows = [
        ("dance",      "x".to_owned(),               json!({"v": 1}),                            "records of the kind \"dance\""),
        (ORIGIN,       PEER.to_owned(),              json!({"v": 2}),                            "version 1, found Some(2)"),
        (ORIGIN,       PEER.to_owned(),              json!({"breaker": {}}),                     "version 1, found None"),
        (ORIGIN,       PEER.to_owned(),              json!({"v": 1, "breaker": 7}),              "invalid type"),
        (ORIGIN,       format!("{PEER}/people/bob"), json!({"v": 1}),                            "expected scheme and host"),
        (REMOTE_ACTOR, bob.to_string(),              json!({"v": 1, "id": bob}),                 "expected an actor of another server"),
        (REMOTE_ACTOR, bob.to_string(),              json!({"v": 1, "gone": "long ago"}),        "expected when it was gone"),
        (REMOTE_ACTOR, "no address".to_owned(),      json!({"v": 1, "gone": 1, "status": 410}),  "the record of \"no address\""),
        (REMOTE_KEY,   format!("{PEER}/keys/1"),     json!({"v": 1}),                            "expected the owner of a key"),
        (REMOTE_KEY,   format!("{PEER}/keys/1"),     json!({"v": 1, "owner": me}),               "on another server"),
        (UNDELIVERED,  format!("{ACT} {bob}"),       json!({"v": 1, "to": me}),                  "was given up"),
        (UNDELIVERED,  ACT.to_owned(),               json!({"v": 1}),                            "two parts with a blank"),
        (REFUSED,      format!("{me} 00"),           json!({"v": 1}),                            "missing field"),
        (FOLLOWS,      bob.to_string(),              json!({"v": 1}),                            "two parts with a blank"),
    ];
    for (kind, key, value, expected) in rows {
        let boxes = in_use().await.near.boxes;
        boxes.put_record(kind, &key, value.clone(), None).await.unwrap();
        match &problems(&boxes).await[..] {
            [Problem::Odd { why, .. }] => assert!(why.contains(expected), "{kind} {key} {value}: {why}"),
            other => panic!("{kind} {key} {value}: {other:?}"),
        }
    }
    // A record of one actor under the address of another.
    let boxes = in_use().await.near.boxes;
    let bobs = boxes.record(REMOTE_ACTOR, bob.as_str(), NOW).await.unwrap().unwrap();
    boxes.put_record(REMOTE_ACTOR, peer("people/eve").as_str(), bobs, None).await.unwrap();
    assert!(
        matches!(&problems(&boxes).await[..], [Problem::Odd { why, .. }] if why.ends_with("is one of https://peer.example/people/bob"))
    );
    // What is named is not there.
    for (kind, key) in [(FOLLOWS, format!("{bob} {nobody}")), (REFUSED, format!("{nobody} 00"))] {
        let boxes = in_use().await.near.boxes;
        let like = boxes.record(kind, &key.replace(nobody.as_str(), me.as_str()), NOW).await.unwrap().unwrap();
        boxes.put_record(kind, &key, like, None).await.unwrap();
        let found = problems(&boxes).await;
        assert!(matches!(&found[..], [Problem::MissingActor { actor, .. }] if *actor == nobody), "{kind}: {found:?}");
    }
    let boxes = in_use().await.near.boxes;
    let value = json!({"v": 1, "to": bob, "at": NOW, "times": 3, "why": "down"});
    boxes.put_record(UNDELIVERED, &format!("{ACT}2 {bob}"), value, None).await.unwrap();
    let found = problems(&boxes).await;
    assert!(matches!(&found[..], [Problem::MissingAct { act, .. }] if act.as_str() == format!("{ACT}2")), "{found:?}");
}

/// Nothing of a secret is in what is said of it.
#[tokio::test]
async fn a_sealed_row_that_is_spoilt_or_of_nobody_is_told_without_the_secret() {
    let me = actor("people/a");
    for secret in ["hush", r#"{"v":9,"rsa":"hush","ed25519":"hush"}"#, r#"{"v":1,"rsa":"!hush","ed25519":""}"#] {
        let boxes = in_use().await.near.boxes;
        boxes.seal(me.as_str(), secret.as_bytes()).await.unwrap();
        let found = problems(&boxes).await;
        assert!(matches!(&found[..], [Problem::Odd { why, .. }] if why.contains("sealed keys")), "{found:?}");
        assert!(!format!("{found:?}").contains("hush"), "{found:?}");
    }
    let boxes = in_use().await.near.boxes;
    let keys = boxes.unseal(me.as_str()).await.unwrap().unwrap();
    boxes.seal(actor("people/nobody").as_str(), keys.expose()).await.unwrap();
    let found = problems(&boxes).await;
    let [Problem::MissingActor { actor: missing, .. }] = &found[..] else { panic!("{found:?}") };
    assert_eq!(*missing, actor("people/nobody"));
}

#[tokio::test]
async fn a_lane_that_leads_nowhere_is_told() {
    let (me, bob, nobody) = (actor("people/a"), peer("people/bob"), actor("people/nobody"));
    let delivery = |sender: &ActorId| {
        Task::Delivery { act: ACT.into(), sender: sender.clone(), to: bob.clone() }.to_value().unwrap()
    };
    let seek = Task::Seek { actor: me.clone(), act: format!("{PEER}/acts/1").as_str().into() }.to_value().unwrap();
    let newer = json!({"kind": "seek", "v": 2, "actor": me, "act": "x"});
    let tried = |tried: Value| {
        let mut data = delivery(&me);
        data["tried"] = tried;
        data
    };
    let to_bob = lane("delivery", &[PEER, me.as_str()]);
    #[rustfmt::skip]
    let rows = [
        ("as it should be",  lane("seek", &[PEER, &format!("{PEER}/acts/1")]),             seek.clone(),               None),
        ("tried twice",      to_bob.clone(),                                               tried(json!({"times": 2})), None),
        ("unknown kind",     lane("dance", &["x"]),                                        seek.clone(),               Some("lanes of the kind \"dance\"")),
        ("another's task",   to_bob.clone(),                                               seek.clone(),               Some("holds another task")),
        ("no destination",   lane("delivery", &["", me.as_str()]),                         delivery(&me),              Some("lies in another lane")),
        ("no sender",        lane("delivery", &[PEER]),                                    delivery(&me),              Some("lies in another lane")),
        ("another server",   lane("delivery", &["https://x.example", me.as_str()]),        delivery(&me),              Some("lies in another lane")),
        ("another act",      lane("seek", &[PEER, &format!("{PEER}/acts/2")]),             seek.clone(),               Some("lies in another lane")),
        ("a later program",  lane("seek", &["x", "x"]),                                    newer,                      Some("a task of version 2")),
        ("no attempts",      to_bob.clone(),                                               tried(json!("often")),      Some("expected what became of earlier attempts")),
    ];
    for (what, lane, data, expected) in rows {
        let boxes = in_use().await.near.boxes;
        put_item(&boxes, &lane, data).await;
        let found = problems(&boxes).await;
        let odd = found.iter().find_map(|problem| match problem {
            Problem::Odd { why, .. } => Some(why.as_str()),
            _ => None,
        });
        match expected {
            None => assert_eq!(found, [], "{what}"),
            Some(expected) => assert!(odd.is_some_and(|why| why.contains(expected)), "{what}: {found:?}"),
        }
    }
    let boxes = in_use().await.near.boxes;
    put_item(&boxes, &lane("delivery", &[PEER, nobody.as_str()]), delivery(&nobody)).await;
    let found = problems(&boxes).await;
    assert!(matches!(&found[..], [Problem::MissingActor { actor, .. }] if *actor == nobody), "{found:?}");
    let boxes = in_use().await.near.boxes;
    let lost = Task::Delivery { act: "https://forge.example/lost".into(), sender: me.clone(), to: bob.clone() };
    put_item(&boxes, &to_bob, lost.to_value().unwrap()).await;
    let found = problems(&boxes).await;
    assert!(matches!(&found[..], [Problem::MissingAct { act, .. }] if act.as_str().ends_with("/lost")), "{found:?}");
}
