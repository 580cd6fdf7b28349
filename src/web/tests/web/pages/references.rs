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

/// What somebody is notified of, in the page that lists it.
async fn notices(world: &World, whom: &pritchel_actor::ActorId) -> String {
    Browser::of(world, whom).await.sees("/notices").await
}

#[tokio::test]
async fn whoever_is_mentioned_is_notified_if_they_may_see_it() {
    let world = World::new().await;
    let (alice, bob, carol) = (world.person("alice").await, world.person("bob").await, world.person("carol").await);
    let tracker = world.makes(&alice, "TicketTracker", "Bugs", "public").await;
    let hidden = world.makes(&alice, "TicketTracker", "Plans", "private").await;
    let mut browser = Browser::of(&world, &alice).await;
    for (tracker, title) in [(&tracker, "Kettle"), (&hidden, "Secret")] {
        let fields =
            [("tracker", tracker.as_str()), ("title", title), ("text", "Look, @bob and @alice; not `@carol`.")];
        browser.does("/do/open-ticket", &fields).await;
    }
    world.settle().await;
    let page = notices(&world, &bob).await;
    assert!(page.contains("mentioned you") && page.contains("Kettle") && page.contains("1 unread"), "{page}");
    assert!(!page.contains("Secret") && !page.contains(hidden.as_str()), "what is private stays so: {page}");
    let tag = world.document(&format!("{tracker}/tickets/1")).await["tag"].clone();
    assert_eq!(tag, serde_json::json!([{"type": "Mention", "href": bob, "name": "@bob@a.example"}]));

    for tracker in [&tracker, &hidden] {
        let ticket = format!("{tracker}/tickets/1");
        let fields = [("tracker", tracker.as_str()), ("ticket", &ticket), ("text", "@carol@a.example, and @nobody?")];
        browser.does("/do/comment", &fields).await;
    }
    world.settle().await;
    let page = notices(&world, &carol).await;
    assert!(page.contains("mentioned you") && page.contains("1 unread"), "{page}");
    assert!(!page.contains(hidden.as_str()), "{page}");
    assert!(notices(&world, &alice).await.contains("0 unread"), "nobody is told of their own words");
}

/// Whoever is named by an edit is told once: not again by the next one, and not if they were named before.
#[tokio::test]
async fn whoever_an_edit_names_anew_is_notified_and_nobody_twice() {
    let world = World::new().await;
    let (alice, bob, carol) = (world.person("alice").await, world.person("bob").await, world.person("carol").await);
    let tracker = world.makes(&alice, "TicketTracker", "Bugs", "public").await;
    let hidden = world.makes(&alice, "TicketTracker", "Plans", "private").await;
    let mut browser = Browser::of(&world, &alice).await;
    for tracker in [&tracker, &hidden] {
        browser.does("/do/open-ticket", &[("tracker", tracker.as_str()), ("title", "Kettle"), ("text", "@bob?")]).await;
    }
    let ticket = format!("{tracker}/tickets/1");
    let said = [("tracker", tracker.as_str()), ("ticket", &ticket), ("text", "Nobody yet")];
    browser.does("/do/comment", &said).await;
    world.settle().await;
    let replies = world.document(&format!("{ticket}/replies?page=first")).await;
    let comment = replies["orderedItems"][0].as_str().unwrap().to_owned();
    assert!(notices(&world, &carol).await.contains("0 unread"));
    let mut reader = Browser::of(&world, &bob).await;
    reader.does("/notices/read", &[("thread", &ticket)]).await;

    let hers = format!("{hidden}/tickets/1");
    for (tracker, ticket) in [(&tracker, &ticket), (&hidden, &hers)] {
        let fields = [("tracker", tracker.as_str()), ("ticket", ticket), ("title", "Kettle"), ("text", "@bob, @carol")];
        browser.does("/do/edit-ticket", &fields).await;
    }
    world.settle().await;
    let page = notices(&world, &carol).await;
    assert!(page.contains("mentioned you") && page.contains("1 unread"), "{page}");
    assert!(!page.contains(hidden.as_str()), "what is private stays so: {page}");
    assert!(notices(&world, &bob).await.contains("0 unread"), "he was named before");
    let named = |tag: &serde_json::Value| -> Vec<String> {
        tag.as_array().into_iter().flatten().map(|tag| tag["name"].as_str().unwrap().to_owned()).collect()
    };
    let tag = world.document(&ticket).await["tag"].clone();
    assert_eq!(named(&tag), ["@bob@a.example", "@carol@a.example"]);

    Browser::of(&world, &carol).await.does("/notices/read", &[("thread", &ticket)]).await;
    for text in ["@carol now", "@carol still"] {
        let fields = [("tracker", tracker.as_str()), ("comment", &comment), ("text", text)];
        browser.does("/do/edit-comment", &fields).await;
        world.settle().await;
        let unread = if text.ends_with("now") { "1 unread" } else { "0 unread" };
        let page = notices(&world, &carol).await;
        assert!(page.contains(unread), "{text}: {page}");
        Browser::of(&world, &carol).await.does("/notices/read", &[("thread", &ticket)]).await;
    }
    let note = world.document(&comment).await;
    assert_eq!(
        (named(&note["tag"]), &note["context"]),
        (vec!["@carol@a.example".to_owned()], &serde_json::json!(ticket))
    );
    // An edit that names nobody leaves nobody named.
    let fields = [("tracker", tracker.as_str()), ("comment", comment.as_str()), ("text", "Nobody again")];
    browser.does("/do/edit-comment", &fields).await;
    let fields = [("tracker", tracker.as_str()), ("ticket", &ticket), ("title", "Kettle"), ("text", "Nobody")];
    browser.does("/do/edit-ticket", &fields).await;
    world.settle().await;
    for document in [&comment, &ticket] {
        let tag = world.document(document).await["tag"].clone();
        assert!(named(&tag).is_empty(), "{document}: {tag}");
    }
}
