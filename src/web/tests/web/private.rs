//! What is private is, to whoever may not see it, not there: by every route.

use crate::world::World;
use http::Method;
use pritchel_actors::client;
use pritchel_actors::person::rows::Scope;

#[tokio::test]
async fn a_private_resource_is_not_there_for_strangers_by_any_route_and_is_for_its_collaborators() {
    let world = World::new().await;
    let (alice, eve) = (world.person("alice").await, world.person("eve").await);
    let repo = world.makes(&alice, "Repository", "Secret", "private").await;
    let tracker = world.makes(&alice, "TicketTracker", "Plans", "private").await;
    let permit = world.permit(&alice, &tracker).await;
    world.publishes(&alice, &client::open_ticket(&alice, &tracker, "Hush", "x", Some(&permit))).await;
    let paths = [
        format!("{repo}"),
        format!("{repo}/outbox"),
        format!("{repo}/outbox?page=first"),
        format!("{repo}/followers"),
        format!("{repo}/collaborators"),
        format!("{repo}/likes"),
        format!("{tracker}"),
        format!("{tracker}/tickets"),
        format!("{tracker}/tickets/1"),
        format!("{tracker}/tickets/1/replies"),
        format!("{tracker}/tickets/1/followers"),
        format!("{tracker}/tickets/1/dependencies"),
        format!("{tracker}/tickets/1/assignments"),
    ];
    let (alices, eves) = (world.token(&alice, &[Scope::Read]).await, world.token(&eve, &[Scope::Read]).await);
    for path in paths {
        assert_eq!(world.get(&path).await.status, 404, "{path} to a stranger");
        let other = world.ask(Method::GET, &path).activity().by(&eves).answer().await;
        assert_eq!((other.status.as_u16(), other.code()), (404, "not-found".to_owned()), "{path} to another person");
        let own = world.ask(Method::GET, &path).activity().by(&alices).answer().await;
        assert_eq!(own.status, 200, "{path} to its admin: {}", own.text());
        assert_eq!(own.header("cache-control"), "private, no-cache", "{path}");
    }
    let finger = "/.well-known/webfinger?resource=acct:secret@a.example";
    assert_eq!(world.ask(Method::GET, finger).answer().await.status, 404);
    let by_address = format!("/.well-known/webfinger?resource={repo}");
    assert_eq!(world.ask(Method::GET, &by_address).answer().await.status, 404);
}

#[tokio::test]
async fn a_grant_on_something_private_answers_whoever_knows_its_address_and_nothing_else_does() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let repo = world.makes(&alice, "Repository", "Secret", "private").await;
    let grant = world.permit(&alice, &repo).await;
    assert_eq!(world.get(grant.as_str()).await.status, 200);
    let guessed = format!("{repo}/outbox/{}", "a".repeat(26));
    assert_eq!(world.get(&guessed).await.status, 404);
}
