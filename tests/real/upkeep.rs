//! A repository that is pushed to is put in order by git, without anybody asking for it.

use crate::git::{must, tried};
use crate::server::{PATIENCE, Server, free_host, run, run_ok};
use pritchel_actors::limits::MAINTAIN_PUSHES;
use std::path::Path;
use std::time::Instant;

/// Commits, and pushes until the server takes it: a reference is held until its last push is told.
async fn push(work: &Path, url: &str, number: u32) {
    std::fs::write(work.join("count"), number.to_string()).unwrap();
    must(work, &["add", "."]);
    must(work, &["commit", "-q", "-m", &format!("Count to {number}")]);
    let until = Instant::now() + PATIENCE;
    while let Err(why) = tried(work, &["push", "-q", url, "HEAD:refs/heads/main"]) {
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
    must(&work, &["init", "-q", "-b", "main"]);
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
    must(folder.path(), &["clone", "-q", &url, "clone"]);
    let clone = folder.path().join("clone");
    assert_eq!(std::fs::read_to_string(clone.join("count")).unwrap(), MAINTAIN_PUSHES.to_string());
    assert_eq!(must(&clone, &["rev-list", "--count", "HEAD"]), MAINTAIN_PUSHES.to_string());
    push(&work, &url, MAINTAIN_PUSHES + 1).await;
    server.stop();

    // A backup that has left the repositories behind is found.
    let data = data.to_str().unwrap();
    run_ok(&["check", "--data", data]);
    let away = format!("{data}/repos.away");
    std::fs::rename(format!("{data}/repos"), &away).unwrap();
    let found = run(&["check", "--data", data]);
    let said = String::from_utf8(found.stdout).unwrap();
    assert!(!found.status.success() && said.contains(&format!("the git data of {repository} is missing")), "{said}");
    std::fs::rename(away, format!("{data}/repos")).unwrap();
    run_ok(&["check", "--data", data]);
}
