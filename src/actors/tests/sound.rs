//! Every row of links, ties and access names others that are there, whatever has happened; and each of them that is taken away
//! is missed.

use crate::flows::links::{CHILD, COMPONENT, Pair, SIDES};
use crate::flows::{Cast, Place};
use crate::status::root;
use crate::world::World;
use pritchel_actors::access::Term;
use pritchel_actors::client;
use pritchel_actors::link::Side;
use pritchel_actors::sound::needs;
use std::collections::{BTreeMap, BTreeSet};

/// Rows by actor, table and key.
type Rows = BTreeMap<(String, String, Vec<u8>), Vec<u8>>;

/// What is missing: the table of the row that names it, and its own.
fn missed(kinds: &BTreeMap<String, String>, rows: &Rows) -> BTreeSet<(String, &'static str)> {
    let mut missed = BTreeSet::new();
    for ((actor, table, key), bytes) in rows.iter().filter(|((_, table, _), _)| !table.starts_with('~')) {
        let needed = needs(&kinds[actor], table, key, &bytes.as_slice().into());
        for needed in needed.unwrap_or_else(|why| panic!("{table} of {actor}: {why}")) {
            let there =
                |(table, key): &(&str, Vec<u8>)| rows.contains_key(&(actor.clone(), (*table).to_owned(), key.clone()));
            if !needed.any.iter().any(there) {
                missed.insert((table.clone(), needed.any[0].0));
            }
        }
    }
    missed
}

/// All rows of a world, and the kinds of its actors.
pub fn all(world: &World) -> (BTreeMap<String, String>, Rows) {
    let inner = world.0.borrow();
    let (mut kinds, mut rows) = (BTreeMap::new(), Rows::new());
    for server in inner.servers.values() {
        kinds.extend(server.boxes.states().into_iter().map(|(id, stored)| (id.to_string(), stored.kind)));
        rows.extend(
            server
                .boxes
                .rows()
                .into_iter()
                .map(|((actor, table, key), bytes)| ((actor.to_string(), table, key), bytes.to_vec())),
        );
    }
    (kinds, rows)
}

/// At rest no row names one that is not there.
pub fn check(world: &World) {
    let (kinds, rows) = all(world);
    assert_eq!(missed(&kinds, &rows), BTreeSet::new());
}

/// Links with members and what was passed on, one that waits, a tie, one that is offered, invitations, Grants with an end.
fn busy() -> Cast {
    let cast = Cast::new(3, Place::Mixed);
    let (alice, bob, olga, tracker) = (&cast.alice, &cast.bob, &cast.olga, &cast.tracker);
    let pair = Pair::new(&cast, COMPONENT);
    olga.does(client::invite(tracker, bob, "triage", &olga.permit(tracker)));
    bob.lets_in(alice, &pair.destination, "triage");
    let large = cast.world.make(bob, &cast.world.factory(bob, "second"), "Project", "large");
    let add = bob.does(client::add(&large, "subprojects", &pair.destination, "triage", &bob.permit(&large)));
    bob.does(client::agree(&add, &pair.destination, &large, &bob.permit(&pair.destination)));
    pair.links_for(Side::Source, "maintain", &Term { lasts_s: Some(90_000), ..Term::default() });
    cast.world.pass(80_000);
    let waits = Pair::new(&cast, CHILD);
    waits.asks(SIDES[1], "triage");
    for (name, agrees) in [("steps", true), ("ways", false)] {
        let workflow = cast.world.make(bob, &cast.world.factory(bob, name), "Workflow", name);
        let invite = bob.does(client::invite(&workflow, tracker, "visit", &bob.permit(&workflow)));
        bob.does(client::accept(&invite, &[tracker]));
        if agrees {
            olga.does(client::agree_to_tie(tracker, &invite, &olga.permit(tracker)));
        }
    }
    let guild = cast.world.make(olga, &cast.factory, "Organization", "guild");
    let list = olga.does(client::list(&guild, "orgAssets", &pair.destination, &olga.permit(&guild)));
    bob.does(client::agree(&list, &pair.destination, &guild, &bob.permit(&pair.destination)));
    cast.world.settle();
    cast
}

#[test]
fn each_row_that_is_missing_is_missed_by_what_names_it() {
    let cast = busy();
    let (kinds, rows) = all(&cast.world);
    assert_eq!(missed(&kinds, &rows), BTreeSet::new());
    let mut told = BTreeSet::new();
    for place in rows.keys() {
        let mut spoilt = rows.clone();
        spoilt.remove(place);
        told.extend(missed(&kinds, &spoilt));
    }
    let told: Vec<String> = told.into_iter().map(|(by, of)| format!("{by} of {of}")).collect();
    #[rustfmt::skip]
    let expected = [
        "collaborators of grants", "consumers of collaborators", "delegates of links", "downstream of delegates",
        "extended_to of extensions", "extensions of downstream", "extensions of extended_to", "extensions of held",
        "extensions of results", "grants of links", "held of held_via", "held of links", "held_via of held",
        "link_offers of links", "links of delegates", "links of downstream", "links of grants", "links of link_offers",
        "links of peers", "listings of links", "member_delegates of collaborators", "member_delegates of downstream",
        "newest_permits of permits", "open_invites of invites", "peers of links", "permits of delegations",
        "providers of ties", "results of extensions", "tie_grants of ties", "tie_offers of ties", "ties of providers",
        "ties of tie_grants", "ties of tie_offers",
    ];
    assert_eq!(told, expected);
}

/// Tables of one actor are told apart by their names alone: those of another kind may become its own one day.
#[test]
fn no_two_tables_have_one_name() {
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut folders = vec![root().join("src/actors")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|end| end == "rs") && !entry.ends_with("tests/sound.rs") {
                let text = std::fs::read_to_string(&entry).unwrap();
                for (_, rest) in text.match_indices("Rows::new(\"").map(|(at, found)| text.split_at(at + found.len())) {
                    let name = rest.split('"').next().unwrap();
                    named.entry(name.to_owned()).or_default().push(entry.display().to_string());
                }
            }
        }
    }
    assert!(named.len() > 50, "tables were read: {named:?}");
    // A repository's held references are older than the Grants that actors hold; a repository holds none.
    named.retain(|name, places| places.len() > 1 && name != "held");
    assert!(named.is_empty(), "{named:#?}");
}

#[test]
fn a_row_that_cannot_be_read_is_told() {
    let cast = busy();
    let (kinds, rows) = all(&cast.world);
    let mut told = BTreeSet::new();
    for (actor, table, key) in rows.keys().filter(|(_, table, _)| !table.starts_with('~')) {
        let why = needs(&kinds[actor], table, key, &b"\0\x01{}".as_slice().into());
        told.extend(why.is_err().then_some(table.as_str()));
    }
    for table in ["links", "held", "downstream", "extensions", "ties", "grants", "collaborators", "permits"] {
        assert!(told.contains(table), "{table}: {told:?}");
    }
}
