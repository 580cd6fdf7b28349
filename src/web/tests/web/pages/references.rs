//! References in text lead to what they name, and tell nobody of what they may not see.

use super::browser::Browser;
use super::safety::check;
use crate::world::{ORIGIN, World};

#[tokio::test]
async fn a_reference_in_a_text_leads_to_what_it_names() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let tracker = world.makes(&alice, "TicketTracker", "Bugs", "public").await;
    let hidden = world.makes(&alice, "TicketTracker", "Plans", "private").await;
    let path = tracker.as_str().strip_prefix(ORIGIN).unwrap();
    let mut browser = Browser::of(&world, &alice).await;
    let text = "See #1, bugs#1 and @alice; `#2` is code.";
    for title in ["One", "Two"] {
        browser.does("/do/open-ticket", &[("tracker", tracker.as_str()), ("title", title), ("text", text)]).await;
    }
    let ticket = format!("{tracker}/tickets/2");
    browser.does("/do/comment", &[("tracker", tracker.as_str()), ("ticket", &ticket), ("text", "As in #1.")]).await;
    let page = browser.sees(&ticket).await;
    check("/references", &page);
    let one = format!("href=\"{path}/tickets/1\">#1</a>");
    assert_eq!(page.matches(&one).count(), 2, "in the ticket and in the comment: {page}");
    assert!(page.contains("href=\"/to/bugs%231\">bugs#1</a>") && page.contains("href=\"/look?q=%40alice\">"), "{page}");
    assert!(!page.contains("tickets/2\">#2</a>"), "{page}");

    let stranger = Browser::new(&world);
    for reference in ["bugs%231", "alice%2Fbugs%231", "bugs%40a.example%231"] {
        let answer = stranger.get(&format!("/to/{reference}")).await;
        assert_eq!(answer.header("location"), format!("{path}/tickets/1"), "{reference}");
    }
    for reference in ["nobody%231", "bugs", "bugs%23x", "%231", "alice%231"] {
        assert_eq!(stranger.get(&format!("/to/{reference}")).await.status, 404, "{reference}");
    }
    let far = stranger.get("/to/tea%40far.example%231").await;
    assert!(far.header("location").starts_with("/login"), "other servers are asked for our own people only");
    let led = stranger.get("/to/plans%231").await;
    assert_eq!(stranger.get(led.header("location")).await.status, 404, "{hidden} is not there for strangers");
}
