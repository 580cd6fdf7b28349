//! Stores of whole servers that earlier versions wrote, with work half done: this version opens them, finishes all of it, and
//! finds nothing off in them.
//!
//! `tests/store/<n>/` holds the exports of three servers, and `versions.json`, the version of each kind's state in them. What a
//! released version wrote is never written again. A version that changes what is stored adds the next folder:
//! `PRITCHEL_STORE=write cargo test -p pritchel-deliver --test simulation kept` writes the folder [`NEWEST`].

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pritchel_actor::{Act, ActorId, Value};
use pritchel_actors::person::Person;
use pritchel_actors::person::rows::{FOLLOWING, SENT, SentState};
use pritchel_actors::repository::refs::RefUpdate;
use pritchel_actors::repository::report_push::MovedRef;
use pritchel_actors::repository::{ProposePush, ReportPush};
use pritchel_actors::{Repository, client, kinds};
use pritchel_box_store::check::Known;
use pritchel_box_store::memory::{Image, MemoryStore};
use pritchel_box_store::{export, keys};
use pritchel_deliver::check::DeliverRows;
use serde_json::json;
use tokio::time::sleep;

use crate::machine::START;
use crate::network::Faults;
use crate::rest::All;
use crate::world::World;
use crate::{Cast, HOSTS, alone, cast, must_be_sound};

/// The folder that this version writes.
const NEWEST: u32 = 1;
const RED: usize = 0;
const BLUE: usize = 1;
const GREEN: usize = 2;
/// What is looked for among the keys and values of the first folder: one of each thing that may be half done.
const PENDING: [(&str, usize, &str); 9] = [
    ("a delivery that has failed before", RED, "\"tried\""),
    ("a fan-out", RED, "\"kind\":\"fanout\""),
    ("a message in a mailbox", RED, "\"carried\":\"by hand\""),
    ("an act that came early", RED, "~early"),
    ("an act that is sought", RED, "\"kind\":\"seek\""),
    ("a reminder", RED, "\"kind\":\"remind\""),
    ("a line of an errbox", RED, "~errbox"),
    ("a promise with its continuation", BLUE, "~promise"),
    ("sealed keys", GREEN, "MII"),
];

fn folder(n: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/store").join(n.to_string())
}

/// Has three servers come to where something of everything is half done, and cuts their power.
async fn half_done() -> Vec<Image> {
    let hosts: Vec<_> = HOSTS.into_iter().map(|host| (host, 0)).collect();
    let cast = cast(1, &hosts).await;
    let Cast { world, people: [olga, alice, bob], repo, tracker, .. } = &cast;
    let says = async |who: &ActorId, document: Value| {
        let act = world.publish(who, document).await.unwrap().unwrap();
        sleep(Duration::from_secs(5)).await;
        act
    };
    says(alice, client::follow(tracker)).await;
    says(alice, client::open_ticket(alice, tracker, "Crash", "It *does*", None)).await;
    let ticket = format!("{tracker}/tickets/1");
    says(alice, client::comment(tracker, &ticket, None, "It is *old*", None)).await;
    says(bob, client::close(tracker, &ticket, None)).await;
    let invite = says(olga, client::invite(tracker, alice, "triage", &world.permit(olga, tracker).unwrap())).await;
    says(alice, client::accept(&invite, &[tracker])).await;
    let green = world.end(GREEN);
    world.publish(alice, client::follow(bob)).await.unwrap().unwrap();
    world
        .publish(alice, client::accept(&format!("{bob}/outbox/later").as_str().into(), &[tracker]))
        .await
        .unwrap()
        .unwrap();
    pushes(world, repo, olga, 1).await;
    sleep(Duration::from_secs(90)).await;
    // From here on nothing leaves blue any more, and red works off nothing.
    world.network().with(Faults { lost: 100, ..Faults::default() });
    let comment = world.publish(alice, client::comment(tracker, &ticket, None, "Still", None)).await.unwrap().unwrap();
    let act = crate::world::ready(world.boxes(alice).act(&comment)).unwrap().unwrap();
    pushes(world, repo, olga, 2).await;
    world.stop(RED);
    let how = json!({"carried": "by hand"});
    let act = Act::made(comment, alice.clone(), act.body.as_ref().clone());
    world.boxes(tracker).receive(act.into(), how, std::slice::from_ref(tracker), START + 1000).await.unwrap();
    must_be_sound();
    vec![world.end(RED), world.end(BLUE), green]
}

async fn pushes(world: &World, repo: &ActorId, by: &ActorId, number: u64) {
    let (push, name) = (format!("push-{number}"), "refs/heads/main".to_owned());
    let object = |number: u64| Some(format!("{number:040x}")).filter(|_| number > 0);
    let update = RefUpdate { name: name.clone(), old: object(number - 1), new: object(number) };
    let propose = ProposePush {
        push: push.clone(),
        by: by.clone(),
        updates: vec![update.clone()],
        capability: None,
        forced: Vec::new(),
    };
    world.call::<Repository>(repo, repo, propose).await.unwrap();
    let moved = vec![MovedRef { update, newest: Vec::new(), total: Some(1), forced: false }];
    let report = ReportPush { push, by: by.clone(), moved, proposed: vec![name], closes: Vec::new() };
    world.call::<Repository>(repo, repo, report).await.unwrap();
}

async fn write(images: Vec<Image>, folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for (host, image) in HOSTS.into_iter().zip(images) {
        let mut lines = Vec::new();
        export::export(&MemoryStore::open(image), &mut lines, |key, _| keys::class(key), true).await.unwrap();
        std::fs::write(folder.join(format!("{host}.jsonl")), lines).unwrap();
    }
    let versions: BTreeMap<&str, u16> = kinds().iter().map(|kind| (kind.name(), kind.schema())).collect();
    std::fs::write(folder.join("versions.json"), serde_json::to_string_pretty(&versions).unwrap() + "\n").unwrap();
}

async fn read(folder: &Path) -> Vec<MemoryStore> {
    let mut stores = Vec::new();
    for host in HOSTS {
        let lines = std::fs::read(folder.join(format!("{host}.jsonl"))).unwrap();
        let store = MemoryStore::new();
        export::import(&store, &mut lines.as_slice()).await.unwrap();
        stores.push(store);
    }
    stores
}

/// Opens the stores of a folder, hours after they were written, and lets them finish what was begun.
async fn finished(folder: &Path) {
    let stores = read(folder).await;
    let hosts: Vec<_> = HOSTS.into_iter().map(|host| (host, 6 * 3600)).collect();
    let world = World::opened(1, &hosts, stores).await;
    // To the last reminder: what nobody answers is overdue after a month.
    let mut days = 0;
    while !(world.is_quiet() && world.unrest().is_empty()) {
        assert!(days < 40, "no rest: {:#?}", world.unrest());
        sleep(Duration::from_secs(24 * 3600)).await;
        days += 1;
        must_be_sound();
    }
    for host in HOSTS {
        let boxes = world.boxes(&world.domain(host));
        let report = boxes.check_with(&Known::from(&kinds()), &DeliverRows).await.unwrap();
        assert!(report.is_clean(), "{host}: {:#?}", report.problems);
    }
    let people = people(&world).await;
    let [_, alice, bob] = &people;
    for who in &people {
        let sent = world.see::<Person, _>(who, &All(SENT));
        let open: Vec<_> =
            sent.iter().filter(|(_, sent)| sent.asked.is_some() && sent.state == SentState::Sent).collect();
        assert!(open.is_empty(), "{who} still waits: {open:?}");
    }
    let followed = world.see::<Person, _>(alice, &All(FOLLOWING)).into_iter().find(|(whom, _)| whom == bob);
    assert!(followed.is_some_and(|(_, following)| following.since.is_some()), "the promise that was kept was settled");
}

/// The people of the three servers, by the names they were registered under.
async fn people(world: &World) -> [ActorId; 3] {
    let mut people = Vec::new();
    for (host, name) in HOSTS.into_iter().zip(["olga", "alice", "bob"]) {
        let boxes = world.boxes(&world.domain(host));
        let named = boxes.directory(pritchel_actors::domain::NAME, &format!("{name}@{host}")).await.unwrap().unwrap();
        people.push(ActorId::new(named["actor"].as_str().unwrap()));
    }
    people.try_into().unwrap()
}

/// Whether a text stands in a row.
fn holds(image: &Image, text: &str) -> bool {
    let inside = |bytes: &[u8]| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    image.rows().any(|(key, value)| inside(key) || inside(value.as_ref()))
}

#[test]
fn stores_that_earlier_versions_wrote_are_opened_and_what_was_half_done_is_finished() {
    if std::env::var("PRITCHEL_STORE").is_ok_and(|wish| wish == "write") {
        alone(async { write(half_done().await, &folder(NEWEST)).await });
    }
    for n in 1..=NEWEST {
        alone(async { finished(&folder(n)).await });
    }
    assert!(!folder(NEWEST + 1).exists(), "NEWEST names the newest folder");
}

#[test]
fn the_kept_stores_hold_something_half_done_of_each_kind_and_no_state_of_a_later_version() {
    for n in 1..=NEWEST {
        let stores = alone(read(&folder(n)));
        for (what, at, text) in PENDING {
            assert!(holds(&stores[at].image(), text), "{what}: {text} is not in the store of {}", HOSTS[at]);
        }
        let versions = std::fs::read(folder(n).join("versions.json")).unwrap();
        let versions: BTreeMap<String, u16> = serde_json::from_slice(&versions).unwrap();
        for (kind, version) in versions {
            let kinds = kinds();
            let known = kinds.get(&kind).unwrap_or_else(|| panic!("{kind} was a kind of actor"));
            assert!(known.schema() >= version, "{kind} was at version {version}");
        }
    }
}
