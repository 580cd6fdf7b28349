//! The forge on two or three servers with the real lanes between them: signing, verifying, rows, leases, back-off, breakers.
//! One thread, one virtual clock, one seed: people of each server do what comes to their minds at the same time, requests and
//! answers are lost, repeated, held back and overtaken, peers hang, servers lose their power with batches on their way, and
//! clocks are wrong. After every step of the tracker's server an oracle, which knows nothing of how the tracker is written, says
//! what may have happened; when the faults stop everything comes to rest and the servers agree.
//! - `chance`: what is drawn, and the record; `machine`: actors, disk and clock of a node; `network`: the way between nodes
//! - `world`: nodes, people, restarts; `rest`: what must hold in the end
//! - `kept`: stores of earlier versions, with work half done, are opened and finish it
//! - `oracle`, `story`: shared with the simulation of the actors alone
//!
//! `PRITCHEL_SEEDS` sets the number of runs, `PRITCHEL_SEED` the one to run. A failure prints its seed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "simulation/chance.rs"]
mod chance;
#[path = "simulation/kept.rs"]
mod kept;
#[path = "simulation/machine.rs"]
mod machine;
#[path = "simulation/network.rs"]
mod network;
#[path = "../../actors/tests/simulation/oracle.rs"]
mod oracle;
#[path = "simulation/rest.rs"]
mod rest;
#[path = "../../actors/tests/simulation/story.rs"]
mod story;
#[path = "simulation/world.rs"]
mod world;

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use network::Faults;
use pritchel_actor::{ActorId, Seconds, Value};
use pritchel_actors::Repository;
use pritchel_actors::client;
use pritchel_actors::repository::refs::RefUpdate;
use pritchel_actors::repository::report_push::MovedRef;
use pritchel_actors::repository::{ProposePush, ReportPush};
use story::{Gossip, Whim};
use tokio::task::JoinSet;
use tokio::time::sleep;
use world::World;

/// Acts of each person.
const ACTS: u64 = 8;
/// Pushes while the network is bad.
const PUSHES: u64 = 2;
/// Power cuts while the network is bad.
const CUTS: u64 = 3;
/// Longest time between two things that somebody does.
const PAUSE_MS: u64 = 4 * 60 * 1000;
/// Everything is at rest so long after the faults have stopped, in seconds: longer than the steps of the back-off together that
/// the failures before can have led to. Most runs take minutes, the slowest of the first 200 some 20 hours.
const REST_S: u64 = 3 * 24 * 3600;
/// Faults of the network, in a hundred requests.
const FAULTS: Faults = Faults { lost: 12, answer_lost: 8, twice: 8, held: 6, unwell: 6 };

thread_local! {
    /// Whether something on this thread has panicked: a task that panics does not end its run by itself.
    static PANICKED: Cell<bool> = const { Cell::new(false) };
}

fn must_be_sound() {
    assert!(!PANICKED.get(), "a task has panicked, see above");
}

/// What a run has shown.
struct Ran {
    /// Everything that happened, and what is durable in the end.
    record: String,
    /// Acts that the oracle has judged.
    judged: usize,
    /// What went wrong on the network, and the requests made.
    faults: (u64, u64),
    /// Seconds from the end of the faults to rest.
    rest_s: u64,
}

/// The people of a run and what they share.
#[derive(Clone)]
struct Cast {
    world: World,
    people: [ActorId; 3],
    repo: ActorId,
    tracker: ActorId,
    gossip: Arc<Mutex<Gossip>>,
    said: rest::Said,
}

const HOSTS: [&str; 3] = ["red.example", "blue.example", "green.example"];

/// Two servers or three, with clocks wrong by up to twenty minutes either way.
fn hosts(seed: u64) -> Vec<(&'static str, Seconds)> {
    let skew = |at: usize| i64::try_from((seed.wrapping_mul(7919) >> at) % 2401).unwrap() - 1200;
    let count = if seed.is_multiple_of(2) { 3 } else { 2 };
    HOSTS.into_iter().take(count).enumerate().map(|(at, host)| (host, skew(at))).collect()
}

async fn cast(seed: u64, hosts: &[(&'static str, Seconds)]) -> Cast {
    let world = World::new(seed, hosts).await;
    let host = |at: usize| hosts[at.min(hosts.len() - 1)].0;
    let mut people = Vec::new();
    for (at, name) in ["olga", "alice", "bob"].into_iter().enumerate() {
        people.push(world.person(host(at), name).await);
    }
    let people: [ActorId; 3] = people.try_into().unwrap();
    let [repo, tracker] = world.resources(host(0), &people[0]).await;
    let cast = Cast { world, people, repo, tracker, gossip: Arc::default(), said: rest::Said::default() };
    for follower in &cast.people[1..] {
        // Nobody is told of it: the story is about the tracker.
        cast.world.publish(follower, client::follow(&cast.repo)).await.unwrap().unwrap();
    }
    sleep(Duration::from_secs(60)).await;
    assert!(cast.world.is_quiet(), "{:#?}", cast.world.unrest());
    cast.world.watch(&cast.tracker);
    cast
}

impl Cast {
    /// Publishes something as a person, and notes what is known to be published.
    async fn says(&self, who: &ActorId, document: Value) {
        let kind = document["type"].as_str().unwrap().to_owned();
        let published = self.world.publish(who, document.clone()).await;
        self.world.record().line(format_args!("{who} says {kind}: {published:?}"));
        if let Some(Ok(act)) = published {
            self.gossip.lock().unwrap().hear(who, &kind, act.clone());
            self.said.add(who, act, document, self.world.record().ms());
        }
    }

    /// A person does what comes to mind.
    async fn lives(self, at: usize) {
        let who = self.people[at].clone();
        for _ in 0..ACTS {
            sleep(self.world.chance().ms(PAUSE_MS)).await;
            let own = self.world.permit(&who, &self.tracker);
            let [olga, alice, bob] = &self.people;
            let whim = Whim { tracker: &self.tracker, who: &who, people: [olga, alice, bob], own };
            let document = whim.activity(&mut self.gossip.lock().unwrap(), |bound| self.world.chance().draw(bound));
            self.says(&who, document).await;
        }
    }

    /// The owner pushes, as the node that runs git does it: proposes, and reports until that is known to be done.
    async fn pushes(self) {
        let olga = self.people[0].clone();
        for number in 1..=PUSHES {
            sleep(self.world.chance().ms(PAUSE_MS)).await;
            let (push, name) = (format!("push-{number}"), "refs/heads/main".to_owned());
            let object = |number: u64| Some(format!("{number:040x}")).filter(|_| number > 0);
            let update = RefUpdate { name: name.clone(), old: object(number - 1), new: object(number) };
            let propose = ProposePush {
                push: push.clone(),
                by: olga.clone(),
                updates: vec![update.clone()],
                capability: None,
                forced: Vec::new(),
            };
            while self.world.call::<Repository>(&self.repo, &self.repo, propose.clone()).await.is_none() {}
            let moved = vec![MovedRef { update, newest: Vec::new(), total: Some(1), forced: false }];
            let report = ReportPush { push, by: olga.clone(), moved, proposed: vec![name], closes: Vec::new() };
            while self.world.call::<Repository>(&self.repo, &self.repo, report.clone()).await.is_none() {}
        }
    }

    /// Servers lose their power.
    async fn cuts(self) {
        for _ in 0..CUTS {
            sleep(self.world.chance().ms(2 * PAUSE_MS)).await;
            let at = self.world.chance().draw(self.world.nodes() as u64) as usize;
            let pause = self.world.chance().ms(90_000);
            self.world.restart(at, pause).await;
        }
    }
}

async fn run(seed: u64) -> Ran {
    let cast = cast(seed, &hosts(seed)).await;
    let world = cast.world.clone();
    world.network().with(FAULTS);
    let mut stories = JoinSet::new();
    for at in 0..cast.people.len() {
        stories.spawn(cast.clone().lives(at));
    }
    stories.spawn(cast.clone().pushes());
    stories.spawn(cast.clone().cuts());
    while let Some(ended) = stories.join_next().await {
        ended.unwrap();
        must_be_sound();
    }
    let faults = world.network().counts();
    world.network().with(Faults::default());
    let mut rest_s = 0;
    while !world.is_quiet() {
        assert!(rest_s < REST_S, "no rest: {:#?}", world.unrest());
        sleep(Duration::from_secs(300)).await;
        rest_s += 300;
        must_be_sound();
    }
    rest::check(&cast);
    let record = world.record().text() + &world.images();
    Ran { record, judged: world.ask(oracle::Oracle::judged), faults, rest_s }
}

/// Runs a seed from beginning to end on this thread.
fn ran(seed: u64) -> Ran {
    alone(run(seed))
}

/// Runs a story on a runtime of its own, with time that passes when nothing else is to be done.
fn alone<T>(story: impl Future<Output = T>) -> T {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICKED.set(true);
            before(info);
        }));
    });
    PANICKED.set(false);
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(Box::pin(story))
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

#[test]
fn whatever_the_network_does_nothing_happens_without_authority_nothing_is_lost_or_doubled_and_all_comes_to_rest() {
    let (first, count) = match number("PRITCHEL_SEED") {
        Some(seed) => (seed, 1),
        None => (0, number("PRITCHEL_SEEDS").unwrap_or(200)),
    };
    let (next, judged, faults) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let slowest = AtomicU64::new(0);
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::SeqCst);
            if at >= count {
                return;
            }
            let seed = first + at;
            let Ok(ran) = std::panic::catch_unwind(|| ran(seed)) else {
                next.store(count, Ordering::SeqCst);
                panic!("run this one alone with PRITCHEL_SEED={seed}");
            };
            judged.fetch_add(ran.judged as u64, Ordering::SeqCst);
            faults.fetch_add(ran.faults.0, Ordering::SeqCst);
            slowest.fetch_max(ran.rest_s, Ordering::SeqCst);
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            assert!(worker.join().is_ok(), "a run has failed; its seed is named above");
        }
    });
    let (judged, faults) = (judged.into_inner(), faults.into_inner());
    println!("{count} runs: {judged} acts judged, {faults} faults, at rest {} s after the last", slowest.into_inner());
    assert!(judged >= count && faults >= count, "{judged} acts and {faults} faults in {count} runs are too few");
}

/// Signatures, numbers, times and bytes on every disk.
#[test]
fn the_same_seed_gives_the_same_run_byte_for_byte_and_another_one_another() {
    for seed in [number("PRITCHEL_SEED").unwrap_or(3), 4] {
        let (one, two) = (ran(seed).record, std::thread::spawn(move || ran(seed).record).join().unwrap());
        for (n, (one, two)) in one.lines().zip(two.lines()).enumerate() {
            assert_eq!(one, two, "line {n} of the record of PRITCHEL_SEED={seed}");
        }
        assert!(one == two && one.lines().count() > 500, "PRITCHEL_SEED={seed}");
    }
    assert_ne!(ran(3).record, ran(4).record);
}
