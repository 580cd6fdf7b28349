//! A repository's pages after a real push, by a token that was made by a form.

use crate::driver::{Browser, Scripts};
use crate::server::{Server, make, make_factory};
use crate::story;
use std::path::Path;
use std::process::Command;

#[test]
fn what_was_pushed_is_shown_with_its_files_and_commits() {
    story(async {
        let server = Server::start().await;
        let alice = server.visited_by("alice", Browser::start("repository", Scripts::Off).await).await;
        let factory = make_factory(&alice, &server, "Kitchen").await;
        let repository = make(&alice, &factory, "Repository", "Recipes").await;
        let clone_url = alice.property(".clone input", "value").await;
        assert_eq!(clone_url, format!("{repository}.git"));
        let token = makes_token(&alice, &server).await;
        let folder = tempfile::tempdir().unwrap();
        commit(folder.path(), "README.md", "# Kitchen\n\nRecipes, *tested*.\n<script>alert(1)</script>\n", "Begin");
        commit(folder.path(), "drinks/tea.txt", "Boil <b>water</b>.\nWait.\n", "Add tea");
        let remote = clone_url.replacen("://", &format!("://alice:{token}@"), 1);
        git(folder.path(), &["push", "--quiet", &remote, "HEAD:refs/heads/main"]);
        let head = git(folder.path(), &["rev-parse", "HEAD"]);
        let copy = tempfile::tempdir().unwrap();
        git(copy.path(), &["clone", "--quiet", &clone_url, "."]);
        assert_eq!(git(copy.path(), &["rev-parse", "HEAD"]), head, "the address that is shown clones it");
        overview(&alice, &repository).await;
        alice.follow(".files caption", "Add tea").await;
        assert_eq!(alice.page().await, format!("{repository}/commits/{head}"));
        assert!(alice.text("main").await.contains("drinks/tea.txt"));
        browses(&alice, &repository).await;
        alice.ends_quietly(&[]).await;
    });
}

/// A token for git, made by a form.
pub async fn makes_token(alice: &Browser, server: &Server) -> String {
    alice.visit(&format!("{}/settings", server.base)).await;
    alice.tick("details:has(form[action='/settings/token']) > summary").await;
    let form = "form[action='/settings/token']";
    alice.fill(&format!("{form} input[name=label]"), "my laptop").await;
    alice.tick(&format!("{form} input[name=git]")).await;
    alice.press(&format!("{form} button")).await;
    assert!(alice.text("section[aria-labelledby=tokens] table").await.contains("my laptop"));
    alice.text("code.secret").await
}

async fn overview(alice: &Browser, repository: &str) {
    alice.sees(repository, ".files", "README.md").await;
    assert!(alice.text(".files").await.contains("drinks/"));
    assert!(alice.text(".files caption").await.starts_with("Add tea"), "the newest commit");
    let rows = alice.text(".files tbody").await;
    assert!(rows.find("Add tea").unwrap() < rows.find("Begin").unwrap(), "each entry has its own: {rows}");
    assert_eq!(alice.text(".readme .prose h2").await, "Kitchen");
    assert_eq!(alice.text(".readme .prose em").await, "tested");
    assert!(!alice.has("script").await);
    alice.sees(repository, "section[aria-labelledby=pushes]", "main").await;
}

async fn browses(alice: &Browser, repository: &str) {
    alice.visit(repository).await;
    alice.follow(".files", "drinks/").await;
    alice.follow(".files", "tea.txt").await;
    let shown = alice.text("pre.source").await;
    assert!(shown.contains("Boil <b>water</b>.") && shown.contains("Wait."), "{shown}");
    alice.follow(".place", "Blame").await;
    assert!(alice.text(".blame").await.contains("Add tea"));
    alice.follow(".place", "History").await;
    assert_eq!(alice.all(".commits li").await.len(), 1);
    alice.visit(repository).await;
    alice.follow("section[aria-labelledby=files]", "All commits").await;
    assert_eq!(alice.all(".commits li").await.len(), 2);
    alice.follow(".commits", "Add tea").await;
    assert!(alice.text("table.diff").await.contains("Boil <b>water</b>."));
    alice.follow(".pills", "Split").await;
    assert!(alice.text("table.diff.split").await.contains("Boil <b>water</b>."));
}

/// Writes a file and commits it, in a folder that becomes a repository where it is none.
pub fn commit(folder: &Path, file: &str, text: &str, message: &str) {
    if !folder.join(".git").exists() {
        git(folder, &["init", "--quiet", "--initial-branch=main"]);
    }
    std::fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
    std::fs::write(folder.join(file), text).unwrap();
    git(folder, &["add", file]);
    let author = ["-c", "user.name=Alice", "-c", "user.email=alice@kitchen.example"];
    git(folder, &[&author[..], &["commit", "--quiet", "--no-gpg-sign", "-m", message]].concat());
}

/// Runs git as on a machine without settings or a proxy; it must succeed. Answers what it printed.
pub fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "http.proxy="])
        .args(args)
        .current_dir(folder)
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
