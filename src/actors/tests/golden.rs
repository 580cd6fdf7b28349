//! Boxes written by an earlier version stay readable: a state of each kind, a row of each table, and what was pending when
//! they were written, which goes on.
//!
//! `tests/golden/boxes-1.json` was written by the first version and is never written again: what changes gets a migration
//! and a further file. `PRITCHEL_GOLDEN=write` writes the newest file anew while its version is not yet released.

mod frozen;

use crate::world::{Parcel, World, ready};
use pritchel_actor::effect::RowWrite;
use pritchel_actor::errbox::{ERRBOX, INBOX, OUTBOX, PUBLISHED, SEEN};
use pritchel_actor::need::RowBytes;
use pritchel_actor::{Act, ActorId, Boxes, Message, RowKey, Rows, Stored, TurnRecord, Value};
use pritchel_actors::access::invite::OPEN_INVITES;
use pritchel_actors::access::{COLLABORATORS, GRANTS, INVITES, JOINS};
use pritchel_actors::common::FOLLOWERS;
use pritchel_actors::common::like::LIKES;
use pritchel_actors::domain::{NAMES, PEOPLE};
use pritchel_actors::person::rows::*;
use pritchel_actors::repository::refs::HELD;
use pritchel_actors::ticket_tracker::ticket::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/boxes-1.json");

/// All boxes at one moment.
#[derive(Serialize, Deserialize)]
pub struct Golden {
    /// Servers by host.
    servers: BTreeMap<String, GoldenServer>,
    /// Acts under way: to whom, and what.
    wire: Vec<(ActorId, Value)>,
    /// Addresses by the names of the story.
    names: BTreeMap<String, String>,
}

#[derive(Default, Serialize, Deserialize)]
struct GoldenServer {
    states: BTreeMap<ActorId, Stored>,
    /// Actor, table, key in hexadecimal, version, value.
    rows: Vec<(ActorId, String, String, u16, Value)>,
    acts: Vec<Value>,
    mail: Vec<(ActorId, Message)>,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn bytes(version: u16, value: &Value) -> RowBytes {
    [&version.to_be_bytes()[..], value.to_string().as_bytes()].concat().into()
}

type Check = fn(&[u8], &RowBytes, &Value) -> Result<(), String>;

/// Reads a row as this version's own type, and sees that nothing was lost: what is written again is the same.
fn check<K: RowKey, V: Serialize + DeserializeOwned>(
    table: Rows<K, V>,
    key: &[u8],
    row: &RowBytes,
    old: &Value,
) -> Result<(), String> {
    K::decode(key).ok_or("its key is of another shape")?;
    let value = table.read(row).map_err(|why| format!("{why:?}"))?;
    let new = serde_json::to_value(value).map_err(|why| why.to_string())?;
    if new == *old { Ok(()) } else { Err(format!("{old} became {new}")) }
}

macro_rules! tables {
    ($($table:ident)*) => {
        [$(($table.name(), (|key, row, old| check($table, key, row, old)) as Check)),*]
    };
}

/// Every table of the forge, and those of the library that others may read.
fn tables() -> BTreeMap<&'static str, Check> {
    let all = tables! {
        INBOX ERRBOX OUTBOX PUBLISHED SEEN
        COLLABORATORS GRANTS INVITES OPEN_INVITES JOINS FOLLOWERS LIKES NAMES PEOPLE HELD
        SENT FOLLOWING FOLLOW_REQUESTS INVITED CONSENTS PERMITS REVOKED_EARLY SESSIONS TOKENS NOTES
        TICKETS COMMENTS COMMENT_PLACES ASSIGNING UNASSIGNING DEPENDENCIES DEPENDENCY_NUMBERS DEPENDANTS DEPENDANT_OFFERS
        DEPENDANT_IDS DEPENDANT_REMOVALS TICKET_FOLLOWERS
    };
    all.into_iter().collect()
}

/// Tables of the library's own: read by going on with what is pending.
const OF_THE_LIBRARY: [&str; 3] = ["~promise", "~early", "~early_count"];

fn golden() -> Golden {
    serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap()
}

#[test]
fn every_kind_and_every_table_of_the_first_version_is_read_without_loss() {
    if std::env::var("PRITCHEL_GOLDEN").is_ok_and(|what| what == "write") {
        let golden = frozen::freeze(frozen::story());
        std::fs::write(FILE, serde_json::to_string(&golden).unwrap()).unwrap();
    }
    let (golden, tables, kinds) = (golden(), tables(), pritchel_actors::kinds());
    let (mut seen, mut seen_kinds) = (BTreeSet::new(), BTreeSet::new());
    for server in golden.servers.values() {
        for (id, stored) in &server.states {
            let held = kinds.open(stored).unwrap_or_else(|why| panic!("{id}: {why}"));
            assert_eq!(held.state().unwrap().value(), stored.state.value(), "{id}");
            seen_kinds.insert(stored.kind.as_str());
        }
        for (actor, table, key, version, value) in &server.rows {
            seen.insert(table.as_str());
            let Some(check) = tables.get(table.as_str()) else {
                assert!(OF_THE_LIBRARY.contains(&table.as_str()), "{table} is not among the tables");
                continue;
            };
            check(&unhex(key), &bytes(*version, value), value).unwrap_or_else(|why| panic!("{actor} {table}: {why}"));
        }
    }
    assert_eq!(seen_kinds, BTreeSet::from(["Domain", "Factory", "Person", "Repository", "TicketTracker"]));
    let missing: Vec<_> = tables.keys().chain(&OF_THE_LIBRARY).filter(|table| !seen.contains(*table)).collect();
    assert!(missing.is_empty(), "no row of {missing:?}");
}

/// Puts the boxes of a file into a world, as they were.
fn thaw(golden: Golden) -> World {
    let world = World::new(1);
    for (host, server) in golden.servers {
        world.server(&host);
        let boxes = world.0.borrow().servers[&host].boxes.clone();
        for act in &server.acts {
            let author = ActorId::new(act["actor"].as_str().unwrap());
            let act = Arc::new(Act::made(act["id"].as_str().unwrap().into(), author, act.clone()));
            // An act is kept when it is received; nobody of this name lives here, so it is merely kept.
            boxes.receive(act, &ActorId::new(format!("https://{host}/nobody")), 0);
        }
        let mut rows: BTreeMap<ActorId, Vec<RowWrite>> = BTreeMap::new();
        for (actor, table, key, version, value) in server.rows {
            let write = RowWrite { table, key: unhex(&key), bytes: Some(bytes(version, &value)) };
            rows.entry(actor).or_default().push(write);
        }
        for (actor, mut stored) in server.states {
            let planted = boxes.states().get(&actor).map_or(0, |stored| stored.header.turn);
            stored.header.turn = planted + 1;
            let rows = rows.remove(&actor).unwrap_or_default();
            let at = world.now();
            ready(boxes.commit(TurnRecord { actor, stored, rows, consumed: None, effects: Vec::new(), at })).unwrap();
        }
        for (to, message) in server.mail {
            boxes.post(&to, message);
        }
        world.restart(&host);
    }
    let parcel = |(to, act): (ActorId, Value)| {
        let from = crate::world::host_of(act["id"].as_str().unwrap()).to_owned();
        Parcel { to, from, raw: act.to_string().into_bytes().into() }
    };
    world.0.borrow_mut().wire = golden.wire.into_iter().map(parcel).collect();
    world.0.borrow_mut().names = golden.names;
    world
}

#[test]
fn what_was_pending_in_the_first_version_goes_on() {
    let golden = golden();
    let kinds: BTreeSet<String> = golden
        .servers
        .values()
        .flat_map(|server| &server.mail)
        .map(|(_, message)| {
            serde_json::to_value(&message.what).unwrap().as_object().unwrap().keys().next().unwrap().clone()
        })
        .collect();
    assert!(
        kinds.is_superset(&BTreeSet::from(["act".to_owned(), "call".to_owned()])),
        "mail of other kinds: {kinds:?}"
    );
    let address = |name: &str| {
        let found = golden.names.iter().find(|(_, known)| *known == name);
        ActorId::new(found.unwrap().0.as_str())
    };
    let [olga, alice, bob, tracker, repo] = ["olga", "alice", "bob", "bugs", "tea"].map(address);
    let world = thaw(golden);
    world.settle();
    let following = world.rows(bob.as_str(), "following").into_iter().find(|(whom, _)| whom == repo.as_str());
    assert!(following.unwrap().1["since"].is_i64(), "the promise of a Follow was kept");
    let role = |who: &ActorId| {
        let found = world.rows(tracker.as_str(), "collaborators").into_iter().find(|(whom, _)| whom == who.as_str());
        found.map(|(_, row)| row["role"].as_str().unwrap().to_owned())
    };
    assert_eq!(role(&bob).as_deref(), Some("admin"));
    assert_eq!(role(&alice).as_deref(), Some("write"), "the Accept that waited met its Invite");
    assert_eq!(world.rows(tracker.as_str(), "unassigning"), [], "the consent that was under way came");
    assert_eq!(world.rows(tracker.as_str(), "assigning").len(), 1, "alice has not answered");
    let permits = world.rows(olga.as_str(), "permits");
    assert_eq!(permits.len(), 4, "the resource that was being made has begun: {permits:?}");
    assert!(
        world
            .0
            .borrow()
            .servers
            .values()
            .all(|server| { server.boxes.with_mail().iter().all(|to| to.as_str().ends_with("/nobody")) })
    );
}
