//! A merge request on a real server: pushed with git, opened, looked at, merged, fetched.

use crate::git::{git, must};
use crate::server::{Person, Server, free_host, http};
use crate::ssh::{Ssh, key};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use pritchel_actors::patch_tracker::patch::Patch;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub fn commit(dir: &Path, file: &str, content: &str) {
    std::fs::write(dir.join(file), content).unwrap();
    must(dir, &["add", "-A"]);
    must(dir, &["commit", "-q", "-m", &format!("Write {file}")]);
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
    must(&work, &["init", "-q", "-b", "main"]);
    commit(&work, "tea.txt", "tea\n");
    must(&work, &["checkout", "-q", "-b", "milk"]);
    commit(&work, "milk.txt", "a <drop> of milk\n");
    must(&work, &["checkout", "-q", "-b", "other", "main"]);
    commit(&work, "milk.txt", "none\n");
    must(&work, &["push", "-q", &url, "main", "milk", "other"]);

    let bugs = ActorId::new(alice.makes(&server.base, "TicketTracker", "bugs").await.0);
    let bug = done(&alice, client::open_ticket(&me, &bugs, "No milk", "None", None)).await;
    let text = "*Now*: fixes bugs#1";
    let open = |from| client::open_merge_request(&me, &patches, "Milk", text, [(&repo, from), (&repo, "main")], None);
    let request = done(&alice, open("milk")).await["result"].as_str().unwrap().to_owned();
    let stray = done(&alice, open("other")).await["result"].as_str().unwrap().to_owned();
    let shown = page(&request).await;
    for part in [
        "id=\"brings\">1 commit<",
        "1 file changed",
        "<span class=sign>+</span>a &lt;drop&gt; of milk",
        "Write milk.txt",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(!shown.contains("/do/apply"), "whoever is not signed in is offered no merge");
    let apply = alice.post(&client::apply(&patches, &request, &repo, "squash", &grant)).await;
    let answer = alice.answered(&apply).await;
    assert_eq!(answer["type"], "Accept", "{answer}");
    let push =
        alice.receives(|activity| activity["type"] == "Push" && activity["summary"] == "1 commit pushed to main").await;
    assert_eq!(
        (&push["attributedTo"], &push["fulfills"]),
        (&patches.as_str().into(), &apply.as_str().into()),
        "{push}"
    );
    must(&work, &["fetch", "-q", &url, "main"]);
    assert_eq!(must(&work, &["show", "FETCH_HEAD:milk.txt"]), "a <drop> of milk");
    assert_eq!(must(&work, &["log", "-1", "--format=%an by %cn: %s", "FETCH_HEAD"]), "Alice by alice: Milk");
    assert_eq!(push["hashAfter"], must(&work, &["rev-parse", "FETCH_HEAD"]));
    let (_, ticket) = alice.get(&request).await;
    assert_eq!((&ticket["isResolved"], &ticket["resolvedBy"]), (&true.into(), &apply.as_str().into()), "{ticket}");
    assert_eq!(ticket["attachment"]["target"]["ref"], "refs/heads/main", "{ticket}");
    assert!(page(&request).await.contains("It is merged"));
    alice.sees(bug["result"].as_str().unwrap(), |ticket| ticket["isResolved"] == true).await;

    let refused = alice.post(&client::apply(&patches, &stray, &repo, "merge", &grant)).await;
    let answer = alice.answered(&refused).await;
    assert_eq!((answer["type"].as_str(), answer["summary"].as_str()), (Some("Reject"), Some("conflict")), "{answer}");
    assert!(answer["content"].as_str().unwrap().contains("milk.txt"), "{answer}");
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_push_and_each_mail_makes_a_version_that_stays() {
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

    let work = dir.path().join("work");
    std::fs::create_dir(&work).unwrap();
    let url = format!("{}.git", repo.as_str().replacen("http://", &format!("http://alice:{}@", alice.token), 1));
    must(&work, &["init", "-q", "-b", "main"]);
    commit(&work, "tea.txt", "tea\n");
    must(&work, &["checkout", "-q", "-b", "milk"]);
    commit(&work, "milk.txt", "one\n");
    must(&work, &["push", "-q", &url, "main", "milk"]);
    let open = client::open_merge_request(&me, &patches, "Milk", "*Now*", [(&repo, "milk"), (&repo, "main")], None);
    let request = done(&alice, open).await["result"].as_str().unwrap().to_owned();
    let version = |number: u32| format!("{request}/versions/{number}");
    let newest = |number| {
        let expected = version(number);
        move |ticket: &Value| ticket["attachment"]["object"] == expected.as_str()
    };
    alice.sees(&request, newest(1)).await;
    let first = must(&work, &["rev-parse", "milk"]);
    commit(&work, "milk.txt", "one\ntwo\n");
    must(&work, &["push", "-q", &url, "milk"]);
    alice.sees(&request, newest(2)).await;
    must(&work, &["push", "-q", &url, ":milk"]);
    let (_, bundle) = alice.get(&version(2)).await;
    assert_eq!((&bundle["totalItems"], &bundle["previousVersions"]), (&2.into(), &json!([version(1)])));
    let (_, old) = alice.get(&version(1)).await;
    assert_eq!((&old["target"]["hash"], &old["currentVersion"]), (&first.as_str().into(), &version(2).as_str().into()));
    let (_, patch) = alice.get(bundle["orderedItems"][0].as_str().unwrap()).await;
    assert!(patch["content"].as_str().unwrap().contains("\n+two\n"), "{patch}");
    assert_eq!(page(&format!("{}/diff", version(1))).await.lines().last(), Some("+one"));
    let shown = page(&format!("{}?since=1", version(2))).await;
    assert!(
        shown.contains("<span class=sign>+</span>two") && !shown.contains("<span class=sign>+</span>one"),
        "{shown}"
    );
    assert!(page(&request).await.contains("Version 2"));
    assert!(!must(&work, &["ls-remote", &url]).contains("refs/merge"), "no clone gets what is kept");

    // Patches of one who may only look.
    let bob = server.person("bob");
    must(&work, &["checkout", "-q", "-b", "cup", "main"]);
    commit(&work, "cup.txt", "a cup\n");
    let mails = Patch::split(&must(&work, &["format-patch", "--stdout", "main"]));
    let him = ActorId::new(bob.id.clone());
    let open = |mails: &[String]| client::open_patches(&him, &patches, ["Cup", "x"], mails, (&repo, "main"), None);
    let request = done(&bob, open(&mails)).await["result"].as_str().unwrap().to_owned();
    let shown = page(&request).await;
    assert!(shown.contains("<span class=sign>+</span>a cup") && shown.contains("Write cup.txt"), "{shown}");
    let torn = [mails[0].replace("+a cup\n", "")];
    let answer = bob.answered(&bob.post(&open(&torn)).await).await;
    assert_eq!((&answer["type"], &answer["summary"]), (&"Reject".into(), &"patches-do-not-apply".into()), "{answer}");
    let better = [mails[0].replace("a cup", "a mug")];
    let added = done(&bob, client::add_version(&him, &patches, &request, &better, None)).await;
    assert_eq!(added["result"], format!("{request}/versions/2"));
    done(&alice, client::apply(&patches, &request, &repo, "rebase", &grant)).await;
    must(&work, &["fetch", "-q", &url, "main"]);
    assert_eq!(must(&work, &["show", "FETCH_HEAD:cup.txt"]), "a mug");
    assert_eq!(must(&work, &["log", "-1", "--format=%an %s", "FETCH_HEAD"]), "Alice Write cup.txt");
    server.stop();
}

/// A push, and what git says of it.
/// Where git pushes to, as somebody with a token.
pub fn remote(repo: &ActorId, who: &Person) -> String {
    format!("{}.git", repo.as_str().replacen("http://", &format!("http://x:{}@", who.token), 1))
}

/// A folder whose branch `main` is pushed, with a branch `milk` that is one commit ahead.
pub fn begun(dir: &Path, url: &str) -> PathBuf {
    let work = dir.join("work");
    std::fs::create_dir(&work).unwrap();
    must(&work, &["init", "-q", "-b", "main"]);
    commit(&work, "tea.txt", "tea\n");
    must(&work, &["push", "-q", url, "main"]);
    must(&work, &["checkout", "-q", "-b", "milk"]);
    commit(&work, "milk.txt", "one\n");
    work
}

fn pushes(dir: &Path, url: &str, refs: &[&str]) -> (bool, String) {
    let output = git(dir, &[&["push", url], refs].concat());
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

/// The address that the server has told a pusher, after this word.
fn told(said: &str, word: &str) -> String {
    let line = said.lines().find_map(|line| line.strip_prefix("remote: ")?.strip_prefix(word));
    line.unwrap_or_else(|| panic!("nothing after {word:?} in {said}")).trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_for_a_branch_opens_a_merge_request_and_the_next_one_is_its_next_version() {
    let (dir, host) = (tempfile::tempdir().unwrap(), free_host());
    let server = Server::start(&dir.path().join("data"), &host, &[]).await;
    let (alice, bob) = (server.person("alice"), server.person("bob"));
    let (repo, repo_grant) = alice.makes(&server.base, "Repository", "tea").await;
    let (patches, grant) = alice.makes(&server.base, "PatchTracker", "tea patches").await;
    let (repo, patches) = (ActorId::new(repo), ActorId::new(patches));
    let (repo_grant, grant) = (ActId::new(repo_grant), ActId::new(grant));
    let url = |who: &Person| remote(&repo, who);
    let work = begun(dir.path(), &url(&alice));
    let (through, said) = pushes(&work, &url(&bob), &["milk:refs/for/main"]);
    assert!(!through && said.contains("403"), "there is no tracker yet: {said}");
    let (through, said) = pushes(&work, &url(&alice), &["milk:refs/for/main"]);
    assert!(!through && said.contains("sends its patches to no tracker"), "{said}");

    let invite = ActId::new(alice.post(&client::invite(&repo, &patches, "write", &repo_grant)).await);
    alice.post(&client::agree_to_tie(&patches, &invite, &grant)).await;
    alice.sees(patches.as_str(), |document| document["tracksPatchesFor"] == repo.as_str()).await;
    let (through, said) = pushes(&work, &url(&bob), &["-o", "title=More milk", "milk:refs/for/main/cow"]);
    assert!(through, "{said}");
    let request = told(&said, "http").replacen(":/", "http:/", 1);
    let newest = |number: u32| {
        let expected = format!("{request}/versions/{number}");
        move |ticket: &Value| ticket["attachment"]["object"] == expected.as_str()
    };
    alice.sees(&request, newest(1)).await;
    let (_, ticket) = alice.get(&request).await;
    assert_eq!(
        (&ticket["summary"], &ticket["attributedTo"]),
        (&"More milk".into(), &bob.id.as_str().into()),
        "{ticket}"
    );
    assert_eq!(ticket["attachment"]["origin"]["name"], "for/main/cow", "{ticket}");

    commit(&work, "milk.txt", "one\ntwo\n");
    let (through, said) = pushes(&work, &url(&bob), &["milk:refs/for/main/cow"]);
    assert!(through, "{said}");
    assert_eq!(told(&said, "another version of"), request);
    alice.sees(&request, newest(2)).await;
    must(&work, &["commit", "-q", "--amend", "-m", "Again"]);
    let (through, said) = pushes(&work, &url(&bob), &["milk:refs/for/main/cow"]);
    assert!(!through && said.contains("force-push"), "{said}");
    let (through, said) = pushes(&work, &url(&bob), &["-o", "force-push", "milk:refs/for/main/cow"]);
    assert!(through, "{said}");
    alice.sees(&request, newest(3)).await;
    let (through, said) = pushes(&work, &url(&bob), &["-o", "topic=cow", "milk:refs/for/main"]);
    assert!(through, "the same, in other words: {said}");
    assert_eq!(told(&said, "another version of"), request);

    for (refs, why) in [("milk:main", "pushing needs the role"), ("milk:refs/for/coffee", "there is no branch")] {
        let (through, said) = pushes(&work, &url(&bob), &[refs]);
        assert!(!through && said.contains(why), "{refs}: {said}");
    }
    let (through, said) = pushes(&work, &url(&bob), &["milk:refs/for/main/cow", "milk:other"]);
    assert!(!through && said.contains("pushing needs the role"), "{said}");
    done(&alice, client::apply(&patches, &request, &repo, "merge", &grant)).await;
    must(&work, &["fetch", "-q", &url(&bob), "main"]);
    assert_eq!(must(&work, &["show", "FETCH_HEAD:milk.txt"]), "one\ntwo");
    let listed = must(&work, &["ls-remote", &url(&alice)]);
    assert!(!listed.contains("refs/for") && !listed.contains("refs/merge"), "{listed}");
    server.stop();
}

/// Everything is private, and bob is known to none of it but by a team: what he pushes for a branch he may offer, by either way of git.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_over_a_team_is_enough_to_offer_something_to_a_private_repository() {
    if !crate::ssh::is_here() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let red = Ssh::start(dir.path(), "red").await;
    let (alice, bob, eve) = (red.server.person("alice"), red.server.person("bob"), red.server.person("eve"));
    let made = async |kind: &str, name: &str| {
        let (id, grant) = alice.makes_for(&red.server.base, kind, name, "private").await;
        (ActorId::new(id), ActId::new(grant))
    };
    let (repo, repo_grant) = made("Repository", "tea").await;
    let (patches, grant) = made("PatchTracker", "tea patches").await;
    let (team, team_grant) = made("Team", "cooks").await;
    let invite = ActId::new(alice.post(&client::invite(&repo, &patches, "write", &repo_grant)).await);
    alice.post(&client::agree_to_tie(&patches, &invite, &grant)).await;
    alice.sees(patches.as_str(), |document| document["tracksPatchesFor"] == repo.as_str()).await;
    let him = ActorId::new(bob.id.as_str());
    let invite = ActId::new(alice.post(&client::invite(&team, &him, "report", &team_grant)).await);
    bob.receives(|activity| activity["type"] == "Accept" && activity["object"] == invite.as_str()).await;
    bob.post(&client::accept(&invite, &[&team])).await;
    for (resource, grant) in [(&repo, &repo_grant), (&patches, &grant)] {
        let add = ActId::new(alice.post(&client::add(resource, "teams", &team, "report", grant)).await);
        alice.post(&client::agree(&add, &team, resource, &team_grant)).await;
        bob.receives(|activity| activity["type"] == "Grant" && activity["context"] == resource.as_str()).await;
    }

    let url = |who: &Person| remote(&repo, who);
    let work = begun(dir.path(), &url(&alice));
    let (through, said) = pushes(&work, &url(&bob), &["milk:refs/for/main/cow"]);
    assert!(through, "{said}");
    let request = told(&said, "http").replacen(":/", "http:/", 1);
    let (status, ticket) = bob.get(&request).await;
    assert_eq!((status, &ticket["attributedTo"]), (200, &bob.id.as_str().into()), "{ticket}");
    alice.sees(&request, |ticket| ticket["attachment"]["object"] == format!("{request}/versions/1").as_str()).await;
    let (through, said) = pushes(&work, &url(&eve), &["milk:refs/for/main/cow"]);
    assert!(!through && said.contains("not found"), "for eve it is not there: {said}");
    let (through, said) = pushes(&work, &url(&bob), &["milk:main"]);
    assert!(!through && said.contains("pushing needs the role"), "{said}");

    let (his, hers) = (key(dir.path(), "bob", &["ed25519"]), key(dir.path(), "eve", &["ed25519"]));
    red.add_key("bob", &his);
    red.add_key("eve", &hers);
    let over_ssh = red.uri("git", repo.as_str().strip_prefix(&format!("{}/", red.server.base)).unwrap());
    commit(&work, "milk.txt", "one\ntwo\n");
    red.git(&work, &his, &["push", "-q", &over_ssh, "milk:refs/for/main/cow"]).unwrap();
    alice.sees(&request, |ticket| ticket["attachment"]["object"] == format!("{request}/versions/2").as_str()).await;
    red.git(&work, &hers, &["push", "-q", &over_ssh, "milk:refs/for/main/cow"]).unwrap_err();

    // The tracker alone lets him go: he sees the repository still, and has nobody to offer it to.
    alice.answered(&alice.post(&client::remove_link(&patches, "teams", &team, &grant)).await).await;
    commit(&work, "milk.txt", "three\n");
    for (way, said) in [
        ("by https", pushes(&work, &url(&bob), &["milk:refs/for/main/goat"]).1),
        ("by ssh", red.git(&work, &his, &["push", &over_ssh, "milk:refs/for/main/goat"]).unwrap_err()),
    ] {
        assert!(said.contains("it is not for you"), "{way}: {said}");
    }
    alice.answered(&alice.post(&client::remove_link(&repo, "teams", &team, &repo_grant)).await).await;
    let (through, said) = pushes(&work, &url(&bob), &["milk:refs/for/main/cow"]);
    assert!(!through && said.contains("not found"), "with the team it is gone: {said}");
    assert_eq!(bob.get(&request).await.0, 404);
    red.git(&work, &his, &["push", &over_ssh, "milk:refs/for/main/cow"]).unwrap_err();
    red.server.stop();
}

/// Three at once are merged one after the other; what is private is offered to nobody who may not see it; and what is deleted leaves the disk
/// without anybody asking for it.
#[tokio::test(flavor = "multi_thread")]
async fn merges_wait_for_each_other_and_private_origins_stay_private() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut server = Server::start(&data, &free_host(), &[]).await;
    let alice = server.person("alice");
    let (repo, repo_grant) = alice.makes(&server.base, "Repository", "tea").await;
    let (patches, grant) = alice.makes(&server.base, "PatchTracker", "tea patches").await;
    let (secret, secret_grant) = alice.makes_for(&server.base, "Repository", "recipe", "private").await;
    let [repo, patches, secret, me] = [repo, patches, secret, alice.id.clone()].map(ActorId::new);
    let [repo_grant, grant, secret_grant] = [repo_grant, grant, secret_grant].map(ActId::new);
    let invite = ActId::new(alice.post(&client::invite(&repo, &patches, "write", &repo_grant)).await);
    alice.post(&client::agree_to_tie(&patches, &invite, &grant)).await;
    alice.sees(patches.as_str(), |document| document["tracksPatchesFor"] == repo.as_str()).await;
    let work = begun(dir.path(), &remote(&repo, &alice));
    let branches = ["one", "two", "three"];
    for branch in branches {
        must(&work, &["checkout", "-q", "-b", branch, "main"]);
        commit(&work, &format!("{branch}.txt"), "x\n");
        must(&work, &["push", "-q", &remote(&repo, &alice), branch]);
    }
    must(&work, &["checkout", "-q", "-b", "hush", "main"]);
    commit(&work, "hush.txt", "TOP SECRET\n");
    must(&work, &["push", "-q", &remote(&secret, &alice), "hush"]);

    let open = |from| client::open_merge_request(&me, &patches, "Milk", "x", [from, (&repo, "main")], None);
    let mut acts = Vec::new();
    let mut requests = Vec::new();
    for branch in branches {
        requests.push(done(&alice, open((&repo, branch))).await["result"].as_str().unwrap().to_owned());
    }
    for request in &requests {
        alice.sees(request, |ticket| ticket["attachment"]["object"].is_string()).await;
        acts.push(alice.post(&client::apply(&patches, request, &repo, "merge", &grant)).await);
    }
    for act in &acts {
        let answer = alice.answered(act).await;
        assert_eq!(answer["type"], "Accept", "{answer}");
    }
    must(&work, &["fetch", "-q", &remote(&repo, &alice), "main"]);
    let files = must(&work, &["ls-tree", "--name-only", "FETCH_HEAD"]);
    assert!(branches.iter().all(|branch| files.contains(&format!("{branch}.txt"))), "{files}");

    let hushed = done(&alice, open((&secret, "hush"))).await["result"].as_str().unwrap().to_owned();
    let until = std::time::Instant::now() + crate::server::PATIENCE;
    let mut shown = page(&hushed).await;
    while !shown.contains("is not kept") {
        assert!(std::time::Instant::now() < until, "{shown}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        shown = page(&hushed).await;
    }
    assert!(shown.contains("what is private is copied into nothing that others may see"), "{shown}");
    assert!(!shown.contains("TOP SECRET") && !shown.contains("hush.txt"), "{shown}");
    assert_eq!(http().get(format!("{hushed}/versions/1")).send().await.unwrap().status(), 404);

    let key = secret.as_str().rsplit('/').next().unwrap();
    let on_disk = data.join("repos").join(format!("{key}.git"));
    assert!(on_disk.is_dir());
    done(&alice, client::delete_resource(&secret, &secret_grant)).await;
    let host = server.base.split_once("://").unwrap().1.to_owned();
    server.kill();
    let server = Server::start(&data, &host, &[]).await;
    let until = std::time::Instant::now() + crate::server::PATIENCE;
    while on_disk.exists() {
        assert!(std::time::Instant::now() < until, "{}", server.log());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(data.join("repos").join(format!("{}.git", repo.as_str().rsplit('/').next().unwrap())).is_dir());
}
