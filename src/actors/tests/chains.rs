//! The verification of chains of Grants, step by step: beside each good chain stands a bad sister.

use crate::flows::{Cast, Place};
use crate::world::START;
use crate::world::net::Asked;
use pritchel_actor::{ActId, ActorId, Value};
use pritchel_actors::access::{Issued, Role, Span, Target};
use pritchel_actors::client;
use pritchel_actors::limits::{CHAIN_MAX, CLOCK_SKEW_S, LIVENESS_S};
use serde_json::json;
use std::cell::Cell;

const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// A tracker whose Grants go through projects and teams of other servers, and alice, who uses them.
struct Scene {
    cast: Cast,
    rows: Cell<u64>,
}

/// A chain being made, the Grant nearest the tracker first.
#[derive(Clone)]
struct Chain {
    row: u64,
    links: Vec<Value>,
    hops: Vec<(String, &'static str)>,
    planted: Option<Issued>,
    dead: Vec<usize>,
    unserved: Vec<usize>,
    silent: Vec<usize>,
}

impl Scene {
    fn new() -> Self {
        Self { cast: Cast::new(11, Place::Each), rows: Cell::new(0) }
    }

    /// A chain through these projects (`p…`) and teams (`t…`) to alice; `roles` has one more than `hops`.
    fn chain(&self, hops: &[&str], roles: &[&str]) -> Chain {
        assert_eq!(hops.len() + 1, roles.len());
        let row = self.rows.get();
        self.rows.set(row + 1);
        let kind = |name: &str| if name.starts_with('p') { "Project" } else { "Team" };
        let hops: Vec<(String, &str)> =
            hops.iter().map(|name| (format!("https://{name}-{row}.example/actors/{name}"), kind(name))).collect();
        let (tracker, alice) = (self.cast.tracker.as_str().to_owned(), self.cast.alice.id.as_str().to_owned());
        let mut links: Vec<Value> = Vec::new();
        for (at, role) in roles.iter().enumerate() {
            let giver = if at == 0 { &tracker } else { &hops[at - 1].0 };
            let target = hops.get(at).map_or(&alice, |hop| &hop.0);
            let allows = match hops.get(at) {
                None => "invoke",
                Some((_, "Project")) => "gatherAndConvey",
                Some(_) => "distribute",
            };
            let mut link = json!({
                "@context": ["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"],
                "id": format!("{giver}/outbox/{row}-{at}"), "type": "Grant", "actor": giver, "object": role,
                "context": tracker, "target": target, "allows": allows,
            });
            if let Some(parent) = links.last() {
                link["delegates"] = parent["id"].clone();
                link["result"] = format!("{giver}/live/{at}").into();
            }
            links.push(link);
        }
        let target = Target::Actor(ActorId::new(links[0]["target"].as_str().unwrap()));
        let role = Role::from_word(roles[0]).unwrap_or(Role::Admin);
        let planted =
            Some(Issued { target, role, fulfills: None, via: None, since: START, span: Span::default(), active: true });
        Chain { row, links, hops, planted, dead: Vec::new(), unserved: Vec::new(), silent: Vec::new() }
    }

    /// Puts the chain into the world, has alice close a new ticket with its last Grant, and says how that ended.
    fn used(&self, chain: &Chain) -> String {
        let world = &self.cast.world;
        let net = world.0.borrow().net.clone();
        if let Some(issued) = &chain.planted {
            world.plant(&self.cast.tracker, &chain.links[0], Some(issued));
        }
        for (at, link) in chain.links.iter().enumerate().skip(1) {
            let id = format!("{}/outbox/{}-{at}", chain.hops[at - 1].0, chain.row);
            match () {
                () if chain.unserved.contains(&at) => {}
                () if chain.silent.contains(&at) => net.silence(&id),
                () => net.give(&id, link.clone()),
            }
            if let Some(result) = link["result"].as_str().or_else(|| link["result"]["id"].as_str()) {
                net.alive(result, !chain.dead.contains(&at));
            }
        }
        for (hop, kind) in &chain.hops {
            net.give(hop, json!({"id": hop, "type": [kind, "Service"], "inbox": format!("{hop}/inbox")}));
        }
        let ticket = self.cast.ticket();
        net.asked();
        let last = ActId::from(chain.links.last().unwrap()["id"].as_str().unwrap());
        let resolve = self.cast.alice.does(client::close(&self.cast.tracker, &ticket, Some(&last)));
        world.ended(&self.cast.tracker, &resolve)
    }
}

impl Chain {
    /// The same with terms of one link changed; `Null` takes a term away.
    fn with(mut self, at: usize, terms: Value) -> Self {
        let link = self.links[at].as_object_mut().unwrap();
        for (term, value) in terms.as_object().unwrap() {
            if value.is_null() {
                link.remove(term);
            } else {
                link.insert(term.clone(), value.clone());
            }
        }
        self
    }
    fn issued(mut self, change: impl FnOnce(&mut Issued)) -> Self {
        change(self.planted.as_mut().unwrap());
        self
    }
    fn never_given(mut self) -> Self {
        self.planted = None;
        self
    }
    fn dead(mut self, at: usize) -> Self {
        self.dead.push(at);
        self
    }
    fn gone(mut self, at: usize) -> Self {
        self.unserved.push(at);
        self
    }
    fn silent(mut self, at: usize) -> Self {
        self.silent.push(at);
        self
    }
    fn holds(mut self, at: usize, kind: &'static str) -> Self {
        self.hops[at].1 = kind;
        self
    }
}

fn time(seconds: i64) -> String {
    pritchel_vocab::Seconds::new(seconds).to_string()
}

fn check(scene: &Scene, rows: impl IntoIterator<Item = (&'static str, Chain, &'static str)>) {
    for (what, chain, expected) in rows {
        assert_eq!(scene.used(&chain), expected, "{what}");
    }
}

/// ForgeFed, "Verifying an invocation", steps 5 and 6: the Grant is had from who gave it, and is one.
#[test]
fn a_grant_is_believed_only_from_its_givers_server() {
    let scene = Scene::new();
    let through = || scene.chain(&["p"], &["triage", "triage"]);
    #[rustfmt::skip]
    check(&scene, [
        ("direct",                scene.chain(&[], &["triage"]),                                         "done"),
        ("direct, never given",   scene.chain(&[], &["triage"]).never_given(),                           "no-such-grant at step 5"),
        ("via a project",         through(),                                                             "done"),
        ("gone",                  through().gone(1),                                                     "no-such-grant at step 5"),
        ("no answer",             through().silent(1),                                                   "grant-unavailable at step 5"),
        ("the start is not ours", through().never_given(),                                               "no-such-grant at step 5"),
        ("a giver elsewhere",     through().with(1, json!({"actor": "https://evil.example/actors/p"})),  "foreign-giver at step 5"),
        ("not a Grant",           through().with(1, json!({"type": "Offer"})),                           "not-a-grant at step 6"),
        ("no role",               through().with(1, json!({"object": null})),                            "not-a-grant at step 6"),
    ]);
}

#[test]
fn a_document_that_says_it_is_another_is_none() {
    let scene = Scene::new();
    let mut chain = scene.chain(&["p"], &["triage", "triage"]);
    let id = chain.links[1]["id"].clone();
    let net = scene.cast.world.0.borrow().net.clone();
    assert_eq!(scene.used(&chain), "done");
    chain.links[1]["id"] = format!("{}-other", id.as_str().unwrap()).into();
    net.give(id.as_str().unwrap(), chain.links[1].clone());
    let ticket = scene.cast.ticket();
    let shown = ActId::from(id.as_str().unwrap());
    let resolve = scene.cast.alice.does(client::close(&scene.cast.tracker, &ticket, Some(&shown)));
    assert_eq!(scene.cast.world.ended(&scene.cast.tracker, &resolve), "another-id at step 5");
}

/// Steps 7, 8 and 10: about this resource, for who uses it, now.
#[test]
fn a_grant_is_for_one_resource_one_holder_and_one_time() {
    let scene = Scene::new();
    let direct = || scene.chain(&[], &["triage"]);
    let through = || scene.chain(&["p"], &["triage", "triage"]);
    let (bob, repo) = (scene.cast.bob.id.clone(), scene.cast.repo.clone());
    #[rustfmt::skip]
    check(&scene, [
        ("of another resource",        direct().with(0, json!({"context": repo})),                  "other-resource at step 7"),
        ("the same, inside",           through().with(1, json!({"context": repo})),                 "other-resource at step 7"),
        ("to bob",                     direct().with(0, json!({"target": bob})),                    "wrong-hands at step 8"),
        ("start to bob",               through().with(0, json!({"target": bob})),                   "wrong-hands at step 8"),
        ("to everybody",               direct().with(0, json!({"target": PUBLIC})).issued(|i| i.target = Target::Public), "done"),
        ("to everybody, in a chain",   through().with(0, json!({"target": PUBLIC})).issued(|i| i.target = Target::Public), "wrong-hands at step 8"),
        ("passed on to everybody",     through().with(1, json!({"target": PUBLIC})),                "wrong-hands at step 8"),
        ("begins now",                 direct().with(0, json!({"startTime": time(START)})),         "done"),
        ("begins in a second",         direct().with(0, json!({"startTime": time(START + 1)})),     "not-yet at step 10"),
        ("ends in a second",           direct().with(0, json!({"endTime": time(START + 1)})),       "done"),
        ("ends now",                   direct().with(0, json!({"endTime": time(START)})),           "ended at step 10"),
        ("inside, ends in a second",   through().with(1, json!({"endTime": time(START + 1)})),      "done"),
        ("inside, ends now",           through().with(1, json!({"endTime": time(START)})),          "ended at step 10"),
        ("inside, within the skew",    through().with(1, json!({"startTime": time(START + CLOCK_SKEW_S)})),     "done"),
        ("inside, begins after it",    through().with(1, json!({"startTime": time(START + CLOCK_SKEW_S + 1)})), "not-yet at step 10"),
        ("start begins in a second",   through().with(0, json!({"startTime": time(START + 1)})),    "not-yet at step 10"),
    ]);
}

/// Step 9: no loop, and a bound of ours.
#[test]
fn a_chain_has_at_most_sixteen_grants_and_no_loop() {
    let scene = Scene::new();
    let hops = vec!["p"; CHAIN_MAX];
    let hops: Vec<String> = hops.iter().enumerate().map(|(at, name)| format!("{name}{at}")).collect();
    let hops: Vec<&str> = hops.iter().map(String::as_str).collect();
    let roles = vec!["triage"; CHAIN_MAX + 1];
    #[rustfmt::skip]
    check(&scene, [
        ("3 Grants",  scene.chain(&["p", "t"], &["write", "write", "triage"]),                  "done"),
        ("16 Grants", scene.chain(&hops[..CHAIN_MAX - 1], &roles[..CHAIN_MAX]),                "done"),
        ("17 Grants", scene.chain(&hops, &roles),                                              "chain-too-long at step 9"),
    ]);
    let alice = scene.cast.alice.id.clone();
    let circle = scene.chain(&["p"], &["triage", "triage"]);
    let (first, project) = (circle.links[1]["id"].clone(), circle.hops[0].0.clone());
    let back = format!("{alice}/outbox/back");
    let net = scene.cast.world.0.borrow().net.clone();
    let mut link = circle.links[1].clone();
    link["id"] = back.as_str().into();
    link["actor"] = alice.as_str().into();
    link["target"] = project.as_str().into();
    link["delegates"] = first;
    link["result"] = format!("{alice}/live/1").into();
    net.give(&back, link);
    check(&scene, [("a loop", circle.with(1, json!({"delegates": back})), "loop at step 9")]);
}

/// Step 11: the first Grant is one the resource gave and still holds to.
#[test]
fn a_chain_begins_with_a_grant_that_still_holds() {
    let scene = Scene::new();
    let through = || scene.chain(&["p"], &["triage", "triage"]);
    let other = Target::Actor("https://other.example/actors/p".into());
    #[rustfmt::skip]
    check(&scene, [
        ("holds",                   through(),                                                     "done"),
        ("taken back",              through().issued(|issued| issued.active = false),              "revoked at step 11"),
        ("given to another",        through().issued(|issued| issued.target = other),              "revoked at step 11"),
        ("begins with the project", through().with(1, json!({"delegates": null})),                 "foreign-root at step 11"),
        ("direct, taken back",      scene.chain(&[], &["triage"]).issued(|i| i.active = false),    "revoked at step 11"),
    ]);
    let unknown = scene.chain(&[], &["triage"]);
    scene.cast.world.plant(&scene.cast.tracker, &unknown.links[0], None);
    check(&scene, [("published, but no Grant of its", unknown.never_given(), "no-such-grant at step 11")]);
}

/// Step 12: every Grant that passes one on says where it can be asked after, and still answers there.
#[test]
fn a_grant_passed_on_answers_at_its_result() {
    let scene = Scene::new();
    let through = || scene.chain(&["p", "t"], &["triage"; 3]);
    let lasting = |duration: &str| {
        let chain = through();
        let result = json!({"id": chain.links[2]["result"], "duration": duration});
        chain.with(2, json!({"result": result}))
    };
    let two = || {
        let chain = through();
        let result = json!([chain.links[2]["result"], chain.links[1]["result"]]);
        chain.with(2, json!({"result": result}))
    };
    #[rustfmt::skip]
    check(&scene, [
        ("both answer",            through(),                                                              "done"),
        ("the last does not",      through().dead(2),                                                      "revoked at step 12"),
        ("one inside does not",    through().dead(1),                                                      "revoked at step 12"),
        ("no result",              through().with(2, json!({"result": null})),                             "no-result at step 12"),
        ("a result elsewhere",     through().with(2, json!({"result": "https://evil.example/live"})),      "foreign-result at step 12"),
        ("two results",            two(),                                                                  "not-a-grant at step 6"),
        ("with a duration",        lasting("PT600S"),                                                      "done"),
        ("that is no duration",    lasting("PT10M"),                                                       "not-a-grant at step 6"),
        ("with one and dead",      lasting("PT600S").dead(2),                                              "revoked at step 12"),
    ]);
    let mut own = through();
    own.links[1]["actor"] = scene.cast.tracker.as_str().into();
    own.links[1]["id"] = format!("{}/outbox/inside", scene.cast.tracker).into();
    own.links[2]["actor"] = own.links[1]["target"].clone();
    own.links[2]["delegates"] = own.links[1]["id"].clone();
    scene.cast.world.plant(&scene.cast.tracker, &own.links[1], None);
    check(&scene, [("one of the tracker's own inside", own, "own-grant-inside at step 12")]);
}

#[test]
fn a_liveness_check_may_be_as_old_as_the_duration_says_and_no_older_than_ours() {
    let scene = Scene::new();
    let asked = |duration: Option<&str>| {
        let mut chain = scene.chain(&["p"], &["triage", "triage"]);
        if let Some(duration) = duration {
            chain.links[1]["result"] = json!({"id": chain.links[1]["result"], "duration": duration});
        }
        assert_eq!(scene.used(&chain), "done");
        let net = scene.cast.world.0.borrow().net.clone();
        net.asked().into_iter().find_map(|asked| match asked {
            Asked::Alive(_, within) => Some(within),
            _ => None,
        })
    };
    assert_eq!(asked(None), Some(0));
    assert_eq!(asked(Some("PT600S")), Some(600));
    assert_eq!(asked(Some("PT9000000000000S")), Some(LIVENESS_S));
}

/// Steps 14 to 16: no Grant gives more than it had, and each may be passed on, and used, as its parent says.
#[test]
fn a_chain_does_not_grow_and_goes_only_where_it_was_allowed_to() {
    let scene = Scene::new();
    let through = |hops: &[&str]| scene.chain(hops, &vec!["triage"; hops.len() + 1]);
    let allows = |word: Value| json!({"allows": word});
    #[rustfmt::skip]
    check(&scene, [
        ("shrinks",                        scene.chain(&["p", "t"], &["admin", "write", "triage"]),            "done"),
        ("grows",                          scene.chain(&["p", "t"], &["admin", "report", "triage"]),           "grew at step 14"),
        ("grows at the end",               scene.chain(&["p"], &["triage", "admin"]),                          "grew at step 14"),
        ("project, project, team",         through(&["p0", "p1", "t"]),                                        "done"),
        ("team, team",                     through(&["t0", "t1"]),                                             "done"),
        ("team, project",                  through(&["t", "p"]),                                               "passed-on-wrongly at step 15"),
        ("passed on though to be used",    through(&["p"]).with(0, allows(json!("invoke"))),                   "not-to-be-passed-on at step 15"),
        ("passed on in two ways",          through(&["p"]).with(0, allows(json!(["distribute", "gatherAndConvey"]))), "not-to-be-passed-on at step 15"),
        ("passed on in no way",            through(&["p"]).with(0, allows(Value::Null)),                       "not-to-be-passed-on at step 15"),
        ("given to a project that is one", through(&["p"]).holds(0, "Project"),                                "done"),
        ("given to a project that is none",through(&["p"]).holds(0, "Team"),                                   "wrong-kind at step 15"),
        ("given to a team that is none",   through(&["t"]).holds(0, "Person"),                                 "wrong-kind at step 15"),
        ("used though to be passed on",    through(&["p"]).with(1, allows(json!("distribute"))),               "not-to-be-used at step 16"),
        ("used in two ways",               through(&["p"]).with(1, allows(json!(["invoke", "distribute"]))),   "passed-on-wrongly at step 15"),
        ("direct, to be passed on",        through(&[]).with(0, allows(json!("distribute"))),                  "not-to-be-used at step 16"),
        ("direct, in two ways",            through(&[]).with(0, allows(json!(["invoke", "distribute"]))),      "not-to-be-used at step 16"),
        ("direct, older, says no use",     through(&[]).with(0, allows(Value::Null)),                          "done"),
    ]);
}

/// Step 17: the last Grant's role is enough; `delegate` is a role to pass on with, not to act in.
#[test]
fn a_chain_is_worth_its_last_grant() {
    let scene = Scene::new();
    #[rustfmt::skip]
    check(&scene, [
        ("just enough",         scene.chain(&[], &["triage"]),              "done"),
        ("more than enough",    scene.chain(&[], &["admin"]),               "done"),
        ("too little",          scene.chain(&[], &["report"]),              "role-too-small at step 17"),
        ("shrunk to too little",scene.chain(&["p"], &["admin", "report"]),  "role-too-small at step 17"),
        ("delegate",            scene.chain(&[], &["delegate"]),            "no-role at step 17"),
        ("delegate inside",     scene.chain(&["p"], &["triage", "delegate"]), "no-role at step 17"),
        ("an older word",       scene.chain(&[], &["developer"]),           "done"),
        ("no role of ours",     scene.chain(&[], &["king"]),                "no-role at step 17"),
    ]);
}

/// Whatever can be asked at once is, and no chain asks for more than a bound.
#[test]
fn liveness_and_actors_are_asked_for_in_one_breath() {
    let scene = Scene::new();
    let hops: Vec<String> = (0..CHAIN_MAX - 1).map(|at| format!("p{at}")).collect();
    let hops: Vec<&str> = hops.iter().map(String::as_str).collect();
    let chain = scene.chain(&hops, &["triage"; CHAIN_MAX]);
    assert_eq!(scene.used(&chain), "done");
    let asked = scene.cast.world.0.borrow().net.asked();
    let first = asked.iter().position(|asked| matches!(asked, Asked::Alive(..))).unwrap();
    let breath = asked[first..].iter().take_while(|asked| **asked != Asked::Answered).count();
    let before = asked[..first].iter().rev().take_while(|asked| **asked != Asked::Answered).count();
    assert_eq!(
        breath + before,
        2 * hops.len(),
        "a HEAD for each Grant passed on, a document for each actor it went through"
    );
    assert_eq!(asked.iter().filter(|asked| **asked != Asked::Answered).count(), 3 * hops.len());
    let breaths = asked.split(|asked| *asked == Asked::Answered).filter(|breath| !breath.is_empty()).count();
    assert_eq!(
        breaths, CHAIN_MAX,
        "a round trip for each Grant of others, whose id only the one above it tells, and one for all the rest"
    );
}
