//! Feeds: what is public in them, and what has none.

use super::browser::Browser;
use super::files::pushed;
use super::safety::EVIL;
use crate::world::{Answer, World};
use http::Method;
use pritchel_actors::client;

async fn feed(world: &World, of: impl std::fmt::Display) -> Answer {
    world.ask(Method::GET, &format!("{of}/feed.atom")).answer().await
}

#[tokio::test]
async fn what_happens_in_public_is_told_in_feeds_that_say_when_they_have_not_changed() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let tracker = world.makes(&alice, "TicketTracker", "Tea", "public").await;
    let permit = world.permit(&alice, &tracker).await;
    world.publishes(&alice, &client::open_ticket(&alice, &tracker, "Too <hot>", "It *is*.", Some(&permit))).await;
    let answer = feed(&world, &tracker).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/atom+xml; charset=utf-8"));
    let text = answer.text();
    for part in [
        &format!("<id>{tracker}/feed.atom</id>"),
        &format!("<id>{tracker}/tickets/1</id>"),
        "Too &#60;hot&#62;</title>",
        "<content type=\"html\">&#60;p&#62;It",
        "<author><name>alice</name></author>",
        "<updated>2026-",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let again = world.ask(Method::GET, &format!("{tracker}/feed.atom")).with("if-none-match", answer.header("etag"));
    let again = again.answer().await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    let ticket = format!("{tracker}/tickets/1");
    world.publishes(&alice, &client::comment(&tracker, &ticket, None, "Wait <a little>.", None)).await;
    let text = feed(&world, &alice).await.text();
    assert!(text.contains("<title>alice commented on Tea #1: Wait"), "{text}");
    let page = Browser::new(&world).sees(tracker.as_str()).await;
    assert!(page.contains("type=\"application/atom+xml\""), "{page}");
}

#[tokio::test]
async fn the_feed_of_a_repository_tells_its_pushes_with_their_commits() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let repo = pushed(&world, &alice).await;
    let text = feed(&world, &repo).await.text();
    let entries = text.matches("<entry>").count();
    assert_eq!(text.matches(" pushed to ").count(), entries, "{text}");
}

#[tokio::test]
async fn what_is_private_has_no_feed_and_stands_in_none() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let tracker = world.makes(&alice, "TicketTracker", "Plans", "private").await;
    let permit = world.permit(&alice, &tracker).await;
    let mut open = client::not_public(client::open_ticket(&alice, &tracker, "Hush", "x", Some(&permit)));
    open["to"] = tracker.as_str().into();
    world.publishes(&alice, &open).await;
    assert_eq!(feed(&world, &tracker).await.status, 404);
    let own = Browser::of(&world, &alice).await;
    assert_eq!(own.get(&format!("{tracker}/feed.atom")).await.status, 404, "a feed is the same for everybody");
    let page = own.sees(tracker.as_str()).await;
    assert!(!page.contains("feed.atom"), "{page}");
    let text = feed(&world, &alice).await.text();
    assert!(!text.contains("Hush") && !text.contains("Plans"), "{text}");
    assert_eq!(feed(&world, "/people/nobody").await.status, 404);
}

#[tokio::test]
async fn what_people_write_is_text_in_a_feed() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut browser = Browser::of(&world, &alice).await;
    browser.does("/settings/profile", &[("display_name", EVIL), ("summary", EVIL)]).await;
    let tracker = world.makes(&alice, "TicketTracker", EVIL, "public").await;
    let fields = [("tracker", tracker.as_str()), ("title", EVIL), ("text", "a\u{8}b<script>alert(1)</script>")];
    browser.does("/do/open-ticket", &fields).await;
    for of in [tracker.as_str(), alice.as_str()] {
        let text = feed(&world, of).await.text();
        assert!(!text.contains("<script") && !text.contains("<img") && !text.contains('\u{8}'), "{text}");
    }
}
