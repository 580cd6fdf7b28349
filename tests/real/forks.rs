//! Forks and mirrors on real servers, and a merge request from a fork of one server to another.

use crate::git::{must, tried};
use crate::server::{PATIENCE, Person, Server, free_host, http, run};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Instant;

fn commit(dir: &Path, file: &str, content: &str) {
    std::fs::write(dir.join(file), content).unwrap();
    must(dir, &["add", "-A"]);
    must(dir, &["commit", "-q", "-m", &format!("Write {file}")]);
}

/// A working copy with one commit on `main`.
fn work(dir: &Path) -> PathBuf {
    let work = dir.join("work");
    std::fs::create_dir(&work).unwrap();
    must(&work, &["init", "-q", "-b", "main"]);
    commit(&work, "tea.txt", "tea\n");
    work
}

fn url(repo: &ActorId, who: &Person) -> String {
    format!("{}.git", repo.as_str().replacen("http://", &format!("http://x:{}@", who.token), 1))
}

async fn page(url: &str) -> (u16, String) {
    let answer = http().get(url).header("accept", "text/html").send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Waits until a page says something.
async fn page_says(url: &str, what: &str) {
    let until = Instant::now() + PATIENCE;
    loop {
        let (_, shown) = page(url).await;
        if shown.contains(what) {
            return;
        }
        assert!(Instant::now() < until, "nothing of {what:?} in {shown}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

/// A factory of somebody's, and the Grant on it.
async fn factory(who: &Person, server: &Server) -> (ActorId, ActId) {
    let domain = ActorId::new(format!("{}/actor", server.base));
    let (factory, grant) = who.made(&client::open_factory(&domain, "Bench")).await;
    (ActorId::new(factory), ActId::new(grant))
}

/// Waits until git finds this commit at a branch of a repository.
async fn has(work: &Path, url: &str, branch: &str, commit: &str) {
    let until = Instant::now() + PATIENCE;
    loop {
        let listed = tried(work, &["ls-remote", url, &format!("refs/heads/{branch}")]);
        if listed.as_ref().is_ok_and(|listed| listed.starts_with(commit)) {
            return;
        }
        assert!(Instant::now() < until, "{branch} is not at {commit}: {listed:?}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fork_on_another_server_is_filled_listed_and_merged_from() {
    let dir = tempfile::tempdir().unwrap();
    let here = Server::start(&dir.path().join("here"), &free_host(), &[]).await;
    let there = Server::start(&dir.path().join("there"), &free_host(), &[]).await;
    let (alice, bob) = (here.person("alice"), there.person("bob"));
    let (repo, repo_grant) = alice.makes(&here.base, "Repository", "tea").await;
    let (patches, grant) = alice.makes(&here.base, "PatchTracker", "tea patches").await;
    let (repo, patches, me) = (ActorId::new(repo), ActorId::new(patches), ActorId::new(bob.id.clone()));
    let (repo_grant, grant) = (ActId::new(repo_grant), ActId::new(grant));
    let invite = ActId::new(alice.post(&client::invite(&repo, &patches, "write", &repo_grant)).await);
    alice.post(&client::agree_to_tie(&patches, &invite, &grant)).await;
    alice.sees(patches.as_str(), |document| document["tracksPatchesFor"] == repo.as_str()).await;
    let work = work(dir.path());
    must(&work, &["tag", "v1"]);
    must(&work, &["push", "-q", &url(&repo, &alice), "main", "v1"]);
    let main = must(&work, &["rev-parse", "main"]);

    let (bench, bench_grant) = factory(&bob, &there).await;
    let (fork, _) = bob.made(&client::fork(&bench, &repo, "tea too", "public", &bench_grant)).await;
    let fork = ActorId::new(fork);
    has(&work, &format!("{fork}.git"), "main", &main).await;
    assert!(must(&work, &["ls-remote", "--tags", &format!("{fork}.git")]).contains("refs/tags/v1"));
    alice.sees(&format!("{repo}/forks?page=first"), |page| page["orderedItems"][0] == fork.as_str()).await;
    let (_, document) = bob.get(fork.as_str()).await;
    assert_eq!((&document["origin"], document.get("mirrors")), (&repo.as_str().into(), None), "{document}");
    page_says(fork.as_str(), "Fork of").await;
    let (_, shown) = page(repo.as_str()).await;
    assert!(shown.contains("tea too") || shown.contains(fork.as_str()), "{shown}");

    must(&work, &["checkout", "-q", "-b", "milk"]);
    commit(&work, "milk.txt", "one\n");
    must(&work, &["push", "-q", &url(&fork, &bob), "milk"]);
    let open = client::open_merge_request(&me, &patches, "Milk", "*More*", [(&fork, "milk"), (&repo, "main")], None);
    let answer = bob.answered(&bob.post(&open).await).await;
    let request = answer["result"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
    let newest = |number: u32| {
        let expected = format!("{request}/versions/{number}");
        move |ticket: &Value| ticket["attachment"]["object"] == expected.as_str()
    };
    alice.sees(&request, newest(1)).await;
    commit(&work, "milk.txt", "one\ntwo\n");
    must(&work, &["push", "-q", &url(&fork, &bob), "milk"]);
    alice.sees(&request, newest(2)).await;
    assert!(page(&request).await.1.contains("<span class=sign>+</span>two"));
    let apply = alice.post(&client::apply(&patches, &request, &repo, "merge", &grant)).await;
    let answer = alice.answered(&apply).await;
    assert_eq!(answer["type"], "Accept", "{answer}");
    must(&work, &["fetch", "-q", &url(&repo, &alice), "main"]);
    assert_eq!(must(&work, &["show", "FETCH_HEAD:milk.txt"]), "one\ntwo");

    // A branch that is not there is no version, and the request says so.
    let open = client::open_merge_request(&me, &patches, "Cup", "x", [(&fork, "cup"), (&repo, "main")], None);
    let request = bob.answered(&bob.post(&open).await).await["result"].as_str().unwrap().to_owned();
    page_says(&request, "there is no refs/heads/cup").await;

    // One that has told its origin nothing yet, whose keys are gone with it: that it is gone is seen at its address.
    let (third, third_grant) = bob.made(&client::fork(&bench, &repo, "tea three", "public", &bench_grant)).await;
    let third = ActorId::new(third);
    has(&work, &format!("{third}.git"), "main", &must(&work, &["rev-parse", "FETCH_HEAD"])).await;
    let forks = format!("{repo}/forks?page=first");
    alice.sees(&forks, |page| page.to_string().contains(third.as_str())).await;
    bob.post(&client::delete_resource(&third, &ActId::new(third_grant))).await;
    alice.sees(&forks, |page| !page.to_string().contains(third.as_str())).await;
    alice.sees(&forks, |page| page.to_string().contains(fork.as_str())).await;
    here.stop();
    there.stop();
}

/// ForgeFed, "Forks and Migrations": first a copy is made, then the old one leads to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_moves_to_its_copy_on_another_server_and_takes_no_pushes_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let here = Server::start(&dir.path().join("here"), &free_host(), &[]).await;
    let there = Server::start(&dir.path().join("there"), &free_host(), &[]).await;
    let (alice, bob) = (here.person("alice"), there.person("bob"));
    let (repo, grant) = alice.makes(&here.base, "Repository", "tea").await;
    let (repo, grant) = (ActorId::new(repo), ActId::new(grant));
    let work = work(dir.path());
    must(&work, &["push", "-q", &url(&repo, &alice), "main"]);
    let main = must(&work, &["rev-parse", "main"]);
    let (bench, bench_grant) = factory(&bob, &there).await;
    let (copy, _) = bob.made(&client::fork(&bench, &repo, "tea too", "public", &bench_grant)).await;
    let copy = ActorId::new(copy);
    has(&work, &format!("{copy}.git"), "main", &main).await;
    let follow = bob.post(&client::follow(&repo)).await;
    assert_eq!(bob.answered(&follow).await["type"], "Accept");

    let astray = alice.post(&client::relocate(&repo, &bench, &grant)).await;
    assert_eq!(alice.answered(&astray).await["summary"], "wrong-kind", "a factory of the other server is none");
    let moved = alice.post(&client::relocate(&repo, &copy, &grant)).await;
    assert_eq!(alice.answered(&moved).await["type"], "Accept");
    bob.receives(|activity| activity["type"] == "Move" && activity["target"] == copy.as_str()).await;
    bob.receives(|activity| activity["type"] == "Accept" && activity["object"] == moved.as_str()).await;
    let (_, document) = bob.get(repo.as_str()).await;
    assert_eq!((&document["isArchived"], &document["movedTo"]), (&true.into(), &copy.as_str().into()), "{document}");
    let (_, shown) = page(repo.as_str()).await;
    assert!(shown.contains("has moved") && shown.contains(copy.as_str()), "{shown}");

    commit(&work, "milk.txt", "milk\n");
    let said = tried(&work, &["push", &url(&repo, &alice), "main"]).unwrap_err();
    assert!(said.contains("this is archived") && said.contains(&format!("it has moved to {copy}")), "{said}");
    must(&work, &["push", "-q", &url(&copy, &bob), "main"]);
    assert!(must(&work, &["ls-remote", &format!("{repo}.git"), "main"]).starts_with(&main), "it is there to be read");
    here.stop();
    there.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_follows_what_is_pushed_elsewhere_and_takes_nothing_itself() {
    let dir = tempfile::tempdir().unwrap();
    let here = Server::start(&dir.path().join("here"), &free_host(), &[]).await;
    let there = Server::start(&dir.path().join("there"), &free_host(), &[]).await;
    let (alice, bob) = (here.person("alice"), there.person("bob"));
    let (repo, _) = alice.makes(&here.base, "Repository", "tea").await;
    let repo = ActorId::new(repo);
    let work = work(dir.path());
    must(&work, &["push", "-q", &url(&repo, &alice), "main", "main:old"]);
    let (bench, bench_grant) = factory(&bob, &there).await;
    let (mirror, grant) = bob.made(&client::mirror(&bench, &repo, "tea there", "closed", &bench_grant)).await;
    let (mirror, grant) = (ActorId::new(mirror), ActId::new(grant));
    let open = format!("{mirror}.git");
    has(&work, &open, "main", &must(&work, &["rev-parse", "main"])).await;
    alice.sees(repo.as_str(), |document| document["mirroredBy"].to_string().contains(mirror.as_str())).await;
    let (_, document) = bob.get(mirror.as_str()).await;
    assert_eq!(document["mirrors"], repo.as_str(), "{document}");
    let said = tried(&work, &["push", &url(&mirror, &bob), "main:new"]).unwrap_err();
    assert!(said.contains("this is a mirror of"), "{said}");

    commit(&work, "milk.txt", "milk\n");
    must(&work, &["push", "-q", &url(&repo, &alice), "main", ":old"]);
    let main = must(&work, &["rev-parse", "main"]);
    has(&work, &open, "main", &main).await;
    let push = bob.receives(|activity| activity["type"] == "Push" && activity["hashAfter"] == main.as_str()).await;
    assert_eq!((&push["actor"], push.get("attributedTo")), (&mirror.as_str().into(), None), "{push}");
    assert_eq!(must(&work, &["ls-remote", &open, "refs/heads/old"]), "", "what has gone there goes here");
    page_says(mirror.as_str(), "Mirror of").await;

    // The other server is down: that is shown, what came stays, and it is tried again.
    here.stop();
    let edited = bob.answered(&bob.post(&client::edit_mirror(&mirror, 300, &grant)).await).await;
    assert_eq!(edited["type"], "Accept", "{edited}");
    page_says(mirror.as_str(), "Looks every").await;
    has(&work, &open, "main", &main).await;
    let ended = bob.answered(&bob.post(&client::end_mirror(&mirror, &grant)).await).await;
    assert_eq!(ended["type"], "Accept", "{ended}");
    must(&work, &["push", "-q", &url(&mirror, &bob), "main:new"]);
    there.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_copied_says_why_and_what_is_private_is_shown_by_no_fork() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&dir.path().join("data"), &free_host(), &[]).await;
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    let (secret, _) = alice.makes_for(&server.base, "Repository", "recipe", "private").await;
    let (tracker, _) = alice.tracker(&server.base, "bugs").await;
    let secret = ActorId::new(secret);
    let work = work(dir.path());
    must(&work, &["push", "-q", &url(&secret, &alice), "main"]);
    let main = must(&work, &["rev-parse", "main"]);
    let (alices, alices_grant) = factory(&alice, &server).await;
    let (bobs, bobs_grant) = factory(&bob, &server).await;
    let nobody = free_host();
    #[rustfmt::skip]
    let rows = [
        (&bob,   &bobs,   &bobs_grant,   secret.clone(),                                    "may not see it"),
        (&alice, &alices, &alices_grant, secret.clone(),                                    "what is private is copied into nothing"),
        (&bob,   &bobs,   &bobs_grant,   ActorId::new(tracker),                             "may not see it"),
        (&bob,   &bobs,   &bobs_grant,   ActorId::new(format!("{}/repos/x", server.base)),  "may not see it"),
        (&bob,   &bobs,   &bobs_grant,   ActorId::new(format!("http://{nobody}/repos/x")),  "no connection to"),
        (&bob,   &bobs,   &bobs_grant,   ActorId::new("https://10.0.0.1/repos/x"),          "not a public address"),
    ];
    for (who, factory, grant, origin, why) in rows {
        let (fork, _) = who.made(&client::fork(factory, &origin, "copy", "public", grant)).await;
        page_says(&fork, why).await;
        let (_, shown) = page(&fork).await;
        assert!(shown.contains("The last fetch has failed") && !shown.contains("recipe"), "{shown}");
        let refs = must(&work, &["ls-remote", &format!("{fork}.git")]);
        assert_eq!(refs, "", "nothing half made is left");
    }

    // Whoever may see it copies it into something private.
    let (fork, _) = alice.made(&client::fork(&alices, &secret, "recipe too", "private", &alices_grant)).await;
    let fork = ActorId::new(fork);
    has(&work, &url(&fork, &alice), "main", &main).await;
    for address in [format!("{fork}/forks"), format!("{secret}/forks"), format!("{fork}/refs/heads/main")] {
        assert_eq!(bob.get(&address).await.0, 404, "{address}");
    }
    for repo in [&fork, &secret] {
        assert_eq!(page(repo.as_str()).await.0, 404, "{repo}");
        let (_, keys) = bob.get(repo.as_str()).await;
        assert!(keys.get("origin").is_none() && keys.get("name").is_none() && keys.get("forks").is_none(), "{keys}");
    }
    assert!(tried(&work, &["ls-remote", &url(&fork, &bob)]).is_err());
    let (_, forks) = alice.get(&format!("{secret}/forks?page=first")).await;
    assert!(!forks.to_string().contains(fork.as_str()), "what is private is listed nowhere: {forks}");
    server.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_is_imported_by_a_command_from_where_git_clones_it() {
    let dir = tempfile::tempdir().unwrap();
    let here = Server::start(&dir.path().join("here"), &free_host(), &[]).await;
    let there = Server::start(&dir.path().join("there"), &free_host(), &[]).await;
    let (alice, bob) = (there.person("alice"), here.person("bob"));
    let (repo, _) = alice.makes(&there.base, "Repository", "tea").await;
    let repo = ActorId::new(repo);
    let work = work(dir.path());
    must(&work, &["branch", "milk"]);
    must(&work, &["tag", "v1"]);
    must(&work, &["push", "-q", &url(&repo, &alice), "main", "milk", "v1"]);
    let main = must(&work, &["rev-parse", "main"]);

    let data = here.data.to_str().unwrap();
    let import = |url: &str| {
        let args = ["person", "import-repository", "bob", url, "Tea", "--visibility", "public", "--data", data];
        run(&args)
    };
    let from = format!("{repo}.git");
    let refused = import(&from);
    assert!(
        !refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("no factory"),
        "{refused:?}"
    );
    factory(&bob, &here).await;
    let made = import(&from);
    assert!(made.status.success(), "{made:?}");
    let copy = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    has(&work, &format!("{copy}.git"), "main", &main).await;
    has(&work, &format!("{copy}.git"), "milk", &main).await;
    assert!(must(&work, &["ls-remote", "--tags", &format!("{copy}.git")]).contains("refs/tags/v1"));
    page_says(&copy, "Imported from").await;
    let (_, document) = bob.get(&copy).await;
    assert_eq!(document.get("origin"), None, "{document}");
    // It is a repository like any other, and what cannot be fetched says why.
    commit(&work, "milk.txt", "one\n");
    must(&work, &["push", "-q", &url(&ActorId::new(copy), &bob), "main"]);
    let made = import(&format!("{}/repos/nothing.git", there.base));
    let failed = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    page_says(&failed, "The last fetch has failed").await;
    here.stop();
    there.stop();
}
