//! Comments: where a form leads to, changing, taking back, taking away; and following one ticket.

use crate::driver::{Browser, Scripts};
use crate::server::{Server, make, make_factory};
use crate::story;

/// Alice's tracker with one ticket, and bob at its page, who has no role there.
async fn scene(name: &str) -> (Server, Browser, Browser, String) {
    let server = Server::start().await;
    let alice = server.visited_by("alice", Browser::start(&format!("{name}-alice"), Scripts::Off).await).await;
    let bob = server.visited_by("bob", Browser::start(&format!("{name}-bob"), Scripts::Off).await).await;
    let factory = make_factory(&alice, &server, "Kitchen").await;
    make(&alice, &factory, "TicketTracker", "Complaints").await;
    alice.fill("form[action='/do/open-ticket'] input[name=title]", "Tea too hot").await;
    alice.press("form[action='/do/open-ticket'] button").await;
    let ticket = alice.page().await;
    bob.visit(&ticket).await;
    (server, alice, bob, ticket)
}

async fn comments(browser: &Browser, text: &str) {
    browser.fill("form.card[action='/do/comment'] textarea", text).await;
    browser.press("form.card[action='/do/comment'] button").await;
}

#[test]
fn a_comment_stands_on_the_page_its_form_leads_to_and_is_changed_and_taken_back_there() {
    story(async {
        let (_server, alice, bob, ticket) = scene("own-comments").await;
        for (place, text) in ["Blow on it.", "Or wait."].into_iter().enumerate() {
            comments(&bob, text).await;
            assert_eq!(bob.page().await, format!("{ticket}"), "back at the ticket");
            assert_eq!(bob.text(&format!("#comment-{place} .prose")).await, text);
            assert!(bob.text(".notice").await.contains("Your comment"));
        }
        bob.tick("#comment-0 .change summary").await;
        assert_eq!(bob.property("#comment-0 .change textarea", "value").await, "Blow on it.");
        bob.fill("#comment-0 .change textarea", "Blow *gently*.").await;
        bob.press("#comment-0 .change button").await;
        assert_eq!(bob.text("#comment-0 .prose em").await, "gently");
        assert!(bob.text("#comment-0 header").await.contains("edited"));
        bob.tick("#comment-1 .drop summary").await;
        bob.press("#comment-1 .drop button").await;
        assert_eq!(bob.text("#comment-1 .empty").await, "Taken back by its author.");
        // Alice administers the tracker: what bob wrote she takes away, but does not change.
        alice.visit(&ticket).await;
        assert!(!alice.has("#comment-0 .change").await);
        alice.tick("#comment-0 .drop summary").await;
        alice.press("#comment-0 .drop button").await;
        assert!(alice.text("#comment-0 .empty").await.starts_with("Taken away by alice"));
        alice.ends_quietly(&[]).await;
        bob.ends_quietly(&[]).await;
    });
}

#[test]
fn a_comment_on_what_has_gone_meanwhile_is_refused_with_its_text() {
    story(async {
        let (_server, alice, bob, _) = scene("refused-comment").await;
        comments(&bob, "First.").await;
        bob.tick("#comment-0 .reply summary").await;
        alice.visit(&bob.page().await).await;
        alice.tick("aside details:has(form[action='/do/delete-ticket']) > summary").await;
        alice.press("form[action='/do/delete-ticket'] button").await;
        bob.fill("#comment-0 .reply textarea", "Too *late*.").await;
        bob.press("#comment-0 .reply button").await;
        // Its page is gone; what he wrote is not.
        assert_eq!(bob.text(".card .word").await, "410");
        assert_eq!(bob.text(".notice.bad blockquote em").await, "late");
        assert!(bob.text(".notice.bad .why").await.contains("no-such-ticket"));
        let outbox = bob.property("nav a[href$='/outbox']", "href").await;
        bob.visit(&outbox).await;
        assert!(bob.text(".lines li:has(.bad.badge)").await.contains("no-such-ticket"));
        alice.ends_quietly(&[]).await;
        bob.ends_quietly(&[410]).await;
    });
}

#[test]
fn who_follows_one_ticket_hears_of_it_until_they_leave() {
    story(async {
        let (_server, alice, bob, ticket) = scene("one-ticket").await;
        assert!(alice.text("section[aria-labelledby=following]").await.contains("You follow this ticket"));
        bob.press("form[action='/do/follow-ticket'] button").await;
        assert!(bob.text("section[aria-labelledby=following]").await.contains("You follow this ticket"));
        let inbox = bob.property("nav a[href$='/inbox']", "href").await;
        comments(&alice, "It was *boiling*.").await;
        bob.sees(&inbox, ".lines li", "boiling").await;
        bob.visit(&ticket).await;
        bob.press("form[action='/do/unfollow-ticket'] button").await;
        assert!(bob.has("form[action='/do/follow-ticket']").await);
        // A form of an old page: the ticket is followed no more.
        bob.press("form[action='/do/follow-ticket'] button").await;
        alice.visit(&ticket).await;
        alice.tick("aside details:has(form[action='/do/delete-ticket']) > summary").await;
        alice.press("form[action='/do/delete-ticket'] button").await;
        bob.press("form[action='/do/unfollow-ticket'] button").await;
        assert_eq!(bob.text(".card .word").await, "410");
        alice.ends_quietly(&[]).await;
        bob.ends_quietly(&[410]).await;
    });
}
