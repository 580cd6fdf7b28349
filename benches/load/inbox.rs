//! Signed deliveries at concurrency 64: comments of known far actors on tickets, which nobody has to be told of. Measured
//! until the last is accepted, and until the last is worked off; then the same bytes at the bare [`prototype`](crate::prototype).

use crate::far::Far;
use crate::prototype::Prototype;
use crate::server::{PATIENCE, Person, Server, free_host};
use crate::wire::Wire;
use crate::{load_average, median};
use pritchel_actor::ActorId;
use pritchel_actors::client;
use pritchel_deliver::key::KeyPair;
use serde_json::{Value, json};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};
use url::Url;

/// Each with a far actor of its own.
pub const CONNECTIONS: usize = 64;
const TRACKERS: usize = 8;
/// Of which the median is told.
pub const ROUNDS: usize = 3;
/// Letters of a comment, which make the activity about 1.7 KB.
const COMMENT_LETTERS: usize = 500;
/// How long whoever is told to come back waits.
const COME_BACK: Duration = Duration::from_millis(5);
/// How long anybody is told to come back.
const COME_BACK_UNTIL: Duration = Duration::from_secs(20);

/// Where comments go.
pub struct Place {
    tracker: ActorId,
    /// The ticket that is commented on.
    pub ticket: String,
    /// A ticket of the same tracker on which the last comment of a round is made: seen there, all before it are done.
    last: String,
}

/// What one server did in one round.
pub struct Figures {
    pub per_second: f64,
    pub cpu_us: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub come_back: u64,
}

/// Measures.
pub async fn run(requests: usize) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"), &free_host()).await;
    let alice = server.person("alice");
    let places = places(&server, &alice, TRACKERS).await;
    let key = Arc::new(KeyPair::generate_rsa2048().unwrap());
    let far = Far::start(key.clone()).await;
    let prototype = Prototype::start(&folder.path().join("bare"), &server.base(), key.public_key()).await;
    // Everybody becomes known, and everything awake.
    send(&server.host, comments(&far, &places, "first", CONNECTIONS)).await;
    worked_off(&server, &alice, &far, &places, "first").await;
    println!(
        "{requests} comments a round over {CONNECTIONS} connections, {TRACKERS} trackers; load {}",
        load_average()
    );
    let (mut real, mut bare, mut after) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let comments = comments(&far, &places, &round.to_string(), requests);
        let began = server.process.cpu_seconds();
        let (mut figures, sent) = measure(&server.host, comments.clone()).await;
        let accepted = Instant::now();
        worked_off(&server, &alice, &far, &places, &round.to_string()).await;
        after.push(accepted.elapsed().as_secs_f64());
        figures.cpu_us = (server.process.cpu_seconds() - began) * 1e6 / sent as f64;
        print("real", &figures);
        real.push(figures);
        let began = prototype.process.cpu_seconds();
        let (mut figures, sent) = measure(&prototype.host, comments).await;
        figures.cpu_us = (prototype.process.cpu_seconds() - began) * 1e6 / sent as f64;
        print("bare", &figures);
        bare.push(figures);
    }
    let of = |all: &[Figures], figure: fn(&Figures) -> f64| median(all.iter().map(figure).collect());
    let (taken, bare_taken) = (of(&real, |f| f.per_second), of(&bare, |f| f.per_second));
    println!("median: {taken:.0}/s against {bare_taken:.0}/s, ratio {:.2}", taken / bare_taken);
    println!(
        "median: {:.0} µs of CPU for accepting and working off, bare {:.0} µs",
        of(&real, |f| f.cpu_us),
        of(&bare, |f| f.cpu_us)
    );
    println!("median: the last one is worked off {:.2} s after it was accepted", median(after));
    complete(&alice, &places, ROUNDS * requests + CONNECTIONS).await;
}

/// Tells what one server did in one round.
pub fn print(whose: &str, figures: &Figures) {
    let Figures { per_second, cpu_us, p50_ms, p99_ms, come_back } = figures;
    println!(
        "{whose}: {per_second:>6.0}/s, {cpu_us:>4.0} µs CPU each, p50 {p50_ms:.1} ms, p99 {p99_ms:.1} ms, {come_back} told to come back"
    );
}

/// Trackers with two tickets each, whom nobody follows.
pub async fn places(server: &Server, alice: &Person, trackers: usize) -> Vec<Place> {
    let factory = alice.factory(&server.base()).await;
    let mut places = Vec::new();
    for number in 0..trackers {
        let tracker = alice.make(&factory, "TicketTracker", &format!("Tickets {number}")).await;
        let mut tickets = Vec::new();
        for title in ["Load", "Last"] {
            let open = client::open_ticket(&ActorId::new(alice.id.as_str()), &tracker, title, "Of the bench.", None);
            let ticket = alice.result_of(&open).await;
            tickets.push(ticket);
        }
        // Whoever opens a ticket or makes a tracker follows it, and would be told of every comment.
        for followed in tickets.iter().map(String::as_str).chain([tracker.as_str()]) {
            unfollow(alice, &tracker, followed).await;
        }
        let last = tickets.pop().unwrap();
        places.push(Place { tracker, ticket: tickets.pop().unwrap(), last });
    }
    places
}

/// Nobody is to be told of what happens there.
pub async fn unfollow(alice: &Person, tracker: &ActorId, what: &str) {
    let follow = json!({"type": "Follow", "object": what});
    alice.post(&json!({"type": "Undo", "to": [tracker], "object": follow})).await;
    let until = Instant::now() + PATIENCE;
    while !alice.items(&format!("{what}/followers")).await.is_empty() {
        assert!(Instant::now() < until, "{what} has followers");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A lot of signed comments for each connection; each has a far actor of its own.
pub fn comments(far: &Far, places: &[Place], round: &str, requests: usize) -> Vec<Arc<Vec<Vec<u8>>>> {
    let each = requests / CONNECTIONS;
    let signing = (0..CONNECTIONS).map(|connection| {
        let place = &places[connection % places.len()];
        let name = format!("p{connection}");
        let sign = move |number| comment(far, &name, place, &place.ticket, &format!("{round}-{number}"));
        Arc::new((0..each).map(sign).collect())
    });
    signing.collect()
}

fn comment(far: &Far, name: &str, place: &Place, ticket: &str, number: &str) -> Vec<u8> {
    let author = far.person(name);
    let text = words(&format!("{name}/{number}"), COMMENT_LETTERS);
    let mut create = client::comment(&place.tracker, ticket, None, &text, None);
    create["@context"] = json!(["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"]);
    create["id"] = json!(format!("{author}/creates/{number}"));
    create["actor"] = json!(author);
    create["object"]["id"] = json!(format!("{author}/notes/{number}"));
    create["object"]["attributedTo"] = json!(author);
    create["object"]["published"] = json!("2026-01-01T00:00:00Z");
    far.delivery(name, &Url::parse(&format!("{}/inbox", place.tracker)).unwrap(), &create)
}

/// Words of about so many letters together, other ones for each seed: text that repeats itself would cost a store less than
/// what people write.
pub fn words(seed: &str, letters: usize) -> String {
    let letter = |byte: u8| char::from(b'a' + byte % 26);
    let mut text = String::with_capacity(letters + 8);
    for round in 0_u32.. {
        let mut hash = std::hash::DefaultHasher::new();
        (seed, round).hash(&mut hash);
        let word = hash.finish().to_le_bytes();
        text.extend(word[..2 + usize::from(word[7] % 6)].iter().map(|byte| letter(*byte)));
        text.push(' ');
        if text.len() >= letters {
            break;
        }
    }
    text
}

/// Sends everything and measures how long it takes until it is accepted.
pub async fn measure(host: &str, lots: Vec<Arc<Vec<Vec<u8>>>>) -> (Figures, usize) {
    let began = Instant::now();
    let (mut waits, come_back) = send(host, lots).await;
    let took = began.elapsed().as_secs_f64();
    waits.sort();
    let at = |part: usize| waits[(waits.len() - 1) * part / 100].as_secs_f64() * 1e3;
    let figures =
        Figures { per_second: waits.len() as f64 / took, cpu_us: 0.0, p50_ms: at(50), p99_ms: at(99), come_back };
    (figures, waits.len())
}

/// Sends everything, each lot over a connection of its own: how long each took, and how many were told to come back.
pub async fn send(host: &str, lots: Vec<Arc<Vec<Vec<u8>>>>) -> (Vec<Duration>, u64) {
    let mut connections = tokio::task::JoinSet::new();
    for lot in lots {
        let mut wire = Wire::connect(host).await.unwrap();
        connections.spawn(async move {
            let (mut waits, mut come_back) = (Vec::with_capacity(lot.len()), 0);
            for request in lot.iter() {
                let began = Instant::now();
                come_back += deliver(&mut wire, request).await;
                waits.push(began.elapsed());
            }
            (waits, come_back)
        });
    }
    let (mut waits, mut come_back) = (Vec::new(), 0);
    while let Some(done) = connections.join_next().await {
        let (more, again) = done.unwrap();
        waits.extend(more);
        come_back += again;
    }
    (waits, come_back)
}

/// Delivers until it is taken: how often it was told to come back.
async fn deliver(wire: &mut Wire, request: &[u8]) -> u64 {
    let began = Instant::now();
    let mut come_back = 0;
    loop {
        match wire.ask(request).await.unwrap() {
            202 => return come_back,
            429 | 503 if began.elapsed() < COME_BACK_UNTIL => come_back += 1,
            _ => panic!("expected 202 within {COME_BACK_UNTIL:?}, found\n{}", wire.answer()),
        }
        tokio::time::sleep(COME_BACK).await;
    }
}

/// Sends one more comment to every tracker, and waits until it is seen: mailboxes are worked off in their order.
pub async fn worked_off(server: &Server, alice: &Person, far: &Far, places: &[Place], round: &str) {
    let mut wire = Wire::connect(&server.host).await.unwrap();
    for (at, place) in places.iter().enumerate() {
        let probe = comment(far, "last", place, &place.last, &format!("{round}-{at}"));
        deliver(&mut wire, &probe).await;
    }
    let until = Instant::now() + PATIENCE;
    for (at, place) in places.iter().enumerate() {
        let note = format!("{}/notes/{round}-{at}", far.person("last"));
        while !replies(alice, &place.last).await.contains(&json!(note)) {
            assert!(Instant::now() < until, "{note} is not worked off");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn replies(alice: &Person, ticket: &str) -> Vec<Value> {
    alice.items(&format!("{ticket}/replies")).await
}

/// Every comment that was accepted is on its ticket.
async fn complete(alice: &Person, places: &[Place], sent: usize) {
    let mut found = 0;
    for place in places {
        found += replies(alice, &place.ticket).await.len();
    }
    let expected = ROUNDS * (sent / ROUNDS / CONNECTIONS) * CONNECTIONS;
    assert!(found >= expected, "expected {expected} comments, found {found}");
    println!("all {found} comments are on their tickets");
}
