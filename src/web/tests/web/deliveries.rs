//! Deliveries to inboxes: handed on as they came, or refused with a reason.

use crate::world::{ACTIVITY, Answer, HOST, World};
use http::Method;
use pritchel_web::limits::DELIVERY_BYTES_MAX;
use pritchel_web::ports::Delivered;
use serde_json::json;

async fn deliver(world: &World, path: &str, body: impl Into<axum::body::Body>) -> Answer {
    world
        .ask(Method::POST, path)
        .with("signature", "https://bob.example/people/bob")
        .body(ACTIVITY, body)
        .answer()
        .await
}

#[tokio::test]
async fn a_delivery_is_handed_on_exactly_as_it_came_with_whose_inbox_it_came_to() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let body = format!(" {{ \"id\": \"https://bob.example/1\", \"type\" :\"Follow\",\"to\":\"{alice}\" }} ");
    for (path, whose) in [
        (format!("{alice}/inbox"), Some(alice.clone())),
        ("/inbox".to_owned(), None),
        ("/actor/inbox".to_owned(), Some("https://a.example/actor".into())),
    ] {
        let answer = deliver(&world, &path, body.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (202, 0), "{path}");
        let (request, inbox_of) = world.ports.delivered.lock().unwrap().pop().unwrap();
        assert_eq!((request.body.as_ref(), inbox_of), (body.as_bytes(), whose), "{path}");
        assert_eq!((request.method.as_str(), request.host.as_str()), ("POST", HOST));
        assert_eq!(request.target, path.strip_prefix("https://a.example").unwrap_or(&path));
    }
}

#[tokio::test]
async fn a_refusal_is_told_with_its_reason_when_to_come_back_and_how_to_sign() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    *world.ports.refuse.lock().unwrap() = Some(Delivered::Refused {
        status: 429,
        code: "mailbox-full".to_owned(),
        detail: "expected room, found none".to_owned(),
        retry_after_s: Some(60),
        accept_signature: Some("sig1=(\"@method\")".to_owned()),
    });
    let refused = deliver(&world, &format!("{alice}/inbox"), "{}").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (429, "mailbox-full".to_owned()));
    assert_eq!(refused.header("retry-after"), "60");
    assert_eq!(refused.header("accept-signature"), "sig1=(\"@method\")");
    assert_eq!(refused.json()["title"], "Too Many Requests");
}

#[tokio::test]
async fn what_is_too_large_of_another_type_or_coded_is_not_handed_on() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let inbox = format!("{alice}/inbox");
    let large = deliver(&world, &inbox, vec![b' '; DELIVERY_BYTES_MAX + 1]).await;
    assert_eq!((large.status.as_u16(), large.code()), (413, "body-too-large".to_owned()));
    let html = world.ask(Method::POST, &inbox).body("text/html", "{}").answer().await;
    assert_eq!((html.status.as_u16(), html.code()), (415, "media-type".to_owned()));
    let coded = world.ask(Method::POST, &inbox).with("content-encoding", "gzip").body(ACTIVITY, "{}").answer().await;
    assert_eq!((coded.status.as_u16(), coded.code()), (415, "content-encoding".to_owned()));
    assert_eq!(deliver(&world, "/kitchens/x/inbox", "{}").await.status, 404);
    assert!(world.ports.delivered.lock().unwrap().is_empty());
    // What stays within its bound is, whatever it is.
    assert_eq!(deliver(&world, &inbox, vec![b' '; DELIVERY_BYTES_MAX]).await.status, 401);
    assert_eq!(world.ports.delivered.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_delivered_follow_is_worked_off_and_answered() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let repo = world.makes(&alice, "Repository", "Tea", "public").await;
    let bob = "https://bob.example/people/bob";
    let follow = json!({"id": "https://bob.example/f/1", "type": "Follow", "actor": bob, "object": repo, "to": repo});
    assert_eq!(deliver(&world, &format!("{repo}/inbox"), follow.to_string()).await.status, 202);
    world.settle().await;
    let page = world.ask(Method::GET, &format!("{repo}/outbox?page=first")).activity().with("signature", bob);
    let page = page.answer().await.json();
    assert_eq!(
        (&page["orderedItems"][0]["type"], &page["orderedItems"][0]["object"]["id"]),
        (&json!("Accept"), &follow["id"])
    );
}
