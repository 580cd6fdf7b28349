//! Remote actors and the owners of keys: what is fetched, what is remembered, and what is refused.

use super::*;
use crate::testing::{NOW, PEER, Scene, Served, peer, person};
use pritchel_actor::Value;
use serde_json::json;

fn key_id(path: &str) -> String {
    format!("{PEER}/{path}#main-key")
}

async fn code(scene: &Scene, key_id: &str) -> Option<&'static str> {
    scene.outside.remote.key(key_id).await.err().map(|error| error.code())
}

#[tokio::test]
async fn a_key_is_fetched_once_and_then_remembered_even_after_a_restart() {
    let scene = Scene::new(&[]).await;
    scene.net.person(&peer("people/b"));
    for _ in 0..3 {
        let found = scene.outside.remote.key(&key_id("people/b")).await.unwrap();
        assert_eq!(found.owner.id, peer("people/b"));
        assert_eq!(found.key, *crate::key::fixture::rsa().public_key());
    }
    let again = Remote::new(scene.near.boxes.clone(), scene.outside.far_for_tests(), scene.clock.clone());
    again.key(&key_id("people/b")).await.unwrap();
    assert_eq!(scene.net.asked(peer("people/b").as_str()), 1);
    scene.clock.pass(REMOTE_ACTOR_S);
    let forgotten = Remote::new(scene.near.boxes.clone(), scene.outside.far_for_tests(), scene.clock.clone());
    forgotten.key(&key_id("people/b")).await.unwrap();
    assert_eq!(scene.net.asked(peer("people/b").as_str()), 2);
}

#[tokio::test]
async fn many_who_need_a_key_at_once_share_one_fetch_and_one_failure() {
    let scene = Scene::new(&[]).await;
    scene.net.person(&peer("people/b"));
    let ids = (key_id("people/b"), key_id("people/nobody"));
    let good = futures_util::future::join_all((0..20).map(|_| scene.outside.remote.key(&ids.0))).await;
    assert!(good.iter().all(Result::is_ok));
    assert_eq!(scene.net.asked(peer("people/b").as_str()), 1);
    let bad = futures_util::future::join_all((0..20).map(|_| scene.outside.remote.key(&ids.1))).await;
    assert!(bad.iter().all(|found| found.as_ref().unwrap_err().is_gone()));
    assert_eq!(code(&scene, &ids.1).await, Some("gone"));
    assert_eq!(scene.net.asked(peer("people/nobody").as_str()), 1, "the failure is remembered");
}

#[tokio::test]
async fn a_key_may_lie_at_an_address_of_its_own_if_its_owner_lists_it() {
    let scene = Scene::new(&[]).await;
    let owner = peer("people/b");
    let place = format!("{owner}/main-key");
    let mut document = person(&owner);
    document["publicKey"]["id"] = json!(place);
    scene.net.serve(owner.as_str(), Served::Document(document.clone()));
    // As a key, and as a stub of the actor.
    let mut key = document["publicKey"].clone();
    key["type"] = json!("Key");
    for served in [key, json!({"id": owner, "type": "Person", "publicKey": document["publicKey"]})] {
        let scene_now = Scene::new(&[]).await;
        scene_now.net.serve(owner.as_str(), Served::Document(document.clone()));
        scene_now.net.serve(&place, Served::Document(served));
        assert_eq!(scene_now.outside.remote.key(&place).await.unwrap().owner.id, owner);
        assert_eq!(scene_now.outside.remote.key(&place).await.unwrap().owner.id, owner);
        assert_eq!(scene_now.net.asked(&place), 1);
    }
    // Whoever serves a key can say that it is anybody's; the owner has to say it too.
    let forged = format!("{PEER}/forged");
    let mut stray = document["publicKey"].clone();
    stray["id"] = json!(forged);
    scene.net.serve(&forged, Served::Document(stray));
    assert_eq!(code(&scene, &forged).await, Some("no-such-key"));
    let foreign = "https://evil.example/key";
    let mut stray = document["publicKey"].clone();
    stray["id"] = json!(foreign);
    scene.net.serve(foreign, Served::Document(stray));
    assert_eq!(code(&scene, foreign).await, Some("another-id"));
}

#[tokio::test]
async fn keys_that_are_not_the_actors_own_are_not_taken_from_its_document() {
    let owner = peer("people/b");
    let spoil = |pointer: &str, value: Value| {
        let mut document = person(&owner);
        *document.pointer_mut(pointer).unwrap() = value;
        document
    };
    #[rustfmt::skip]
    let rows = [
        (spoil("/publicKey/owner", json!("https://peer.example/people/c")),            Some("no-such-key")),
        (spoil("/publicKey/id", json!("https://evil.example/people/b#main-key")),      Some("no-such-key")),
        (spoil("/publicKey/publicKeyPem", json!(crate::key::fixture::RSA_1024_PEM)),   Some("no-such-key")),
        (spoil("/publicKey/publicKeyPem", json!("no key")),                            Some("no-such-key")),
        (spoil("/id", json!("https://evil.example/people/b")),                         Some("gone")),
        (spoil("/type", json!(7)),                                                     Some("not-an-actor")),
        (spoil("/inbox", json!("https://peer.example/elsewhere")),                     None),
    ];
    for (document, expected) in rows {
        let scene = Scene::new(&[]).await;
        scene.net.serve(owner.as_str(), Served::Document(document.clone()));
        assert_eq!(code(&scene, &key_id("people/b")).await, expected, "{document}");
    }
}

#[tokio::test]
async fn a_key_that_does_not_fit_is_fetched_again_but_not_for_every_forgery() {
    let scene = Scene::new(&[]).await;
    let owner = peer("people/b");
    scene.net.person(&owner);
    let id = key_id("people/b");
    scene.outside.remote.key(&id).await.unwrap();
    for _ in 0..100 {
        scene.outside.remote.key_anew(&id, &owner).await.unwrap();
        assert_eq!(code(&scene, &key_id("people/b-other")).await, Some("gone"));
        assert_eq!(code(&scene, &format!("{owner}#other-key")).await, Some("no-such-key"));
    }
    assert_eq!(scene.net.asked(owner.as_str()), 2, "once at first, once anew");
    scene.clock.pass(KEY_REFETCH_S);
    assert!(scene.outside.remote.key_anew(&id, &owner).await.unwrap().is_some());
    assert_eq!(scene.net.asked(owner.as_str()), 3);
}

#[tokio::test]
async fn an_actor_that_cannot_be_fetched_now_is_taken_from_an_older_record_but_a_gone_one_is_gone() {
    let scene = Scene::new(&[]).await;
    let owner = peer("people/b");
    scene.net.person(&owner);
    scene.outside.remote.actor(&owner, 10).await.unwrap();
    scene.clock.pass(1000);
    scene.net.serve(owner.as_str(), Served::Fails);
    assert_eq!(scene.outside.remote.actor(&owner, 10).await.unwrap().fetched_at, NOW);
    assert!(scene.outside.remote.actor(&owner, 0).await.is_err(), "wanted as it is now");
    scene.clock.pass(1000);
    scene.net.serve(owner.as_str(), Served::Status(410));
    assert!(scene.outside.remote.actor(&owner, 10).await.unwrap_err().is_gone());
    assert!(scene.outside.remote.remembered(&owner).await.unwrap().is_none());
    let asked = scene.net.asked(owner.as_str());
    scene.clock.pass(1000);
    assert!(scene.outside.remote.actor(&owner, 10).await.unwrap_err().is_gone());
    assert_eq!(scene.net.asked(owner.as_str()), asked, "a tombstone is believed for a while");
    scene.clock.pass(GONE_S);
    scene.net.person(&owner);
    assert!(scene.outside.remote.actor(&owner, 10).await.is_ok(), "and then asked again");
}

#[tokio::test]
async fn what_is_ours_or_blocked_is_never_fetched() {
    let settings = crate::Settings { blocked: vec!["peer.example".to_owned()], ..crate::Settings::new("test") };
    let scene = Scene::with(&["people/a"], settings).await;
    scene.net.person(&peer("people/b"));
    assert_eq!(code(&scene, &key_id("people/b")).await, Some("blocked"));
    assert_eq!(code(&scene, "https://forge.example/people/a#main-key").await, Some("own-address"));
    assert_eq!(code(&scene, "acct:b@peer.example").await, Some("not-a-key-id"));
    assert_eq!(scene.net.asked.lock().unwrap().len(), 0);
}

#[test]
fn only_an_application_that_says_so_speaks_for_its_server() {
    let is = |id: &str, kind: &str, name: &str| {
        let value =
            json!({"v": 1, "id": id, "types": [kind], "username": name, "fetched_at": 0, "keys": [], "proof_keys": []});
        record::Record::read(value).unwrap().is_instance()
    };
    assert!(is("https://peer.example/api/v1/activitypub/actor", "Application", "ghost"));
    assert!(is("https://peer.example/actor", "Application", "x"));
    assert!(is("https://peer.example/users/peer.example", "Application", "peer.example"));
    assert!(!is("https://peer.example/people/bot", "Application", "bot"));
    assert!(!is("https://peer.example/actor", "Person", "peer.example"));
    assert!(!is("https://peer.example/people/bot", "Service", "peer.example"));
}

#[test]
fn a_record_of_a_later_version_is_not_read() {
    let value =
        json!({"v": 2, "id": "https://peer.example/b", "types": [], "fetched_at": 0, "keys": [], "proof_keys": []});
    assert!(record::Record::read(value).is_none());
}
