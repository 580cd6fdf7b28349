//! A tracker of one real server, looked at from another one: brought in while that one is killed, kept fresh, and read while its server
//! is away.

use crate::server::{PATIENCE, Server, free_host};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use std::time::{Duration, Instant};

/// Tickets of the tracker: several pages of them.
const TICKETS: usize = 45;

/// Looks at something until its page shows what is wanted.
async fn looks(server: &Server, uri: &str, wanted: impl Fn(&str) -> bool) -> String {
    let until = Instant::now() + PATIENCE;
    loop {
        let page = server.look(uri).await;
        if wanted(&page) {
            return page;
        }
        assert!(Instant::now() < until, "{page}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tracker_is_read_from_another_server_and_stays_when_its_own_is_away() {
    let dir = tempfile::tempdir().unwrap();
    let (host, data) = (free_host(), dir.path().join("here"));
    let there = Server::start(&dir.path().join("there"), &free_host(), &[]).await;
    let mut here = Server::start(&data, &host, &[]).await;
    let (alice, bob) = (there.person("alice"), here.person("bob"));
    let (tracker, grant) = alice.tracker(&there.base, "bugs").await;
    let (tracker, me) = (ActorId::new(tracker), ActorId::new(alice.id.clone()));
    for number in 1..=TICKETS {
        let text = format!("It is *{number}*");
        alice.post(&client::open_ticket(&me, &tracker, &format!("Tea {number}"), &text, None)).await;
    }
    let ticket = |number: usize| format!("{tracker}/tickets/{number}");
    alice.sees(&ticket(TICKETS), |ticket| ticket["type"] == "Ticket").await;
    let close = |number| client::close(&tracker, &ticket(number), Some(&ActId::new(grant.clone())));
    alice.post(&close(7)).await;
    alice.sees(&ticket(7), |ticket| ticket["isResolved"] == true).await;

    looks(&here, tracker.as_str(), |page| page.contains("are here") || page.contains("44 open")).await;
    here.kill();
    drop(here);
    let here = Server::start(&data, &host, &[]).await;
    let page = looks(&here, tracker.as_str(), |page| page.contains("44 open") && page.contains("As of")).await;
    assert!(page.contains(">1 closed</a>") && page.contains(">Tea 45</a>") && page.contains("rel=\"next\""), "{page}");
    let found = here.look(&format!("{tracker}&words=is+13")).await;
    assert!(found.contains(">Tea 13</a>") && !found.contains(">Tea 14</a>"), "{found}");
    let closed = here.look(&format!("{tracker}&state=closed")).await;
    assert!(closed.contains(">Tea 7</a>") && !closed.contains(">Tea 8</a>"), "{closed}");

    // Bob follows it: what it tells him is read.
    let follow = bob.post(&client::follow(&tracker)).await;
    assert_eq!(bob.answered(&follow).await["type"], "Accept");
    alice.post(&close(9)).await;
    looks(&here, tracker.as_str(), |page| page.contains(">2 closed</a>")).await;
    alice.post(&client::open_ticket(&me, &tracker, "Fresh", "x", None)).await;
    looks(&here, tracker.as_str(), |page| page.contains(">Fresh</a>")).await;

    // What only some are shown is not kept.
    let (secret, _) = alice.makes_for(&there.base, "TicketTracker", "secret", "private").await;
    let hush = client::open_ticket(&me, &ActorId::new(secret.clone()), "Hush", "x", None);
    alice.answered(&alice.post(&hush).await).await;
    let page = looks(&here, &secret, |page| !page.contains("Being brought in")).await;
    assert!(!page.contains("Hush") && !page.contains(" open</a>") || page.contains(">0 open</a>"), "{page}");

    there.stop();
    let page = here.look(&ticket(13)).await;
    assert!(page.contains("cannot be asked now") && page.contains("It is <em>13</em>"), "{page}");
    assert!(page.contains("as of <time"), "{page}");
    assert!(here.look(&ticket(99)).await.contains("Nothing was found"));
    here.stop();
}
