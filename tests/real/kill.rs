//! Killed under load: whatever was acknowledged is there, nothing happened twice, the store is clean.

use crate::server::{Server, free_host, http, run_ok};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use std::collections::BTreeSet;
use std::time::Duration;

/// Kills in `./test`; raised by `PRITCHEL_KILLS`.
const KILLS: u64 = 50;
/// Clients that post at the same time.
const CLIENTS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_by_a_kill_and_nothing_happens_twice() {
    let kills = std::env::var("PRITCHEL_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(KILLS);
    let folder = tempfile::tempdir().unwrap();
    let host = free_host();
    let mut server = Server::start(folder.path(), &host, &[]).await;
    let alice = server.person("alice");
    let (tracker, grant) = alice.tracker(&server.base, "Tickets").await;
    let (tracker, grant) = (ActorId::new(tracker), ActId::new(grant));
    let me = ActorId::new(alice.id.as_str());
    let mut acknowledged: Vec<String> = Vec::new();
    // One client for all: making one takes longer than the time between two kills.
    let http = http();
    for kill in 0..kills {
        let mut clients = tokio::task::JoinSet::new();
        for client in 0..CLIENTS {
            let (alice, me, tracker, grant) = (alice.clone(), me.clone(), tracker.clone(), grant.clone());
            let http = http.clone();
            clients.spawn(async move {
                let mut taken = Vec::new();
                for number in 0.. {
                    let title = format!("{kill}-{client}-{number}");
                    let offer = client::open_ticket(&me, &tracker, &title, "Under load.", Some(&grant));
                    match alice.try_post(&http, &offer).await {
                        Some((201, _)) => taken.push(title),
                        Some((429 | 503, _)) => tokio::time::sleep(Duration::from_millis(5)).await,
                        Some((status, _)) => panic!("expected 201, found {status}"),
                        None => break,
                    }
                }
                taken
            });
        }
        // Between kills another while each time, so that the kill meets another point of the work.
        tokio::time::sleep(Duration::from_millis(40 + (kill * 37) % 120)).await;
        server.kill();
        while let Some(taken) = clients.join_next().await {
            acknowledged.extend(taken.unwrap());
        }
        server = Server::start(folder.path(), &host, &[]).await;
    }
    assert!(acknowledged.len() as u64 > kills, "there was load: {} tickets", acknowledged.len());
    // What was posted is worked off after it was acknowledged, so the last ones may take a moment. A lane that was at work when
    // the server was killed is free again as soon as the next one has opened the store.
    let until = std::time::Instant::now() + crate::server::PATIENCE;
    let lost = loop {
        let titles = all_titles(&alice, &tracker).await;
        let once: BTreeSet<&String> = titles.iter().collect();
        assert_eq!(once.len(), titles.len(), "no ticket twice");
        let lost: Vec<String> = acknowledged.iter().filter(|title| !once.contains(title)).cloned().collect();
        if lost.is_empty() || std::time::Instant::now() > until {
            break lost;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    server.kill();
    run_ok(&["check", "--data", folder.path().to_str().unwrap()]);
}

/// Titles of all tickets.
async fn all_titles(alice: &crate::server::Person, tracker: &ActorId) -> Vec<String> {
    let mut titles = Vec::new();
    let (status, collection) = alice.get(&format!("{tracker}/tickets")).await;
    assert_eq!(status, 200);
    let mut next = collection["first"].clone();
    while let Some(url) = next.as_str() {
        let (_, page) = alice.get(url).await;
        for item in page["orderedItems"].as_array().cloned().unwrap_or_default() {
            let ticket = match item.as_str() {
                Some(url) => alice.get(url).await.1,
                None => item,
            };
            titles.push(ticket["summary"].as_str().unwrap_or_default().to_owned());
        }
        next = page["next"].clone();
    }
    titles
}
