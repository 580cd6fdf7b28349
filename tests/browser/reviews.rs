//! A merge request is reviewed by forms alone: asked for, written about lines, answered with other lines, settled, dismissed,
//! asked for again; and merged.

use crate::driver::{Browser, Scripts};
use crate::repository::{commit, git, makes_token};
use crate::server::{Server, make, make_factory};
use crate::story;

#[test]
fn a_merge_request_is_reviewed_by_forms_alone() {
    story(async {
        let server = Server::start().await;
        let alice = server.visited_by("alice", Browser::start("reviews-alice", Scripts::Off).await).await;
        let bob = server.visited_by("bob", Browser::start("reviews-bob", Scripts::Off).await).await;
        let factory = make_factory(&alice, &server, "Kitchen").await;
        let repository = make(&alice, &factory, "Repository", "Recipes").await;
        let tracker = make(&alice, &factory, "PatchTracker", "Changes").await;
        ties(&alice, &repository, &tracker).await;
        let work = pushes(&alice, &server, &repository).await;
        let request = opens(&alice, &tracker).await;
        asked_and_reviews(&alice, &bob, &request).await;
        talk(&alice, &bob, &request).await;
        dismissed(&alice, &bob, &request).await;
        goes_on(&bob, &work, &request).await;
        alice.visit(&request).await;
        alice.press("form[action='/do/apply'] button").await;
        alice.sees(&request, ".head.ticket .badge", "merged").await;
        alice.ends_quietly(&[]).await;
        bob.ends_quietly(&[]).await;
    });
}

/// The tracker is to serve the repository: asked for on its own page, let in on the other's.
async fn ties(alice: &Browser, repository: &str, tracker: &str) {
    alice.visit(&format!("{tracker}/links")).await;
    let asks = "details:has(form[action='/do/attach'] input[value=tracksPatchesFor])";
    let form = format!("{asks} form");
    alice.tick(&format!("{asks} > summary")).await;
    alice.fill(&format!("{form} input[name=provider]"), repository).await;
    alice.press(&format!("{form} button")).await;
    let access = format!("{repository}/collaborators");
    alice.sees(&access, "main", "Changes").await;
    alice.press("form[action='/do/approve-join'] button").await;
    alice.sees(tracker, "form[action='/do/open-merge-request'] select[name=target]", "Recipes").await;
}

/// A working copy, and where it is pushed to.
struct Work {
    folder: tempfile::TempDir,
    remote: String,
}

async fn pushes(alice: &Browser, server: &Server, repository: &str) -> Work {
    let token = makes_token(alice, server).await;
    let folder = tempfile::tempdir().unwrap();
    commit(folder.path(), "tea.txt", "Boil water.\nWait.\nPour.\n", "Begin");
    git(folder.path(), &["checkout", "--quiet", "-b", "milk"]);
    commit(folder.path(), "tea.txt", "Boil water.\nAdd <b>milk</b>.\nPour.\n", "Add milk");
    let remote = format!("{}.git", repository.replacen("://", &format!("://alice:{token}@"), 1));
    git(folder.path(), &["push", "--quiet", &remote, "main", "milk"]);
    Work { folder, remote }
}

/// Another version has other lines where the review was about one.
async fn goes_on(bob: &Browser, work: &Work, request: &str) {
    assert!(!bob.has(".thread .badge").await);
    commit(work.folder.path(), "tea.txt", "Boil water.\nAdd oat milk.\nPour.\n", "Add oat milk");
    git(work.folder.path(), &["push", "--quiet", &work.remote, "milk"]);
    bob.sees(request, "section[aria-labelledby=versions]", "Version 2").await;
    bob.sees(request, ".thread .badge", "outdated").await;
    assert!(bob.text(".thread pre.diff").await.contains("+Add <b>milk</b>."), "the lines it was about");
}

/// Answers the merge request's address.
async fn opens(alice: &Browser, tracker: &str) -> String {
    alice.visit(tracker).await;
    let form = "form[action='/do/open-merge-request']";
    alice.fill(&format!("{form} input[name=title]"), "Milk first").await;
    alice.fill(&format!("{form} input[name=from]"), "milk").await;
    alice.press(&format!("{form} button")).await;
    let request = alice.page().await;
    alice.sees(&request, "section[aria-labelledby=versions]", "Version 1").await;
    request
}

async fn asked_and_reviews(alice: &Browser, bob: &Browser, request: &str) {
    alice.tick(".ask > summary").await;
    alice.fill("form[action='/do/ask-review'] input[name=reviewers]", "bob").await;
    alice.press(".ask form button").await;
    bob.sees(request, ".approvals .standing", "awaiting").await;
    bob.press("form[action='/do/announce-review'] button").await;
    bob.sees(request, ".approvals", "writes a review").await;
    let form = "form[action='/do/review']";
    bob.tick(&format!("details:has({form}) > summary")).await;
    bob.tick(&format!("{form} option[value=revise]")).await;
    bob.fill(&format!("{form} textarea[name=text]"), "Not *yet*.").await;
    bob.fill(&format!("{form} input[name=file]"), "tea.txt").await;
    bob.fill(&format!("{form} input[name=start]"), "2").await;
    bob.fill(&format!("{form} textarea[name=said]"), "Which **milk**?").await;
    bob.press(&format!("{form} button")).await;
    bob.sees(request, ".review .thread", "tea.txt, line 2").await;
    assert_eq!(bob.text(".review .thread strong").await, "milk");
    bob.sees(request, ".review .thread pre.diff ins", "+Add <b>milk</b>.").await;
    assert_eq!(bob.text(".review .thread pre.diff del").await, "-Wait.");
    assert!(!bob.has("form[action='/do/settle-thread']").await, "who may write settles");
}

async fn talk(alice: &Browser, bob: &Browser, request: &str) {
    alice.visit(request).await;
    alice.tick(".answer > summary").await;
    alice.fill(".answer textarea[name=text]", "Oat milk.").await;
    alice.fill(".answer textarea[name=suggestion]", "Add <i>oat</i> milk.").await;
    alice.press(".answer form button").await;
    bob.sees(request, ".thread .suggestion", "Add <i>oat</i> milk.").await;
    assert!(bob.text(".thread .comment").await.contains("Oat milk."));
    alice.visit(request).await;
    alice.press("form[action='/do/settle-thread'] button").await;
    bob.sees(request, ".thread", "settled by alice").await;
    alice.visit(request).await;
    alice.press("form[action='/do/reopen-thread'] button").await;
    alice.sees(request, "form[action='/do/settle-thread']", "Settle").await;
}

async fn dismissed(alice: &Browser, bob: &Browser, request: &str) {
    assert_eq!(alice.text(".approvals .standing").await, "revise");
    alice.press("form[action='/do/dismiss-review'] button").await;
    alice.sees(request, ".approvals .standing", "dismissed").await;
    alice.press(".approvals form[action='/do/ask-review'] button").await;
    bob.sees(request, ".approvals .standing", "dismissedAwaiting").await;
    assert!(!bob.has("form[action='/do/dismiss-review']").await);
}
