//! Knocking: which scheme first, when a second time, and what each answer means.

use super::*;
use crate::testing::{NOW, PEER, Scene, actor, answered};
use pritchel_actors::common::keys::KeyStep;

const INBOX: &str = "https://peer.example/people/b/inbox";

async fn post(scene: &Scene) -> Posted {
    let poster = scene.outside.poster_for_tests();
    let inbox = Uri::parse(INBOX).unwrap();
    poster.post(&actor("people/a"), PEER, &inbox, Bytes::from_static(b"{}")).await.unwrap()
}

#[tokio::test]
async fn the_second_knock_is_in_the_other_scheme_and_what_worked_is_remembered() {
    let scene = Scene::new(&["people/a"]).await;
    assert_eq!(post(&scene).await, Posted::Taken);
    assert_eq!(scene.net.posted().len(), 1, "what everybody understands comes first");
    *scene.net.believes.lock().unwrap() = Some(Scheme::Rfc9421);
    assert_eq!(post(&scene).await, Posted::Taken);
    assert_eq!(scene.net.posted().len(), 2);
    assert_eq!(post(&scene).await, Posted::Taken);
    assert_eq!(scene.net.posted().len(), 1, "remembered");
    *scene.net.believes.lock().unwrap() = Some(Scheme::Cavage);
    assert_eq!(post(&scene).await, Posted::Taken);
    assert_eq!(scene.outside.origins.of(PEER).await.scheme(NOW), Scheme::Cavage);
}

#[tokio::test]
async fn each_answer_means_one_thing() {
    let later = |wait_s| Posted::Later { why: String::new(), wait_s };
    let (why, wait) = (String::new, Some(120));
    #[rustfmt::skip]
    let rows = [
        (200, None, Posted::Taken,                       1),
        (202, None, Posted::Taken,                       1),
        (204, None, Posted::Taken,                       1),
        (302, None, Posted::NoInbox { why: why() },      1),
        (400, None, Posted::Never { why: why() },        2),
        (401, None, Posted::NotBelieved { why: why() },  2),
        (403, None, Posted::NotBelieved { why: why() },  2),
        (404, None, Posted::NoInbox { why: why() },      1),
        (406, None, Posted::Never { why: why() },        1),
        (408, None, later(None),                         1),
        (410, None, Posted::NoInbox { why: why() },      1),
        (413, None, Posted::Never { why: why() },        1),
        (429, wait, later(wait),                         1),
        (500, None, later(None),                         1),
        (503, wait, later(wait),                         1),
    ];
    for (status, retry_after, expected, knocks) in rows {
        let scene = Scene::new(&["people/a"]).await;
        scene.net.answer(INBOX, answered(status, retry_after));
        let mut posted = post(&scene).await;
        if let Posted::Later { why, .. }
        | Posted::NotBelieved { why }
        | Posted::NoInbox { why }
        | Posted::Never { why } = &mut posted
        {
            assert_eq!(std::mem::take(why), format!("answered {status}: because"));
        }
        assert_eq!((posted, scene.net.posted().len()), (expected, knocks), "{status}");
    }
}

#[tokio::test]
async fn nothing_goes_to_blocked_servers_or_to_ourselves_or_is_signed_by_nobody() {
    let settings = crate::Settings { blocked: vec!["evil.example".to_owned()], ..crate::Settings::new("test") };
    let scene = Scene::with(&["people/a"], settings).await;
    let poster = scene.outside.poster_for_tests();
    for inbox in ["https://evil.example/inbox", "https://forge.example/people/a/inbox"] {
        let inbox = Uri::parse(inbox).unwrap();
        let posted = poster.post(&actor("people/a"), PEER, &inbox, Bytes::new()).await.unwrap();
        assert!(matches!(posted, Posted::Never { .. }), "{inbox}: {posted:?}");
    }
    assert_eq!(scene.net.posted().len(), 0);
    let stranger =
        poster.post(&"https://forge.example/people/x".into(), PEER, &Uri::parse(INBOX).unwrap(), Bytes::new()).await;
    assert!(matches!(stranger, Err(KeyRingError::NoActor { .. })), "who is not there signs nothing");
}

#[tokio::test]
async fn a_server_that_fails_is_counted_and_one_that_refuses_is_not() {
    let scene = Scene::new(&["people/a"]).await;
    let broken = async |scene: &Scene| scene.outside.origins.of(PEER).await.breaker;
    scene.net.answer(INBOX, answered(500, None));
    post(&scene).await;
    assert_ne!(broken(&scene).await, Default::default());
    scene.net.answer(INBOX, answered(429, None));
    post(&scene).await;
    assert_eq!(broken(&scene).await, Default::default(), "it answers");
    *scene.net.down.lock().unwrap() = true;
    let posted = post(&scene).await;
    assert!(matches!(posted, Posted::Later { wait_s: None, .. }), "{posted:?}");
    assert_ne!(broken(&scene).await, Default::default());
}

#[tokio::test]
async fn while_a_key_takes_over_a_peer_that_knows_only_one_of_the_two_takes_either() {
    let scene = Scene::new(&["people/a"]).await;
    let (keys, me) = (&scene.outside.keys, actor("people/a"));
    let knows = |key| *scene.net.knows_key.lock().unwrap() = Some(key);
    #[rustfmt::skip]
    let rows = [
        (KeyStep::Begin,  "#main-key",   true,  1),
        (KeyStep::Begin,  "#main-key-2", true,  3),
        (KeyStep::Switch, "#main-key-2", true,  1),
        (KeyStep::Switch, "#main-key",   true,  3),
        (KeyStep::Drop,   "#main-key-2", true,  1),
        (KeyStep::Drop,   "#main-key",   false, 2),
    ];
    for (step, key, taken, knocks) in rows {
        keys.step(&me, "r1", step).await.unwrap();
        knows(key);
        let posted = post(&scene).await;
        assert_eq!((posted == Posted::Taken, scene.net.posted().len()), (taken, knocks), "{step:?} {key}: {posted:?}");
    }
}
