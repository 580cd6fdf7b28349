//! The real binary and Forgejo, as far as Forgejo goes: stars from there, and people of both who follow each other. The peer is a
//! stand-in written here, strict where Forgejo is ([`peer`]).

mod peer;

use self::peer::Forgejo;
use crate::server::{Person, Server, free_host};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use serde_json::{Value, json};
use std::path::Path;

const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

async fn serve(data: &Path, compatible: bool) -> Server {
    std::fs::create_dir_all(data).unwrap();
    std::fs::write(data.join("pritchel.toml"), format!("forgejo_compatible = {compatible}\n")).unwrap();
    Server::start(data, &free_host(), &[]).await
}

/// Has ada follow somebody here, who lets her: the Follow.
async fn follows(forgejo: &Forgejo, whom: &Person) -> Value {
    let follow = json!({"@context": "https://www.w3.org/ns/activitystreams", "id": format!("{}/follows/1", forgejo.ada),
        "type": "Follow", "actor": forgejo.ada, "object": whom.id});
    assert!(forgejo.sends(&format!("{}/inbox", whom.id), &follow).await.is_success());
    whom.receives(|activity| activity["type"] == "Follow").await;
    let accept = client::accept(&ActId::new(follow["id"].as_str().unwrap()), &[&ActorId::new(forgejo.ada.clone())]);
    whom.post(&accept).await;
    follow
}

fn total(collection: &Value) -> u64 {
    collection["totalItems"].as_u64().unwrap_or(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_of_forgejo_follows_somebody_here_and_reads_what_they_write() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path(), true).await;
    let forgejo = Forgejo::start().await;
    let alice = server.person("alice");
    let followers = format!("{}/followers", alice.id);

    let follow = follows(&forgejo, &alice).await;
    let accept = forgejo.takes(|activity| activity["type"] == "Accept").await;
    assert_eq!((&accept["actor"], &accept["object"]["id"]), (&alice.id.clone().into(), &follow["id"]));
    alice.sees(&followers, |it| total(it) == 1).await;

    let note = json!({"type": "Create", "to": [PUBLIC], "cc": [followers], "object": {"type": "Note", "content": "<p>The tea is ready.</p>"}});
    alice.post(&note).await;
    let told = forgejo.takes(|activity| activity["type"] == "Create").await;
    assert_eq!(told["object"]["content"], "<p>The tea is ready.</p>");
    assert!(told["object"]["url"].as_str().is_some_and(|url| url.len() <= 255), "{told}");

    let undo = json!({"@context": "https://www.w3.org/ns/activitystreams", "id": format!("{}/undo/1", forgejo.ada),
        "type": "Undo", "actor": forgejo.ada, "object": follow});
    assert!(forgejo.sends(&format!("{}/inbox", alice.id), &undo).await.is_success());
    alice.sees(&followers, |it| total(it) == 0).await;
    assert_eq!(forgejo.refused(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_here_follows_a_user_of_forgejo_and_reads_what_they_did() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path(), true).await;
    let forgejo = Forgejo::start().await;
    let bob = server.person("bob");

    assert!(server.look(&forgejo.acct()).await.contains(&forgejo.ada), "she is found by her name");
    let follow = bob.post(&client::follow(&ActorId::new(forgejo.ada.clone()))).await;
    let asked = forgejo.takes(|activity| activity["type"] == "Follow").await;
    assert_eq!((asked["id"].as_str(), asked["actor"].as_str()), (Some(&*follow), Some(&*bob.id)));
    let accept = json!({"@context": ["https://www.w3.org/ns/activitystreams", "https://forgefed.org/ns"],
        "id": format!("{}#accepts/follow/1", forgejo.ada), "type": "Accept", "actor": forgejo.ada, "object": asked});
    assert!(forgejo.sends(&format!("{}/inbox", bob.id), &accept).await.is_success());
    bob.sees(&format!("{}/following", bob.id), |it| total(it) == 1).await;

    let note = json!({"id": format!("{}/activities/7", forgejo.ada), "type": "Note", "attributedTo": forgejo.ada,
        "content": "<a href=\"/ada\">ada</a> pushed", "url": format!("{}/activities/7", forgejo.ada), "published": "2026-11-01T08:00:00Z"});
    let create = json!({"@context": "https://www.w3.org/ns/activitystreams", "id": format!("{}/activities/7/activity", forgejo.ada),
        "type": "Create", "actor": forgejo.ada, "to": PUBLIC, "cc": format!("{}/followers", forgejo.ada), "object": note});
    assert!(forgejo.sends(&format!("{}/inbox", bob.id), &create).await.is_success());
    let told = bob.receives(|activity| activity["type"] == "Create").await;
    assert_eq!(told["object"]["content"], note["content"]);

    bob.post(&client::unfollow(&ActorId::new(forgejo.ada.clone()), &ActId::new(follow))).await;
    forgejo.takes(|activity| activity["type"] == "Undo").await;
    assert_eq!(forgejo.refused(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_star_of_forgejo_without_an_id_counts_once_and_is_shown_without_an_address_nobody_serves() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path(), true).await;
    let forgejo = Forgejo::start().await;
    let alice = server.person("alice");
    let (repository, _) = alice.makes(&server.base, "Repository", "Tea").await;
    let (inbox, likes) = (format!("{repository}/inbox"), format!("{repository}/likes"));
    for time in ["2026-11-01T08:00:00Z", "2026-11-01T08:00:00Z", "2026-11-01T08:00:05Z"] {
        let star = json!({"type": "Like", "startTime": time, "actor": forgejo.ada, "object": repository});
        assert!(forgejo.sends(&inbox, &star).await.is_success());
    }
    alice.sees(&likes, |it| total(it) == 1).await;
    let shown = alice.items(&likes).await;
    assert_eq!(shown, [json!({"type": "Like", "actor": forgejo.ada, "object": repository})]);
    let (_, outbox) = alice.get(&format!("{repository}/outbox?page=first")).await;
    let answers = outbox["orderedItems"].as_array().unwrap().iter().filter(|it| it["object"]["type"] == "Like");
    let answers: Vec<_> =
        answers.map(|it| (it["type"].as_str().unwrap(), it["object"]["actor"].as_str().unwrap())).collect();
    assert_eq!(
        answers,
        [("Reject", &*forgejo.ada), ("Accept", &*forgejo.ada)],
        "newest first, with the star written out"
    );
    assert!(!outbox.to_string().contains("/no-id/"), "{outbox}");
}

/// Without the setting a server says what it is, and Forgejo has nothing to do with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_setting_forgejo_lets_nobody_in() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve(folder.path(), false).await;
    let forgejo = Forgejo::start().await;
    let bob = server.person("bob");
    bob.post(&client::follow(&ActorId::new(forgejo.ada.clone()))).await;
    let until = std::time::Instant::now() + crate::server::PATIENCE;
    while !forgejo.refused().iter().any(|why| why == "pritchel is not let in") {
        assert!(std::time::Instant::now() < until, "{:?}", forgejo.refused());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
