//! From a factory to an edited ticket, by forms alone, with scripts and without; and what looks like a script is text.

use crate::driver::{Browser, Scripts};
use crate::server::{Server, make, make_factory};
use crate::story;

#[test]
fn a_ticket_lives_by_forms_alone_without_scripts() {
    story(life_of_a_ticket("tickets-off", Scripts::Off));
}

#[test]
fn a_ticket_lives_by_forms_alone_with_scripts() {
    story(life_of_a_ticket("tickets-on", Scripts::On));
}

async fn life_of_a_ticket(name: &str, scripts: Scripts) {
    let server = Server::start().await;
    let alice = server.visited_by("alice", Browser::start(name, scripts).await).await;
    let factory = make_factory(&alice, &server, "Kitchen").await;
    let repository = make(&alice, &factory, "Repository", "Recipes").await;
    assert!(alice.text("main").await.contains("Nothing has been pushed yet"));
    assert!(repository.starts_with(&format!("{}/repos/", server.base)), "{repository}");
    make(&alice, &factory, "TicketTracker", "Complaints").await;
    assert!(alice.text(".lead").await.contains("All about Complaints."));
    alice.fill("form[action='/do/open-ticket'] input[name=title]", "Tea too hot").await;
    alice.fill("form[action='/do/open-ticket'] textarea", "It is **hot**:\n\n- black\n- green\n").await;
    alice.press("form[action='/do/open-ticket'] button").await;
    let ticket = alice.page().await;
    assert!(ticket.ends_with("/tickets/1"), "{ticket}");
    assert!(alice.text("h1").await.starts_with("Tea too hot"));
    assert_eq!(alice.text(".first strong").await, "hot");
    assert_eq!(alice.all(".first li").await.len(), 2);
    comments(&alice, &ticket).await;
    closes_and_edits(&alice, &ticket).await;
    alice.ends_quietly(&[]).await;
}

const COMMENT: &str = "form.card[action='/do/comment']";

async fn comments(alice: &Browser, ticket: &str) {
    alice.fill(&format!("{COMMENT} textarea"), "Wait *a little*.").await;
    alice.press(&format!("{COMMENT} button")).await;
    alice.sees(ticket, ".comment em", "a little").await;
    alice.tick(".comment .reply summary").await;
    alice.fill(".comment .reply textarea", "How long?").await;
    alice.press(".comment .reply button").await;
    // The answer stands in its thread.
    alice.sees(ticket, ".comment.in1 .prose", "How long?").await;
}

async fn closes_and_edits(alice: &Browser, ticket: &str) {
    let badge = ".head.ticket .badge";
    assert_eq!(alice.text(badge).await, "open");
    alice.press("form[action='/do/close'] button").await;
    assert_eq!(alice.text(badge).await, "closed");
    assert!(alice.text(".head.ticket").await.contains("closed by alice"));
    alice.press("form[action='/do/reopen'] button").await;
    assert_eq!(alice.text(badge).await, "open");
    alice.tick("details:has(form[action='/do/edit-ticket']) > summary").await;
    let form = "form[action='/do/edit-ticket']";
    assert!(alice.property(&format!("{form} textarea"), "value").await.contains("It is **hot**"), "its Markdown");
    alice.fill(&format!("{form} input[name=title]"), "Tea far too hot").await;
    alice.fill(&format!("{form} textarea"), "It is *burning*.").await;
    alice.press(&format!("{form} button")).await;
    alice.visit(ticket).await;
    assert!(alice.text("h1").await.starts_with("Tea far too hot"));
    assert_eq!(alice.text(".first em").await, "burning");
    assert!(!alice.has(".first li").await, "the old text is gone");
    assert!(alice.text(".head.ticket").await.contains("edited"));
}

#[test]
fn what_looks_like_a_script_is_shown_as_text() {
    story(async {
        let server = Server::start().await;
        let alice = server.visited_by("alice", Browser::start("scripts-as-text", Scripts::On).await).await;
        let factory = make_factory(&alice, &server, "<b>Kitchen</b>").await;
        let tracker = make(&alice, &factory, "TicketTracker", "<script>alert('name')</script>").await;
        let title = "<script>alert('title')</script><img src=x onerror=alert(1)>";
        alice.fill("form[action='/do/open-ticket'] input[name=title]", title).await;
        alice.fill("form[action='/do/open-ticket'] textarea", "<script>alert('text')</script>\n\n**Stay.**").await;
        alice.press("form[action='/do/open-ticket'] button").await;
        let ticket = alice.page().await;
        assert_eq!(alice.text("h1").await, format!("{title} #1"));
        assert_eq!(alice.text(".first").await, "Stay.", "markup that runs is left out of prose, the rest stays");
        let comment = "Type `<script>alert('comment')</script>` <img src=x onerror=alert(2)>";
        alice.fill(&format!("{COMMENT} textarea"), comment).await;
        alice.press(&format!("{COMMENT} button")).await;
        alice.sees(&ticket, ".comment code", "<script>alert('comment')</script>").await;
        let outbox = format!("{}/outbox", alice.property("nav a[href^='/people/']:not([href$=box])", "href").await);
        for page in [server.base.clone(), tracker.clone(), ticket, format!("{tracker}/inbox"), outbox] {
            alice.visit(&page).await;
            assert!(!alice.has_dialogue().await, "{page}");
            assert!(!alice.has("script").await, "{page}");
            assert!(!alice.has("[onerror], [onload], [onclick]").await, "{page}");
        }
        alice.ends_quietly(&[]).await;
    });
}
