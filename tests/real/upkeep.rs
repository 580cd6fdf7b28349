//! A repository that is pushed to is put in order by git, without anybody asking for it.

use crate::server::{PATIENCE, Server, free_host};
use pritchel_actors::limits::MAINTAIN_PUSHES;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

fn git(at: &Path, args: &[&str]) -> Result<String, String> {
    let mut command = Command::new("git");
    command.args(args).current_dir(at).env_remove("GIT_DIR");
    for (name, value) in [
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_AUTHOR_NAME", "Alice"),
        ("GIT_AUTHOR_EMAIL", "alice@example.org"),
        ("GIT_COMMITTER_NAME", "Alice"),
        ("GIT_COMMITTER_EMAIL", "alice@example.org"),
    ] {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Commits, and pushes until the server takes it: a reference is held until its last push is told.
async fn push(work: &Path, url: &str, number: u32) {
    std::fs::write(work.join("count"), number.to_string()).unwrap();
    git(work, &["add", "."]).unwrap();
    git(work, &["commit", "-q", "-m", &format!("Count to {number}")]).unwrap();
    let until = Instant::now() + PATIENCE;
    while let Err(why) = git(work, &["push", "-q", url, "HEAD:refs/heads/main"]) {
        assert!(Instant::now() < until, "push {number}: {why}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Whether there is a file whose name ends so.
fn has(bare: &Path, dir: &str, end: &str) -> bool {
    let Ok(entries) = std::fs::read_dir(bare.join(dir)) else { return false };
    entries.into_iter().any(|entry| entry.unwrap().file_name().to_string_lossy().ends_with(end))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_some_pushes_a_repository_is_packed_whatever_a_killed_git_has_left() {
    let folder = tempfile::tempdir().unwrap();
    let (data, work, host) = (folder.path().join("data"), folder.path().join("work"), free_host());
    let mut server = Server::start(&data, &host, &[]).await;
    let alice = server.person("alice");
    let (repository, _) = alice.makes(&server.base, "Repository", "Tea").await;
    let key = repository.rsplit('/').next().unwrap();
    let (url, bare) =
        (format!("http://alice:{}@{host}/repos/{key}.git", alice.token), data.join(format!("repos/{key}.git")));
    std::fs::create_dir(&work).unwrap();
    git(&work, &["init", "-q", "-b", "main"]).unwrap();
    for number in 1..MAINTAIN_PUSHES {
        push(&work, &url, number).await;
    }
    assert!(
        !has(&bare, "objects/pack", ".bitmap") && bare.join("refs/heads/main").exists(),
        "nobody has asked for it yet"
    );
    // A git that packed references was killed: what it holds would block it for ever.
    server.kill();
    std::fs::write(bare.join("packed-refs.lock"), "").unwrap();
    let server = Server::start(&data, &host, &[]).await;
    push(&work, &url, MAINTAIN_PUSHES).await;
    let until = Instant::now() + PATIENCE;
    let done = |bare: &Path| {
        has(bare, "objects/pack", ".bitmap")
            && (has(bare, "objects/info/commit-graphs", ".graph") || bare.join("objects/info/commit-graph").exists())
            && bare.join("packed-refs").exists()
            && !bare.join("refs/heads/main").exists()
    };
    while !done(&bare) {
        assert!(Instant::now() < until, "it is not in order:\n{}", server.log());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    git(folder.path(), &["clone", "-q", &url, "clone"]).unwrap();
    let clone = folder.path().join("clone");
    assert_eq!(std::fs::read_to_string(clone.join("count")).unwrap(), MAINTAIN_PUSHES.to_string());
    assert_eq!(git(&clone, &["rev-list", "--count", "HEAD"]).unwrap(), MAINTAIN_PUSHES.to_string());
    push(&work, &url, MAINTAIN_PUSHES + 1).await;
    server.stop();
}
