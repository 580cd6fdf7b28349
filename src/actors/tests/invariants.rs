//! What holds in every world at every moment, whatever was done in it and whatever went wrong: of the Grants that its actors
//! publish, and of the rows they keep. What holds only when nothing is on its way is asked at rest.
//!
//! Source: protocol, C.8 (I2, I3, I4, I7, I13, I14); the other invariants have tests of their own: I1 and I12 `chains.rs`, I5 and
//! I6 `links.rs`, I8 to I10 `flows/link_checks.rs`, I11 `flows::everywhere`.

use crate::flows::links::{COMPONENT, Pair};
use crate::flows::{Cast, Place};
use crate::sound;
use crate::world::{World, host};
use pritchel_actor::{Act, ActId, ActorId, Value};
use pritchel_actors::access::Role;
use pritchel_actors::client;
use pritchel_actors::link::{LinkKind, Side};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Every act that an actor of this world published, and of what kind each actor is.
struct Seen {
    acts: BTreeMap<ActId, Arc<Act>>,
    kinds: BTreeMap<ActorId, String>,
}

impl Seen {
    fn of(world: &World) -> Self {
        let inner = world.0.borrow();
        let (mut acts, mut kinds) = (BTreeMap::new(), BTreeMap::new());
        for (name, server) in &inner.servers {
            let own = server.boxes.acts().into_iter().filter(|act| host(&act.author) == name);
            acts.extend(own.map(|act| (act.id.clone(), act)));
            kinds.extend(server.boxes.states().into_iter().map(|(id, stored)| (id, stored.kind)));
        }
        Self { acts, kinds }
    }

    fn of_type<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s Arc<Act>> {
        self.acts.values().filter(move |act| act.body["type"] == kind)
    }

    fn kind(&self, actor: &str) -> Option<&str> {
        self.kinds.get(&ActorId::new(actor)).map(String::as_str)
    }

    /// What is wrong.
    fn wrong(&self) -> Vec<String> {
        let passed_on = self.of_type("Grant").filter_map(|grant| Some((grant, text(&grant.body, "delegates")?)));
        let mut wrong: Vec<String> =
            passed_on.flat_map(|(grant, parent)| self.passed_on_wrongly(grant, parent)).collect();
        wrong.extend(self.grants_of_refused_joins());
        wrong
    }

    /// I2, I14: no Grant gives more than the one it passes on, and it is about the same, from whom that was for. I3: to whom,
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

    /// I13: what was refused to somebody who asked to join gives them nothing.
    fn grants_of_refused_joins(&self) -> Vec<String> {
        let refused: BTreeSet<(&ActorId, &str)> = self
            .of_type("Reject")
            .filter_map(|reject| Some((&reject.author, text(&reject.body, "object")?)))
            .filter(|(_, join)| self.acts.get(&ActId::new(*join)).is_some_and(|join| join.body["type"] == "Join"))
            .collect();
        let of = |grant: &Act| text(&grant.body, "fulfills").is_some_and(|act| refused.contains(&(&grant.author, act)));
        self.of_type("Grant").filter(|grant| of(grant)).map(|grant| format!("I13: {}", grant.body)).collect()
    }
}

fn text<'v>(value: &'v Value, term: &str) -> Option<&'v str> {
    value[term].as_str().or_else(|| value[term].as_array()?.first()?.as_str())
}

fn role(grant: &Value) -> Option<Role> {
    text(grant, "object").and_then(Role::from_word)
}

/// Holds after every turn.
pub fn check(world: &World) {
    let wrong = Seen::of(world).wrong();
    assert!(wrong.is_empty(), "{wrong:#?}");
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
    let seen = Seen::of(&cast.world);
    assert_eq!(seen.wrong(), Vec::<String>::new());
    let passed_on: Vec<_> = seen.of_type("Grant").filter(|grant| text(&grant.body, "delegates").is_some()).collect();
    assert!(!passed_on.is_empty(), "alice has what the project was given");
    let grant = passed_on[0];
    for (term, value, expected) in [
        ("object", json!("admin"), "I2"),
        ("context", json!(cast.repo), "I2"),
        ("delegates", json!(cast.bob.permit(&pair.destination)), "I2"),
        ("allows", json!("distribute"), "I3"),
    ] {
        let mut body = (*grant.body).clone();
        body[term] = value;
        let forged = Act::made(grant.id.clone(), grant.author.clone(), body);
        let wrong = seen.passed_on_wrongly(&forged, text(&forged.body, "delegates").unwrap());
        assert!(wrong.iter().any(|wrong| wrong.starts_with(expected)), "{term}: {wrong:?}");
    }
    assert_eq!(pair.kind, LinkKind::Component);
}

#[test]
fn a_grant_to_somebody_who_was_refused_is_noticed() {
    let cast = Cast::new(5, Place::Each);
    let join = cast.alice.does(client::join(&cast.tracker, "triage", None));
    let deny = client::reject(&join, &[&cast.tracker]);
    cast.olga.does(client::with_capability(deny, Some(&cast.olga.permit(&cast.tracker))));
    let mut seen = Seen::of(&cast.world);
    assert_eq!(seen.grants_of_refused_joins(), Vec::<String>::new());
    let id = ActId::new(format!("{}/outbox/forged", cast.tracker));
    let grant = json!({"type": "Grant", "actor": cast.tracker, "target": cast.alice.id, "fulfills": join});
    seen.acts.insert(id.clone(), Arc::new(Act::made(id, cast.tracker.clone(), grant)));
    assert_eq!(seen.grants_of_refused_joins().len(), 1);
}
