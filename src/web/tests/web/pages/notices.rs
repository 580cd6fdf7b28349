//! Notifications as their pages show them: what is new, read, muted, and counted in the head of every page.

use super::browser::Browser;
use super::safety::{EVIL, check};
use crate::world::{ORIGIN, World};
use pritchel_actors::client;

struct Scene<'w> {
    bob: Browser<'w>,
    tracker: String,
    ticket: String,
}

/// Bob follows alice's tracker, on which she opened a ticket.
async fn scene<'w>(world: &'w World, title: &str) -> Scene<'w> {
    let (alice, b) = (world.person("alice").await, world.person("bob").await);
    let tracker = world.makes(&alice, "TicketTracker", "Tea", "public").await;
    let mut bob = Browser::of(world, &b).await;
    bob.does("/do/follow", &[("actor", tracker.as_str())]).await;
    let mut browser = Browser::of(world, &alice).await;
    browser.does("/do/open-ticket", &[("tracker", tracker.as_str()), ("title", title), ("text", "It is.")]).await;
    world.settle().await;
    Scene { bob, ticket: format!("{tracker}/tickets/1"), tracker: tracker.to_string() }
}

#[tokio::test]
async fn what_is_new_is_counted_in_the_head_of_every_page_until_it_is_read() {
    let world = World::new().await;
    let Scene { mut bob, ticket, tracker } = scene(&world, "Too hot").await;
    for page in ["/", "/settings", tracker.as_str()] {
        let page = bob.sees(page).await;
        assert!(page.contains("Notifications <span class=\"unread-count\">1<"), "{page}");
    }
    let page = bob.sees("/").await;
    assert!(page.contains("Too hot") && page.contains("opened it"), "{page}");
    let page = bob.sees("/notices").await;
    assert!(page.contains("Too hot") && page.contains("Mark all as read"), "{page}");
    assert!(bob.sees("/notices").await.contains("unread-count"), "looking marks nothing");

    let to = bob.does("/notices/open", &[("thread", &ticket)]).await;
    assert_eq!(to, ticket.strip_prefix(ORIGIN).unwrap(), "whoever opens it is led there");
    assert!(!bob.sees("/notices").await.contains("unread-count"));
    assert!(bob.sees("/notices?all=yes").await.contains("Too hot"), "what is read is kept");

    let mut alice = Browser::of(&world, &world.person("alicia").await).await;
    let comment = [("tracker", tracker.as_str()), ("ticket", &ticket), ("text", "Wait.")];
    alice.does("/do/comment", &comment).await;
    world.settle().await;
    let page = bob.sees("/notices").await;
    assert!(page.contains("commented") && page.contains("1 unread"), "{page}");
    let before = page.split("name=\"before\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(bob.does("/notices/all", &[("before", &before), ("back", "/notices")]).await, "/notices");
    assert!(bob.sees("/notices").await.contains("0 unread"));

    bob.does("/notices/mute", &[("thread", &ticket)]).await;
    alice.does("/do/comment", &comment).await;
    world.settle().await;
    assert!(bob.sees("/notices").await.contains("0 unread"), "a muted thread is quiet");
    assert!(bob.sees("/notices?all=yes").await.contains("muted"));
    bob.does("/notices/unmute", &[("thread", &ticket)]).await;
    alice.does("/do/comment", &comment).await;
    world.settle().await;
    assert!(bob.sees("/notices").await.contains("1 unread"));
}

#[tokio::test]
async fn notifications_are_for_whoever_is_signed_in_and_change_by_forms_of_ours_only() {
    let world = World::new().await;
    let Scene { mut bob, ticket, .. } = scene(&world, EVIL).await;
    let nobody = Browser::new(&world);
    assert_eq!(nobody.get("/notices").await.status, 303, "to sign in");
    let forged = bob.send("/notices/read", &[("thread", &ticket), ("csrf", "x")], Some("same-origin")).await;
    assert_eq!(forged.status, 403);
    let other = bob.send("/notices/read", &[("thread", &ticket)], Some("cross-site")).await;
    assert_eq!(other.status, 403);
    for (form, fields, status) in [
        ("/notices/read", vec![], 422),
        ("/notices/all", vec![("before", "x")], 422),
        ("/notices/mute", vec![("thread", "https://nowhere.example/")], 403),
        ("/notices/burn", vec![("thread", ticket.as_str())], 404),
    ] {
        assert_eq!(bob.post(form, &fields).await.status, status, "{form}");
    }
    for target in ["/", "/notices", "/notices?all=yes"] {
        let page = bob.sees(target).await;
        assert!(page.contains("alert(1)"), "the title is there");
        check(target, &page);
    }
    let far = "https://far.example/people/eve";
    let to = bob.does("/notices/open", &[("thread", far)]).await;
    assert_eq!(to, "/look?q=https%3A%2F%2Ffar.example%2Fpeople%2Feve", "what is elsewhere is shown here");
}

#[tokio::test]
async fn what_happened_is_told_in_sentences_and_the_machinery_is_left_out() {
    let world = World::new().await;
    let Scene { bob, ticket, tracker } = scene(&world, "Too hot").await;
    let alice = world.person("carol").await;
    world.publishes(&alice, &client::comment(&tracker.as_str().into(), &ticket, None, "Wait a little.", None)).await;
    let page = bob.sees("/").await;
    for part in ["opened a ticket in", "commented on", "Tea #1", "Wait a little."] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("said yes"), "{page}");
}
