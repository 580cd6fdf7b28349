//! A server with ten faults on purpose, and `pritchel probe`, which finds them. Only a build with debug assertions has faults to
//! seed: see `src/node/faults.rs`.

use crate::probe::{probe, statements, told};
use crate::server::{BINARY, Server, free_host};
use serde_json::Value;
use std::ffi::OsStr;
use std::process::Command;

/// The faults of `src/node/faults.rs`, and the statement by which each is found.
const FOUND: [(&str, &str); 10] = [
    ("close-by-anybody", "tt-beh-resolve/2"),
    ("dependency-without-result", "tt-beh-offer/2.5"),
    ("edit-by-anybody", "tt-beh-edit/2.1.1"),
    ("grant-without-allows", "tt-beh-accept/1.5"),
    ("invite-by-anybody", "tt-beh-invite/1.1"),
    ("join-by-anybody", "project-beh-accept/2.1"),
    ("no-delegation", "person-beh-grant/2.3"),
    ("other-digest", "wire/signature-digest"),
    ("revoke-without-fulfills", "tt-beh-remove/1.4"),
    ("second-follow", "tt-beh-follow/2"),
];

/// Flows that come upon the faults, and others that do not.
const FLOWS: [&str; 11] =
    ["DOC", "SIG", "FL-06", "FL-36", "FL-38", "FL-14", "FL-34", "FL-79", "FL-41", "FL-40", "FL-38b"];

/// Checks that links, merge requests, releases, access and moves have, and the statement by which it is found that one is missing.
const MISSED: [(&str, &str); 9] = [
    ("Team/Propose/authority", "team-beh-add/1.2"),
    ("Project/Propose/wrong-kind", "project-beh-add/2.1"),
    ("PatchTracker/SubmitReview/not-the-newest-version", "pt-beh-offer/4.3"),
    ("PatchTracker/ResolveThread/authority", "pt-beh-resolve/2.1"),
    ("PatchTracker/Apply/authority", "flow/apply-authority"),
    ("Team/ListApproval/authority", "team-beh-add/7.1"),
    ("ReleaseTracker/DeleteRelease/authority", "rt-beh-delete/2.1"),
    ("TicketTracker/UndoGrants/authority", "flow/undo-authority"),
    ("TicketTracker/Relocate/authority", "tt-beh-move/1.1"),
];

/// What does not check is found out at the first step; what comes after that may fail in any way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_check_is_found_out_in_every_family_of_flows() {
    let faults = MISSED.map(|(check, _)| check).join(",");
    let mut left = Vec::new();
    for (quiet, patience) in [("1", "10"), ("10", "30")] {
        let folder = tempfile::tempdir().unwrap();
        let host = free_host();
        let environment = [("PRITCHEL_FAULTS", OsStr::new(&faults))];
        let server = Server::start_in(&folder.path().join("peer"), &host, &[&host], &[], &environment).await;
        let alice = server.person("alice");
        let flows = ["FL-43", "FL-49", "FL-53", "FL-21", "FL-25", "FL-32", "FL-74", "FL-04"];
        let flows: Vec<&str> = flows.iter().flat_map(|flow| ["--flow", flow]).collect();
        let how = ["--person", "alice", "--token", &alice.token, "--json", "--quiet", quiet, "--patience", patience];
        let output = probe(&server, &[&how[..], &flows].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", told(&output)));
        let failed = |id: &str| statements(&report).any(|one| one["id"] == id && one["verdict"] == "fail");
        left = MISSED.iter().filter(|(_, statement)| !failed(statement)).collect();
        if left.is_empty() {
            return;
        }
    }
    panic!("nobody noticed that these are not checked: {left:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_seeded_faults_are_found_each_by_its_statement_and_nothing_else() {
    let mut expected: Vec<&str> = FOUND.iter().map(|(_, statement)| *statement).collect();
    expected.sort_unstable();
    let faults = FOUND.map(|(fault, _)| fault).join(",");
    let mut failed = Vec::new();
    // That nothing comes is known only after a while, and how long that is depends on the machine.
    for (quiet, patience) in [("1", "20"), ("5", "60"), ("20", "120")] {
        let folder = tempfile::tempdir().unwrap();
        let (data, host) = (folder.path().join("peer"), free_host());
        let environment = [("PRITCHEL_FAULTS", OsStr::new(&faults))];
        let server = Server::start_in(&data, &host, &[&host], &[], &environment).await;
        let alice = server.person("alice");
        let (tracker, _) = alice.tracker(&server.base, "Tea").await;
        let (project, _) = alice.makes(&server.base, "Project", "Meals").await;
        let named = ["--make-nothing", "--tracker", &tracker, "--project", &project, "--person", "alice"];
        let flows: Vec<&str> = FLOWS.iter().flat_map(|flow| ["--flow", flow]).collect();
        let how = ["--token", &alice.token, "--json", "--quiet", quiet, "--patience", patience];
        let output = probe(&server, &[&named[..], &how, &flows].concat());
        assert_eq!(output.status.code(), Some(1), "{}", told(&output));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        failed = statements(&report).filter(|one| one["verdict"] == "fail").cloned().collect();
        let mut ids: Vec<&str> = failed.iter().map(|one| one["id"].as_str().unwrap()).collect();
        ids.sort_unstable();
        if ids == expected {
            return;
        }
    }
    panic!("expected {expected:?} to fail, found {failed:#?}");
}

#[test]
fn a_fault_that_is_not_known_is_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(BINARY);
    command.args(["serve", "--listen", &free_host(), "--data"]).arg(folder.path());
    let output = command.env("PRITCHEL_FAULTS", "no-such-fault").output().unwrap();
    assert!(!output.status.success() && told(&output).contains("no fault \"no-such-fault\""), "{}", told(&output));
}
