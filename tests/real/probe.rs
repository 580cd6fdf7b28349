//! `pritchel probe`, as the author of another forge runs it, against this very binary as the peer.

use crate::server::{BINARY, Server, free_host};
use serde_json::Value;
use std::io::BufRead;
use std::process::{Child, Command, Output, Stdio};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Runs the probe against a server.
pub fn probe(server: &Server, more: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(["probe", "--peer", &server.base]).args(more);
    command.stdin(Stdio::null()).output().unwrap()
}

/// Silence need not be waited for where it is right; what is to come may take its time on a busy machine.
const SHORT: [&str; 4] = ["--quiet", "0.3", "--patience", "60"];

/// What is said where nobody sits in front of the peer, and no token helps.
const NO_CLIENT_CAN: &str = "no client can say this, only a person in front of the peer can do it: --interactive";

/// The statements of a report.
pub fn statements(report: &Value) -> impl Iterator<Item = &Value> {
    report["statements"].as_array().unwrap().iter()
}

/// What it printed.
pub fn told(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_fails_against_this_program() {
    let folder = tempfile::tempdir().unwrap();
    let ssh = free_host();
    let server = Server::start(&folder.path().join("peer"), &free_host(), &["--ssh", &ssh]).await;
    let alice = server.person("alice");
    let told_who = ["--person", "alice", "--token", &alice.token, "--json"];
    let key = crate::ssh::is_here().then(|| crate::ssh::key(folder.path(), "alice-key", &["ed25519"]));
    let with_key = key.iter().flat_map(|key| {
        crate::ssh::add_key(&server, "alice", key);
        ["--ssh-key", key.to_str().unwrap()]
    });
    let output = probe(&server, &[&SHORT[..], &told_who, &with_key.collect::<Vec<_>>()].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", told(&output)));
    let failed: Vec<&Value> = statements(&report).filter(|one| one["verdict"] == "fail").collect();
    assert!(failed.is_empty() && output.status.success(), "{failed:#?}");
    let left: Vec<String> = statements(&report)
        .filter(|one| one["verdict"] == "not-run")
        // Without OpenSSH here nobody pushes by it, which is said elsewhere, and fails where nothing may be left out.
        .filter(|one| crate::ssh::is_here() || !["FL-10", "FL-10b", "FL-12"].iter().any(|flow| one["flow"] == *flow))
        // No client can change keys: `a_person_in_front_of_the_peer_changes_their_keys` plays it.
        .filter(|one| one["flow"] != "FL-12b" || one["why"] != NO_CLIENT_CAN)
        .map(|one| format!("{}: {}", one["id"], one["why"]))
        .collect();
    assert!(left.is_empty(), "{left:#?}");
    assert!(report["totals"]["pass"].as_u64().unwrap() >= 744, "{}", report["totals"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_run_is_listed_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("peer"), &free_host(), &[]).await;
    server.person("alice");
    let flows = ["--flow", "FL-06p", "--flow", "FL-13", "--flow", "FL-06b"];
    let output = probe(&server, &[&SHORT[..], &["--person", "alice"], &flows].concat());
    let text = told(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("pass     person-beh-follow/4.2"), "{text}");
    assert!(text.contains("since     no TicketTracker of the peer is known"), "{text}");
    assert!(text.contains("since     the peer's person has to act: --token or --interactive"), "{text}");
    assert!(!text.contains("FL-36"), "only what was asked for is played: {text}");
}

/// A probe that asks somebody for things.
struct Asking {
    child: Child,
    lines: UnboundedReceiver<String>,
}

impl Asking {
    fn of(server: &Server, flow: &str) -> Self {
        let mut command = Command::new(BINARY);
        command.args(["probe", "--peer", &server.base, "--person", "alice", "--interactive", "--flow", flow]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (asked, lines) = unbounded_channel();
        let told = std::io::BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            // To the end, so that nothing is printed into a closed pipe.
            told.lines().map_while(Result::ok).for_each(|line| drop(asked.send(line)));
        });
        Self { child, lines }
    }

    /// Waits until it asks for this: what comes after it.
    async fn asks(&mut self, what: &str) -> String {
        loop {
            let line = self.lines.recv().await.unwrap_or_else(|| panic!("the probe never asks: {what}"));
            if let Some((_, more)) = line.split_once(what) {
                break more.to_owned();
            }
        }
    }

    /// What it has printed in the end, where these statements hold.
    async fn passes(self, ids: &[&str]) {
        let child = self.child;
        let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
        let text = told(&output);
        assert!(output.status.success(), "{text}");
        for id in ids {
            assert!(text.contains(&format!("pass     {id}")), "{text}");
        }
    }
}

/// Without a token the probe says what is to be done, and somebody does it in whatever way the forge has.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_in_front_of_the_peer_does_what_the_probe_asks() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("peer"), &free_host(), &[]).await;
    let alice = server.person("alice");
    let mut probe = Asking::of(&server, "FL-06b");
    let tracker = pritchel_actor::ActorId::new(probe.asks(", follow ").await);
    let follow = pritchel_actor::ActId::new(alice.post(&pritchel_actors::client::follow(&tracker)).await);
    probe.asks("no longer").await;
    alice.post(&pritchel_actors::client::unfollow(&tracker, &follow)).await;
    probe.passes(&["wire/follow-sent", "person-beh-accept/1.1", "wire/unfollow-sent"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_in_front_of_the_peer_changes_their_keys() {
    if !crate::ssh::is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("peer"), &free_host(), &[]).await;
    server.person("alice");
    let mut probe = Asking::of(&server, "FL-12b");
    probe.asks(", add an SSH key").await;
    let added = crate::ssh::add_key(&server, "alice", &crate::ssh::key(folder.path(), "alice-key", &["ed25519"]));
    probe.asks(", remove that SSH key").await;
    crate::ssh::remove_key(&server, "alice", &added);
    probe.passes(&["wire/key-told", "wire/key-gone-told"]).await;
}

#[test]
fn a_probe_that_cannot_begin_ends_with_2() {
    let nobody = format!("http://{}", free_host());
    #[rustfmt::skip]
    let rows: [(&[&str], &str); 5] = [
        (&["probe", "--peer", &nobody],                      "--peer"),
        (&["probe", "--peer", &nobody, "--flow", "FL-99"],   "there is no flow FL-99"),
        (&["probe", "--peer", &nobody, "--no-such-flag"],    "--no-such-flag"),
        (&["probe", "--peer", &nobody, "--quiet", "soon"],   "--quiet"),
        (&["probe"],                                         "--peer"),
    ];
    for (args, expected) in rows {
        let output = crate::server::run(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", told(&output));
        assert!(told(&output).contains(expected), "{args:?}: {}", told(&output));
    }
    let list = crate::server::run_ok(&["probe", "--list"]);
    assert!(list.contains("FL-06, FL-07  follow and unfollow a resource"), "{list}");
}
