//! Git itself against the server on a loopback socket: clone, push, and who may not.

use crate::world::World;
use http::Method;
use pritchel_actor::{ActorId, Outcome};
use pritchel_actors::Repository;
use pritchel_actors::client;
use pritchel_actors::person::rows::Scope;
use pritchel_actors::repository::ProposePush;
use pritchel_actors::repository::refs::RefUpdate;
use pritchel_actors::repository::view::{ViewHeld, ViewRepository};
use pritchel_web::git::{ensure_repo, recover_pushes};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// A server on a socket. Git is told to go there for the host it believes to speak to.
struct Served {
    world: World,
    address: String,
    stop: Option<oneshot::Sender<()>>,
    done: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Served {
    async fn new() -> Self {
        let world = World::new().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = pritchel_web::server::serve(world.front.clone(), listener, async {
            let _ = stopped.await;
        });
        Self { world, address, stop: Some(stop), done: tokio::spawn(serving) }
    }

    /// The address git is given. The host it names is ours, whatever the socket is.
    fn url(&self, repo: &ActorId, token: Option<&str>) -> String {
        let path = repo.as_str().strip_prefix("https://a.example").unwrap();
        let user = token.map_or_else(String::new, |token| format!("alice:{token}@"));
        format!("http://{user}{}{path}.git", self.address)
    }

    async fn git(&self, at: &Path, args: &[&str]) -> Output {
        let mut command = tokio::process::Command::new("git");
        command
            .current_dir(at)
            .args([
                "-c",
                "http.extraHeader=Host: a.example",
                "-c",
                "user.name=Alice",
                "-c",
                "user.email=alice@a.example",
            ])
            .args(["-c", "init.defaultBranch=main", "-c", "commit.gpgsign=false", "-c", "credential.helper="])
            .args(args)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env_remove("GIT_DIR");
        command.output().await.unwrap()
    }

    async fn must(&self, at: &Path, args: &[&str]) -> String {
        let output = self.git(at, args).await;
        assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    async fn must_not(&self, at: &Path, args: &[&str], why: &str) {
        let output = self.git(at, args).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(why), "git {args:?}: expected {why:?}, found {said}");
    }

    /// A working copy with so many commits.
    async fn copy(&self, name: &str, commits: usize) -> std::path::PathBuf {
        let at = self.world.dir.path().join(name);
        std::fs::create_dir(&at).unwrap();
        self.must(&at, &["init", "-q"]).await;
        for n in 1..=commits {
            std::fs::write(at.join("tea.txt"), format!("cup {n}\n")).unwrap();
            self.must(&at, &["add", "."]).await;
            self.must(&at, &["commit", "-q", "-m", &format!("Pour cup {n}")]).await;
        }
        at
    }

    /// The Pushes in a repository's outbox, newest first.
    async fn pushes(&self, repo: &ActorId, count: usize) -> Vec<Value> {
        let page = self.world.get(&format!("{repo}/outbox?page=first")).await.json();
        let items = page["orderedItems"].as_array().unwrap().clone();
        let pushes: Vec<Value> = items.into_iter().filter(|item| item["type"] == "Push").collect();
        assert!(pushes.len() >= count, "git has ended, and {} of {count} are told", pushes.len());
        pushes
    }

    async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.done.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_alice_pushes_bob_clones_and_the_world_is_told_with_its_commits() {
    let served = Served::new().await;
    let alice = served.world.person("alice").await;
    let repo = served.world.makes(&alice, "Repository", "Tea", "public").await;
    let token = served.world.token(&alice, &[Scope::Git]).await;
    let copy = served.copy("alice", 3).await;
    let head = served.must(&copy, &["rev-parse", "HEAD"]).await;
    served.must(&copy, &["push", "-q", &served.url(&repo, Some(&token)), "HEAD:refs/heads/trunk"]).await;
    let pushes = served.pushes(&repo, 1).await;
    assert_eq!(pushes.len(), 1);
    let push = &pushes[0];
    assert_eq!((&push["attributedTo"], &push["hashAfter"]), (&json!(alice.as_str()), &json!(head)));
    assert_eq!(push["object"]["totalItems"], 3);
    let commit = &push["object"]["orderedItems"][0];
    assert_eq!((&commit["hash"], &commit["summary"]), (&json!(head), &json!("Pour cup 3")));
    let shown = served.world.get(commit["id"].as_str().unwrap()).await.json();
    assert_eq!((&shown["type"], &shown["filesModified"]), (&json!("Commit"), &json!(["tea.txt"])));
    let branch = served.world.get(push["target"]["id"].as_str().unwrap()).await.json();
    assert_eq!((&branch["type"], &branch["ref"]), (&json!("Branch"), &json!("refs/heads/trunk")));
    for path in ["commits/0000000000000000000000000000000000000001", "commits/x", "refs/heads/none", "refs/../../x"] {
        assert_eq!(served.world.get(&format!("{repo}/{path}")).await.status, 404, "{path}");
    }

    served.must(served.world.dir.path(), &["clone", "-q", &served.url(&repo, None), "bob"]).await;
    let bob = served.world.dir.path().join("bob");
    assert_eq!(served.must(&bob, &["rev-parse", "HEAD"]).await, head);
    assert_eq!(
        served.must(&bob, &["symbolic-ref", "--short", "HEAD"]).await,
        "trunk",
        "the first branch pushed is the default"
    );
    // The address of its page, which people copy, is as good.
    let plain = |token| served.url(&repo, token).strip_suffix(".git").unwrap().to_owned();
    served.must(served.world.dir.path(), &["clone", "-q", &plain(None), "plain"]).await;
    served
        .must(
            served.world.dir.path(),
            &["clone", "-q", "--depth=1", "-c", "protocol.version=0", &served.url(&repo, None), "shallow"],
        )
        .await;

    served
        .must(&copy, &["push", "-q", &served.url(&repo, Some(&token)), "HEAD~1:refs/heads/a", "HEAD:refs/tags/v1"])
        .await;
    let pushes = served.pushes(&repo, 3).await;
    assert_eq!(pushes.len(), 3, "one for each ref");
    assert!(pushes[..2].iter().all(|push| push["object"]["totalItems"] == 0), "their commits were told before");
    served.must(&copy, &["push", "-q", &served.url(&repo, Some(&token)), ":refs/heads/a"]).await;
    let gone = &served.pushes(&repo, 4).await[0];
    assert_eq!((gone.get("hashAfter"), gone["hashBefore"].is_string()), (None, true));
    assert_eq!(gone["summary"], "deleted a");
    let page = served.world.ask(Method::GET, repo.as_str()).with("accept", "text/html").answer().await.text();
    assert!(page.contains(">deleted a<") && page.contains(">created v1<"), "{page}");
    served.must(&copy, &["push", "-q", &plain(Some(&token)), "HEAD:refs/heads/b"]).await;
    assert_eq!(served.pushes(&repo, 5).await[0]["hashAfter"], head);
    served.must(&copy, &["commit", "-q", "--amend", "--allow-empty", "-m", "Another way"]).await;
    served.must(&copy, &["push", "-q", "--force", &plain(Some(&token)), "HEAD:refs/heads/b"]).await;
    assert_eq!(served.pushes(&repo, 6).await[0]["summary"], "force-pushed b with 1 commit");
    let held = served.world.front.node.look::<Repository, _>(&repo, &ViewHeld).await.unwrap();
    assert_eq!(held, [], "and no ref is held any more");
    served.stop().await;
}

/// How many commits each ref of the newest `count` Pushes is told with, and the titles of these, by the ref's name.
fn told(pushes: &[Value], count: usize) -> std::collections::BTreeMap<String, (u64, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let titles = |push: &Value| {
        let commits = push["object"]["orderedItems"].as_array();
        commits.into_iter().flatten().map(|commit| text(&commit["summary"])).collect()
    };
    let told =
        |push: &Value| (text(&push["target"]["ref"]), (push["object"]["totalItems"].as_u64().unwrap(), titles(push)));
    pushes[..count].iter().map(told).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_new_branches_pushed_at_once_each_commit_is_told_once() {
    let served = Served::new().await;
    let alice = served.world.person("alice").await;
    let repo = served.world.makes(&alice, "Repository", "Tea", "public").await;
    let token = served.world.token(&alice, &[Scope::Git]).await;
    let url = served.url(&repo, Some(&token));
    let copy = served.copy("alice", 3).await;
    let commit = async |title: &str| {
        served.must(&copy, &["commit", "-q", "--allow-empty", "-m", title]).await;
    };
    served.must(&copy, &["branch", "equal"]).await;
    served.must(&copy, &["tag", "-a", "-m", "One", "v1"]).await;
    served.must(&copy, &["checkout", "-q", "-b", "feature2"]).await;
    commit("Add milk").await;
    served.must(&copy, &["push", "-q", &url, "--all", "--follow-tags"]).await;
    let row = |titles: &[&str]| (titles.len() as u64, titles.iter().map(|&title| title.to_owned()).collect::<Vec<_>>());
    let expected = [
        ("refs/heads/equal", row(&[])),
        ("refs/heads/feature2", row(&["Add milk"])),
        ("refs/heads/main", row(&["Pour cup 3", "Pour cup 2", "Pour cup 1"])),
        ("refs/tags/v1", row(&[])),
    ];
    let expected: std::collections::BTreeMap<_, _> = expected.map(|(name, row)| (name.to_owned(), row)).into();
    assert_eq!(told(&served.pushes(&repo, 4).await, 4), expected);

    // A branch that was there tells what came to it; what starts from there tells what it has beyond, and what was told before
    // of a branch that goes is not told anew.
    served.must(&copy, &["checkout", "-q", "main"]).await;
    commit("Pour cup 4").await;
    served.must(&copy, &["checkout", "-q", "-b", "a/b"]).await;
    commit("Add sugar").await;
    served.must(&copy, &["push", "-q", &url, "main", "a/b", "feature2:moved", ":feature2"]).await;
    let expected = [
        ("refs/heads/a/b", row(&["Add sugar"])),
        ("refs/heads/main", row(&["Pour cup 4"])),
        ("refs/heads/moved", row(&[])),
    ];
    let pushes = served.pushes(&repo, 8).await;
    let with_commits: Vec<Value> = pushes[..4].iter().filter(|push| push.get("hashAfter").is_some()).cloned().collect();
    let expected: std::collections::BTreeMap<_, _> = expected.map(|(name, row)| (name.to_owned(), row)).into();
    assert_eq!(told(&with_commits, 3), expected);
    served.stop().await;
}

/// More refs than a method has runs, and none is held when git says that they are pushed.
#[tokio::test(flavor = "multi_thread")]
async fn what_git_says_is_pushed_can_be_pushed_to_at_once_however_many_refs_it_were() {
    let served = Served::new().await;
    let alice = served.world.person("alice").await;
    let repo = served.world.makes(&alice, "Repository", "Tea", "public").await;
    let token = served.world.token(&alice, &[Scope::Git]).await;
    let url = served.url(&repo, Some(&token));
    let copy = served.copy("alice", 1).await;
    let all =
        |from: usize, count: usize| (from..from + count).map(|n| format!("HEAD:refs/heads/b{n}")).collect::<Vec<_>>();
    let push = async |refs: Vec<String>| {
        let args: Vec<&str> = ["push", "-q", &url].into_iter().chain(refs.iter().map(String::as_str)).collect();
        served.must(&copy, &args).await;
        let held = served.world.front.node.look::<Repository, _>(&repo, &ViewHeld).await.unwrap();
        assert_eq!(held, [], "no ref is held any more");
    };
    push(all(0, 300)).await;
    served.must(&copy, &["commit", "-q", "--allow-empty", "-m", "Pour again"]).await;
    push(all(0, 1)).await;
    let shown = served.world.front.node.look::<Repository, _>(&repo, &ViewRepository { viewer: None }).await.unwrap();
    assert!(shown.pushed.is_some());
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_push_or_fetch_is_told_no_more_than_that() {
    let served = Served::new().await;
    let (alice, eve) = (served.world.person("alice").await, served.world.person("eve").await);
    let public = served.world.makes(&alice, "Repository", "Tea", "public").await;
    let private = served.world.makes(&alice, "Repository", "Secret", "private").await;
    let nowhere = ActorId::from("https://a.example/repos/nowhere");
    let alices = served.world.token(&alice, &[Scope::Git]).await;
    let eves = served.world.token(&eve, &[Scope::Git]).await;
    let reading = served.world.token(&alice, &[Scope::Read, Scope::Write]).await;
    let copy = served.copy("copy", 1).await;
    served.must(&copy, &["push", "-q", &served.url(&private, Some(&alices)), "HEAD:refs/heads/main"]).await;
    served.must(&copy, &["ls-remote", "-q", &served.url(&private, Some(&alices))]).await;

    let asked_for_name = "could not read Username";
    for repo in [&private, &nowhere] {
        served.must_not(&copy, &["ls-remote", &served.url(repo, None)], asked_for_name).await;
        served.must_not(&copy, &["ls-remote", &served.url(repo, Some(&eves))], "not found").await;
        served.must_not(&copy, &["push", &served.url(repo, Some(&eves)), "HEAD:refs/heads/x"], "not found").await;
    }
    served.must_not(&copy, &["push", &served.url(&public, None), "HEAD:refs/heads/x"], asked_for_name).await;
    served.must_not(&copy, &["push", &served.url(&public, Some(&eves)), "HEAD:refs/heads/x"], "403").await;
    served.must_not(&copy, &["push", &served.url(&public, Some(&reading)), "HEAD:refs/heads/x"], "403").await;
    served
        .must_not(&copy, &["push", &served.url(&public, Some("x.y")), "HEAD:refs/heads/x"], "Authentication failed")
        .await;
    let refused = "refs are pushed below refs/heads/";
    served.must_not(&copy, &["push", &served.url(&public, Some(&alices)), "HEAD:refs/pull/1"], refused).await;
    served.must(&copy, &["ls-remote", &served.url(&public, None)]).await;

    let permit = served.world.permit(&alice, &public).await;
    served.world.publishes(&alice, &client::delete_resource(&public, &permit)).await;
    served.must_not(&copy, &["ls-remote", &served.url(&public, Some(&alices))], "not found").await;
    let key = public.as_str().rsplit('/').next().unwrap();
    assert!(!served.world.front.repos.exists(&key.parse().unwrap()), "the files of an ended actor are removed");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_a_crash_left_untold_is_told_at_the_start_if_it_moved_anything() {
    let served = Served::new().await;
    let world = &served.world;
    let alice = world.person("alice").await;
    let repo = world.makes(&alice, "Repository", "Tea", "public").await;
    let copy = served.copy("copy", 2).await;
    let head = served.must(&copy, &["rev-parse", "HEAD"]).await;
    // Git moved one of two refs, and then everything stopped.
    let on_disk = ensure_repo(&world.front, &repo).await.unwrap();
    served.must(&copy, &["push", "-q", on_disk.path().to_str().unwrap(), "HEAD:refs/heads/main"]).await;
    let update = |name: &str| RefUpdate { name: name.to_owned(), old: None, new: Some(head.clone()) };
    let updates = vec![update("refs/heads/main"), update("refs/heads/other")];
    let propose =
        ProposePush { push: "p".to_owned(), by: alice.clone(), updates, capability: None, forced: Vec::new() };
    assert_eq!(world.front.node.call::<Repository, _>(&repo, &repo, propose).await, Ok(Outcome::Done(())));

    assert_eq!(recover_pushes(&world.front, &repo).await, Ok(1));
    let pushes = served.pushes(&repo, 1).await;
    assert_eq!((pushes.len(), &pushes[0]["hashAfter"]), (1, &json!(head)));
    assert_eq!(world.front.node.look::<Repository, _>(&repo, &ViewHeld).await.unwrap(), []);
    assert_eq!(recover_pushes(&world.front, &repo).await, Ok(0), "and once only");
    assert_eq!(recover_pushes(&world.front, &"https://a.example/repos/nowhere".into()).await, Ok(0));
    served.stop().await;
}

#[tokio::test]
async fn what_is_no_request_of_git_is_refused() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let repo = world.makes(&alice, "Repository", "Tea", "public").await;
    let dumb = world.ask(Method::GET, &format!("{repo}.git/info/refs")).answer().await;
    assert_eq!((dumb.status.as_u16(), dumb.code()), (403, "service".to_owned()));
    let fetch = format!("{repo}.git/git-upload-pack");
    let form = world.ask(Method::POST, &fetch).body("application/x-www-form-urlencoded", "a=b").answer().await;
    assert_eq!((form.status.as_u16(), form.code()), (415, "media-type".to_owned()));
    let coded = world.ask(Method::POST, &fetch).with("content-encoding", "br");
    let coded = coded.body("application/x-git-upload-pack-request", "0000").answer().await;
    assert_eq!((coded.status.as_u16(), coded.code()), (415, "content-encoding".to_owned()));
    let push = world.ask(Method::POST, &format!("{repo}.git/git-receive-pack"));
    let push = push.body("application/x-git-receive-pack-request", "0000").answer().await;
    assert_eq!(
        (push.status.as_u16(), push.header("www-authenticate")),
        (401, "Basic realm=\"pritchel\", charset=\"UTF-8\"")
    );
}

/// `gzip` of a beginning and one line of git's protocol again and again, 16 MB of it.
fn bomb(begin: &str, line: &str) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(begin.as_bytes()).unwrap();
    let line = format!("{:04x}{line}", line.len() + 4);
    encoder.write_all(line.repeat((16 << 20) / line.len()).as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_none_of_gits_is_told_so_and_changes_nothing() {
    let served = Served::new().await;
    let world = &served.world;
    let alice = world.person("alice").await;
    let repo = world.makes(&alice, "Repository", "Tea", "public").await;
    let token = world.token(&alice, &[Scope::Git]).await;
    let copy = served.copy("alice", 1).await;
    served.must(&copy, &["push", "-q", &served.url(&repo, Some(&token)), "HEAD:refs/heads/main"]).await;
    let head = served.must(&copy, &["rev-parse", "HEAD"]).await;
    let refs = || async { served.must(&copy, &["ls-remote", &served.url(&repo, None)]).await };
    let before = refs().await;
    let have = bomb("0011command=fetch0001", "have 0123456789abcdef0123456789abcdef01234567\n");
    let zero = "0".repeat(40);
    let update = bomb("", &format!("{zero} {head} refs/heads/x\n"));
    let (fetch, push) = ("git-upload-pack", "git-receive-pack");
    let no_gzip = b"0032want 0123456789abcdef0123456789abcdef01234567\n".to_vec();
    #[rustfmt::skip]
    let rows = [
        (fetch, b"{\"want\": \"tea\"}".to_vec(),      "identity", 400, "git-not-understood", "expected pkt-lines"),
        (push,  b"{\"want\": \"tea\"}".to_vec(),      "identity", 400, "git-not-understood", "expected pkt-lines"),
        (fetch, b"ffffnot as long as that".to_vec(),    "identity", 400, "git-not-understood", "expected pkt-lines"),
        (push,  b"ffffnot as long as that".to_vec(),    "identity", 400, "git-not-understood", "expected pkt-lines"),
        (fetch, no_gzip.clone(),                        "gzip",     400, "git-not-understood", "ended early"),
        (push,  no_gzip,                                "gzip",     400, "git-not-understood", "ended early"),
        (fetch, have,                                   "gzip",     413, "git-too-large",      "expands more than"),
        (push,  update,                                 "gzip",     413, "git-too-large",      "expands more than"),
    ];
    for (service, body, coding, status, code, said) in rows {
        let ask = world.ask(Method::POST, &format!("{repo}.git/{service}")).by(&token);
        let ask = ask.with("content-encoding", coding).with("git-protocol", "version=2");
        let answer = ask.body(&format!("application/x-{service}-request"), body.clone()).answer().await;
        let what = format!("{service}, {} bytes of {coding}: {}", body.len(), answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
        let problem = answer.json();
        assert_eq!((answer.status.as_u16(), problem["code"].as_str()), (status, Some(code)), "{what}");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{what}");
    }
    assert_eq!(refs().await, before);
    assert!(world.front.node.look::<Repository, _>(&repo, &ViewHeld).await.unwrap().is_empty());
    // A client asks so whether it may push, before it sends much.
    let probe = world.ask(Method::POST, &format!("{repo}.git/git-receive-pack")).by(&token);
    let probe = probe.body("application/x-git-receive-pack-request", "0000").answer().await;
    assert_eq!((probe.status.as_u16(), probe.body.len()), (200, 0));
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_pushes_to_an_archived_repository_reads_where_it_has_moved_and_clones_it_all_the_same() {
    let served = Served::new().await;
    let alice = served.world.person("alice").await;
    let repo = served.world.makes(&alice, "Repository", "Tea", "public").await;
    let there = served.world.makes(&alice, "Repository", "Coffee", "public").await;
    let token = served.world.token(&alice, &[Scope::Git]).await;
    let url = served.url(&repo, Some(&token));
    let copy = served.copy("alice", 2).await;
    served.must(&copy, &["push", "-q", &url, "HEAD~1:refs/heads/main"]).await;
    let permit = served.world.permit(&alice, &repo).await;
    served.world.publishes(&alice, &client::set_archived(&repo, true, &permit)).await;
    served.must_not(&copy, &["push", &url, "HEAD:refs/heads/main"], "this is archived").await;
    served.world.publishes(&alice, &client::relocate(&repo, &there, &permit)).await;
    served.must_not(&copy, &["push", &url, "HEAD:refs/heads/main"], &format!("it has moved to {there}")).await;
    served.must_not(&copy, &["push", &url, ":refs/heads/main"], "this is archived").await;
    served.must(served.world.dir.path(), &["clone", "-q", &served.url(&repo, None), "bob"]).await;
    assert_eq!(served.pushes(&repo, 1).await.len(), 1, "nothing else has moved");
    served.world.publishes(&alice, &client::set_archived(&repo, false, &permit)).await;
    served.must(&copy, &["push", "-q", &url, "HEAD:refs/heads/main"]).await;
    served.stop().await;
}

/// The repository itself judges the push, by the Grant that the team passed on.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_by_a_team_pushes_over_https_until_the_team_is_parted_from_the_repository() {
    let served = Served::new().await;
    let (alice, bob) = (served.world.person("alice").await, served.world.person("bob").await);
    let repo = served.world.makes(&alice, "Repository", "Tea", "private").await;
    let team = served.world.team_over(&alice, &repo, "write", &[(&bob, "write")]).await;
    let token = served.world.token(&bob, &[Scope::Git]).await;
    let copy = served.copy("bob", 1).await;
    let url = served.url(&repo, Some(&token));
    served.must(&copy, &["push", "-q", &url, "HEAD:refs/heads/main"]).await;
    served.must(served.world.dir.path(), &["clone", "-q", &url, "again"]).await;
    let unlink = client::remove_link(&repo, "teams", &team, &served.world.permit(&alice, &repo).await);
    served.world.publishes(&alice, &unlink).await;
    served.must_not(&copy, &["push", "-q", &url, "HEAD:refs/heads/other"], "not found").await;
    served.must_not(&copy, &["fetch", "-q", &url], "not found").await;
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_comes_to_the_default_branch_closes_the_ticket_it_names() {
    let served = Served::new().await;
    let (alice, bob) = (served.world.person("alice").await, served.world.person("bob").await);
    let repo = served.world.makes(&alice, "Repository", "Tea", "public").await;
    let bugs = served.world.makes(&alice, "TicketTracker", "Bugs", "public").await;
    let others = served.world.makes(&bob, "TicketTracker", "Cups", "public").await;
    for tracker in [&bugs, &bugs, &others] {
        served.world.publishes(&bob, &client::open_ticket(&bob, tracker, "Cold", "It is.", None)).await;
    }
    served.world.settle().await;
    let token = served.world.token(&alice, &[Scope::Git]).await;
    let url = served.url(&repo, Some(&token));
    let copy = served.copy("alice", 1).await;
    served
        .must(&copy, &["commit", "-q", "--allow-empty", "-m", "Heat it\n\nFixes bugs#1, see bugs#2; closes cups#1"])
        .await;
    served.must(&copy, &["push", "-q", &url, "HEAD:refs/heads/main"]).await;
    served.must(&copy, &["commit", "-q", "--allow-empty", "-m", "Fixes bugs#2"]).await;
    let head = served.must(&copy, &["rev-parse", "HEAD~1"]).await;
    served.must(&copy, &["push", "-q", &url, "HEAD:refs/heads/other"]).await;
    served.pushes(&repo, 2).await;
    served.world.settle().await;
    let page =
        async |ticket: String| served.world.ask(Method::GET, &ticket).with("accept", "text/html").answer().await.text();
    let closed = page(format!("{bugs}/tickets/1")).await;
    assert!(closed.contains("closed by") && closed.contains(&format!("<code>{}</code>", &head[..10])), "{closed}");
    assert!(!page(format!("{bugs}/tickets/2")).await.contains("closed by"), "that is not the default branch");
    assert!(!page(format!("{others}/tickets/1")).await.contains("closed by"), "alice has no role there");
    served.stop().await;
}
