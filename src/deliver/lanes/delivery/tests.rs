//! Deliveries in their lanes, under a clock moved by hand: order, back-off, setting aside, giving up, the breaker, shared
//! inboxes, and what the author's page shows.

use std::time::Duration;

use pritchel_actor::effect::{Audience, Effect, TurnRecord};
use pritchel_actor::errbox::OutboxItem;
use pritchel_actor::{Boxes, Value};

use super::*;
use crate::limits::{ASIDE_S, GIVE_UP_S};
use crate::runner::{Bell, PumpReport, Runner};
use crate::testing::{NOW, Net, PEER, Scene, Served, actor, answered, peer, person};

struct Lane {
    scene: Scene,
    runner: Runner,
}

impl Lane {
    async fn new(peers: &[&str]) -> Self {
        let scene = Scene::new(&["people/a", "people/c"]).await;
        for path in peers {
            scene.net.person(&peer(path));
        }
        let runner = scene.outside.runner(scene.turns.clone(), Bell::default(), Vec::new());
        Self { scene, runner }
    }

    fn net(&self) -> &Net {
        &self.scene.net
    }

    /// Has a near person publish an act to far ones.
    async fn publish(&self, from: &str, name: &str, to: &[&str], more: Value) -> ActId {
        self.send(&actor(from), from, name, to, more).await
    }

    /// Has a near person send an act of somebody's to far ones.
    async fn send(&self, author: &ActorId, from: &str, name: &str, to: &[&str], more: Value) -> ActId {
        let me = actor(from);
        let id = ActId::new(format!("{author}/outbox/{name}"));
        let to: Vec<ActorId> = to.iter().map(|path| peer(path)).collect();
        let mut body = json!({"id": id, "type": "Create", "actor": author, "to": to, "object": {"type": "Note"}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let act = Arc::new(Act::made(id.clone(), author.clone(), body));
        let mut stored = self.scene.near.boxes.open(&me).await.unwrap().unwrap();
        stored.header.turn += 1;
        let item = OutboxItem { act: id.clone(), at: 0, to: to.clone(), cause: None };
        let effects = vec![Effect::Publish { act, item, audience: Audience::of(&to) }];
        let at = self.scene.clock.now();
        let record = TurnRecord { actor: me, stored, rows: Vec::new(), consumed: None, effects, at };
        self.scene.near.boxes.commit(record).await.unwrap();
        id
    }

    async fn pump(&self) -> PumpReport {
        self.runner.pump(Duration::from_secs(10)).await
    }

    /// Lets time pass in steps, pumping; answers the paths of what was posted.
    async fn later(&self, seconds: Seconds, step: Seconds) -> Vec<String> {
        let mut posted = Vec::new();
        for _ in 0..seconds / step {
            self.scene.clock.pass(step);
            self.pump().await;
            posted.extend(self.paths());
        }
        posted
    }

    fn paths(&self) -> Vec<String> {
        self.net().posted().into_iter().map(|url| url.strip_prefix(PEER).unwrap().to_owned()).collect()
    }

    fn is_quiet(&self) -> bool {
        self.scene.near.boxes.next_due().is_none()
    }

    async fn shown(&self, act: &ActId) -> Vec<crate::lanes::shown::DeliveryShown> {
        self.scene.outside.deliveries_of(act, &actor("people/a")).await.unwrap()
    }
}

#[tokio::test]
async fn one_senders_acts_go_in_their_order_and_another_lane_does_not_wait() {
    let lane = Lane::new(&["people/b", "people/d"]).await;
    lane.net().answer(format!("{PEER}/people/b/inbox"), answered(503, Some(100)));
    lane.publish("people/a", "1", &["people/b"], json!({})).await;
    lane.publish("people/a", "2", &["people/d"], json!({})).await;
    lane.publish("people/c", "3", &["people/d"], json!({})).await;
    let report = lane.pump().await;
    let mut paths = lane.paths();
    paths.sort();
    assert_eq!(paths, ["/people/b/inbox", "/people/d/inbox"], "what comes after a failed one of the same sender waits");
    assert_eq!((report.moved["delivery"], report.next_due), (2, Some(NOW + 100)), "as long as was asked for");
    lane.net().answer(format!("{PEER}/people/b/inbox"), answered(202, None));
    assert_eq!(lane.later(99, 99).await, [""; 0]);
    assert_eq!(lane.later(1, 1).await, ["/people/b/inbox", "/people/d/inbox"]);
    assert!(lane.is_quiet());
}

#[tokio::test]
async fn what_fails_for_an_hour_is_set_aside_and_what_fails_for_a_week_is_given_up() {
    let lane = Lane::new(&["people/b", "people/d"]).await;
    lane.net().answer(format!("{PEER}/people/b/inbox"), answered(429, None));
    let stuck = lane.publish("people/a", "stuck", &["people/b"], json!({})).await;
    lane.publish("people/a", "revoke", &["people/d"], json!({})).await;
    lane.pump().await;
    lane.paths();
    let (mut waited, mut revoked) = (0, None);
    while revoked.is_none() && waited < 3 * ASIDE_S {
        let posted = lane.later(60, 60).await;
        waited += 60;
        revoked = posted.iter().any(|path| path == "/people/d/inbox").then_some(waited);
    }
    let revoked = revoked.unwrap();
    assert!((ASIDE_S..=2 * ASIDE_S).contains(&revoked), "{revoked}");
    let shown = lane.shown(&stuck).await;
    assert_eq!((shown.len(), shown[0].to.clone()), (1, peer("people/b")));
    assert!(shown[0].attempts >= 3 && shown[0].next.is_some());
    assert_eq!(shown[0].last_error.as_deref(), Some("answered 429: because"));
    lane.later(GIVE_UP_S, 3600).await;
    assert!(lane.is_quiet());
    let shown = lane.shown(&stuck).await;
    assert_eq!((shown.len(), shown[0].next, shown[0].last_error.as_deref()), (1, None, Some("answered 429: because")));
    assert_eq!(lane.shown(&"other".into()).await, []);
}

#[tokio::test]
async fn a_dead_server_costs_one_probe_a_step_however_many_wait() {
    let lane = Lane::new(&["people/b"]).await;
    for sender in ["people/a", "people/c"] {
        for n in 0..20 {
            lane.publish(sender, &n.to_string(), &["people/b"], json!({})).await;
        }
    }
    lane.scene.outside.remote.actor(&peer("people/b"), 1000).await.unwrap();
    *lane.net().down.lock().unwrap() = true;
    let first_day = lane.later(86_400, 60).await.len();
    assert!((8..=24).contains(&first_day), "{first_day}");
    let second_day = lane.later(86_400, 60).await.len();
    assert!(second_day <= 4, "{second_day}");
    *lane.net().down.lock().unwrap() = false;
    let up = lane.later(3 * 86_400, 600).await;
    assert_eq!(up.len(), 40, "all of it arrives");
    assert!(lane.is_quiet());
}

#[tokio::test]
async fn an_inbox_that_moved_is_found_and_an_actor_that_is_gone_is_given_up() {
    let lane = Lane::new(&["people/b", "people/d"]).await;
    lane.scene.outside.remote.actor(&peer("people/b"), 1000).await.unwrap();
    let mut moved = person(&peer("people/b"));
    moved["inbox"] = json!(format!("{PEER}/new-inbox"));
    lane.net().serve(peer("people/b").as_str(), Served::Document(moved));
    lane.net().answer(format!("{PEER}/people/b/inbox"), answered(404, None));
    lane.publish("people/a", "1", &["people/b"], json!({})).await;
    lane.pump().await;
    assert_eq!(lane.paths(), ["/people/b/inbox", "/new-inbox"]);
    lane.scene.outside.remote.actor(&peer("people/d"), 1000).await.unwrap();
    lane.net().serve(peer("people/d").as_str(), Served::Status(410));
    lane.net().answer(format!("{PEER}/people/d/inbox"), answered(410, None));
    let act = lane.publish("people/a", "2", &["people/d"], json!({})).await;
    lane.pump().await;
    assert_eq!(lane.paths(), ["/people/d/inbox"]);
    assert!(lane.shown(&act).await[0].last_error.as_deref().unwrap().contains("410"));
    lane.publish("people/a", "3", &["people/d"], json!({})).await;
    lane.pump().await;
    assert_eq!(lane.paths(), [""; 0], "nobody knocks at the door of one who is gone");
    assert!(lane.is_quiet());
}

#[tokio::test]
async fn a_signature_that_is_not_taken_is_tried_a_few_times_and_a_refusal_is_final() {
    let lane = Lane::new(&["people/b", "people/d"]).await;
    lane.net().answer(format!("{PEER}/people/b/inbox"), answered(401, None));
    lane.net().answer(format!("{PEER}/people/d/inbox"), answered(406, None));
    let act = lane.publish("people/a", "1", &["people/b", "people/d"], json!({})).await;
    lane.pump().await;
    let posted = lane.later(86_400, 600).await;
    assert!(lane.is_quiet());
    let of = |path: &str| posted.iter().filter(|posted| *posted == path).count();
    assert_eq!(of("/people/b/inbox"), 2 * UNSIGNED_ATTEMPTS_MAX as usize, "both schemes each time");
    assert_eq!(of("/people/d/inbox"), 1);
    assert_eq!(lane.shown(&act).await.len(), 2);
}

/// A stranger's comment that nobody can verify must not hold up what its tracker says.
#[tokio::test]
async fn what_is_passed_on_and_not_believed_holds_nothing_up() {
    let lane = Lane::new(&["people/b", "people/d"]).await;
    lane.net().answer(format!("{PEER}/people/b/inbox"), answered(401, None));
    let stranger = peer("people/stranger");
    let act = lane.send(&stranger, "people/a", "1", &["people/b"], json!({})).await;
    lane.publish("people/a", "2", &["people/d"], json!({})).await;
    lane.pump().await;
    let paths = lane.paths();
    assert_eq!(paths.iter().filter(|path| *path == "/people/d/inbox").count(), 1, "{paths:?}");
    let posted = lane.later(86_400, 600).await;
    assert_eq!(paths.len() - 1 + posted.len(), 2 * UNSIGNED_ATTEMPTS_MAX as usize, "it is tried again, apart");
    assert!(lane.is_quiet());
    assert_eq!(lane.shown(&act).await.len(), 1);
}

#[tokio::test]
async fn a_shared_inbox_gets_one_request_for_a_run_of_the_same_act() {
    let lane = Lane::new(&[]).await;
    for path in ["people/b", "people/d", "people/e", "people/alone"] {
        let mut document = person(&peer(path));
        if path != "people/alone" {
            document["endpoints"] = json!({"sharedInbox": format!("{PEER}/inbox")});
        }
        lane.net().serve(peer(path).as_str(), Served::Document(document));
    }
    lane.publish("people/a", "1", &["people/b", "people/d", "people/e", "people/alone"], json!({})).await;
    lane.pump().await;
    let mut paths = lane.paths();
    paths.sort();
    assert_eq!(paths, ["/inbox", "/people/alone/inbox"]);
    lane.publish("people/a", "2", &["people/b"], json!({})).await;
    lane.pump().await;
    assert_eq!(lane.paths(), ["/people/b/inbox"], "one alone gets it at its own");
    let hidden = json!({"to": [format!("{}/collaborators", actor("people/a"))]});
    lane.publish("people/a", "3", &["people/b", "people/d"], hidden).await;
    lane.pump().await;
    assert_eq!(lane.paths(), ["/people/b/inbox", "/people/d/inbox"], "a shared inbox could not know whom it is for");
    let followers = json!({"to": [format!("{}/followers", actor("people/a"))]});
    lane.publish("people/a", "4", &["people/b", "people/d"], followers).await;
    lane.pump().await;
    assert_eq!(lane.paths(), ["/inbox"]);
    assert!(lane.is_quiet());
}

#[tokio::test]
async fn an_act_that_is_sent_again_after_a_shared_one_goes_again() {
    let lane = Lane::new(&[]).await;
    for path in ["people/b", "people/d"] {
        let mut document = person(&peer(path));
        document["endpoints"] = json!({"sharedInbox": format!("{PEER}/inbox")});
        lane.net().serve(peer(path).as_str(), Served::Document(document));
    }
    for expected in [["/inbox"], ["/inbox"]] {
        lane.publish("people/a", "1", &["people/b", "people/d"], json!({})).await;
        lane.pump().await;
        assert_eq!(lane.paths(), expected);
    }
}

#[tokio::test]
async fn what_leaves_is_signed_by_its_sender_and_carries_a_proof() {
    let lane = Lane::new(&["people/b"]).await;
    lane.publish("people/a", "1", &["people/b"], json!({"published": "2027-01-15T08:00:00Z"})).await;
    lane.pump().await;
    let posts = lane.net().posts.lock().unwrap().clone();
    let header =
        |name: &str| posts[0].headers.iter().find(|(found, _)| found == name).unwrap().1.to_str().unwrap().to_owned();
    assert!(header("signature").starts_with(r#"keyId="https://forge.example/people/a#main-key""#));
    let body: Value = serde_json::from_slice(&posts[0].body).unwrap();
    assert_eq!(body["proof"]["verificationMethod"], "https://forge.example/people/a#ed25519-key");
}

#[tokio::test]
async fn several_pumps_at_once_send_nothing_twice() {
    let lane = Lane::new(&["people/b", "people/d"]).await;
    for n in 0..20 {
        lane.publish("people/a", &n.to_string(), &["people/b"], json!({})).await;
        lane.publish("people/c", &n.to_string(), &["people/d"], json!({})).await;
    }
    let other = lane.scene.outside.runner(lane.scene.turns.clone(), Bell::default(), Vec::new());
    let budget = Duration::from_secs(20);
    let (one, two, three) = tokio::join!(lane.runner.pump(budget), other.pump(budget), lane.runner.pump(budget));
    // A pump that found nothing to claim ended; whatever is left is moved by the next.
    lane.pump().await;
    assert_eq!(lane.paths().len(), 40, "{one:?} {two:?} {three:?}");
    assert!(lane.is_quiet());
}

#[tokio::test]
async fn what_waits_for_somebody_who_is_blocked_goes_and_says_why_and_the_rest_is_sent() {
    use crate::peers::{Rules, Standing};
    let lane = Lane::new(&["people/b", "people/c"]).await;
    let mut rules = Rules::default();
    rules.add(peer("people/b").as_str(), Standing::Blocked, false);
    lane.scene.outside.peers.set_rules(rules.clone());
    let act = lane.publish("people/a", "1", &["people/b", "people/c"], json!({})).await;
    lane.pump().await;
    assert_eq!(lane.paths(), ["/people/c/inbox"]);
    assert_eq!(lane.net().asked(peer("people/b").as_str()), 0, "not even the inbox is asked for");
    let shown = lane.shown(&act).await;
    assert_eq!(shown.len(), 1);
    assert_eq!((shown[0].to.clone(), shown[0].next), (peer("people/b"), None));
    assert!(shown[0].last_error.as_ref().unwrap().contains("blocked here"), "{shown:?}");
    rules.add("peer.example", Standing::Blocked, false);
    lane.scene.outside.peers.set_rules(rules);
    lane.publish("people/a", "2", &["people/c"], json!({})).await;
    lane.pump().await;
    assert_eq!((lane.paths(), lane.is_quiet()), (Vec::<String>::new(), true));
    lane.scene.outside.peers.set_rules(Rules::default());
    lane.publish("people/a", "3", &["people/b"], json!({})).await;
    lane.pump().await;
    assert_eq!(lane.paths(), ["/people/b/inbox"], "what comes after the rule is sent again");
}
