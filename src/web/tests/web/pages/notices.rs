//! Notifications as their pages show them: what is new, read, muted, and counted in the head of every page.

use super::browser::Browser;
use super::safety::{EVIL, check};
use crate::world::{ACTIVITY, ORIGIN, World};
use http::Method;
use pritchel_actor::{ActorId, Value};
use serde_json::json;

struct Scene<'w> {
    bob: Browser<'w>,
    id: ActorId,
    tracker: String,
    ticket: String,
}

const ANN: &str = "https://far.example/people/ann";

/// Delivers something to somebody, as their server gets it from another.
async fn tells(world: &World, whom: &ActorId, who: &str, place: &str, mut activity: Value) {
    (activity["id"], activity["actor"]) = (json!(format!("{who}/outbox/{place}")), json!(who));
    let ask = world.ask(Method::POST, &format!("{whom}/inbox")).with("signature", who);
    let answer = ask.body(ACTIVITY, activity.to_string()).answer().await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    world.settle().await;
}

/// Bob hears of a ticket that was opened on alice's tracker.
async fn scene<'w>(world: &'w World, title: &str) -> Scene<'w> {
    let (alice, id) = (world.person("alice").await, world.person("bob").await);
    let tracker = world.makes(&alice, "TicketTracker", "Tea", "public").await.to_string();
    let ticket = format!("{tracker}/tickets/1");
    let mut browser = Browser::of(world, &alice).await;
    browser.does("/do/open-ticket", &[("tracker", &tracker), ("title", title), ("text", "It is.")]).await;
    let name: String = title.replace('<', "&lt;");
    let offered = json!({"type": "Ticket", "attributedTo": ANN, "summary": name, "content": "It is."});
    tells(world, &id, ANN, "1", json!({"type": "Offer", "object": offered, "target": tracker})).await;
    let accept = json!({"type": "Accept", "object": format!("{ANN}/outbox/1"), "result": ticket});
    tells(world, &id, &tracker, "far1", accept).await;
    Scene { bob: Browser::of(world, &id).await, id, ticket, tracker }
}

/// Ann comments on the ticket.
async fn comments(world: &World, scene: &Scene<'_>, place: &str) {
    let note = json!({"type": "Note", "id": format!("{ANN}/notes/{place}"), "attributedTo": ANN, "context": scene.ticket, "content": "Wait a little."});
    tells(world, &scene.id, ANN, place, json!({"type": "Create", "object": note, "to": [scene.id]})).await;
}

#[tokio::test]
async fn what_is_new_is_counted_in_the_head_of_every_page_until_it_is_read() {
    let world = World::new().await;
    let mut scene = scene(&world, "Too hot").await;
    let (ticket, tracker) = (scene.ticket.clone(), scene.tracker.clone());
    for page in ["/", "/settings", tracker.as_str()] {
        let page = scene.bob.sees(page).await;
        assert!(page.contains("Notifications <span class=\"unread-count\">1<"), "{page}");
    }
    let page = scene.bob.sees("/").await;
    assert!(page.contains("Too hot") && page.contains("opened it"), "{page}");
    let page = scene.bob.sees("/notices").await;
    assert!(page.contains("Too hot") && page.contains("Mark all as read"), "{page}");
    assert!(scene.bob.sees("/notices").await.contains("unread-count"), "looking marks nothing");

    let to = scene.bob.does("/notices/open", &[("thread", &ticket)]).await;
    assert_eq!(to, ticket.strip_prefix(ORIGIN).unwrap(), "whoever opens it is led there");
    assert!(!scene.bob.sees("/notices").await.contains("unread-count"));
    assert!(scene.bob.sees("/notices?all=yes").await.contains("Too hot"), "what is read is kept");

    comments(&world, &scene, "2").await;
    let page = scene.bob.sees("/notices").await;
    assert!(page.contains("mentioned you") && page.contains("1 unread"), "{page}");
    let before = page.split("name=\"before\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(scene.bob.does("/notices/all", &[("before", &before), ("back", "/notices")]).await, "/notices");
    assert!(scene.bob.sees("/notices").await.contains("0 unread"));

    scene.bob.does("/notices/mute", &[("thread", &ticket)]).await;
    comments(&world, &scene, "3").await;
    assert!(scene.bob.sees("/notices").await.contains("0 unread"), "a muted thread is quiet");
    assert!(scene.bob.sees("/notices?all=yes").await.contains("muted"));
    scene.bob.does("/notices/unmute", &[("thread", &ticket)]).await;
    comments(&world, &scene, "4").await;
    assert!(scene.bob.sees("/notices").await.contains("1 unread"));
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
    let scene = scene(&world, "Too hot").await;
    comments(&world, &scene, "2").await;
    let page = scene.bob.sees("/").await;
    for part in ["opened a ticket in", "commented on", "Tea #1", "Wait a little."] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("said yes") && !page.contains("took in"), "{page}");
}
