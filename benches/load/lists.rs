//! Pages of a tracker with many tickets, narrowed and in each order, and of a ticket with many comments, as a stranger reads them:
//! four clients at once, in rounds.

use crate::answered::{answered, offers};
use crate::far::Far;
use crate::inbox::{CONNECTIONS, comments, places, send, unfollow, worked_off};
use crate::pages::{ask, percentile};
use crate::server::{Server, free_host};
use crate::{load_average, median};
use pritchel_actor::ActorId;
use pritchel_actors::client;
use pritchel_deliver::key::KeyPair;
use std::sync::Arc;

/// Requests of a round, in all.
const ROUND: usize = 80;
const ROUNDS: usize = 5;
/// Comments on the one ticket.
const COMMENTS: usize = 1_000;

/// Measures.
pub async fn run(tickets: usize) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"), &free_host()).await;
    let alice = server.person("alice");
    let far = Far::start(Arc::new(KeyPair::generate_rsa2048().unwrap())).await;
    let factory = alice.factory(&server.base()).await;
    let tracker = [alice.make(&factory, "TicketTracker", "Filled with tickets").await];
    let me = ActorId::new(alice.id.as_str());
    for title in ["A rare one", "Another rare one"] {
        alice.result_of(&client::open_ticket(&me, &tracker[0], title, "Of the bench.", None)).await;
    }
    unfollow(&alice, &tracker[0], tracker[0].as_str()).await;
    // In tenths, so that no sender is told to come back for long.
    for part in 0..10 {
        far.reset();
        let lots = offers(&far, &tracker, &part.to_string(), tickets / 10);
        let count: usize = lots.iter().map(|lot| lot.len()).sum();
        send(&server.host, lots).await;
        answered(&far, count as u64).await;
    }
    let place = places(&server, &alice, 1).await;
    send(&server.host, comments(&far, &place, "first", COMMENTS)).await;
    worked_off(&server, &alice, &far, &place, "first").await;

    println!("{tickets} tickets of {CONNECTIONS} people and one with {COMMENTS} comments; load {}", load_average());
    let path = |uri: &str| uri.strip_prefix(server.base().as_str()).unwrap_or(uri).to_owned();
    let (list, ticket) = (path(tracker[0].as_str()), path(&place[0].ticket));
    let author = far.person("p3").replace(':', "%3A").replace('/', "%2F");
    let pages = [
        ("the newest", list.clone()),
        ("two filters that one in some has", format!("{list}?author={author}&assignee=nobody")),
        ("two filters that two have", format!("{list}?text=rare&assignee=nobody")),
        ("the same, recently active first", format!("{list}?text=rare&assignee=nobody&sort=active")),
        ("two filters, most comments first", format!("{list}?author={author}&assignee=nobody&sort=comments")),
        ("nothing fits", format!("{list}?text=none&assignee=nobody&state=all")),
        ("a ticket with many comments", ticket.clone()),
        ("its later comments", format!("{ticket}?after=899")),
    ];
    for (name, path) in &pages {
        let path = path.as_str();
        ask(&server.host, path, 4).await;
        let (mut times, mut cpu) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let before = server.process.cpu_seconds();
            times.extend(ask(&server.host, path, ROUND).await);
            cpu.push((server.process.cpu_seconds() - before) * 1e3 / ROUND as f64);
        }
        let (p50, p95) = (percentile(&times, 0.5), percentile(&times, 0.95));
        println!("{name}: p50 {p50:.1} ms, p95 {p95:.1} ms, {:.2} ms of CPU", median(cpu));
    }
    println!("after that: {:.0} MB resident", server.process.resident_bytes() / 1e6);
    let (data, host) = (server.data.clone(), server.host.clone());
    drop(server);
    for (name, path) in &pages {
        println!("{name}, alone: {:.1} MB at its peak", Server::peak_of(&data, &host, path).await / 1e6);
    }
}
