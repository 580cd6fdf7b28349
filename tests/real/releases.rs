//! A release on real servers: a tag is pushed with git, released, downloaded, planned for a milestone of another server's roadmap.

use crate::git::must;
use crate::server::{Person, Server, free_host, http};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use serde_json::{Value, json};
use std::path::Path;

async fn done(who: &Person, activity: Value) -> Value {
    let act = who.post(&activity).await;
    let answer = who.answered(&act).await;
    assert_eq!(answer["type"], "Accept", "{answer}");
    answer
}

async fn made(who: &Person, server: &Server, kind: &str, name: &str) -> (ActorId, ActId) {
    let (id, grant) = who.makes(&server.base, kind, name).await;
    (ActorId::new(id), ActId::new(grant))
}

/// A repository with one tag, `v1.0`: its hash.
fn tagged(dir: &Path, repo: &ActorId, alice: &Person) -> String {
    let work = dir.join("work");
    std::fs::create_dir(&work).unwrap();
    std::fs::write(work.join("tea.txt"), "a <cup>\n").unwrap();
    must(&work, &["init", "-q", "-b", "main"]);
    must(&work, &["add", "-A"]);
    must(&work, &["commit", "-q", "-m", "Pour"]);
    must(&work, &["tag", "-a", "-m", "Hot", "v1.0"]);
    let url = format!("{}.git", repo.as_str().replacen("http://", &format!("http://alice:{}@", alice.token), 1));
    must(&work, &["push", "-q", &url, "main", "v1.0"]);
    must(&work, &["rev-parse", "v1.0^{commit}"])
}

/// The file of an archive that was downloaded.
async fn unpacked(dir: &Path, url: &str, file: &str) -> String {
    let answer = http().get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{url}");
    let archive = dir.join("archive.tar.gz");
    std::fs::write(&archive, answer.bytes().await.unwrap()).unwrap();
    let found = std::process::Command::new("tar").arg("xzOf").arg(&archive).arg(file).output().unwrap();
    assert!(found.status.success(), "{}", String::from_utf8_lossy(&found.stderr));
    String::from_utf8(found.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_is_released_downloaded_and_planned_on_another_server() {
    let dir = tempfile::tempdir().unwrap();
    let (here, there) = (free_host(), free_host());
    let server = Server::start(&dir.path().join("here"), &here, &[]).await;
    let other = Server::start(&dir.path().join("there"), &there, &[]).await;
    let (alice, bob) = (server.person("alice"), other.person("bob"));
    let (repo, repo_grant) = made(&alice, &server, "Repository", "tea").await;
    let (tracker, grant) = made(&alice, &server, "ReleaseTracker", "teas").await;
    let invite = ActId::new(alice.post(&client::invite(&repo, &tracker, "visit", &repo_grant)).await);
    alice.post(&client::agree_to_tie(&tracker, &invite, &grant)).await;
    alice.sees(repo.as_str(), |document| document["releasesTrackedBy"] == tracker.as_str()).await;
    let hash = tagged(dir.path(), &repo, &alice);
    let open = client::open_release(&tracker, ["v1.0", "Tea", "*Hot*"], (&repo, &hash), false, &[], &grant);
    let release = done(&alice, open).await["result"].as_str().unwrap().to_owned();
    let (_, shown) = alice.get(&release).await;
    assert_eq!((&shown["type"], &shown["origin"]["hash"]), (&json!("Release"), &json!(hash)), "{shown}");
    let archive = shown["attachment"][0]["href"].as_str().unwrap();
    assert_eq!(unpacked(dir.path(), archive, "tea-v1.0/tea.txt").await, "a <cup>\n");
    let (_, tracked) = alice.get(tracker.as_str()).await;
    assert_eq!(tracked["tracksReleasesFor"], repo.as_str());

    // Bob's roadmap, on the other server, has the milestone.
    let (roadmap, theirs) = made(&bob, &other, "Roadmap", "plans").await;
    let times = (None, None);
    let milestone = done(&bob, client::open_milestone(&roadmap, "One", "x", times, &theirs)).await;
    let milestone = milestone["result"].as_str().unwrap();
    let invite = ActId::new(bob.post(&client::invite(&roadmap, &tracker, "visit", &theirs)).await);
    alice.post(&client::agree_to_tie(&tracker, &invite, &grant)).await;
    alice.sees(tracker.as_str(), |document| document["trackerRoadmap"] == roadmap.as_str()).await;
    done(&alice, client::add_milestone(&tracker, &release, milestone, &grant)).await;
    let planned = format!("{release}/releaseMilestones?page=first");
    assert_eq!(alice.get(&planned).await.1["items"], json!([milestone]));
    bob.sees(&format!("{milestone}/milestoneReleases?page=first"), |listed| listed["items"] == json!([release])).await;
    done(&alice, client::delete_release(&tracker, &release, &grant)).await;
    bob.sees(&format!("{milestone}/milestoneReleases?page=first"), |listed| listed["totalItems"] == 0).await;
    assert_eq!(alice.get(&release).await.0, 404);
    server.stop();
    other.stop();
}
