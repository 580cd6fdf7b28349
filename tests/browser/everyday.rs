//! The way most people go, as one story: register, make a repository, push, browse, open a ticket, offer a change, review it, merge it,
//! release it. Once on one server and once between two, each with scripts and without. With scripts each page is also looked at:
//! pictures of it are kept, and what keeps somebody from using it is a failure.

use crate::driver::{Browser, Scripts};
use crate::repository::{commit, git, makes_token};
use crate::server::{PASSWORD, Server, make, make_factory};
use crate::story;
use tempfile::TempDir;

#[test]
fn a_change_goes_from_registering_to_a_release_on_one_server() {
    story(on_one_server("everyday", Scripts::On));
}

#[test]
fn a_change_goes_from_registering_to_a_release_on_one_server_without_scripts() {
    story(on_one_server("everyday-off", Scripts::Off));
}

#[test]
fn a_change_comes_from_another_server_to_a_release() {
    story(between_two("far", Scripts::On));
}

#[test]
fn a_change_comes_from_another_server_to_a_release_without_scripts() {
    story(between_two("far-off", Scripts::Off));
}

async fn on_one_server(name: &str, scripts: Scripts) {
    let server = Server::start().await;
    let alice = begins(&server, Browser::start(&format!("{name}-alice"), scripts).await).await;
    let bob = registers(&server, Browser::start(&format!("{name}-bob"), scripts).await).await;
    let (kitchen, work) = Kitchen::of(&alice, &server).await;
    browses(&bob, &kitchen).await;
    writes(&alice, &bob, &kitchen).await;
    let ticket = reports(&bob, &kitchen.tickets).await;
    alice.sees(&format!("{}/notices", server.base), "main", "Tea is too hot").await;
    alice.look("notifications").await;
    // Who has no role offers a change by a push for review.
    let token = makes_token(&bob, &server).await;
    bob.look("settings").await;
    commit(work.path(), "tea.txt", "Boil water.\nWait a minute.\nPour.\n", "Let it cool");
    git(work.path(), &["push", "--quiet", &kitchen.remote("bob", &token), "HEAD:refs/for/main"]);
    alice.sees(&kitchen.changes, ".lines.tickets", "Let it cool").await;
    alice.look("merge-requests").await;
    alice.follow(".lines.tickets", "Let it cool").await;
    kitchen.merges_and_releases(&alice, &work).await;
    bob.sees(&ticket, ".head.ticket .badge", "closed").await;
    for browser in [alice, bob] {
        browser.ends_quietly(&[]).await;
    }
}

async fn between_two(name: &str, scripts: Scripts) {
    let (red, blue) = (Server::start().await, Server::start().await);
    let alice = begins(&red, Browser::start(&format!("{name}-alice"), scripts).await).await;
    let bob = blue.visited_by("bob", Browser::start(&format!("{name}-bob"), scripts).await).await;
    let (kitchen, work) = Kitchen::of(&alice, &red).await;
    bob.visit(&blue.base).await;
    bob.enter("#find", &kitchen.tickets).await;
    bob.look("far-tracker").await;
    let ticket = reports_from_afar(&bob).await;
    alice.sees(&ticket, ".head.ticket", &blue.host).await;
    let fork = forks(&bob, &blue, &kitchen).await;
    let token = makes_token(&bob, &blue).await;
    commit(work.path(), "tea.txt", "Boil water.\nWait a minute.\nPour.\n", "Let it cool");
    let remote = format!("{}.git", fork.replacen("://", &format!("://bob:{token}@"), 1));
    git(work.path(), &["push", "--quiet", &remote, "HEAD:refs/heads/cool"]);
    offers_from_afar(&bob, &blue, &kitchen, &fork).await;
    alice.sees(&kitchen.changes, ".lines.tickets", "Let it cool").await;
    alice.follow(".lines.tickets", "Let it cool").await;
    kitchen.merges_and_releases(&alice, &work).await;
    // What the tracker announces to whoever opened the ticket has the copy here read again.
    bob.sees(&format!("{}/look?q={ticket}", blue.base), "main h2 .badge", "closed").await;
    bob.look("far-ticket").await;
    for browser in [alice, bob] {
        browser.ends_quietly(&[]).await;
    }
}

/// The first visitor becomes the administrator, and lets anybody register.
async fn begins(server: &Server, alice: Browser) -> Browser {
    alice.visit(&server.setup_link().await).await;
    alice.look("setup").await;
    for (field, text) in [("name", "alice"), ("password", PASSWORD), ("again", PASSWORD)] {
        alice.fill(&format!("main input[name={field}]"), text).await;
    }
    alice.press("main button.main").await;
    alice.look("home-empty").await;
    alice.visit(&format!("{}/settings", server.base)).await;
    let form = "form:has(select[name=registration])";
    alice.tick(&format!("{form} option[value=open]")).await;
    alice.press(&format!("{form} button")).await;
    alice.visit(&format!("{}/admin", server.base)).await;
    alice.look("admin").await;
    alice
}

async fn registers(server: &Server, bob: Browser) -> Browser {
    bob.visit(&server.base).await;
    bob.look("welcome").await;
    bob.follow("nav", "Register").await;
    bob.look("register").await;
    for (field, text) in [("name", "bob"), ("password", PASSWORD), ("again", PASSWORD)] {
        bob.fill(&format!("main input[name={field}]"), text).await;
    }
    bob.press("main button.main").await;
    bob.find("form[action='/logout']").await;
    bob
}

/// What alice has made: the pages of a repository and of what belongs to it.
struct Kitchen {
    repository: String,
    tickets: String,
    changes: String,
    releases: String,
    token: String,
}

impl Kitchen {
    /// Makes it by forms, and pushes a first commit. Answers the working copy, too.
    async fn of(alice: &Browser, server: &Server) -> (Self, TempDir) {
        alice.visit(&server.base).await;
        alice.follow("main", "New repository").await;
        alice.look("new").await;
        alice.fill("main input[name=name]", "Recipes").await;
        alice.fill("main textarea[name=summary]", "Of tea, *tested*.").await;
        alice.press("main button.main").await;
        assert_eq!(alice.text("h1").await, "Recipes");
        alice.look("repository-empty").await;
        let repository = alice.page().await;
        let mut tabs = Vec::new();
        for tab in ["Tickets", "Merge requests", "Releases"] {
            alice.visit(&repository).await;
            alice.follow(".tabs", tab).await;
            tabs.push(alice.page().await);
        }
        let [tickets, changes, releases] = tabs.try_into().unwrap();
        let factory = make_factory(alice, server, "Bench").await;
        alice.look("factory").await;
        make(alice, &factory, "Roadmap", "Plans").await;
        alice.look("roadmap-empty").await;
        alice.visit(&tickets).await;
        alice.look("tickets-empty").await;
        let token = makes_token(alice, server).await;
        let kitchen = Self { repository, tickets, changes, releases, token };
        let work = tempfile::tempdir().unwrap();
        commit(
            work.path(),
            "README.md",
            "# Kitchen\n\n- [ ] tea\n- [x] `milk`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
            "Begin",
        );
        commit(work.path(), "tea.txt", "Boil water.\nPour.\n", "Add tea");
        commit(work.path(), "src/pour.rs", "/// Pours.\npub fn pour(cups: u32) -> u32 {\n    cups * 2\n}\n", "Pour");
        git(work.path(), &["push", "--quiet", &kitchen.remote("alice", &kitchen.token), "main"]);
        (kitchen, work)
    }

    /// Where git pushes to, as somebody with a token.
    fn remote(&self, name: &str, token: &str) -> String {
        format!("{}.git", self.repository.replacen("://", &format!("://{name}:{token}@"), 1))
    }

    /// From the page of a merge request to a release with it, and the end of the ticket.
    async fn merges_and_releases(&self, alice: &Browser, work: &TempDir) {
        let request = alice.page().await;
        alice.sees(&request, "section[aria-labelledby=versions]", "Version 1").await;
        alice.look("merge-request").await;
        let review = "form[action='/do/review']";
        alice.tick(&format!("details:has({review}) > summary")).await;
        alice.tick(&format!("{review} option[value=approve]")).await;
        alice.fill(&format!("{review} textarea[name=text]"), "*Good*.").await;
        alice.press(&format!("{review} button")).await;
        alice.sees(&request, ".review", "Good.").await;
        alice.press("form[action='/do/apply'] button").await;
        alice.sees(&request, ".head.ticket .badge", "merged").await;
        alice.look("merged").await;
        alice.visit(&format!("{}/log", self.repository)).await;
        assert!(alice.text("main").await.contains("Let it cool"), "the change is in the history");
        git(work.path(), &["tag", "v1.0"]);
        git(work.path(), &["push", "--quiet", &self.remote("alice", &self.token), "v1.0"]);
        alice.visit(&self.releases).await;
        alice.fill("form[action='/do/open-release'] input[name=tag]", "v1.0").await;
        alice.fill("form[action='/do/open-release'] input[name=title]", "Cooler tea").await;
        alice.fill("form[action='/do/open-release'] textarea[name=text]", "Now *drinkable*.").await;
        alice.press("form[action='/do/open-release'] button").await;
        assert_eq!(alice.text("h1").await, "Cooler tea");
        alice.look("release").await;
        alice.sees(&self.releases, ".lines", "Cooler tea").await;
        alice.look("releases").await;
        alice.visit(&format!("{}/tickets/1", self.tickets)).await;
        alice.look("ticket").await;
        alice.press("form[action='/do/close'] button").await;
        alice.sees(&format!("{}/tickets/1", self.tickets), ".head.ticket .badge", "closed").await;
        alice.visit(&self.tickets).await;
        alice.look("tickets").await;
    }
}

/// Every page of the code that people look at most.
async fn browses(bob: &Browser, kitchen: &Kitchen) {
    bob.sees(&kitchen.repository, ".files", "README.md").await;
    bob.look("repository").await;
    bob.follow(".files", "src/").await;
    bob.look("tree").await;
    bob.follow(".files", "pour.rs").await;
    bob.look("file").await;
    bob.follow(".place", "Blame").await;
    bob.look("blame").await;
    bob.follow(".place", "History").await;
    bob.look("path-history").await;
    bob.visit(&format!("{}/log", kitchen.repository)).await;
    bob.look("log").await;
    bob.follow(".commits", "Pour").await;
    bob.look("commit").await;
    bob.follow(".pills", "Split").await;
    bob.look("commit-split").await;
    for page in ["branches", "tags", "collaborators", "links", "followers", "outbox"] {
        bob.visit(&format!("{}/{page}", kitchen.repository)).await;
        bob.look(&format!("repository-{page}")).await;
    }
}

/// Alice writes a file in the browser; Bob, who may not, offers a change of it.
async fn writes(alice: &Browser, bob: &Browser, kitchen: &Kitchen) {
    alice.visit(&kitchen.repository).await;
    alice.follow("main", "New file").await;
    alice.look("editor-new").await;
    alice.fill(".editor input[name=path]", "docs/cups.md").await;
    alice.fill(".editor textarea[name=text]", "# Cups\n\nOf clay.\n").await;
    alice.press(".editor button.main").await;
    assert!(alice.text(".sheet .prose").await.contains("Of clay."));
    let file = alice.page().await;
    bob.visit(&file).await;
    bob.follow(".place", "Edit").await;
    bob.look("editor").await;
    bob.fill(".editor textarea[name=text]", "# Cups\n\nOf iron.\n").await;
    bob.fill(".editor input[name=title]", "Cups of iron").await;
    bob.press(".editor button.main").await;
    assert!(bob.text("h1").await.starts_with("Cups of iron"), "it is a merge request");
    alice.visit(&file).await;
    assert!(alice.text(".sheet .prose").await.contains("Of clay."), "it is offered, not done");
}

/// Bob opens a ticket, and says more. Answers its address.
async fn reports(bob: &Browser, tracker: &str) -> String {
    bob.visit(tracker).await;
    bob.fill("form[action='/do/open-ticket'] input[name=title]", "Tea is too hot").await;
    bob.fill("form[action='/do/open-ticket'] textarea", "It is **hot**:\n\n```rust\nfn main() {}\n```\n").await;
    bob.press("form[action='/do/open-ticket'] button").await;
    let ticket = bob.page().await;
    let comment = "form.card[action='/do/comment']";
    bob.fill(&format!("{comment} textarea"), "Wait *a little*.").await;
    bob.press(&format!("{comment} button")).await;
    bob.sees(&ticket, ".comment em", "a little").await;
    ticket
}

/// The same from the page of another server's tracker that is open.
async fn reports_from_afar(bob: &Browser) -> String {
    bob.fill("form[action='/do/open-ticket'] input[name=title]", "Tea is too hot").await;
    bob.fill("form[action='/do/open-ticket'] textarea", "It is **hot**.").await;
    bob.press("form[action='/do/open-ticket'] > button").await;
    done(bob).await;
    bob.look("sent").await;
    bob.text("section[aria-labelledby=outcome] dl:last-of-type a[href*='tickets']").await
}

/// Follows the notice on top of the page to what was just sent, and waits until it is done.
async fn done(bob: &Browser) {
    bob.follow(".notice", "Look at it").await;
    let item = bob.page().await;
    bob.sees(&item, "h2.item .badge", "done").await;
}

/// Bob copies the repository to his own server. Answers the copy's address.
async fn forks(bob: &Browser, blue: &Server, kitchen: &Kitchen) -> String {
    make_factory(bob, blue, "Bench").await;
    bob.enter("#find", &kitchen.repository).await;
    bob.look("far-repository").await;
    bob.tick("details:has(form[action='/do/fork']) > summary").await;
    bob.press("form[action='/do/fork'] button").await;
    let fork = bob.page().await;
    bob.sees(&fork, ".files", "README.md").await;
    bob.look("fork").await;
    fork
}

async fn offers_from_afar(bob: &Browser, blue: &Server, kitchen: &Kitchen, fork: &str) {
    bob.visit(&blue.base).await;
    bob.enter("#find", &kitchen.repository).await;
    let form = "form[action='/do/open-merge-request']";
    bob.tick(&format!("details:has({form}) > summary")).await;
    bob.fill(&format!("{form} input[name=title]"), "Let it cool").await;
    bob.fill(&format!("{form} input[name=from]"), "cool").await;
    bob.fill(&format!("{form} input[name=origin]"), fork).await;
    bob.press(&format!("{form} button")).await;
    done(bob).await;
}
