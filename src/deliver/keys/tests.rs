//! Keys are made once, sealed, and taken over from one another step by step.

use super::*;
use crate::key::fixture;
use crate::testing::{ManualClock, NOW, Near, actor, near};

fn ring(boxes: &BoxStore, hosts: &Hosts) -> KeyRing {
    KeyRing::new(boxes.clone(), hosts.clone(), ManualClock::at(NOW), KeySource::Made)
}

#[tokio::test]
async fn keys_are_made_once_sealed_and_found_again() {
    let Near { boxes, hosts, .. } = near(&["people/a", "people/b"]).await;
    let ring = ring(&boxes, &hosts);
    let a = actor("people/a");
    let (one, other) = futures_util::future::join(ring.held(&a), ring.held(&a)).await;
    let shown = |held: Result<Held, KeyRingError>| held.unwrap().shown(&a);
    assert_eq!(shown(one.clone()), shown(other), "asked at once, made once");
    assert_ne!(shown(one.clone()).rsa.1, ring.shown(&actor("people/b")).await.unwrap().rsa.1);
    let again = KeyRing::new(boxes.clone(), hosts.clone(), ManualClock::at(NOW), KeySource::Made);
    assert_eq!(again.shown(&a).await.unwrap(), shown(one));
}

#[tokio::test]
async fn nobody_else_gets_keys_here() {
    let Near { boxes, hosts, .. } = near(&["people/a"]).await;
    let ring = ring(&boxes, &hosts);
    for stranger in ["https://peer.example/people/a", "https://forge.example/people/nobody"] {
        let stranger = ActorId::from(stranger);
        assert_eq!(ring.pair(&stranger).await.unwrap_err(), KeyRingError::NoActor { actor: stranger.clone() });
        assert_eq!(boxes.unseal(stranger.as_str()).await.unwrap(), None);
    }
}

#[tokio::test]
async fn the_pool_is_filled_to_its_bound_and_no_further() {
    let Near { boxes, hosts, .. } = near(&["people/a"]).await;
    let ring = ring(&boxes, &hosts);
    let mut made = 0;
    while ring.refill().await.unwrap() {
        made += 1;
    }
    assert_eq!(made, crate::limits::KEY_POOL_MAX);
    ring.pair(&actor("people/a")).await.unwrap();
    assert!(ring.refill().await.unwrap(), "one was taken");
    assert!(!ring.refill().await.unwrap());
}

#[tokio::test]
async fn sealed_rows_of_another_shape_are_told_without_showing_them() {
    let Near { boxes, hosts, .. } = near(&["people/a"]).await;
    let ring = ring(&boxes, &hosts);
    for sealed in ["no json: hush", r#"{"v":9,"rsa":"hush","ed25519":"hush"}"#, r#"{"v":1,"rsa":"!hush","ed25519":""}"#]
    {
        boxes.seal(actor("people/a").as_str(), sealed.as_bytes()).await.unwrap();
        let error = ring.pair(&actor("people/a")).await.unwrap_err();
        assert!(matches!(error, KeyRingError::Sealed { .. }) && !error.to_string().contains("hush"), "{error}");
    }
}

#[test]
fn nothing_here_shows_a_secret() {
    let keys = ActorKeys { generation: 1, rsa: fixture::rsa(), ed25519: fixture::ed25519() };
    let shown = format!("{keys:?} {:?}", KeySource::Given(vec![b"hush".to_vec()].into()));
    assert!(shown.contains("not shown") && !shown.contains("hush") && !shown.contains("104, 117"), "{shown}");
}

/// What is shown and what signs, at one moment.
#[derive(Debug, PartialEq)]
struct Moment {
    signs: u32,
    other: Option<u32>,
    shown: Vec<String>,
}

async fn moment(ring: &KeyRing, actor: &ActorId) -> Moment {
    let held = ring.held(actor).await.unwrap();
    let shown = held.shown(actor);
    let ids = std::iter::once(shown.rsa.0).chain(shown.multikeys.into_iter().map(|(id, _)| id));
    let shown = ids.map(|id| id.rsplit_once('#').unwrap().1.to_owned()).collect();
    Moment { signs: held.signing().generation, other: held.other().map(|other| other.generation), shown }
}

#[tokio::test]
async fn one_pair_takes_over_from_the_other_step_by_step_and_after_a_restart() {
    let Near { boxes, hosts, .. } = near(&["people/a"]).await;
    let a = actor("people/a");
    let old = ring(&boxes, &hosts).pair(&a).await.unwrap();
    #[rustfmt::skip]
    let rows = [
        (KeyStep::Switch, 1, None,    &["main-key", "ed25519-key"][..]),
        (KeyStep::Begin,  1, Some(2), &["main-key", "ed25519-key", "ed25519-key-2", "main-key-2"][..]),
        (KeyStep::Switch, 2, Some(1), &["main-key-2", "ed25519-key-2", "ed25519-key", "main-key"][..]),
        (KeyStep::Begin,  2, Some(1), &["main-key-2", "ed25519-key-2", "ed25519-key", "main-key"][..]),
        (KeyStep::Drop,   2, None,    &["main-key-2", "ed25519-key-2"][..]),
        (KeyStep::Begin,  2, None,    &["main-key-2", "ed25519-key-2"][..]),
    ];
    for (step, signs, other, shown) in rows {
        let expected = Moment { signs, other, shown: shown.iter().map(|id| (*id).to_owned()).collect() };
        let ring_now = ring(&boxes, &hosts);
        for time in ["once", "twice"] {
            ring_now.step(&a, "r1", step).await.unwrap();
            assert_eq!(moment(&ring_now, &a).await, expected, "{step:?} {time}");
        }
        assert_eq!(moment(&ring(&boxes, &hosts), &a).await, expected, "{step:?}, after a restart");
    }
    let new = ring(&boxes, &hosts).pair(&a).await.unwrap();
    assert!(new.rsa.public_key() != old.rsa.public_key() && new.ed25519.public_key() != old.ed25519.public_key());
}

#[tokio::test]
async fn an_old_pair_is_revoked_at_once_also_half_way_and_a_second_rotation_waits() {
    let Near { boxes, hosts, .. } = near(&["people/a"]).await;
    let (a, ring) = (actor("people/a"), ring(&boxes, &hosts));
    ring.step(&a, "r1", KeyStep::Begin).await.unwrap();
    let second = ring.step(&a, "r2", KeyStep::Begin).await.unwrap_err();
    assert_eq!(second, KeyRingError::UnderWay { actor: a.clone(), under_way: "r1".to_owned() });
    assert_eq!(moment(&ring, &a).await.other, Some(2), "as it was");
    ring.step(&a, "r3", KeyStep::Revoke).await.unwrap();
    let revoked = Moment { signs: 3, other: None, shown: vec!["main-key-3".to_owned(), "ed25519-key-3".to_owned()] };
    for (rotation, step) in [("r3", KeyStep::Revoke), ("r1", KeyStep::Switch), ("r1", KeyStep::Drop)] {
        ring.step(&a, rotation, step).await.unwrap();
        assert_eq!(moment(&ring, &a).await, revoked, "{rotation} {step:?} changes nothing any more");
    }
}

#[tokio::test]
async fn what_was_published_before_the_new_key_signed_is_proved_by_the_old_one() {
    let Near { boxes, hosts, .. } = near(&["people/a"]).await;
    let (a, clock) = (actor("people/a"), ManualClock::at(NOW));
    let ring = KeyRing::new(boxes, hosts, clock.clone(), KeySource::Made);
    let proving = async |published| ring.held(&a).await.unwrap().proving(published).generation;
    ring.step(&a, "r1", KeyStep::Begin).await.unwrap();
    assert_eq!((proving(NOW - 1).await, proving(NOW + 5).await), (1, 1));
    clock.pass(10);
    ring.step(&a, "r1", KeyStep::Switch).await.unwrap();
    assert_eq!((proving(NOW + 9).await, proving(NOW + 10).await), (1, 2));
    ring.step(&a, "r1", KeyStep::Drop).await.unwrap();
    assert_eq!(proving(NOW - 1).await, 2, "there is no other any more");
}

#[tokio::test]
async fn pairs_that_an_earlier_version_sealed_are_found() {
    let Near { boxes, hosts, .. } = near(&["people/a"]).await;
    let a = actor("people/a");
    let text = |pair: KeyPair| {
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, pair.to_pkcs8().unwrap().as_bytes())
    };
    let row = serde_json::json!({"v": 1, "rsa": text(fixture::rsa()), "ed25519": text(fixture::ed25519())});
    boxes.seal(a.as_str(), row.to_string().as_bytes()).await.unwrap();
    let keys = ring(&boxes, &hosts).pair(&a).await.unwrap();
    assert_eq!(keys.generation, 1);
    assert_eq!(keys.rsa.public_key(), fixture::rsa().public_key());
}
