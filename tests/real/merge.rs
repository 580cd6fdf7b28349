//! A merge request on a real server: pushed with git, opened, looked at, merged, fetched.

use crate::server::{Person, Server, free_host, http};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

fn git(dir: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(dir).env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", dir);
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Alice").env(format!("GIT_{who}_EMAIL"), "alice@example.org");
    }
    let output = command.args(args).output().unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

fn commit(dir: &Path, file: &str, content: &str) {
    std::fs::write(dir.join(file), content).unwrap();
    git(dir, &["add", "-A"]);
    git(dir, &["commit", "-q", "-m", &format!("Write {file}")]);
}

async fn done(alice: &Person, activity: Value) -> Value {
    let act = alice.post(&activity).await;
    let answer = alice.answered(&act).await;
    assert_eq!(answer["type"], "Accept", "{answer}");
    answer
}

async fn page(url: &str) -> String {
    http().get(url).header("accept", "text/html").send().await.unwrap().text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_is_offered_looked_at_and_merged_and_a_conflict_is_refused() {
    let (dir, host) = (tempfile::tempdir().unwrap(), free_host());
    let server = Server::start(&dir.path().join("data"), &host, &[]).await;
    let alice = server.person("alice");
    let (repo, repo_grant) = alice.makes(&server.base, "Repository", "tea").await;
    let (patches, grant) = alice.makes(&server.base, "PatchTracker", "tea patches").await;
    let (repo, patches, me) = (ActorId::new(repo), ActorId::new(patches), ActorId::new(alice.id.clone()));
    let (repo_grant, grant) = (ActId::new(repo_grant), ActId::new(grant));
    let invite = ActId::new(alice.post(&client::invite(&repo, &patches, "write", &repo_grant)).await);
    alice.post(&client::agree_to_tie(&patches, &invite, &grant)).await;
    alice.sees(patches.as_str(), |document| document["tracksPatchesFor"] == repo.as_str()).await;
    alice.sees(repo.as_str(), |document| document["sendPatchesTo"] == patches.as_str()).await;

    let work = dir.path().join("work");
    std::fs::create_dir(&work).unwrap();
    let url = format!("{}.git", repo.as_str().replacen("http://", &format!("http://alice:{}@", alice.token), 1));
    git(&work, &["init", "-q", "-b", "main"]);
    commit(&work, "tea.txt", "tea\n");
    git(&work, &["checkout", "-q", "-b", "milk"]);
    commit(&work, "milk.txt", "a <drop> of milk\n");
    git(&work, &["checkout", "-q", "-b", "other", "main"]);
    commit(&work, "milk.txt", "none\n");
    git(&work, &["push", "-q", &url, "main", "milk", "other"]);

    let open =
        |from| client::open_merge_request(&me, &patches, "Milk", "*Now*", [(&repo, from), (&repo, "main")], None);
    let request = done(&alice, open("milk")).await["result"].as_str().unwrap().to_owned();
    let stray = done(&alice, open("other")).await["result"].as_str().unwrap().to_owned();
    let shown = page(&request).await;
    for part in ["1 commit, 1 file", "<ins>+a &#60;drop&#62; of milk</ins>", "Write milk.txt"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(!shown.contains("/do/apply"), "whoever is not signed in is offered no merge");
    let apply = alice.post(&client::apply(&patches, &request, &repo, "squash", &grant)).await;
    let answer = alice.answered(&apply).await;
    assert_eq!(answer["type"], "Accept", "{answer}");
    let push =
        alice.receives(|activity| activity["type"] == "Push" && activity["summary"] == "1 commit pushed to main").await;
    assert_eq!(push["attributedTo"], alice.id);
    git(&work, &["fetch", "-q", &url, "main"]);
    assert_eq!(git(&work, &["show", "FETCH_HEAD:milk.txt"]), "a <drop> of milk");
    assert_eq!(git(&work, &["log", "-1", "--format=%an %s", "FETCH_HEAD"]), "alice Milk");
    assert_eq!(push["hashAfter"], git(&work, &["rev-parse", "FETCH_HEAD"]));
    let (_, ticket) = alice.get(&request).await;
    assert_eq!((&ticket["isResolved"], &ticket["resolvedBy"]), (&true.into(), &apply.as_str().into()), "{ticket}");
    assert_eq!(ticket["attachment"]["target"]["ref"], "refs/heads/main", "{ticket}");
    assert!(page(&request).await.contains("It is merged"));

    let refused = alice.post(&client::apply(&patches, &stray, &repo, "merge", &grant)).await;
    let answer = alice.answered(&refused).await;
    assert_eq!((answer["type"].as_str(), answer["summary"].as_str()), (Some("Reject"), Some("conflict")), "{answer}");
    assert!(answer["content"].as_str().unwrap().contains("milk.txt"), "{answer}");
    server.stop();
}
