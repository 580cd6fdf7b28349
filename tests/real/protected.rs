//! Rules for branches and tags on a real server, as git's clients meet them: over HTTP, over SSH, and where something is merged.

use crate::git::{must, tried};
use crate::server::{Person, Server, free_host};
use crate::ssh::{Ssh, is_here, key};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use std::path::{Path, PathBuf};

fn commit(dir: &Path, file: &str, content: &str) {
    std::fs::write(dir.join(file), content).unwrap();
    must(dir, &["add", "-A"]);
    must(dir, &["commit", "-q", "-m", &format!("Write {file}")]);
}

/// A work tree with two commits on `main`, and where alice pushes it.
fn work(folder: &Path, alice: &Person, repo: &str) -> (PathBuf, String) {
    let work = folder.join("work");
    std::fs::create_dir(&work).unwrap();
    must(&work, &["init", "-q", "-b", "main"]);
    commit(&work, "tea.txt", "tea\n");
    commit(&work, "tea.txt", "more tea\n");
    (work, format!("{}.git", repo.replacen("http://", &format!("http://alice:{}@", alice.token), 1)))
}

/// Alice makes a rule by the form of the page.
async fn protect(server: &Server, repo: &str, fields: &[(&str, &str)]) {
    let page = format!("{}/protection", repo.strip_prefix(&server.base).unwrap());
    let answer = server.browser("alice").await.send(&page, &page, fields).await;
    assert_eq!(answer.status(), 303, "{}", answer.text().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_branch_is_neither_forced_nor_deleted_and_git_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&dir.path().join("data"), &free_host(), &[]).await;
    let alice = server.person("alice");
    let (repo, _) = alice.makes(&server.base, "Repository", "tea").await;
    let (work, url) = work(dir.path(), &alice, &repo);
    must(&work, &["push", "-q", &url, "main", "main:old"]);
    protect(&server, &repo, &[("of", "branches"), ("pattern", "ma*"), ("role", "admin")]).await;
    protect(&server, &repo, &[("of", "tags"), ("pattern", "v*"), ("role", "nobody")]).await;

    let said = tried(&work, &["push", &url, "+main~1:main"]).unwrap_err();
    assert!(said.contains("remote: refs/heads/main is protected by the rule `ma*`: it takes no forced push"), "{said}");
    let said = tried(&work, &["push", &url, ":main"]).unwrap_err();
    assert!(said.contains("protected by the rule `ma*`: it is not deleted"), "{said}");
    must(&work, &["tag", "v1"]);
    let said = tried(&work, &["push", &url, "v1", "main:fresh"]).unwrap_err();
    assert!(said.contains("refs/tags/v1 is protected by the rule `v*`: nobody pushes to it"), "{said}");
    let refs = must(&work, &["ls-remote", &url]);
    assert!(!refs.contains("fresh") && !refs.contains("v1"), "a push is taken whole or not at all: {refs}");
    commit(&work, "milk.txt", "milk\n");
    must(&work, &["push", "-q", &url, "main"]);
    must(&work, &["push", "-q", &url, "+main~2:refs/heads/old"]);
    must(&work, &["push", "-q", &url, ":old"]);
    let branches = format!("{}/branches", repo.strip_prefix(&server.base).unwrap());
    let shown = server.browser("alice").await.open(&branches).await.text().await.unwrap();
    assert!(shown.contains("protected</span>"), "{shown}");
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_holds_over_ssh_too() {
    if !is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let red = Ssh::start(folder, "red").await;
    let alice = red.server.person("alice");
    let (repo, _) = alice.makes(&red.server.base, "Repository", "Tea").await;
    let laptop = key(folder, "laptop", &["ed25519"]);
    red.add_key("alice", &laptop);
    let (work, _) = work(folder, &alice, &repo);
    let uri = red.uri("git", "tea");
    red.git(&work, &laptop, &["push", "-q", &uri, "main"]).unwrap();
    protect(&red.server, &repo, &[("of", "branches"), ("pattern", "main"), ("role", "nobody")]).await;
    commit(&work, "milk.txt", "milk\n");
    let said = red.git(&work, &laptop, &["push", &uri, "main"]).unwrap_err();
    assert!(said.contains("refs/heads/main is protected by the rule `main`: nobody pushes to it"), "{said}");
    assert!(said.contains("push to refs/for/main"), "{said}");
    red.git(&work, &laptop, &["push", "-q", &uri, "main:milk"]).unwrap();
    red.server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lacks_an_approval_is_not_merged_into_a_protected_branch() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&dir.path().join("data"), &free_host(), &[]).await;
    let alice = server.person("alice");
    let (repo, repo_grant) = alice.makes(&server.base, "Repository", "tea").await;
    let (patches, grant) = alice.makes(&server.base, "PatchTracker", "tea patches").await;
    let (target, patches, me) = (ActorId::new(repo.as_str()), ActorId::new(patches), ActorId::new(alice.id.clone()));
    let (repo_grant, grant) = (ActId::new(repo_grant), ActId::new(grant));
    let invite = ActId::new(alice.post(&client::invite(&target, &patches, "write", &repo_grant)).await);
    alice.post(&client::agree_to_tie(&patches, &invite, &grant)).await;
    alice.sees(patches.as_str(), |document| document["tracksPatchesFor"] == repo.as_str()).await;
    let (work, url) = work(dir.path(), &alice, &repo);
    must(&work, &["push", "-q", &url, "main~1:refs/heads/main", "main:more"]);
    protect(&server, &repo, &[("of", "branches"), ("pattern", "main"), ("role", "nobody"), ("approvals", "1")]).await;
    let open = client::open_merge_request(&me, &patches, "More", "", [(&target, "more"), (&target, "main")], None);
    let request = alice.answered(&alice.post(&open).await).await["result"].as_str().unwrap().to_owned();
    let merge = client::apply(&patches, &request, &target, "merge", &grant);
    let answer = alice.answered(&alice.post(&merge).await).await;
    assert_eq!((answer["type"].as_str(), answer["summary"].as_str()), (Some("Reject"), Some("approvals-missing")));
    protect(&server, &repo, &[("of", "branches"), ("pattern", "main"), ("role", "nobody")]).await;
    let answer = alice.answered(&alice.post(&merge).await).await;
    assert_eq!(answer["type"], "Accept", "{answer}");
    server.stop();
}
