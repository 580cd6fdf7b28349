//! A tracker copied from one real server to another, which is killed in between.

use crate::server::{PATIENCE, Person, Server, free_host, http};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use serde_json::Value;
use std::path::Path;
use std::time::Instant;

/// Tickets of the tracker: several pages of them.
const TICKETS: usize = 45;

/// A server that copies trackers.
async fn copies(data: &Path, host: &str) -> Server {
    std::fs::create_dir_all(data).unwrap();
    std::fs::write(data.join("pritchel.toml"), "migration = true\n").unwrap();
    Server::start(data, host, &[]).await
}

async fn factory(who: &Person, server: &Server) -> (ActorId, ActId) {
    let domain = ActorId::new(format!("{}/actor", server.base));
    let (factory, grant) = who.made(&client::open_factory(&domain, "Bench")).await;
    (ActorId::new(factory), ActId::new(grant))
}

async fn page(url: &str) -> String {
    http().get(url).header("accept", "text/html").send().await.unwrap().text().await.unwrap()
}

/// Waits until a copy is as wanted, and answers how it stands.
async fn stands(copy: &ActorId, wanted: impl Fn(&Value) -> bool) -> Value {
    let until = Instant::now() + PATIENCE;
    loop {
        let asked = http().get(copy.as_str()).header("accept", "application/activity+json").send().await.unwrap();
        let document: Value = serde_json::from_str(&asked.text().await.unwrap()).unwrap();
        let migration = document["migration"].clone();
        if wanted(&migration) {
            return migration;
        }
        assert!(Instant::now() < until, "it is still {migration}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tracker_moves_to_another_server_which_is_killed_in_between() {
    let dir = tempfile::tempdir().unwrap();
    let (host, data) = (free_host(), dir.path().join("there"));
    let here = Server::start(&dir.path().join("here"), &free_host(), &[]).await;
    let mut there = copies(&data, &host).await;
    let (alice, bob) = (here.person("alice"), there.person("bob"));
    let (tracker, grant) = alice.tracker(&here.base, "bugs").await;
    let (tracker, me) = (ActorId::new(tracker), ActorId::new(alice.id.clone()));
    for number in 1..=TICKETS {
        let text = format!("It is *{number}*");
        alice.post(&client::open_ticket(&me, &tracker, &format!("Tea {number}"), &text, None)).await;
    }
    let ticket = |number: usize| format!("{tracker}/tickets/{number}");
    alice.sees(&ticket(TICKETS), |ticket| ticket["type"] == "Ticket").await;
    alice.post(&client::comment(&tracker, &ticket(7), None, "Indeed", None)).await;
    alice.post(&client::close(&tracker, &ticket(7), Some(&ActId::new(grant)))).await;
    alice.sees(&ticket(7), |ticket| ticket["isResolved"] == true).await;

    let (bench, bench_grant) = factory(&bob, &there).await;
    let (copy, _) = bob.made(&client::migrate(&bench, &tracker, "bugs", "public", &bench_grant)).await;
    let copy = ActorId::new(copy);
    stands(&copy, |now| now["tickets"].as_u64() > Some(0)).await;
    there.kill();
    drop(there);
    let there = copies(&data, &host).await;
    let done = stands(&copy, |now| now["state"] == "done").await;
    let counts = ["tickets", "totalTickets", "comments", "skipped"].map(|what| done[what].as_u64().unwrap());
    assert_eq!(counts, [TICKETS as u64, TICKETS as u64, 1, 0]);

    let (_, document) = bob.get(copy.as_str()).await;
    assert_eq!(document["origin"], tracker.as_str());
    let (_, seventh) = bob.get(&format!("{copy}/tickets/7")).await;
    assert_eq!((&seventh["attributedTo"], &seventh["isResolved"]), (&copy.as_str().into(), &true.into()));
    assert_eq!(
        (&seventh["origin"], seventh["content"].as_str()),
        (&ticket(7).into(), Some("<p>It is <em>7</em></p>\n"))
    );
    let alices = format!("alice@{}", here.base.trim_start_matches("http://"));
    assert_eq!(seventh["importedAuthor"], alices.as_str());
    let comments = bob.items(&format!("{copy}/tickets/7/replies")).await;
    let comment = comments[0].as_str().unwrap().to_owned();
    let (_, note) = bob.get(&comment).await;
    assert_eq!((&note["attributedTo"], &note["importedAuthor"]), (&copy.as_str().into(), &alices.as_str().into()));
    assert_eq!(note["content"], "<p>Indeed</p>\n");
    let shown = page(&format!("{copy}/tickets/7")).await;
    assert!(
        shown.contains(&format!("<bdi>{alices}</bdi> at <a href=\"{}\"", ticket(7))) && shown.contains("imported"),
        "{shown}"
    );
    assert!(!shown.contains(&format!("href=\"{}\"", alice.id)), "nobody is made out to have written it: {shown}");
    assert!(
        page(copy.as_str()).await.contains(&format!("All of it is here: {TICKETS} of {TICKETS} tickets, 1 comment."))
    );

    // It is a tracker like any other, and can be copied again.
    let bobs = ActorId::new(bob.id.clone());
    let open = bob.answered(&bob.post(&client::open_ticket(&bobs, &copy, "Cup", "x", None)).await).await;
    assert_eq!(open["result"], format!("{copy}/tickets/{}", TICKETS + 1));
    let asked = http().get(format!("{copy}/tickets/7")).header("accept", "application/f3+json").send().await.unwrap();
    let told: Value = serde_json::from_str(&asked.text().await.unwrap()).unwrap();
    assert_eq!(told["poster_name"], alices.as_str());

    // Where the operator has not allowed it, nothing is copied; and what is private is not there.
    let (bench, bench_grant) = factory(&alice, &here).await;
    let off = client::migrate(&bench, &copy, "again", "public", &bench_grant);
    let answer = alice.answered(&alice.post(&off).await).await;
    assert_eq!((&answer["type"], &answer["summary"]), (&"Reject".into(), &"migration-off".into()), "{answer}");
    let (secret, _) = alice.makes_for(&here.base, "TicketTracker", "secret", "private").await;
    let (bench, bench_grant) = factory(&bob, &there).await;
    let (copy, _) = bob.made(&client::migrate(&bench, &ActorId::new(secret), "x", "public", &bench_grant)).await;
    let failed = stands(&ActorId::new(copy.clone()), |now| now["state"] == "failed").await;
    assert_eq!(failed["tickets"], 0);
    assert!(page(&copy).await.contains("its server answered 404"));
    here.stop();
    there.stop();
}
