//! What holds in every world, whatever was done in it and whatever went wrong: of what its actors publish after each turn
//! ([`Watch`]), and of the rows they keep when nothing is on its way ([`check_rest`]).
//!
//! | Invariant | Where it is seen to |
//! | --- | --- |
//! | I1, I2, I10, I12: what authorises an act | each act that a turn does what it asks for: [`authority`] |
//! | I2, I3, I14: what is passed on | each `Grant` that a turn publishes |
//! | I13: a `Join` that was refused | each `Grant` and `Reject` that a turn publishes |
//! | I4, I7: extensions and links of both sides | at rest: while a cascade goes on some have been and others have not |
//! | I5, I6: who has access in the end | `links.rs`, against the graph |
//! | I8, I9: what begins and ends a link | `flows/link_checks.rs` |
//! | I11: what comes twice, late or in another order | `flows::everywhere`: all places end the same |
//!
//! Source: protocol, C.8.

mod authority;

use crate::flows::links::{COMPONENT, Pair};
use crate::flows::{Cast, Place};
use crate::sound;
use crate::world::World;
use pritchel_actor::{Act, ActId, ActorId, Value};
use pritchel_actors::access::Role;
use pritchel_actors::client;
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
    /// How many acts were done by a chain that was judged whole.
    judged: usize,
    /// The Grants that were taken back by who gave them.
    revoked: BTreeSet<ActId>,
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
            Some("Revoke") => {
                self.revoke(act);
                Vec::new()
            }
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
    let mut states = BTreeMap::new();
    for server in world.0.borrow().servers.values() {
        states.extend(server.boxes.states());
    }
    // A person is a member of an organization without a list of their own.
    let links = |actor: &str| {
        let stored = states.get(&ActorId::new(actor));
        stored.is_some_and(|stored| !stored.header.ended && stored.kind != "Person")
    };
    let alone = alone(rows.keys().map(|(actor, table, key)| (actor.as_str(), table.as_str(), key.as_slice())), links);
    assert!(alone.is_empty(), "I7: of these only the first says that they are linked: {alone:#?}");
}

/// Pairs of actors of which only the first says that they are linked.
/// - `rows`: all rows of the world, by actor, table and key
/// - `links`: whether an actor keeps a list of what it is linked to
fn alone<'r>(
    rows: impl Iterator<Item = (&'r str, &'r str, &'r [u8])>,
    links: impl Fn(&str) -> bool,
) -> Vec<(String, String)> {
    let peer = |(actor, table, key): (&'r str, &str, &'r [u8])| {
        Some((actor, std::str::from_utf8(key.get(8..)?).ok()?)).filter(|_| table == "peers")
    };
    let peers: BTreeSet<(&str, &str)> = rows.filter_map(peer).collect();
    let both = |(one, other): &&(&str, &str)| links(one) && links(other);
    let alone = peers.iter().filter(both).filter(|(one, other)| !peers.contains(&(*other, *one)));
    alone.map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
}

/// A link of which one side's row is taken away is noticed, unless that side keeps none.
#[test]
fn a_link_that_only_one_side_knows_is_noticed() {
    let cast = Cast::new(5, Place::Each);
    let pair = Pair::new(&cast, COMPONENT);
    pair.links(Side::Source, "maintain");
    let (_, all) = sound::all(&cast.world);
    let sides = [pair.source.to_string(), pair.destination.to_string()];
    for (at, side) in sides.iter().enumerate() {
        let left = || {
            let left = all.keys().filter(|(actor, table, _)| actor != side || table != "peers");
            left.map(|(actor, table, key)| (actor.as_str(), table.as_str(), key.as_slice()))
        };
        assert_eq!(alone(left(), |_| true), [(sides[1 - at].clone(), side.clone())]);
        assert_eq!(alone(left(), |actor| actor != side), []);
    }
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
