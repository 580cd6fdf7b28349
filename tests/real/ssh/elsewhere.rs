//! A patch tracker that merges into a repository of another server, by a push with its own key and Grant.

use super::{Ssh, commit, is_here, key, path_of, pushed, work};
use crate::git::must;
use crate::server::{Person, Server, free_host, http, run, run_ok};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use pritchel_actors::patch_tracker::review::{Quote, Side};
use serde_json::Value;
use std::path::Path;

/// Alice's repository on one server, bob's tracker on another, tied.
struct Scene {
    red: Ssh,
    blue: Server,
    alice: Person,
    bob: Person,
    repository: ActorId,
    of_repository: ActId,
    patches: ActorId,
    of_patches: ActId,
}

impl Scene {
    async fn new(folder: &Path, visibility: &str) -> Self {
        let red = Ssh::start(folder, "red").await;
        let blue = Server::start(&folder.join("blue"), &free_host(), &[]).await;
        let (alice, bob) = (red.server.person("alice"), blue.person("bob"));
        let (repository, of_repository) = alice.makes_for(&red.server.base, "Repository", "Tea", visibility).await;
        let (patches, of_patches) = bob.makes(&blue.base, "PatchTracker", "Tea patches").await;
        let (repository, patches) = (ActorId::new(repository), ActorId::new(patches));
        let (of_repository, of_patches) = (ActId::new(of_repository), ActId::new(of_patches));
        let invite = alice.post(&client::invite(&repository, &patches, "write", &of_repository)).await;
        bob.sees(&format!("{patches}"), |document| document["sshKey"][0]["type"] == "SshPublicKey").await;
        alice.answered(&invite).await;
        let agree = client::agree_to_tie(&patches, &ActId::new(invite), &of_patches);
        bob.post(&agree).await;
        bob.sees(patches.as_str(), |document| document["tracksPatchesFor"] == repository.as_str()).await;
        Self { red, blue, alice, bob, repository, of_repository, patches, of_patches }
    }

    async fn opens(&self, branch: &str) -> String {
        let branches = [(&self.repository, branch), (&self.repository, "main")];
        let me = ActorId::new(self.bob.id.clone());
        let open = client::open_merge_request(&me, &self.patches, branch, "*Now*", branches, None);
        let open = self.bob.post(&open).await;
        self.bob.answered(&open).await["result"].as_str().unwrap().to_owned()
    }

    async fn applies(&self, request: &str, method: &str) -> Value {
        let apply = client::apply(&self.patches, request, &self.repository, method, &self.of_patches);
        let apply = self.bob.post(&apply).await;
        self.bob.answered(&apply).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tracker_merges_into_a_repository_of_another_server_until_its_grant_is_taken_back() {
    if !is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let scene = Scene::new(folder, "public").await;
    let Scene { red, alice, repository, .. } = &scene;
    let laptop = key(folder, "laptop", &["ed25519"]);
    red.add_key("alice", &laptop);
    let tree = work(folder, "tree");
    let uri = red.uri("git", &path_of(repository.as_str()));
    for branch in ["milk", "sugar", "other"] {
        must(&tree, &["checkout", "-q", "-b", branch, "main"]);
        commit(&tree, if branch == "other" { "milk.txt" } else { branch });
    }
    std::fs::write(tree.join("tea.txt"), "cold\n").unwrap();
    must(&tree, &["commit", "-qam", "cold"]);
    red.git(&tree, &laptop, &["push", "-q", &uri, "main", "milk", "sugar", "other"]).unwrap();

    let milk = scene.opens("milk").await;
    let answer = scene.applies(&milk, "merge").await;
    assert_eq!(answer["type"], "Accept", "{answer}");
    pushed(alice, repository.as_str(), scene.patches.as_str()).await;
    red.git(&tree, &laptop, &["fetch", "-q", &uri, "main"]).unwrap();
    assert_eq!(must(&tree, &["show", "FETCH_HEAD:milk"]), "hot");
    assert!(must(&tree, &["log", "-1", "--format=%B", "FETCH_HEAD"]).contains(&milk));
    let (_, ticket) = scene.bob.get(&milk).await;
    assert_eq!(ticket["isResolved"], true, "{ticket}");

    // Its push may have happened though nobody heard how it ended: what the branch has is merged, and nothing is pushed.
    let at = red.git(&tree, &laptop, &["ls-remote", &uri, "main"]).unwrap();
    for method in ["merge", "rebase", "squash", "fast-forward"] {
        let again = scene.opens("milk").await;
        let answer = scene.applies(&again, method).await;
        assert_eq!(answer["type"], "Accept", "{method}: {answer}");
        let (_, ticket) = scene.bob.get(&again).await;
        assert_eq!(ticket["isResolved"], true, "{method}: {ticket}");
    }
    assert_eq!(red.git(&tree, &laptop, &["ls-remote", &uri, "main"]).unwrap(), at);

    // The target goes on, so that this one no longer fits.
    must(&tree, &["checkout", "-q", "-B", "main", "FETCH_HEAD"]);
    std::fs::write(tree.join("tea.txt"), "lukewarm\n").unwrap();
    must(&tree, &["commit", "-qam", "lukewarm"]);
    red.git(&tree, &laptop, &["push", "-q", &uri, "main"]).unwrap();
    let other = scene.opens("other").await;
    let answer = scene.applies(&other, "merge").await;
    assert_eq!((answer["type"].as_str(), answer["summary"].as_str()), (Some("Reject"), Some("conflict")), "{answer}");
    let gone = scene.opens("nothing").await;
    let answer = scene.applies(&gone, "merge").await;
    assert_eq!(answer["type"], "Reject", "{answer}");

    // The repository takes its Grant back and has the last word, whatever the tracker has heard.
    let sugar = scene.opens("sugar").await;
    let before = red.git(&tree, &laptop, &["ls-remote", &uri, "main"]).unwrap();
    alice.post(&client::remove(repository, &scene.patches, &scene.of_repository)).await;
    let answer = scene.applies(&sugar, "squash").await;
    assert_eq!(answer["type"], "Reject", "{answer}");
    let why = answer["summary"].as_str().unwrap();
    assert!(["push-refused", "repository-not-tracked", "frozen"].contains(&why), "{answer}");
    assert_eq!(red.git(&tree, &laptop, &["ls-remote", &uri, "main"]).unwrap(), before);
    let left = std::fs::read_dir(scene.blue.data.join("run")).unwrap().filter_map(Result::ok);
    assert!(left.into_iter().all(|entry| !entry.file_name().to_string_lossy().starts_with("ssh-key-")));
    scene.red.server.stop();
    scene.blue.stop();
}

async fn page(url: &str) -> String {
    http().get(url).header("accept", "text/html").send().await.unwrap().text().await.unwrap()
}

/// A tracker on one server, a repository on another, a branch on a third.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_branch_of_a_third_server_is_kept_shown_and_reviewed_at_the_trackers_and_merged_elsewhere() {
    if !is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let scene = Scene::new(folder, "public").await;
    let green = Server::start(&folder.join("green"), &free_host(), &[]).await;
    let Scene { red, blue, alice, bob, repository, patches, of_patches, .. } = &scene;
    let carol = green.person("carol");
    let fork = ActorId::new(carol.makes(&green.base, "Repository", "Tea").await.0);
    let hidden = ActorId::new(carol.makes_for(&green.base, "Repository", "Hush", "private").await.0);
    let laptop = key(folder, "laptop", &["ed25519"]);
    red.add_key("alice", &laptop);
    let tree = work(folder, "tree");
    let uri = red.uri("git", &path_of(repository.as_str()));
    red.git(&tree, &laptop, &["push", "-q", &uri, "main"]).unwrap();
    must(&tree, &["checkout", "-q", "-b", "milk"]);
    commit(&tree, "milk");
    let url =
        |of: &ActorId| format!("{}.git", of.as_str().replacen("http://", &format!("http://x:{}@", carol.token), 1));
    must(&tree, &["push", "-q", &url(&fork), "milk"]);
    must(&tree, &["push", "-q", &url(&hidden), "milk"]);

    let me = ActorId::new(carol.id.clone());
    let open =
        |from| client::open_merge_request(&me, patches, "Milk", "*Now*", [(from, "milk"), (repository, "main")], None);
    let act = carol.post(&open(&fork)).await;
    let request = carol.answered(&act).await["result"].as_str().unwrap().to_owned();
    let version = |number: u32| format!("{request}/versions/{number}");
    bob.sees(&request, |ticket| ticket["attachment"]["object"] == version(1)).await;
    commit(&tree, "sugar");
    must(&tree, &["push", "-q", &url(&fork), "milk"]);
    bob.sees(&request, |ticket| ticket["attachment"]["object"] == version(2)).await;
    let shown = page(&request).await;
    assert!(shown.contains("id=\"brings\">2 commits<") && shown.contains("<span class=sign>+</span>hot"), "{shown}");
    let since = page(&format!("{}?since=1", version(2))).await;
    assert!(since.contains("1 file changed") && since.contains("sugar") && !since.contains("git fetch"), "{since}");
    assert_eq!(page(&format!("{}/diff", version(1))).await.lines().last(), Some("+hot"));
    let (_, bundle) = bob.get(&version(2)).await;
    let (_, patch) = bob.get(bundle["orderedItems"][0].as_str().unwrap()).await;
    assert!(patch["content"].as_str().unwrap().contains("\n+hot\n"), "{patch}");

    let lines = Quote::lines("milk", (Side::New, 1), (Side::New, 1)).unwrap();
    let said = [(lines, "Is it?")];
    let review = client::submit_review(patches, [&request, &version(2)], "approve", "Good", &said, Some(of_patches));
    let review = bob.answered(&bob.post(&review).await).await["result"].as_str().unwrap().to_owned();
    bob.sees(&format!("{review}/threads/1"), |thread| {
        thread["target"]["cqHunk"].as_str().is_some_and(|hunk| hunk.contains("+hot"))
    })
    .await;
    let answer = scene.applies(&version(2), "merge").await;
    assert_eq!(answer["type"], "Accept", "{answer}");
    pushed(alice, repository.as_str(), patches.as_str()).await;
    red.git(&tree, &laptop, &["fetch", "-q", &uri, "main"]).unwrap();
    assert_eq!(must(&tree, &["show", "FETCH_HEAD:sugar"]), "hot");
    assert!(page(&request).await.contains("It is merged"));

    // What nobody may fetch is not kept, and so not merged.
    let act = carol.post(&open(&hidden)).await;
    let secret = carol.answered(&act).await["result"].as_str().unwrap().to_owned();
    let answer = scene.applies(&secret, "merge").await;
    assert_eq!(answer["summary"], "repository-elsewhere", "{answer}");

    let data = blue.data.to_str().unwrap().to_owned();
    let kept = format!("{data}/repos/{}.git", patches.as_str().rsplit('/').next().unwrap());
    scene.red.server.stop();
    scene.blue.stop();
    green.stop();
    run_ok(&["check", "--data", &data]);
    std::fs::remove_dir_all(kept).unwrap();
    assert!(!run(&["check", "--data", &data]).status.success(), "it says what is missing");
}
