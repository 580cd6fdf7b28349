//! Signed deliveries that are answered: far actors offer tickets, each of which is accepted in an activity that is signed and
//! delivered to them. Measured until the last `Accept` has arrived there.

use crate::far::Far;
use crate::inbox::{self, CONNECTIONS, ROUNDS};
use crate::server::{PATIENCE, Server, free_host};
use crate::{load_average, median};
use pritchel_actor::ActorId;
use pritchel_actors::client;
use pritchel_deliver::key::KeyPair;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::Url;

const TRACKERS: usize = 8;

/// Measures.
pub async fn run(requests: usize) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"), &free_host()).await;
    let alice = server.person("alice");
    let factory = alice.factory(&server.base()).await;
    let mut trackers = Vec::new();
    for number in 0..TRACKERS {
        let tracker = alice.make(&factory, "TicketTracker", &format!("Tickets {number}")).await;
        inbox::unfollow(&alice, &tracker, tracker.as_str()).await;
        trackers.push(tracker);
    }
    let far = Far::start(Arc::new(KeyPair::generate_rsa2048().unwrap())).await;
    // Everybody becomes known, and everything awake.
    inbox::send(&server.host, offers(&far, &trackers, "first", CONNECTIONS)).await;
    answered(&far, CONNECTIONS as u64).await;
    println!("{requests} offers a round over {CONNECTIONS} connections, {TRACKERS} trackers; load {}", load_average());
    let (mut accepted, mut cpu, mut after) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        far.reset();
        let offers = offers(&far, &trackers, &round.to_string(), requests);
        let began = server.process.cpu_seconds();
        let (mut figures, sent) = inbox::measure(&server.host, offers).await;
        let last = Instant::now();
        answered(&far, sent as u64).await;
        after.push(last.elapsed().as_secs_f64());
        figures.cpu_us = (server.process.cpu_seconds() - began) * 1e6 / sent as f64;
        inbox::print("real", &figures);
        accepted.push(figures.per_second);
        cpu.push(figures.cpu_us);
    }
    println!(
        "median: {:.0}/s accepted, {:.0} µs of CPU each with its answer, the last answer {:.2} s after",
        median(accepted),
        median(cpu),
        median(after)
    );
}

/// A lot of signed offers for each connection; each has a far actor of its own.
pub fn offers(far: &Far, trackers: &[ActorId], round: &str, requests: usize) -> Vec<Arc<Vec<Vec<u8>>>> {
    let each = requests / CONNECTIONS;
    let signing = (0..CONNECTIONS).map(|connection| {
        let (tracker, name) = (&trackers[connection % trackers.len()], format!("p{connection}"));
        Arc::new((0..each).map(|number| offer(far, &name, tracker, &format!("{round}-{number}"))).collect())
    });
    signing.collect()
}

fn offer(far: &Far, name: &str, tracker: &ActorId, number: &str) -> Vec<u8> {
    let author = far.person(name);
    let text = inbox::words(&format!("{name}/{number}"), 500);
    let mut offer = client::open_ticket(&ActorId::new(author.as_str()), tracker, "Load", &text, None);
    offer["@context"] = json!(["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"]);
    offer["id"] = json!(format!("{author}/offers/{number}"));
    offer["actor"] = json!(author);
    far.delivery(name, &Url::parse(&format!("{tracker}/inbox")).unwrap(), &offer)
}

/// Waits until so many answers have arrived: one for each offer, no matter how often it was sent.
pub async fn answered(far: &Far, expected: u64) {
    let until = Instant::now() + PATIENCE;
    while far.taken() < expected {
        assert!(Instant::now() < until, "expected {expected} answers, found {}", far.taken());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
