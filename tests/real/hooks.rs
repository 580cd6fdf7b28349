//! Webhooks of a real server: a receiver on this machine checks what it is sent as receivers of Forgejo do.

use crate::git::must;
use crate::merge::{begun, commit, remote};
use crate::server::{PATIENCE, Server, free_host};
use aws_lc_rs::hmac;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const SECRET: &str = "how the tea is made";

/// What came to a receiver.
#[derive(Clone)]
struct Told {
    headers: HeaderMap,
    body: Bytes,
}

impl Told {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The body, whose signature is checked.
    fn checked(&self) -> Value {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), &self.body);
        let tag: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(self.header("x-forgejo-signature"), tag);
        assert_eq!(self.header("x-gitea-signature"), tag);
        assert_eq!(self.header("x-hub-signature-256"), format!("sha256={tag}"));
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A receiver that answers with one status after the other, and then with 204.
#[derive(Clone, Default)]
struct Receiver {
    told: Arc<Mutex<Vec<Told>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl Receiver {
    async fn start(answers: &[u16]) -> (Self, String) {
        let receiver = Self::default();
        receiver.answers.lock().unwrap().extend(answers.iter().rev());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let router = Router::new().route("/hook", post(Self::take)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (receiver, url)
    }

    async fn take(State(receiver): State<Self>, headers: HeaderMap, body: Bytes) -> (StatusCode, &'static str) {
        receiver.told.lock().unwrap().push(Told { headers, body });
        let code = receiver.answers.lock().unwrap().pop().unwrap_or(204);
        (StatusCode::from_u16(code).unwrap(), if code >= 500 { "the kettle is cold" } else { "" })
    }

    /// So many deliveries, once they have come.
    async fn all(&self, count: usize, server: &Server) -> Vec<Told> {
        let until = Instant::now() + PATIENCE;
        loop {
            let told = self.told.lock().unwrap().clone();
            if told.len() >= count {
                return told;
            }
            assert!(Instant::now() < until, "{} of {count} came:\n{}", told.len(), server.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Sends a form of a page; where it leads.
async fn does(server: &Server, page: &str, fields: &[(&str, &str)]) -> String {
    let answer = server.browser("alice").await.send(page, page, fields).await;
    let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
    to.unwrap_or_else(|| panic!("{}", answer.status()))
}

async fn sees(server: &Server, page: &str, part: &str) -> String {
    let until = Instant::now() + PATIENCE;
    loop {
        let shown = server.browser("alice").await.open(page).await.text().await.unwrap();
        if shown.contains(part) {
            return shown;
        }
        assert!(Instant::now() < until, "no {part} in {shown}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_told_signed_and_what_is_not_taken_is_sent_again_after_a_restart_too() {
    let dir = tempfile::tempdir().unwrap();
    let (data, host) = (dir.path().join("data"), free_host());
    let mut server = Server::start(&data, &host, &[]).await;
    let (receiver, url) = Receiver::start(&[503]).await;
    let alice = server.person("alice");
    let (repo, _) = alice.makes(&server.base, "Repository", "tea").await;
    let list = format!("{}/hooks", repo.strip_prefix(&server.base).unwrap());
    let hook = [("url", url.as_str()), ("secret", SECRET), ("push", "on"), ("active", "on")];
    let page = does(&server, &list, &hook).await;

    let work = dir.path().join("work");
    std::fs::create_dir(&work).unwrap();
    must(&work, &["init", "-q", "-b", "main"]);
    std::fs::write(work.join("tea"), "hot\n").unwrap();
    must(&work, &["add", "."]);
    must(&work, &["commit", "-q", "-m", "Make tea\n\nIt is hot."]);
    let head = must(&work, &["rev-parse", "HEAD"]).trim().to_owned();
    let remote = format!("{}.git", repo.replacen("http://", &format!("http://alice:{}@", alice.token), 1));
    must(&work, &["push", "-q", &remote, "main"]);

    let told = receiver.all(1, &server).await;
    let push = told[0].checked();
    for (name, expected) in
        [("x-forgejo-event", "push"), ("x-github-event", "push"), ("content-type", "application/json")]
    {
        assert_eq!(told[0].header(name), expected, "{name}");
    }
    assert_eq!((push["ref"].as_str(), push["after"].as_str()), (Some("refs/heads/main"), Some(head.as_str())));
    assert_eq!(push["before"], "0".repeat(40));
    assert_eq!((push["total_commits"].as_u64(), &push["head_commit"]["id"]), (Some(1), &Value::from(head.as_str())));
    assert_eq!(push["commits"][0]["message"], "Make tea\n\nIt is hot.");
    assert_eq!(
        (push["pusher"]["login"].as_str(), push["sender"]["html_url"].as_str()),
        (Some("alice"), Some(&*alice.id))
    );
    assert_eq!(
        (&push["repository"]["html_url"], &push["repository"]["default_branch"]),
        (&repo.clone().into(), &"main".into())
    );
    assert_eq!(push["repository"]["full_name"], "alice/tea");
    sees(&server, &page, "waits").await;
    let inside = sees(&server, &format!("{page}/1"), "the kettle is cold").await;
    assert!(
        inside.contains("Answer 503") && inside.contains("x-forgejo-signature") && inside.contains(&head),
        "{inside}"
    );
    assert!(!inside.contains(SECRET));

    server.kill();
    let server = Server::start(&data, &host, &[]).await;
    does(&server, &page, &[("what", "redeliver"), ("delivery", "1")]).await;
    let told = receiver.all(2, &server).await;
    assert_eq!(
        (&told[1].body, told[1].header("x-forgejo-delivery")),
        (&told[0].body, told[0].header("x-forgejo-delivery"))
    );
    told[1].checked();
    sees(&server, &page, "taken").await;
    does(&server, &page, &[("what", "redeliver"), ("delivery", "1")]).await;
    let told = receiver.all(3, &server).await;
    assert_eq!(told[2].body, told[0].body);
    assert_ne!(told[2].header("x-forgejo-delivery"), told[0].header("x-forgejo-delivery"), "it is another delivery");

    // An address that leads to this server itself is not told anything by HTTP.
    let inward = format!("{}/inbox", server.base);
    let other = does(&server, &list, &[("url", &inward), ("push", "on"), ("active", "on")]).await;
    does(&server, &other, &[("what", "test")]).await;
    sees(&server, &other, "not taken").await;
    assert!(sees(&server, &format!("{other}/1"), "Answer").await.contains("is this server"));
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_and_what_is_said_about_them_are_told_in_forgejos_words() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&dir.path().join("data"), &free_host(), &[]).await;
    let (receiver, url) = Receiver::start(&[]).await;
    let alice = server.person("alice");
    let (tracker, _) = alice.makes(&server.base, "TicketTracker", "tea bugs").await;
    let list = format!("{}/hooks", tracker.strip_prefix(&server.base).unwrap());
    let hook = [("url", url.as_str()), ("secret", SECRET), ("issues", "on"), ("issue_comment", "on"), ("active", "on")];
    let page = does(&server, &list, &hook).await;
    let of = ActorId::new(tracker.clone());
    let me = ActorId::new(alice.id.clone());
    let open = client::open_ticket(&me, &of, "Crash", "It *does*", None);
    let ticket = alice.answered(&alice.post(&open).await).await["result"].as_str().unwrap().to_owned();
    alice.post(&client::comment(&of, &ticket, None, "Again", None)).await;
    let told = receiver.all(2, &server).await;
    let (opened, said) = (told[0].checked(), told[1].checked());
    assert_eq!((told[0].header("x-forgejo-event"), told[1].header("x-forgejo-event")), ("issues", "issue_comment"));
    assert_eq!((&opened["action"], &opened["number"]), (&"opened".into(), &1.into()));
    let issue = &opened["issue"];
    assert_eq!(
        (&issue["title"], &issue["state"], &issue["html_url"]),
        (&"Crash".into(), &"open".into(), &ticket.clone().into())
    );
    assert_eq!((&issue["user"]["login"], &issue["body"]), (&"alice".into(), &"It *does*".into()));
    assert_eq!((&said["action"], &said["is_pull"]), (&"created".into(), &false.into()));
    assert_eq!((&said["comment"]["body"], &said["issue"]["number"]), (&"Again".into(), &1.into()));
    does(&server, &page, &[("what", "test")]).await;
    let told = receiver.all(3, &server).await;
    assert_eq!((told[2].header("x-forgejo-event"), &told[2].checked()["hook"]["active"]), ("ping", &true.into()));
    server.stop();
}

/// A merge request is told when its first version is kept, with each further one, and when it is closed.
#[tokio::test(flavor = "multi_thread")]
async fn merge_requests_are_told_with_their_branches_and_commits() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(&dir.path().join("data"), &free_host(), &[]).await;
    let (receiver, url) = Receiver::start(&[]).await;
    let alice = server.person("alice");
    let made = async |kind: &str, name: &str| {
        let (id, grant) = alice.makes(&server.base, kind, name).await;
        (ActorId::new(id), ActId::new(grant))
    };
    let ((repo, repo_grant), (patches, grant)) =
        (made("Repository", "tea").await, made("PatchTracker", "changes").await);
    let invite = ActId::new(alice.post(&client::invite(&repo, &patches, "write", &repo_grant)).await);
    alice.post(&client::agree_to_tie(&patches, &invite, &grant)).await;
    alice.sees(patches.as_str(), |document| document["tracksPatchesFor"] == repo.as_str()).await;
    let list = format!("{}/hooks", patches.as_str().strip_prefix(&server.base).unwrap());
    let hook = [("url", url.as_str()), ("secret", SECRET), ("pull_request", "on"), ("active", "on")];
    does(&server, &list, &hook).await;

    let remote = remote(&repo, &alice);
    let work = begun(dir.path(), &remote);
    let [main, first] = ["main", "milk"].map(|name| must(&work, &["rev-parse", name]).trim().to_owned());
    must(&work, &["push", "-q", &remote, "milk:refs/for/main"]);
    let told = receiver.all(1, &server).await;
    assert_eq!(told[0].header("x-forgejo-event"), "pull_request");
    let opened = told[0].checked();
    let request = &opened["pull_request"];
    assert_eq!((&opened["action"], &opened["number"]), (&"opened".into(), &1.into()), "{opened}");
    assert_eq!((&request["base"]["ref"], &request["base"]["sha"]), (&"main".into(), &main.into()), "{opened}");
    assert_eq!((&request["head"]["sha"], &request["merged"]), (&first.into(), &false.into()), "{opened}");

    commit(&work, "milk.txt", "one\ntwo\n");
    let second = must(&work, &["rev-parse", "milk"]).trim().to_owned();
    must(&work, &["push", "-q", &remote, "milk:refs/for/main"]);
    let told = receiver.all(2, &server).await;
    let more = told[1].checked();
    assert_eq!((&more["action"], &more["pull_request"]["head"]["sha"]), (&"synchronized".into(), &second.into()));
    let page = request["html_url"].as_str().unwrap();
    alice.post(&client::apply(&patches, page, &repo, "merge", &grant)).await;
    let told = receiver.all(3, &server).await;
    let merged = told[2].checked();
    let request = &merged["pull_request"];
    assert_eq!((&merged["action"], &request["merged"]), (&"closed".into(), &true.into()), "{merged}");
    assert_eq!((&request["state"], &request["merged_by"]["login"]), (&"closed".into(), &"alice".into()), "{merged}");
    must(&work, &["fetch", "-q", &remote, "main"]);
    assert_eq!(request["merge_commit_sha"], must(&work, &["rev-parse", "FETCH_HEAD"]).trim());
    server.stop();
}
