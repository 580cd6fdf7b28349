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
        if path != repo.as_str() && path != tracker.as_str() {
            assert_eq!(world.get(&path).await.status, 404, "{path} to a stranger");
            let other = world.ask(Method::GET, &path).activity().by(&eves).answer().await;
            assert_eq!(
                (other.status.as_u16(), other.code()),
                (404, "not-found".to_owned()),
                "{path} to another person"
            );
        }
        let own = world.ask(Method::GET, &path).activity().by(&alices).answer().await;
        assert_eq!(own.status, 200, "{path} to its admin: {}", own.text());
        assert_eq!(own.header("cache-control"), "private, no-cache", "{path}");
    }
    let finger = "/.well-known/webfinger?resource=acct:secret@a.example";
    assert_eq!(world.ask(Method::GET, finger).answer().await.status, 404);
    let by_address = format!("/.well-known/webfinger?resource={repo}");
    assert_eq!(world.ask(Method::GET, &by_address).answer().await.status, 404);
}

/// Where the next page begins is told by a name: it must be one that is shown.
#[tokio::test]
async fn a_list_of_names_tells_of_no_private_one_by_where_its_pages_end() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    // With alice and the workshop of hers the first thirty names end with the private one.
    for number in 0..32 {
        world.person(&format!("b{number:02}")).await;
    }
    world.makes(&alice, "TicketTracker", "b27hush", "private").await;
    let (mut page, mut found) = ("/".to_owned(), Vec::new());
    for _ in 0..4 {
        let text = world.get(&page).await.text();
        assert!(!text.contains("hush"), "{page}: {text}");
        found.extend((0..32).filter(|number| text.contains(&format!("b{number:02}@"))));
        let Some((_, next)) = text.split_once("href=\"/?after=") else { break };
        page = format!("/?after={}", next.split('"').next().unwrap());
    }
    assert_eq!(found, (0..32).collect::<Vec<_>>(), "everybody is on one page");
    assert_ne!(page, "/", "there are several");
    let private = world.get("/?after=b27gz").await.text();
    assert!(private.contains("b28@") && !private.contains("hush"), "{private}");
}

/// Whoever has the address of something private was told it, and needs its keys to verify what it says.
#[tokio::test]
async fn a_private_resource_shows_whoever_knows_its_address_its_keys_and_nothing_else() {
    let world = World::new().await;
    let (alice, eve) = (world.person("alice").await, world.person("eve").await);
    let tracker = world.makes(&alice, "TicketTracker", "Plans", "private").await;
    let (alices, eves) = (world.token(&alice, &[Scope::Read]).await, world.token(&eve, &[Scope::Read]).await);
    let asked = || world.ask(Method::GET, tracker.as_str()).activity();
    for answer in [asked().answer().await, asked().by(&eves).answer().await] {
        assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "private, no-cache"));
        let document = answer.json();
        let terms: Vec<&str> = document.as_object().unwrap().keys().map(String::as_str).collect();
        let mut expected = vec!["@context", "id", "type", "inbox", "publicKey", "assertionMethod"];
        let mut found = terms.clone();
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected);
        assert_eq!(document["publicKey"]["owner"], tracker.as_str());
        assert_eq!(document["inbox"], format!("{tracker}/inbox"));
    }
    assert_eq!(asked().by(&alices).answer().await.json()["name"], "Plans", "its admin sees it whole");
    assert_eq!(world.ask(Method::GET, tracker.as_str()).answer().await.status, 404, "no page");
    for guessed in ["/trackers/plans", "/trackers/aaaaaaaaaaaaaaaaaaaaaaaaaa"] {
        assert_eq!(world.get(guessed).await.status, 404, "{guessed}");
    }
}

#[tokio::test]
async fn that_something_private_is_gone_is_told_to_those_who_could_see_it() {
    let world = World::new().await;
    let (alice, eve) = (world.person("alice").await, world.person("eve").await);
    let (alices, eves) = (world.token(&alice, &[Scope::Read]).await, world.token(&eve, &[Scope::Read]).await);
    for (visibility, to_others) in [("private", 404), ("public", 410)] {
        let repo = world.makes(&alice, "Repository", visibility, visibility).await;
        let permit = world.permit(&alice, &repo).await;
        world.publishes(&alice, &client::delete_resource(&repo, &permit)).await;
        for part in ["", "/outbox", "/followers", "/likes", "/collaborators"] {
            let path = format!("{repo}{part}");
            let asked = || world.ask(Method::GET, &path).activity();
            assert_eq!(asked().answer().await.status, to_others, "{path} to a stranger");
            assert_eq!(asked().by(&eves).answer().await.status, to_others, "{path} to another person");
            assert_eq!(asked().by(&alices).answer().await.status, 410, "{path} to its admin");
        }
    }
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
