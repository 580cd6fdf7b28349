//! Finding tickets, and making what not everybody may see.

use crate::driver::{Browser, Scripts};
use crate::server::{Server, make, make_factory};
use crate::story;

#[test]
fn tickets_are_found_by_a_form_that_says_when_there_are_none() {
    story(async {
        let server = Server::start().await;
        let alice = server.visited_by("alice", Browser::start("finding", Scripts::Off).await).await;
        let factory = make_factory(&alice, &server, "Kitchen").await;
        let tracker = make(&alice, &factory, "TicketTracker", "Complaints").await;
        assert!(alice.text(".blank").await.contains("No tickets yet"));
        for title in ["Kettle leaks", "Kettle sings", "Add oolong"] {
            alice.visit(&tracker).await;
            alice.fill("form[action='/do/open-ticket'] input[name=title]", title).await;
            alice.press("form[action='/do/open-ticket'] button").await;
        }
        alice.press("form[action='/do/close'] button").await;
        alice.visit(&tracker).await;
        assert!(!alice.text(".tickets").await.contains("Add oolong"), "closed tickets stand elsewhere");
        alice.follow(".pills", "1 closed").await;
        assert!(alice.text(".tickets").await.contains("Add oolong"));
        alice.follow(".pills", "All").await;
        alice.enter(".search input[name=text]", "kettle").await;
        assert_eq!(alice.all(".tickets li").await.len(), 2);
        alice.fill(".search input[name=author]", "nobody-of-this-name").await;
        alice.press(".search button").await;
        assert!(alice.text(".notice").await.contains("Nobody was found as nobody-of-this-name"));
        assert!(!alice.has(".tickets li").await);
        alice.visit(&format!("{tracker}?text=coffee")).await;
        assert!(alice.text(".blank").await.contains("No ticket fits"));
        alice.ends_quietly(&[]).await;
    });
}

#[test]
fn what_is_made_private_is_shown_to_its_maker_and_to_nobody_else() {
    story(async {
        let server = Server::start().await;
        let alice = server.visited_by("alice", Browser::start("private-alice", Scripts::Off).await).await;
        let bob = server.visited_by("bob", Browser::start("private-bob", Scripts::Off).await).await;
        let factory = make_factory(&alice, &server, "Kitchen").await;
        alice.visit(&factory).await;
        alice.tick("input[name=kind][value=TicketTracker]").await;
        alice.tick("input[name=visibility][value=private]").await;
        alice.fill("form[action='/do/create'] input[name=name]", "Plans").await;
        alice.press("form[action='/do/create'] button").await;
        assert!(alice.text(".head .word").await.contains("private"));
        let tracker = alice.page().await;
        bob.visit(&tracker).await;
        assert_eq!(bob.text(".card .word").await, "404");
        assert!(bob.text(".card").await.contains("private"), "what to do about it");
        alice.fill("form[action='/do/open-ticket'] input[name=title]", "Surprise").await;
        alice.press("form[action='/do/open-ticket'] button").await;
        alice.fill("form.card[action='/do/comment'] textarea", "A *cake*.").await;
        alice.press("form.card[action='/do/comment'] button").await;
        assert_eq!(alice.text("#comment-0 .prose em").await, "cake");
        let outbox = alice.property("nav a[href$='/outbox']", "href").await;
        bob.visit(&outbox).await;
        assert!(!bob.text("main").await.contains("cake"), "what is said of a private ticket is for its readers");
        alice.ends_quietly(&[]).await;
        bob.ends_quietly(&[404]).await;
    });
}
