//! Documents as evidence: from our own actors, and from other servers within rules and bounds.

use super::lookup::LookupError;
use super::*;
use crate::limits::{DOCUMENT_S, FAILURE_S, FETCHES_PER_ORIGIN_PER_MINUTE};
use crate::testing::{FORGE, PEER, Scene, Served, actor, peer, person};
use pritchel_actor::Act;
use pritchel_actor::effect::{Audience, Effect, TurnRecord};
use pritchel_actor::errbox::OutboxItem;
use serde_json::json;

fn grant(id: &str) -> Value {
    json!({"id": id, "type": "Grant", "actor": peer("people/b")})
}

async fn why(scene: &Scene, uri: &str) -> Option<String> {
    match scene.outside.documents.document(uri).await.found {
        Ok(_) => None,
        Err(NotFound::Gone { status, .. }) => Some(format!("gone {status}")),
        Err(NotFound::Unavailable { why, .. }) => Some(why),
    }
}

/// Has a near actor publish an act.
async fn publish(scene: &Scene, path: &str, id: &str) {
    let me = actor(path);
    let act = Arc::new(Act::made(id.into(), me.clone(), json!({"id": id, "type": "Grant", "actor": me})));
    let mut stored = scene.near.boxes.open(&me).await.unwrap().unwrap();
    stored.header.turn += 1;
    let item = OutboxItem { act: act.id.clone(), at: 0, to: Vec::new(), cause: None };
    let effects = vec![Effect::Publish { act, item, audience: Audience::default() }];
    let record = TurnRecord { actor: me, stored, rows: Vec::new(), consumed: None, effects, at: 0 };
    scene.near.boxes.commit(record).await.unwrap();
}

#[tokio::test]
async fn what_is_ours_is_answered_from_what_is_committed_and_never_by_http() {
    let scene = Scene::new(&["people/a"]).await;
    let good = format!("{FORGE}/people/a/outbox/good");
    publish(&scene, "people/a", &good).await;
    publish(&scene, "people/a", &format!("{FORGE}/people/a/outbox/revoked")).await;
    let found = scene.outside.documents.document(&good).await.found.unwrap();
    assert_eq!(found["type"], "Grant");
    let found = scene.outside.documents.document(actor("people/a").as_str()).await.found.unwrap();
    assert_eq!(*found, json!({"id": actor("people/a"), "type": "Person"}));
    assert_eq!(why(&scene, &format!("{FORGE}/people/nobody")).await.as_deref(), Some("gone 404"));
    for (uri, alive) in [
        (good.clone(), true),
        (format!("{good}/result"), true),
        (format!("{FORGE}/people/a/outbox/revoked/result"), false),
        (format!("{FORGE}/people/a/outbox/good-but-unknown"), false),
    ] {
        assert_eq!(scene.outside.documents.alive(&uri, 0).await.found.is_ok(), alive, "{uri}");
    }
    assert_eq!(scene.net.asked.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn a_document_is_believed_only_where_it_comes_from() {
    let scene = Scene::new(&[]).await;
    let serve = |path: &str, served| scene.net.serve(format!("{PEER}/{path}"), served);
    let at = |path: &str| format!("{PEER}/{path}");
    serve("plain", Served::Document(grant(&at("plain"))));
    serve("alias", Served::Document(grant(&at("plain"))));
    serve("circle", Served::Document(grant(&at("circle-2"))));
    serve("circle-2", Served::Document(grant(&at("circle"))));
    serve("liar", Served::Document(grant("https://other.example/grant")));
    serve("moved", Served::Redirect("https://other.example/moved".to_owned()));
    scene.net.serve("https://other.example/moved", Served::Document(grant(&at("moved"))));
    serve("secret", Served::Unsigned(grant(&at("secret"))));
    serve("file", Served::Typed("application/json", grant(&at("file")).to_string()));
    serve("twice", Served::Typed("application/activity+json", format!(r#"{{"id":"{0}","id":"{0}"}}"#, at("twice"))));
    serve("no-id", Served::Document(json!({"type": "Grant"})));
    serve("own", Served::Document(grant(&format!("{FORGE}/people/a/outbox/1"))));
    serve("gone", Served::Status(410));
    serve("slow", Served::Fails);
    #[rustfmt::skip]
    let rows = [
        ("plain",  None),
        ("alias",  None),
        ("secret", None),
        ("circle", Some("says it is")),
        ("liar",   Some("gone 404")),
        ("moved",  Some("says it is")),
        ("file",   Some("content type")),
        ("twice",  Some("not a document")),
        ("no-id",  Some("expected an `id`")),
        ("own",    Some("of this server")),
        ("gone",   Some("gone 410")),
        ("slow",   Some("no complete answer")),
    ];
    for (path, expected) in rows {
        let found = why(&scene, &at(path)).await;
        match expected {
            None => assert_eq!(found, None, "{path}"),
            Some(text) => assert!(found.as_deref().is_some_and(|why| why.contains(text)), "{path}: {found:?}"),
        }
    }
    assert!(why(&scene, "no address").await.is_some());
}

#[tokio::test]
async fn documents_and_failures_are_kept_for_a_while() {
    let scene = Scene::new(&[]).await;
    let (good, bad) = (format!("{PEER}/good"), format!("{PEER}/bad"));
    scene.net.serve(&good, Served::Document(grant(&good)));
    scene.net.serve(&bad, Served::Fails);
    for _ in 0..5 {
        assert_eq!(why(&scene, &good).await, None);
        assert!(why(&scene, &bad).await.is_some());
    }
    assert_eq!((scene.net.asked(&good), scene.net.asked(&bad)), (1, 1));
    scene.clock.pass(DOCUMENT_S.max(FAILURE_S));
    scene.net.serve(&bad, Served::Document(grant(&bad)));
    assert_eq!((why(&scene, &good).await, why(&scene, &bad).await), (None, None));
    assert_eq!((scene.net.asked(&good), scene.net.asked(&bad)), (2, 2));
}

#[tokio::test]
async fn liveness_is_asked_as_often_as_the_grant_says() {
    let scene = Scene::new(&[]).await;
    let result = format!("{PEER}/grants/1/result");
    let alive = async |within| scene.outside.documents.alive(&result, within).await.found.is_ok();
    for status in [200, 204] {
        scene.net.serve(&result, Served::Status(status));
        assert!(alive(0).await, "{status}");
    }
    scene.net.serve(&result, Served::Status(404));
    assert!(alive(60).await, "asked a moment ago");
    assert!(!alive(0).await);
    assert!(!alive(60).await);
    scene.clock.pass(60);
    scene.net.serve(&result, Served::Status(200));
    assert!(alive(60).await);
    for other in [Served::Status(301), Served::Status(500), Served::Fails, Served::Status(401)] {
        scene.net.serve(&result, other);
        assert!(!alive(0).await);
    }
}

#[tokio::test]
async fn an_origin_is_not_asked_more_often_than_its_rate() {
    let scene = Scene::new(&[]).await;
    let mut busy = 0;
    for n in 0..2 * FETCHES_PER_ORIGIN_PER_MINUTE {
        let found = why(&scene, &format!("{PEER}/{n}")).await.unwrap();
        busy += u32::from(found.contains("try again"));
    }
    assert_eq!(busy, FETCHES_PER_ORIGIN_PER_MINUTE);
    assert_eq!(scene.net.asked.lock().unwrap().len(), FETCHES_PER_ORIGIN_PER_MINUTE as usize);
    scene.net.person(&"https://other.example/a".into());
    assert_eq!(why(&scene, "https://other.example/a").await, None, "others have their own rate");
    scene.clock.pass(60);
    assert_eq!(
        why(&scene, &format!("{PEER}/{}", 2 * FETCHES_PER_ORIGIN_PER_MINUTE - 1)).await.as_deref(),
        Some("gone 404")
    );
}

#[tokio::test]
async fn blocked_servers_are_not_asked_not_even_by_a_detour() {
    let settings = crate::Settings { blocked: vec!["evil.example".to_owned()], ..crate::Settings::new("test") };
    let scene = Scene::with(&[], settings).await;
    let evil = "https://evil.example/grant";
    scene.net.serve(evil, Served::Document(grant(evil)));
    scene.net.serve(format!("{PEER}/there"), Served::Redirect(evil.to_owned()));
    scene.net.serve(format!("{PEER}/alias"), Served::Document(grant(evil)));
    for uri in [evil.to_owned(), format!("{PEER}/there"), format!("{PEER}/alias")] {
        assert!(why(&scene, &uri).await.is_some_and(|why| why.contains("blocked")), "{uri}");
    }
    assert_eq!(scene.net.asked(evil), 0);
}

#[tokio::test]
async fn people_are_found_by_name_and_by_address() {
    let scene = Scene::new(&["people/a"]).await;
    let row = ("acct".to_owned(), "alice@forge.example".to_owned(), json!({"actor": actor("people/a")}));
    scene.near.boxes.plant(Vec::new(), vec![row]).await.unwrap();
    scene.net.person(&peer("people/bob"));
    scene.net.serve(format!("{PEER}/note"), Served::Document(json!({"id": format!("{PEER}/note"), "type": "Note"})));
    for name in ["bob", "mallory"] {
        let row = (format!("acct:{name}@peer.example"), format!("{PEER}/people/bob"));
        scene.net.names.lock().unwrap().extend([row]);
    }
    let find = async |text: &str| scene.outside.lookup.find(text).await;
    for (text, expected) in [
        ("alice@forge.example", actor("people/a")),
        ("@Alice@FORGE.example:443", actor("people/a")),
        ("https://forge.example/people/a", actor("people/a")),
        ("acct:bob@peer.example", peer("people/bob")),
        ("  https://peer.example/people/bob ", peer("people/bob")),
    ] {
        assert_eq!(find(text).await.unwrap().id, expected, "{text}");
    }
    #[rustfmt::skip]
    let rows = [
        ("nobody@forge.example",           "no-such-name"),
        ("nobody@peer.example",            "webfinger-no-actor"),
        ("mallory@peer.example",           "not-the-actor"),
        ("https://peer.example/note",      "not-the-actor"),
        ("https://peer.example/nothing",   "gone"),
        ("https://forge.example/people/x", "gone"),
        ("alice",                          "not-a-name"),
        ("",                               "not-a-name"),
    ];
    for (text, code) in rows {
        assert_eq!(
            find(text).await.map_err(|error: LookupError| error.code()).map(|found| found.id),
            Err(code),
            "{text}"
        );
    }
    assert_eq!(person(&peer("people/bob"))["preferredUsername"], "bob");
}

#[tokio::test]
async fn a_host_gives_names_to_actors_of_another_only_if_that_one_agrees() {
    let scene = Scene::new(&[]).await;
    let alice = ActorId::new("https://forge.a.example/people/alice");
    scene.net.person(&alice);
    let name =
        |acct: &str, actor: &str| scene.net.names.lock().unwrap().insert(format!("acct:{acct}"), actor.to_owned());
    name("alice@a.example", alice.as_str());
    name("alice@evil.example", alice.as_str());
    name("alice@forge.b.example", "https://forge.b.example/people/alice");
    let alias = |from: &str, to: &str| {
        scene.net.aliases.lock().unwrap().insert(format!("acct:{from}"), format!("acct:{to}"));
    };
    let find = async |text: &str| scene.outside.lookup.find(text).await.map(|found| found.id);
    let refused = find("alice@a.example").await.unwrap_err();
    assert_eq!(refused.code(), "webfinger-no-actor", "its own server knows no such name: {refused}");
    alias("alice@forge.a.example", "alice@a.example");
    assert_eq!(find("alice@a.example").await.as_ref(), Ok(&alice), "both agree");
    assert_eq!(
        find("alice@forge.a.example").await.as_ref(),
        Ok(&alice),
        "its own server's word, confirmed by the other"
    );
    let refused = find("alice@evil.example").await.unwrap_err();
    assert_eq!(refused.code(), "not-the-actor");
    assert!(refused.to_string().contains("calls it acct:alice@a.example"), "{refused}");
    name("alice@evil.example", actor("people/alice").as_str());
    assert_eq!(find("alice@evil.example").await.unwrap_err().code(), "gone", "nor to one of ours");
}

#[tokio::test]
async fn names_at_our_display_host_are_found_here_and_nobody_is_asked() {
    let scene = Scene::displayed(&["people/a"], "example.org").await;
    let row = ("acct".to_owned(), "alice@forge.example".to_owned(), json!({"actor": actor("people/a")}));
    scene.near.boxes.plant(Vec::new(), vec![row]).await.unwrap();
    for name in ["alice@example.org", "@Alice@forge.example"] {
        assert_eq!(scene.outside.lookup.find(name).await.unwrap().id, actor("people/a"), "{name}");
    }
    assert!(matches!(scene.outside.lookup.find("bob@example.org").await, Err(LookupError::NoSuchName { .. })));
}

#[tokio::test]
async fn a_tracker_in_f3_is_json_of_the_server_that_was_asked() {
    let mut settings = crate::outside::Settings::new("pritchel-test/0");
    settings.blocked = vec!["blocked.example".to_owned()];
    let scene = Scene::with(&[], settings).await;
    let uri = |text: &str| Uri::parse(text).unwrap();
    let tracker = format!("{PEER}/trackers/tea");
    let f3 = async |text: &str| {
        let found = scene.outside.f3(&uri(text)).await;
        found.map(|fetched| String::from_utf8(fetched.body.to_vec()).unwrap()).map_err(|error| error.code())
    };
    assert_eq!(f3(&tracker).await, Err("gone"));
    scene.net.serve(&tracker, Served::Typed("application/f3+json", "{}".to_owned()));
    assert_eq!(f3(&tracker).await.as_deref(), Ok("{}"), "a failure is not kept");
    for (served, expected) in [
        (Served::Typed("application/json", "[]".to_owned()), Ok("[]")),
        (Served::Typed("text/html", "<p>".to_owned()), Err("fetch-content-type")),
        (Served::Status(503), Err("fetch-status")),
    ] {
        scene.net.serve(&tracker, served);
        assert_eq!(f3(&tracker).await.as_deref().map_err(|code| *code), expected);
    }
    assert_eq!(f3(&format!("{FORGE}/trackers/own")).await, Err("own-address"));
    assert_eq!(f3("https://blocked.example/trackers/tea").await, Err("blocked"));
}

#[tokio::test]
async fn what_was_fetched_before_a_server_was_blocked_is_no_evidence_while_it_is() {
    use crate::peers::{Rules, Standing};
    let scene = Scene::with(&[], crate::Settings::new("test")).await;
    let uri = format!("{PEER}/grant");
    scene.net.serve(&uri, Served::Document(grant(&uri)));
    assert_eq!(why(&scene, &uri).await, None);
    let mut rules = Rules::default();
    rules.add("peer.example", Standing::Blocked, false);
    scene.outside.peers.set_rules(rules);
    assert!(why(&scene, &uri).await.is_some_and(|why| why.contains("blocked")));
    assert!(scene.outside.documents.alive(&uri, 3600).await.found.is_err());
    scene.outside.peers.set_rules(Rules::default());
    assert_eq!((why(&scene, &uri).await, scene.net.asked(&uri)), (None, 1));
}
