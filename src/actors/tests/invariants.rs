//! What holds in every world, whatever was done in it and whatever went wrong: of what its actors publish after each turn
//! ([`Watch`]), and of the rows they keep when nothing is on its way ([`check_rest`]).
//!
//! | Invariant | Where it is seen to |
//! | --- | --- |
//! | I1, I10, I12: what authorises an act | in part, at each `Accept` that a turn publishes: to whom the Grant was given, that it is no delegate-Grant, that its chain is no circle; the rest, such as Grants that were taken back or begin elsewhere: `chains.rs` |
//! | I2, I3, I14: what is passed on | each `Grant` that a turn publishes; times: `chains.rs` |
//! | I13: a `Join` that was refused | each `Grant` and `Reject` that a turn publishes |
//! | I4, I7: extensions and links of both sides | at rest: while a cascade goes on some have been and others have not |
//! | I5, I6: who has access in the end | `links.rs`, against the graph |
//! | I8, I9: what begins and ends a link | `flows/link_checks.rs` |
//! | I11: what comes twice, late or in another order | `flows::everywhere`: all places end the same |
//!
//! Source: protocol, C.8.

use crate::flows::links::{COMPONENT, Pair};
use crate::flows::{Cast, Place};
use crate::sound;
use crate::world::World;
use pritchel_actor::{Act, ActId, ActorId, Value};
use pritchel_actors::access::Role;
use pritchel_actors::client;
use pritchel_actors::limits::CHAIN_MAX;
use pritchel_actors::link::{LinkKind, Side};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Everybody.
const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// Every act that was published in a world so far, and of what kind the actors are that it is about.
#[derive(Default)]
pub struct Watch {
    acts: BTreeMap<ActId, Arc<Act>>,
    kinds: BTreeMap<ActorId, String>,
    /// The `Join`s that were refused, and by whom.
    refused: BTreeSet<(ActorId, String)>,
    /// What Grants fulfil, and who gave them.
    fulfilled: BTreeSet<(ActorId, String)>,
}

impl Watch {
    /// Takes note of an act that a turn has published, and says what is wrong with it.
    /// - `kind`: of what kind an actor of this world is
    pub fn note(&mut self, act: &Arc<Act>, kind: impl Fn(&ActorId) -> Option<String>) -> Vec<String> {
        for actor in text(&act.body, "target").map(ActorId::new).into_iter().chain([act.author.clone()]) {
            if let Some(kind) = kind(&actor) {
                self.kinds.insert(actor, kind);
            }
        }
        self.acts.insert(act.id.clone(), act.clone());
        match act.body["type"].as_str() {
            Some("Grant") => self.given_wrongly(act),
            Some("Accept") => self.accepted_wrongly(act),
            Some("Reject") => self.refused_wrongly(act),
            _ => Vec::new(),
        }
    }

    fn kind(&self, actor: &str) -> Option<&str> {
        self.kinds.get(&ActorId::new(actor)).map(String::as_str)
    }

    fn act(&self, id: Option<&str>) -> Option<&Arc<Act>> {
        self.acts.get(&ActId::new(id?))
    }

    /// What is wrong with a Grant.
    fn given_wrongly(&mut self, grant: &Act) -> Vec<String> {
        let parent = text(&grant.body, "delegates");
        let mut wrong = parent.map(|parent| self.passed_on_wrongly(grant, parent)).unwrap_or_default();
        wrong.extend(self.more_than_was_asked_for(grant));
        if let Some(fulfilled) = text(&grant.body, "fulfills") {
            let place = (grant.author.clone(), fulfilled.to_owned());
            if self.refused.contains(&place) {
                wrong.push(format!("I13: what was refused is given: {}", grant.body));
            }
            self.fulfilled.insert(place);
        }
        wrong
    }

    /// I14: no more than the role of the `Invite`, `Join` or `Add` by which it came to be: its own, or that of the link it goes over.
    fn more_than_was_asked_for(&self, grant: &Act) -> Option<String> {
        let own = text(&grant.body, "fulfills");
        let over = || text(&self.act(text(&grant.body, "capability"))?.body, "fulfills");
        let edge = self.act(own.or_else(over))?;
        let asked = text(&edge.body, "instrument").and_then(Role::from_word)?;
        (role(&grant.body) > Some(asked)).then(|| format!("I14: {asked} was asked for, {} given", grant.body))
    }

    /// I13, where the Grant came first.
    fn refused_wrongly(&mut self, reject: &Act) -> Vec<String> {
        let Some(of) = text(&reject.body, "object") else { return Vec::new() };
        if self.act(Some(of)).is_none_or(|of| of.body["type"] != "Join") {
            return Vec::new();
        }
        let place = (reject.author.clone(), of.to_owned());
        let given = self.fulfilled.contains(&place);
        self.refused.insert(place);
        if given { vec![format!("I13: what is given is refused: {}", reject.body)] } else { Vec::new() }
    }

    /// I1, I10, I12: what a resource accepts was authorised by a chain of Grants that begins with one of its own, for whoever asked, and a
    /// delegate-Grant authorises nothing but Grants. What it accepts by another's Grant is not its own to judge.
    fn accepted_wrongly(&self, accept: &Act) -> Vec<String> {
        let Some(asked) = self.act(text(&accept.body, "object")) else { return Vec::new() };
        let Some(shown) = self.act(text(&asked.body, "capability")) else { return Vec::new() };
        let (mut chain, mut wrong) = (vec![shown], Vec::new());
        while let Some(parent) = chain.last().and_then(|last| self.act(text(&last.body, "delegates"))) {
            if chain.iter().any(|grant| grant.id == parent.id) || chain.len() >= CHAIN_MAX {
                return vec![format!("I12: a chain that goes in a circle or is too long: {}", asked.body)];
            }
            chain.push(parent);
        }
        if chain.last().is_some_and(|first| first.author != accept.author) {
            return Vec::new();
        }
        let everybody = chain.len() == 1 && text(&shown.body, "target") == Some(PUBLIC);
        if !everybody && text(&shown.body, "target") != Some(asked.author.as_str()) {
            wrong.push(format!("I1: {} was given to another than {}", shown.body, asked.author));
        }
        if shown.body["object"] == "delegate" && asked.body["type"] != "Grant" {
            wrong.push(format!("I10: a delegate-Grant authorised {}", asked.body));
        }
        wrong
    }

    /// I2: no Grant gives more than the one it passes on, and it is about the same, from whom that was for. I3: to whom,
    /// and for what use.
    fn passed_on_wrongly(&self, grant: &Act, parent: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut must = |holds: bool, what: &str| {
            if !holds {
                wrong.push(format!("{what}: {} passes {parent} on", grant.body));
            }
        };
        if let Some(parent) = self.acts.get(&ActId::new(parent)) {
            must(role(&grant.body) <= role(&parent.body), "I2: the role grew");
            must(grant.body["context"] == parent.body["context"], "I2: it is about something else");
            must(parent.body["target"] == grant.author.as_str(), "I2: it was given to another");
        }
        let target = text(&grant.body, "target").unwrap_or_default();
        let wanted = match (self.kind(grant.author.as_str()), self.kind(target)) {
            (Some("Project"), Some("Project")) => "gatherAndConvey",
            (Some("Project" | "Team"), Some("Team")) => "distribute",
            (Some("Project" | "Team"), Some(_)) => "invoke",
            (Some(_), _) => "nothing: it passes nothing on",
            // Of another server that no one runs here.
            (None, _) => return wrong,
        };
        if self.kind(target).is_some() {
            must(text(&grant.body, "allows") == Some(wanted), &format!("I3: expected {wanted}"));
        }
        wrong
    }
}

fn text<'v>(value: &'v Value, term: &str) -> Option<&'v str> {
    value[term].as_str().or_else(|| value[term].as_array()?.first()?.as_str())
}

fn role(grant: &Value) -> Option<Role> {
    text(grant, "object").and_then(Role::from_word)
}

/// Holds when nothing is on its way. I4 by what `sound` sees: each extension names what it was made of; while a cascade goes on
/// from turn to turn some have been and others have not. I7, of actors that this world runs and nobody has deleted: each
/// names the other as linked, or neither does.
pub fn check_rest(world: &World) {
    sound::check(world);
    let (_, rows) = sound::all(world);
    let peers: BTreeSet<(&str, &str)> = rows
        .keys()
        .filter(|(_, table, _)| table == "peers")
        .filter_map(|(actor, _, key)| Some((actor.as_str(), std::str::from_utf8(key.get(8..)?).ok()?)))
        .collect();
    let mut states = BTreeMap::new();
    for server in world.0.borrow().servers.values() {
        states.extend(server.boxes.states());
    }
    // A person is a member of an organization without a list of their own.
    let links = |actor: &str| {
        let stored = states.get(&ActorId::new(actor));
        stored.is_some_and(|stored| !stored.header.ended && stored.kind != "Person")
    };
    let both = |(one, other): &&(&str, &str)| links(one) && links(other);
    let alone: Vec<_> = peers.iter().filter(both).filter(|(one, other)| !peers.contains(&(*other, *one))).collect();
    assert!(alone.is_empty(), "I7: of these only the first says that they are linked: {alone:#?}");
}

/// What is passed on in the right way, and then each wrong way in its place.
#[test]
fn whatever_is_passed_on_wrongly_is_noticed() {
    let cast = Cast::new(5, Place::Each);
    let pair = Pair::new(&cast, COMPONENT);
    cast.bob.lets_in(&cast.alice, &pair.destination, "triage");
    pair.links(Side::Source, "maintain");
    check_rest(&cast.world);
    let mut inner = cast.world.0.borrow_mut();
    let is = |grant: &&Arc<Act>| grant.body["type"] == "Grant" && text(&grant.body, "delegates").is_some();
    let grant = inner.watch.acts.values().find(is).cloned().expect("alice has what the project was given");
    assert_eq!(inner.watch.given_wrongly(&grant), Vec::<String>::new());
    drop(inner);
    for (term, value, expected) in [
        ("object", json!("admin"), "I2"),
        ("context", json!(cast.repo), "I2"),
        ("delegates", json!(cast.bob.permit(&pair.destination)), "I2"),
        ("allows", json!("distribute"), "I3"),
    ] {
        let mut body = (*grant.body).clone();
        body[term] = value;
        let forged = Act::made(grant.id.clone(), grant.author.clone(), body);
        let wrong = cast.world.0.borrow_mut().watch.given_wrongly(&forged);
        assert!(wrong.iter().any(|wrong| wrong.starts_with(expected)), "{term}: {wrong:?}");
    }
    assert_eq!(pair.kind, LinkKind::Component);
}

#[test]
fn a_grant_of_more_than_was_asked_for_is_noticed() {
    let (owner, bob) = (ActorId::from("https://a.example/t"), ActorId::from("https://b.example/bob"));
    let mut watch = Watch::default();
    let mut note = |id: &str, by: &ActorId, body: Value| {
        watch.note(&Arc::new(Act::made(ActId::new(id), by.clone(), body)), |_| None)
    };
    note("https://b.example/join", &bob, json!({"type": "Join", "object": owner, "instrument": "write"}));
    // The way over a link: the delegate-Grant fulfils the `Add`, and what is given by it goes as far as that.
    note(
        "https://b.example/delegate",
        &bob,
        json!({"type": "Grant", "object": "delegate", "fulfills": "https://b.example/join"}),
    );
    for by in ["fulfills", "capability"] {
        let of = if by == "fulfills" { "https://b.example/join" } else { "https://b.example/delegate" };
        for (role, wrong) in [("triage", 0), ("write", 0), ("maintain", 1)] {
            let grant = json!({"type": "Grant", "object": role, "context": owner, "target": bob, by: of});
            let found = note(&format!("{owner}/{by}/{role}"), &owner, grant);
            assert_eq!(found.iter().filter(|wrong| wrong.starts_with("I14")).count(), wrong, "{by} {role}: {found:?}");
        }
    }
}

#[test]
fn a_grant_to_somebody_who_was_refused_is_noticed() {
    let cast = Cast::new(5, Place::Each);
    let join = cast.alice.does(client::join(&cast.tracker, "triage", None));
    let deny = client::reject(&join, &[&cast.tracker]);
    cast.olga.does(client::with_capability(deny, Some(&cast.olga.permit(&cast.tracker))));
    let watch = &mut cast.world.0.borrow_mut().watch;
    let says = |what: &str, body: Value| {
        Arc::new(Act::made(ActId::new(format!("{}/outbox/{what}", cast.tracker)), cast.tracker.clone(), body))
    };
    let gives = |of: &ActId| json!({"type": "Grant", "actor": cast.tracker, "target": cast.alice.id, "fulfills": of});
    let wrong = watch.note(&says("gives", gives(&join)), |_| None);
    assert!(wrong.len() == 1 && wrong[0].starts_with("I13"), "{wrong:?}");
    let asks = Arc::new(Act::made(ActId::new("https://a.example/j"), cast.alice.id.clone(), json!({"type": "Join"})));
    assert_eq!(watch.note(&asks, |_| None), Vec::<String>::new());
    assert_eq!(watch.note(&says("gives2", gives(&asks.id)), |_| None), Vec::<String>::new());
    let wrong = watch.note(&says("refuses", json!({"type": "Reject", "object": asks.id})), |_| None);
    assert!(wrong.len() == 1 && wrong[0].starts_with("I13"), "{wrong:?}");
}

#[test]
fn whatever_is_authorised_wrongly_is_noticed() {
    let (owner, bob) = (ActorId::from("https://a.example/t"), ActorId::from("https://b.example/bob"));
    let (grant, again) = (format!("{owner}/g"), format!("{owner}/h"));
    let given = |role: &str, to: &ActorId, of: Option<&str>| {
        let grant = json!({"type": "Grant", "object": role, "context": owner, "target": to});
        of.map_or(grant.clone(), |of| {
            [("delegates", of)].into_iter().fold(grant, |mut grant, (term, of)| {
                grant[term] = of.into();
                grant
            })
        })
    };
    #[rustfmt::skip]
    let rows = [
        (given("write", &bob, None),                "Edit",  ""),
        (given("write", &owner, None),              "Edit",  "I1"),
        (given("delegate", &bob, None),             "Edit",  "I10"),
        (given("delegate", &bob, None),             "Grant", ""),
        (given("write", &bob, Some(again.as_str())), "Edit", "I12"),
    ];
    for (body, kind, expected) in rows {
        let mut watch = Watch::default();
        let mut note = |id: &str, by: &ActorId, body: Value| {
            watch.note(&Arc::new(Act::made(ActId::new(id), by.clone(), body)), |_| None)
        };
        note(&grant, &owner, body);
        note(&again, &owner, given("write", &bob, Some(grant.as_str())));
        note("https://b.example/x", &bob, json!({"type": kind, "object": owner, "capability": grant}));
        let wrong = note(&format!("{owner}/a"), &owner, json!({"type": "Accept", "object": "https://b.example/x"}));
        assert_eq!(wrong.is_empty(), expected.is_empty(), "{wrong:?}");
        assert!(wrong.iter().all(|wrong| wrong.starts_with(expected)), "{expected}: {wrong:?}");
    }
}
