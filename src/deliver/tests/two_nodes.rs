//! Two servers in one process, with real persons, real signatures and a network that loses, doubles and delays as its seed
//! says, and restarts in between: what was sent arrives, once, and both sides end in the same state.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "two_nodes/wire.rs"]
mod wire;
#[path = "two_nodes/world.rs"]
mod world;

use std::sync::Arc;

use pritchel_actor::Outcome;
use pritchel_actor::errbox::Ended;
use pritchel_deliver::keys::ActorKeys;
use serde_json::json;
use wire::Faults;
use world::World;

const RED: usize = 0;
const BLUE: usize = 1;

/// Alice on red, bob and carol on blue.
async fn world(seed: u64, faults: Faults) -> World {
    let mut world = World::new(seed, faults).await;
    for (at, name) in [(RED, "alice"), (BLUE, "bob"), (BLUE, "carol")] {
        world.person(at, name).await;
    }
    world
}

#[tokio::test]
async fn a_follow_is_accepted_and_news_reach_each_follower_once() {
    let world = world(1, Faults::none()).await;
    let alice = world.id("alice");
    for follower in ["bob", "carol"] {
        world.publish(follower, json!({"type": "Follow", "object": alice, "to": [alice]})).await;
    }
    world.settle().await;
    assert_eq!(world.followers("alice").await, [world.id("bob"), world.id("carol")]);
    assert_eq!(world.following("bob").await, [(alice.clone(), true)]);
    let followers = format!("{alice}/followers");
    world.publish("alice", json!({"type": "Note", "content": "hello", "to": [followers]})).await;
    world.settle().await;
    for follower in ["bob", "carol"] {
        let inbox = world.inbox(follower).await;
        assert_eq!(inbox.len(), 2, "an Accept and a Create: {inbox:?}");
        let created = &inbox[0];
        assert_eq!((&created.from, &created.ended), (&alice, &Ended::Noted));
        assert_eq!(created.how["scheme"], "draft-cavage");
        let act = world.act(BLUE, &created.act).await;
        assert_eq!(act.body["proof"]["cryptosuite"], "eddsa-jcs-2022", "it can be passed on");
    }
}

#[tokio::test]
async fn a_shared_inbox_is_used_and_reaches_the_followers() {
    let mut world = world(2, Faults::none()).await;
    world.wire.share_inboxes();
    world.restart(RED).await;
    let alice = world.id("alice");
    for follower in ["bob", "carol"] {
        world.publish(follower, json!({"type": "Follow", "object": alice, "to": [alice]})).await;
    }
    world.settle().await;
    world.wire.take_posts();
    world.publish("alice", json!({"type": "Note", "content": "hello", "to": [format!("{alice}/followers")]})).await;
    world.settle().await;
    assert_eq!(world.wire.take_posts(), ["https://blue.example/inbox"]);
    for follower in ["bob", "carol"] {
        assert_eq!(world.inbox(follower).await.len(), 2, "{follower}");
    }
    world.publish("carol", json!({"type": "Undo", "object": world.follow_of("carol").await, "to": [alice]})).await;
    world.settle().await;
    assert_eq!(world.followers("alice").await, [world.id("bob")]);
}

#[tokio::test]
async fn a_follow_that_is_taken_back_ends() {
    let world = world(3, Faults::none()).await;
    let alice = world.id("alice");
    world.publish("bob", json!({"type": "Follow", "object": alice, "to": [alice]})).await;
    world.settle().await;
    world.publish("bob", json!({"type": "Undo", "object": world.follow_of("bob").await, "to": [alice]})).await;
    world.settle().await;
    assert!(world.followers("alice").await.is_empty());
}

#[tokio::test]
async fn nothing_is_lost_or_doubled_whatever_the_network_does() {
    let seeds: u64 = std::env::var("PRITCHEL_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(12);
    let mut faults = 0;
    for seed in 100..100 + seeds {
        let mut world = world(seed, Faults { lost: 25, answer_lost: 20, twice: 15 }).await;
        let alice = world.id("alice");
        for follower in ["bob", "carol"] {
            world.publish(follower, json!({"type": "Follow", "object": alice, "to": [alice]})).await;
        }
        for round in 0..4 {
            world.hours(1).await;
            world
                .publish(
                    "alice",
                    json!({"type": "Note", "content": round.to_string(), "to": [format!("{alice}/followers")]}),
                )
                .await;
            world.pump().await;
            world.restart((seed + round) as usize % 2).await;
        }
        world.wire.calm();
        // Longer than the longest step that the failures so far can have led to.
        world.hours(12).await;
        faults += world.wire.faults();
        assert!(world.is_quiet(), "seed {seed}");
        let mut followers = world.followers("alice").await;
        followers.sort();
        assert_eq!(followers, [world.id("bob"), world.id("carol")], "seed {seed}");
        for follower in ["bob", "carol"] {
            assert_eq!(world.following(follower).await, [(alice.clone(), true)], "seed {seed}");
            let inbox = world.inbox(follower).await;
            let mut acts: Vec<_> = inbox.iter().map(|item| item.act.clone()).collect();
            acts.sort();
            acts.dedup();
            assert_eq!(acts.len(), inbox.len(), "seed {seed}: something came twice into the inbox of {follower}");
            assert!(inbox.iter().all(|item| !item.ended.is_trouble()), "seed {seed}: {inbox:?}");
        }
    }
    assert!(faults >= seeds, "the network did no harm: {faults} faults in {seeds} runs");
}

#[tokio::test]
async fn a_server_in_the_background_does_the_same_without_a_pump() {
    let mut world = world(4, Faults::none()).await;
    let alice = world.id("alice");
    let stop = world.run_in_background().await;
    world.publish("bob", json!({"type": "Follow", "object": alice, "to": [alice]})).await;
    let followed = async {
        while world.following("bob").await != [(alice.clone(), true)] {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), followed).await.expect("the follow is accepted");
    stop.send(true).unwrap();
    let stopped = tokio::time::timeout(std::time::Duration::from_secs(30), world.stopped());
    stopped.await.expect("it stops when it is told to");
}

/// A note to bob as alice would send it, signed with keys that somebody has.
async fn forged(world: &World, keys: Arc<ActorKeys>, number: u32) -> u16 {
    let (alice, bob) = (world.id("alice"), world.id("bob"));
    let body = json!({"@context": "https://www.w3.org/ns/activitystreams", "id": format!("{alice}/outbox/forged{number}"),
        "type": "Create", "actor": alice, "to": [bob], "object": {"type": "Note", "content": "believe me"}});
    world.wire.forge(&alice, keys, &format!("{bob}/inbox"), body, world.now()).await
}

#[tokio::test]
async fn keys_are_rotated_under_traffic_and_nothing_is_refused_until_the_old_one_is_dropped() {
    let mut world = world(5, Faults::none()).await;
    let alice = world.id("alice");
    world.publish("bob", json!({"type": "Follow", "object": alice, "to": [alice]})).await;
    world.settle().await;
    let old = world.wire.keys("red.example").pair(&alice).await.unwrap();
    assert!(matches!(world.rotate("alice", false).await, Outcome::Done(())));
    let again = world.rotate("alice", false).await;
    assert!(matches!(&again, Outcome::Refused(why) if why.code == "key-rotation-under-way"), "{again:?}");
    let mut signed_by = Vec::new();
    for day in 0..10 {
        world
            .publish("alice", json!({"type": "Note", "content": day.to_string(), "to": [format!("{alice}/followers")]}))
            .await;
        world.settle().await;
        signed_by.push(world.inbox("bob").await[0].how["key"].as_str().unwrap().replace(alice.as_str(), ""));
        if day < 8 {
            assert_eq!(forged(&world, old.clone(), day).await, 202, "on day {day} the old key still counts");
        }
        world.restart(day as usize % 2).await;
        world.hours(24).await;
    }
    assert_eq!(world.wire.take_refused(), Vec::<String>::new(), "nothing was ever refused");
    let (before, after) = signed_by.split_at(1);
    assert_eq!(before, ["#main-key"], "the old key signs while the new one is shown");
    assert!(after.iter().all(|key| key == "#main-key-2"), "then the new one does: {after:?}");
    let inbox = world.inbox("bob").await;
    let mut updates = Vec::new();
    for item in &inbox {
        let act = world.act(BLUE, &item.act).await;
        if act.body["type"] == "Update" {
            updates.push((item.how["key"].clone(), act.body["object"]["publicKey"]["id"].clone()));
        }
    }
    let key = |generation: &str| json!(format!("{alice}#main-key{generation}"));
    let expected = [(key("-2"), key("-2")), (key("-2"), key("-2")), (key(""), key(""))];
    assert_eq!(updates, expected, "newest first: dropped, switched, and announced with the old key");
    assert_eq!(forged(&world, old, 99).await, 401, "the old key is no key of hers any more");
}

#[tokio::test]
async fn a_stolen_key_is_revoked_at_once() {
    let world = world(6, Faults::none()).await;
    let alice = world.id("alice");
    world.publish("bob", json!({"type": "Follow", "object": alice, "to": [alice]})).await;
    world.settle().await;
    let stolen = world.wire.keys("red.example").pair(&alice).await.unwrap();
    assert_eq!(forged(&world, stolen.clone(), 1).await, 202, "whoever has the key is believed");
    for revoke_old in [false, true] {
        assert!(matches!(world.rotate("alice", revoke_old).await, Outcome::Done(())), "also half way");
    }
    world.settle().await;
    assert_eq!(forged(&world, stolen, 2).await, 401);
    let before = world.inbox("bob").await.len();
    world.publish("alice", json!({"type": "Note", "content": "it is me", "to": [format!("{alice}/followers")]})).await;
    world.hours(1).await;
    let inbox = world.inbox("bob").await;
    assert_eq!(inbox.len(), before + 1);
    assert_eq!(inbox[0].how["key"], format!("{alice}#main-key-3"));
    world.hours(24 * 9).await;
    assert_eq!(
        world.wire.keys("red.example").pair(&alice).await.unwrap().generation,
        3,
        "the rotation it ended is over"
    );
}
