//! The sessions of `docs/c2s.md` and `docs/probe.md`, from top to bottom, against a real server: what a page says is what is run.

use crate::server::{BINARY, PATIENCE, Server, free_host};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// What the session needs beside the binary.
const TOOLS: [&str; 5] = ["bash", "curl", "jq", "git", "awk"];
/// The session says this when it has come to its end.
const END: &str = "the session has come to its end";

/// The text of all blocks marked `console`, and how many there are.
fn session(page: &str) -> (String, usize) {
    let (mut text, mut blocks, mut within) = (String::new(), 0, false);
    for line in page.lines() {
        match line.trim_end() {
            "```console" => (within, blocks) = (true, blocks + 1),
            "```" => within = false,
            _ if within => text.extend([line, "\n"]),
            _ => {}
        }
    }
    (text, blocks)
}

/// The first tool that is not here.
fn missing() -> Option<&'static str> {
    let here = |tool: &&str| {
        let version = Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        version.is_ok()
    };
    TOOLS.into_iter().find(|tool| !here(tool))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_session_of_the_clients_page_runs_from_top_to_bottom() {
    runs("c2s.md", 12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_session_of_the_page_about_the_probe_runs_from_top_to_bottom() {
    runs("probe.md", 1).await;
}

/// Runs the session of a page, which has so many blocks at least.
async fn runs(page: &str, at_least: usize) {
    if let Some(tool) = missing() {
        assert!(std::env::var_os("PRITCHEL_REQUIRE_ALL").is_none(), "there is no {tool}");
        eprintln!("not run: there is no {tool}");
        return;
    }
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    let page = std::fs::read_to_string(page).unwrap();
    let (session, blocks) = session(&page);
    assert!(blocks >= at_least, "found only {blocks} blocks");
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data, &free_host(), &[]).await;
    let output = folder.path().join("output");
    let out = std::fs::File::create(&output).unwrap();
    let bin = Path::new(BINARY).parent().unwrap();
    let path = std::env::join_paths(
        [bin.to_owned()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let mut child = Command::new("bash")
        .args(["-x", "-c", &format!("{session}\necho '{END}'\n")])
        .current_dir(folder.path())
        .env("BASE", &server.base)
        .env("DATA", &data)
        .env("TMPDIR", folder.path())
        .env("PATH", path.unwrap())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env_remove("GIT_DIR")
        .stdin(Stdio::null())
        .stdout(out.try_clone().unwrap())
        .stderr(out)
        .spawn()
        .unwrap();
    // Its loops wait for what the server does, and have no end of their own.
    let until = Instant::now() + 2 * PATIENCE;
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break Some(status),
            None if Instant::now() > until => {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            None => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
        }
    };
    let said = std::fs::read_to_string(&output).unwrap();
    let ended = said.lines().any(|line| line == END);
    assert!(ended && status.is_some_and(|status| status.success()), "{status:?}\n{said}");
}
