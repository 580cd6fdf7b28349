//! One tracker that fills with tickets, and one ticket that fills with comments: what the last ones cost beside the first.
//! Each is done in tenths, worked off before the next begins.

use crate::answered::{answered, offers};
use crate::far::Far;
use crate::inbox::{CONNECTIONS, comments, measure, places, send, unfollow, worked_off};
use crate::load_average;
use crate::server::{Server, free_host};
use pritchel_deliver::key::KeyPair;
use std::sync::Arc;

const PARTS: usize = 10;

/// Measures.
pub async fn run(items: usize) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"), &free_host()).await;
    let alice = server.person("alice");
    let far = Far::start(Arc::new(KeyPair::generate_rsa2048().unwrap())).await;
    println!("{items} tickets, {items} comments, over {CONNECTIONS} connections; load {}", load_average());

    let factory = alice.factory(&server.base()).await;
    let tracker = [alice.make(&factory, "TicketTracker", "Filled with tickets").await];
    unfollow(&alice, &tracker[0], tracker[0].as_str()).await;
    send(&server.host, offers(&far, &tracker, "first", CONNECTIONS)).await;
    answered(&far, CONNECTIONS as u64).await;
    let mut tickets = Vec::new();
    for part in 0..PARTS {
        far.reset();
        let offers = offers(&far, &tracker, &part.to_string(), items / PARTS);
        let began = server.process.cpu_seconds();
        let (_, sent) = measure(&server.host, offers).await;
        answered(&far, sent as u64).await;
        tickets.push((server.process.cpu_seconds() - began) * 1e6 / sent as f64);
    }
    tell("a ticket, with its Accept", &tickets);

    let place = places(&server, &alice, 1).await;
    send(&server.host, comments(&far, &place, "first", CONNECTIONS)).await;
    worked_off(&server, &alice, &far, &place, "first").await;
    let mut replies = Vec::new();
    for part in 0..PARTS {
        let comments = comments(&far, &place, &part.to_string(), items / PARTS);
        let began = server.process.cpu_seconds();
        let (_, sent) = measure(&server.host, comments).await;
        worked_off(&server, &alice, &far, &place, &part.to_string()).await;
        replies.push((server.process.cpu_seconds() - began) * 1e6 / sent as f64);
    }
    tell("a comment", &replies);
}

/// CPU of each tenth; the last two beside the first two.
fn tell(what: &str, parts: &[f64]) {
    let of = |parts: &[f64]| parts.iter().sum::<f64>() / parts.len() as f64;
    let (first, last) = (of(&parts[..2]), of(&parts[PARTS - 2..]));
    println!("{what}: µs of CPU by tenths {parts:.0?}; the last two tenths {:.2} of the first two", last / first);
}
