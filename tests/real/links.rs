//! A link between two servers, and access that flows over it to a third: over HTTP, with signatures, between real processes.

use crate::server::{PATIENCE, Person, Server, free_host, http};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use serde_json::Value;
use std::time::{Duration, Instant};

async fn status(url: &str) -> u16 {
    http().head(url).send().await.unwrap().status().as_u16()
}

/// Waits until an address answers so.
async fn answers(url: &str, expected: u16) {
    let until = Instant::now() + PATIENCE;
    while status(url).await != expected {
        assert!(Instant::now() < until, "{url} answers {}, expected {expected}", status(url).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn id(address: &str) -> ActorId {
    ActorId::new(address)
}

async fn closes(who: &Person, tracker: &str, ticket: &str, grant: &str) -> Value {
    let close = who.post(&client::close(&id(tracker), ticket, Some(&ActId::new(grant)))).await;
    who.answered(&close).await
}

/// Alice's tracker on one server joins bob's project on another; carol, a member of the project from a third, closes a ticket with
/// what was passed on to her, until alice ends the link.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn access_flows_over_a_link_between_servers_and_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let (red_data, blue_data) = (folder.path().join("red"), folder.path().join("blue"));
    let red = Server::start(&red_data, &free_host(), &[]).await;
    let blue = Server::start(&blue_data, &free_host(), &[]).await;
    let green = Server::start(&folder.path().join("green"), &free_host(), &[]).await;
    let (alice, bob, carol) = (red.person("alice"), blue.person("bob"), green.person("carol"));
    let (tracker, of_tracker) = alice.tracker(&red.base, "Tea").await;
    let (project, of_project) = bob.makes(&blue.base, "Project", "Meals").await;

    let invite = client::invite(&id(&project), &id(&carol.id), "triage", &ActId::new(of_project.as_str()));
    let invite = bob.post(&invite).await;
    carol.receives(|activity| activity["type"] == "Accept" && activity["object"] == invite.as_str()).await;
    carol.post(&client::accept(&ActId::new(invite.as_str()), &[&id(&project)])).await;

    let add = client::add(&id(&tracker), "context", &id(&project), "maintain", &ActId::new(of_tracker.as_str()));
    let add = alice.post(&add).await;
    assert_eq!(alice.answered(&add).await["type"], "Accept");
    let admin = ActId::new(of_project.as_str());
    bob.post(&client::agree(&ActId::new(add.as_str()), &id(&project), &id(&tracker), &admin)).await;

    let passed_on = |activity: &Value| activity["type"] == "Grant" && activity["context"] == tracker.as_str();
    let grant = carol.receives(passed_on).await;
    assert_eq!((&grant["actor"], &grant["object"]), (&Value::from(project.as_str()), &Value::from("triage")));
    let result = grant["result"].as_str().unwrap();
    assert_eq!(status(result).await, 204, "it holds");

    let open = client::open_ticket(&id(&carol.id), &id(&tracker), "Too hot", "It is.", None);
    let open = carol.post(&open).await;
    let ticket = carol.answered(&open).await["result"].as_str().unwrap().to_owned();
    let grant = grant["id"].as_str().unwrap();
    assert_eq!(closes(&carol, &tracker, &ticket, grant).await["type"], "Accept");

    let end = client::remove_link(&id(&tracker), "context", &id(&project), &ActId::new(of_tracker.as_str()));
    let end = alice.post(&end).await;
    assert_eq!(alice.answered(&end).await["type"], "Accept");
    answers(result, 410).await;
    carol.receives(|activity| activity["type"] == "Revoke" && activity["object"] == grant).await;
    let refused = closes(&carol, &tracker, &ticket, grant).await;
    assert_eq!((&refused["type"], &refused["summary"]), (&Value::from("Reject"), &Value::from("revoked")), "{refused}");
    for server in [red, blue, green] {
        server.stop();
    }
    for data in [red_data, blue_data] {
        crate::server::run_ok(&["check", "--data", data.to_str().unwrap()]);
    }
}
