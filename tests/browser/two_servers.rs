//! Two people on two servers, by forms alone: looking up, reporting, inviting, closing by a Grant, and being refused.

use crate::driver::{Browser, Scripts};
use crate::server::{Server, make, make_factory};
use crate::story;

const TITLE: &str = "The kettle whistles out of tune";

#[test]
fn a_ticket_is_worked_on_from_another_server_until_the_role_is_taken_back() {
    story(async {
        let (red, blue) = (Server::start().await, Server::start().await);
        let alice = red.visited_by("alice", Browser::start("alice", Scripts::On).await).await;
        let bob = blue.visited_by("bob", Browser::start("bob", Scripts::Off).await).await;
        let factory = make_factory(&alice, &red, "Kitchen").await;
        let tracker = make(&alice, &factory, "TicketTracker", "Kettles").await;
        // Its domain gives it a name a moment after it is made.
        alice.sees(&tracker, ".head .handle", "@").await;
        let handle = alice.text(".head .handle").await;
        let ticket = bob_opens(&bob, &handle).await;
        assert!(ticket.starts_with(&tracker), "{ticket} is none of {tracker}");
        alice.visit(&tracker).await;
        alice.follow(".tickets", TITLE).await;
        assert_eq!(alice.page().await, ticket);
        let head = alice.text(".head.ticket").await;
        assert!(head.contains("bob") && head.contains(&blue.host), "{head}");
        assert_eq!(alice.text(".first strong").await, "A");
        alice_invites(&alice, &tracker, &format!("bob@{}", blue.host)).await;
        let grant = bob_accepts(&bob, &blue, &tracker).await;
        bob_closes(&bob, &blue, &ticket, None, "done").await;
        alice.sees(&ticket, ".head.ticket .badge", "closed").await;
        let head = alice.text(".head.ticket").await;
        assert!(head.split_once("closed by").is_some_and(|(_, by)| by.contains(&blue.host)), "{head}");
        alice_removes(&alice, &tracker).await;
        alice.visit(&ticket).await;
        alice.press("form[action='/do/reopen'] button").await;
        bob.sees(&format!("{}/desk", blue.base), "tr.gone", "revoked").await;
        bob_closes(&bob, &blue, &ticket, Some(&grant), "refused").await;
        let why = bob.text("section[aria-labelledby=outcome] .why").await;
        assert!(why.contains("revoked") && why.contains("Step "), "{why}");
        alice.visit(&ticket).await;
        assert_eq!(alice.text(".head.ticket .badge").await, "open", "nothing was changed");
        alice_inspects(&alice, &tracker, &blue, &grant).await;
        alice.ends_quietly(&[]).await;
        bob.ends_quietly(&[]).await;
    });
}

/// Bob looks the tracker up by its name, and reports. Answers the ticket's address.
async fn bob_opens(bob: &Browser, handle: &str) -> String {
    bob.enter("#find", handle).await;
    assert_eq!(bob.text("main h2").await, "Kettles");
    bob.fill("form[action='/do/open-ticket'] input[name=title]", TITLE).await;
    bob.fill("form[action='/do/open-ticket'] textarea", "It should be an **A**.").await;
    bob.press("form[action='/do/open-ticket'] > button").await;
    settled(bob, "done").await;
    bob.text("section[aria-labelledby=outcome] dl:last-of-type a[href*='tickets']").await
}

/// Follows the notice on top of the page to what was just sent, and waits until it stands as expected.
async fn settled(browser: &Browser, expected: &str) {
    browser.follow(".notice", "Look at it").await;
    let item = browser.page().await;
    browser.sees(&item, "h2.item .badge", expected).await;
}

async fn alice_invites(alice: &Browser, tracker: &str, whom: &str) {
    alice.visit(tracker).await;
    alice.follow(".tabs", "Access").await;
    alice.fill("form[action='/do/invite'] input[name=invitee]", whom).await;
    alice.tick("form[action='/do/invite'] option:checked").await;
    alice.press("form[action='/do/invite'] button").await;
    alice.sees(&format!("{tracker}/collaborators"), "section[aria-labelledby=invitations]", "triage").await;
}

/// Bob accepts on his desk. Answers the address of the Grant he is given.
async fn bob_accepts(bob: &Browser, blue: &Server, tracker: &str) -> String {
    let desk = format!("{}/desk", blue.base);
    bob.sees(&desk, "section[aria-labelledby=invited] .cards", "triage").await;
    bob.press("form[action='/do/accept'] button").await;
    bob.sees(&desk, "section[aria-labelledby=permits] tbody", "triage").await;
    assert!(bob.text("section[aria-labelledby=invited]").await.contains("You accepted."));
    let row = "section[aria-labelledby=permits] tbody tr";
    assert_eq!(bob.property(&format!("{row} a.who"), "title").await, tracker);
    bob.property(&format!("{row} a[title]"), "title").await
}

/// Bob closes the ticket from its page on his own server, by the best Grant or the one named.
async fn bob_closes(bob: &Browser, blue: &Server, ticket: &str, grant: Option<&str>, expected: &str) {
    bob.visit(&blue.base).await;
    bob.enter("#find", ticket).await;
    assert_eq!(bob.text("main h2 .badge").await, "open");
    let form = "form[action='/do/close']";
    if let Some(grant) = grant {
        // Who may not do it is offered the form as a tester only.
        bob.visit(&format!("{}/look?q={ticket}&tester=yes", blue.base)).await;
        bob.tick(&format!("{form} summary")).await;
        bob.tick(&format!("{form} option[value=other]")).await;
        bob.fill(&format!("{form} input[name=capability_other]"), grant).await;
    }
    bob.press(&format!("{form} > button")).await;
    settled(bob, expected).await;
}

async fn alice_removes(alice: &Browser, tracker: &str) {
    alice.visit(&format!("{tracker}/collaborators")).await;
    alice.press("form[action='/do/remove'] button").await;
    alice.sees(&format!("{tracker}/collaborators"), "tr.gone", "triage revoked").await;
    assert!(!alice.has("form[action='/do/remove']").await);
}

/// What came over the wire, with all that is known of it.
async fn alice_inspects(alice: &Browser, tracker: &str, blue: &Server, grant: &str) {
    alice.visit(tracker).await;
    alice.follow(".tabs", "Errors").await;
    let line = alice.text(".lines li").await;
    assert!(line.contains("Resolve") && line.contains("revoked") && line.contains(&blue.host), "{line}");
    alice.visit(tracker).await;
    alice.follow(".tabs", "Inbox").await;
    let line = alice.text(".lines li:has(.bad.badge)").await;
    assert!(line.contains("Resolve") && line.contains("revoked") && line.contains(&blue.host), "{line}");
    alice.press(".lines li:has(.bad.badge) .what a").await;
    assert_eq!(alice.text("h2.item .badge").await, "refused");
    let how = alice.text("section[aria-labelledby=how]").await;
    for text in ["scheme", "cavage", "key", &blue.host, "digest", "SHA-256=", "verdict"] {
        assert!(how.contains(text), "{text}: {how}");
    }
    let call = alice.text("section[aria-labelledby=call]").await;
    assert!(call.contains("Close") && call.contains("ticket"), "{call}");
    let outcome = alice.text("section[aria-labelledby=outcome]").await;
    assert!(outcome.contains("refused") && outcome.contains("revoked") && outcome.contains("Step "), "{outcome}");
    let raw = alice.text("section[aria-labelledby=raw]").await;
    assert!(raw.contains("\"Resolve\"") && raw.contains(grant) && raw.contains("SHA-256"), "{raw}");
    alice.tick("section[aria-labelledby=raw] details:not([open]) > summary").await;
    assert!(alice.text("section[aria-labelledby=raw] .exact").await.starts_with("{\""), "the bytes as they came");
}
