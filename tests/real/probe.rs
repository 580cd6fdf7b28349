//! `pritchel probe`, as the author of another forge runs it, against this very binary as the peer.

use crate::server::{BINARY, Server, free_host};
use serde_json::Value;
use std::process::{Command, Output, Stdio};

/// Runs the probe against a server.
pub fn probe(server: &Server, more: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command.args(["probe", "--peer", &server.base, "--patience", "60"]).args(more);
    command.stdin(Stdio::null()).output().unwrap()
}

/// How long silence is waited for where silence is right.
const SHORT: [&str; 2] = ["--quiet", "0.3"];

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
    let server = Server::start(&folder.path().join("peer"), &free_host(), &[]).await;
    let alice = server.person("alice");
    let told_who = ["--person", "alice", "--token", &alice.token, "--json"];
    let output = probe(&server, &[&SHORT[..], &told_who].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", told(&output)));
    let failed: Vec<&Value> = statements(&report).filter(|one| one["verdict"] == "fail").collect();
    assert!(failed.is_empty() && output.status.success(), "{failed:#?}");
    let left: Vec<String> = statements(&report)
        .filter(|one| one["verdict"] == "not-run")
        .map(|one| format!("{}: {}", one["id"], one["why"]))
        .collect();
    assert!(left.is_empty(), "{left:#?}");
    assert!(report["totals"]["pass"].as_u64().unwrap() > 300, "{}", report["totals"]);
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
    let list = crate::server::run_ok(&["probe", "--peer", &nobody, "--list"]);
    assert!(list.contains("FL-06, FL-07  follow and unfollow a resource"), "{list}");
}
