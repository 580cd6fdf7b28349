//! A large team that gains a resource and loses it again: what that costs for each member, and how long others wait meanwhile.
//!
//! The members are copies of one who was let in over HTTP, made by `import` as `dormant` makes its actors. What others wait
//! is the time of a signed comment on a tracker that has nothing to do with the team, one after the other.

use crate::dormant::{copy_of, rows, write};
use crate::far::Far;
use crate::inbox::{comments, places, send, worked_off};
use crate::server::{PATIENCE, Person, Server, free_host, import};
use crate::wire::Wire;
use crate::{load_average, median};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use pritchel_actors::link::{End, LinkKind, Side};
use pritchel_deliver::key::KeyPair;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const PAIRS: usize = 7;
const COMMENTS: usize = 400;
const ROLE: &str = "triage";

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;
/// An actor and the Grant of whoever made it.
type Own = (ActorId, ActId);

/// Measures.
pub async fn run(members: usize) {
    let folder = tempfile::tempdir().unwrap();
    let host = free_host();
    let model = folder.path().join("model");
    let server = Server::start(&model, &host).await;
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    let factory = alice.factory(&server.base()).await;
    let team = alice.made(&client::create(&factory.0, "Team", "Everybody", None, &factory.1)).await;
    let tracker = alice.made(&client::create(&factory.0, "TicketTracker", "Bugs", None, &factory.1)).await;
    let place = places(&server, &alice, 1).await;
    let invite = ActId::new(alice.post(&client::invite(&team.0, &ActorId::new(bob.id.as_str()), ROLE, &team.1)).await);
    bob.receives(|item| item["id"] == invite.as_str()).await;
    bob.post(&client::accept(&invite, &[&team.0])).await;
    bob.receives(|item| item["type"] == "Grant" && item["context"] == team.0.as_str()).await;
    // The delegate-Grant that a member gives the team is on its way; what follows comes after it.
    tokio::time::sleep(Duration::from_secs(2)).await;
    server.stop();

    let lines = folder.path().join("lines");
    copy(&lines, rows(&model), (&bob.id, team.0.as_str()), members - 1);
    let data = folder.path().join("data");
    import(&data, &lines);
    let server = Server::start(&data, &host).await;
    let far = Far::start(Arc::new(KeyPair::generate_rsa2048().unwrap())).await;
    send(&server.host, comments(&far, &place, "first", 64)).await;
    worked_off(&server, &alice, &far, &place, "first").await;
    println!("a team of {members}; load {}", load_average());

    let (mut gain, mut lose) = (Vec::new(), Vec::new());
    let mut slower = Vec::new();
    for pair in 0..PAIRS {
        let others = |name: String| comments(&far, &place, &name, 64 * COMMENTS)[0].clone();
        let alone = latency(&server.host, &others(format!("{pair}-alone")), None).await;
        let began = server.process.cpu_seconds();
        link(&alice, &team, &tracker).await;
        let meanwhile = latency(&server.host, &others(format!("{pair}-gain")), Some(&server)).await;
        settled(&server).await;
        let own = COMMENTS as f64 * 400e-6;
        gain.push((server.process.cpu_seconds() - began - own) * 1e6 / members as f64);
        slower.push(meanwhile / alone);
        let began = server.process.cpu_seconds();
        unlink(&alice, &team, &tracker).await;
        settled(&server).await;
        lose.push((server.process.cpu_seconds() - began) * 1e6 / members as f64);
        println!(
            "others wait {alone:.2} ms alone, {meanwhile:.2} ms meanwhile; {:.0} µs of CPU a member to gain, {:.0} to lose",
            gain[pair], lose[pair]
        );
    }
    println!(
        "median: others wait {:.2} times as long; {:.0} µs of CPU a member to gain it, {:.0} to lose it",
        median(slower),
        median(gain),
        median(lose)
    );
    link(&alice, &team, &tracker).await;
    settled(&server).await;
    server.stop();
    passed_on(&data, &team.0, members);
}

/// Both sides agree on a link.
async fn link(alice: &Person, team: &Own, tracker: &Own) {
    let collection = End { kind: LinkKind::TeamResource, side: Side::Destination }.collection();
    let add = alice.post(&client::add(&team.0, collection, &tracker.0, ROLE, &team.1)).await;
    alice.post(&client::agree(&ActId::new(add), &tracker.0, &team.0, &tracker.1)).await;
}

async fn unlink(alice: &Person, team: &Own, tracker: &Own) {
    let collection = End { kind: LinkKind::TeamResource, side: Side::Destination }.collection();
    alice.post(&client::remove_link(&team.0, collection, &tracker.0, &team.1)).await;
}

/// The median time of a comment in milliseconds, each sent when the last was answered; while the server has other work, if that
/// is what is asked.
async fn latency(host: &str, comments: &[Vec<u8>], busy: Option<&Server>) -> f64 {
    let mut wire = Wire::connect(host).await.unwrap();
    let mut times = Vec::new();
    for comment in comments {
        let began = Instant::now();
        assert_eq!(wire.ask(comment).await.unwrap(), 202, "{}", wire.answer());
        times.push(began.elapsed().as_secs_f64() * 1e3);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    if let Some(server) = busy {
        let before = server.process.cpu_seconds();
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(server.process.cpu_seconds() > before + 0.05, "the team was done before the comments were");
    }
    median(times)
}

/// Waits until the server has nothing to do.
async fn settled(server: &Server) {
    let until = Instant::now() + 4 * PATIENCE;
    loop {
        let before = server.process.cpu_seconds();
        tokio::time::sleep(Duration::from_millis(500)).await;
        if server.process.cpu_seconds() - before < 0.03 {
            return;
        }
        assert!(Instant::now() < until, "the server does not come to rest");
    }
}

/// Writes the rows, and for each copy of a member all rows that are about it.
fn copy(path: &Path, mut rows: Rows, (member, team): (&str, &str), copies: usize) {
    let about = |row: &(&Vec<u8>, &Vec<u8>)| contains(row.0, member) || contains(row.1, member);
    // Acts of others that are about the member are each member's own too.
    let acts: BTreeSet<String> = rows.iter().filter(about).filter_map(|(key, _)| act_of(key, team)).collect();
    let is_one = |row: &(&Vec<u8>, &Vec<u8>)| about(row) || acts.iter().any(|act| contains(row.0, act));
    let boxed = format!("r{team}\0~");
    let own: Vec<(Vec<u8>, Vec<u8>)> = rows
        .iter()
        .filter(is_one)
        .filter(|(key, _)| !key.starts_with(boxed.as_bytes()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    for number in 0..copies {
        let mut names = vec![(member.to_owned(), copy_of(member, number))];
        names.extend(acts.iter().map(|act| (act.clone(), copy_of(act, number))));
        for (key, value) in &own {
            let (new, value) = (renamed(key, &names), renamed(value, &names));
            if new != *key {
                rows.insert(new, value);
            }
        }
    }
    write(path, &rows);
}

/// The address of an act of this actor, if that is what the key is of.
fn act_of(key: &[u8], actor: &str) -> Option<String> {
    let id = std::str::from_utf8(key).ok()?.strip_prefix('a')?;
    id.starts_with(&format!("{actor}/")).then(|| id.to_owned())
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn renamed(bytes: &[u8], names: &[(String, String)]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (old, new) in names {
        assert_eq!(old.len(), new.len());
        let mut at = 0;
        while let Some(found) = bytes[at..].windows(old.len()).position(|window| window == old.as_bytes()) {
            bytes[at + found..at + found + old.len()].copy_from_slice(new.as_bytes());
            at += found + old.len();
        }
    }
    bytes
}

/// The tracker's Grant was passed on to every member.
fn passed_on(data: &Path, team: &ActorId, members: usize) {
    let prefix = format!("r{team}\0extensions\0");
    let found = rows(data).keys().filter(|key| key.starts_with(prefix.as_bytes())).count();
    assert!(found >= members, "expected Grants for {members} members, found {found}");
    println!("{found} members hold it");
}
