//! What is private is, to whoever may not see it, not there: by every route.

use crate::pages::browser::Browser;
use crate::world::{ORIGIN, World};
use http::Method;
use pritchel_actors::client;
use pritchel_actors::common::naming::key;
use pritchel_actors::person::rows::Scope;
use serde_json::json;

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

/// What everybody has seen is made private by its form: from then on it is there for nobody else, by whichever route they knew it.
#[tokio::test]
async fn what_is_made_private_is_gone_for_strangers_by_every_route_and_comes_back_when_it_is_shown_again() {
    let world = World::new().await;
    let (alice, eve) = (world.person("alice").await, world.person("eve").await);
    let repo = world.makes(&alice, "Repository", "Open", "public").await;
    let tracker = world.makes(&alice, "TicketTracker", "Plans", "public").await;
    world.publishes(&eve, &client::open_ticket(&eve, &tracker, "Hush", "x", None)).await;
    let (mut owner, mut stranger) = (Browser::of(&world, &alice).await, Browser::of(&world, &eve).await);
    let paths: Vec<String> = ["", "/outbox?page=first", "/followers", "/collaborators", "/feed.atom", "/links"]
        .iter()
        .flat_map(|part| [format!("{repo}{part}"), format!("{tracker}{part}")])
        .chain(["/tickets/1", "/tickets/1/replies", "/tickets/1/followers"].map(|part| format!("{tracker}{part}")))
        .chain([format!("{repo}/likes"), format!("{repo}.git/info/refs?service=git-upload-pack")])
        .collect();
    let eves = world.token(&eve, &[Scope::Read]).await;
    let grants = world.document(tracker.as_str()).await["publicCapability"].as_array().unwrap().clone();
    assert_eq!(world.document(tracker.as_str()).await.get("visibility"), None);
    for resource in [&repo, &tracker] {
        let page = format!("{resource}/collaborators");
        assert!(!stranger.sees(&page).await.contains("action=\"/do/set-visibility\""), "no form for those who may not");
        let hide = [("resource", resource.as_str()), ("visibility", "private")];
        let refused = stranger.does("/do/set-visibility", &hide).await;
        assert!(stranger.sees(&refused).await.contains("role-too-small"), "everybody's Grant is not enough");
        assert_eq!(stranger.get(resource.as_str()).await.status, 200);
        assert!(owner.sees(&page).await.contains("action=\"/do/set-visibility\""));
        owner.does("/do/set-visibility", &hide).await;
    }
    world.settle().await;
    for path in &paths {
        // Git asks for a password before it says anything.
        let hidden = if path.contains(".git/") { 401 } else { 404 };
        assert_eq!(stranger.get(path).await.status, hidden, "{path} to somebody who was signed in all the while");
        let actor = path == repo.as_str() || path == tracker.as_str();
        let nobody = world.get(path).await;
        // Of an actor itself, whoever asks for documents is shown the keys.
        assert!(nobody.status == hidden || actor && nobody.json().get("name").is_none(), "{path}: {}", nobody.text());
        if !path.contains(".git/") && !path.ends_with("atom") && !actor {
            let document = world.ask(Method::GET, path).activity().by(&eves).answer().await;
            assert_eq!(document.status, 404, "{path} as a document");
        }
        if !path.ends_with("atom") {
            assert_ne!(owner.get(path).await.status, 404, "{path} to its admin");
        }
    }
    assert!(
        !stranger.sees("/").await.contains("Plans")
            && !stranger.get("/search?q=plans").await.text().contains(">Plans<")
    );
    let by_address = format!("/.well-known/webfinger?resource={tracker}");
    assert_eq!(world.ask(Method::GET, &by_address).answer().await.status, 404);
    let alices = world.token(&alice, &[Scope::Read]).await;
    let shown = world.ask(Method::GET, tracker.as_str()).activity().by(&alices).answer().await.json();
    assert_eq!((&shown["visibility"], shown.get("publicCapability")), (&json!("private"), None));

    let show = [("resource", tracker.as_str()), ("visibility", "closed")];
    owner.does("/do/set-visibility", &show).await;
    world.settle().await;
    let shown = world.document(tracker.as_str()).await;
    assert_eq!(shown["visibility"], "closed");
    assert!(!grants.contains(&shown["publicCapability"]) && shown["publicCapability"].is_string(), "{shown}");
    assert_eq!(stranger.get(&format!("{tracker}/tickets/1")).await.status, 200);
}

/// A team that everybody sees has access to something private: that it has is for those who may see that.
#[tokio::test]
async fn what_is_private_stands_among_the_links_of_what_is_public_for_those_only_who_may_see_it() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let (carol, eve) = (world.person("carol").await, world.person("eve").await);
    let repo = world.makes(&alice, "Repository", "Secret", "private").await;
    let permit = world.permit(&alice, &repo).await;
    let invite = world.publishes(&alice, &client::invite(&repo, &carol, "visit", &permit)).await;
    world.publishes(&carol, &client::accept(&invite, &[&repo])).await;
    let team = world.team_over(&alice, &repo, "write", &[(&bob, "write")]).await;
    world.settle().await;
    let collection = format!("{team}/teamResources?page=first");
    for (who, sees) in
        [(None, false), (Some(&eve), false), (Some(&bob), true), (Some(&carol), true), (Some(&alice), true)]
    {
        let browser = match who {
            Some(who) => Browser::of(&world, who).await,
            None => Browser::new(&world),
        };
        for page in [team.to_string(), format!("{team}/links")] {
            let shown = browser.sees(&page).await.contains(key(&repo));
            assert_eq!(shown, sees, "{page} to {who:?}");
        }
    }
    for (who, sees) in [(None, false), (Some(&eve), false), (Some(&carol), true), (Some(&alice), true)] {
        let ask = world.ask(Method::GET, &collection).activity();
        let ask = match who {
            Some(who) => ask.by(&world.token(who, &[Scope::Read]).await),
            None => ask,
        };
        let answer = ask.answer().await;
        assert_eq!((answer.status.as_u16(), answer.text().contains(key(&repo))), (200, sees), "{who:?}");
        // What depends on who asks is kept by nobody for others.
        assert_eq!(answer.header("cache-control").contains("private"), who.is_some(), "{who:?}");
    }
}

/// A tracker and a fork that became private are tied to what everybody sees: that they are is for those who may see them.
#[tokio::test]
async fn what_is_private_stands_among_the_trackers_and_forks_of_what_is_public_for_those_only_who_may_see_it() {
    let world = World::new().await;
    let (alice, eve) = (world.person("alice").await, world.person("eve").await);
    let (mut owner, stranger) = (Browser::of(&world, &alice).await, Browser::of(&world, &eve).await);
    let repo = world.makes(&alice, "Repository", "Open", "public").await;
    let own = repo.as_str().replace(ORIGIN, "");
    let part = [("repository", repo.as_str()), ("part", "merge-requests"), ("back", own.as_str())];
    let tracker = format!("{ORIGIN}{}", owner.does("/new/part", &part).await);
    let made = owner.does("/do/open-factory", &[("name", "Bench")]).await;
    let bench = format!("{ORIGIN}{}", made.split('?').next().unwrap());
    let form = [("factory", bench.as_str()), ("origin", repo.as_str()), ("name", "Copy"), ("visibility", "public")];
    let made = owner.does("/do/fork", &form).await;
    let fork = format!("{ORIGIN}{}", made.split('?').next().unwrap());
    world.settle().await;
    let forks = format!("{repo}/forks?page=first");
    let places = [repo.to_string(), format!("{repo}/links"), forks.clone()];
    let named = |text: &str, whom: &str| text.contains(whom.rsplit('/').next().unwrap());
    assert!(named(&world.document(repo.as_str()).await.to_string(), &tracker));
    assert!(named(&world.document(&forks).await.to_string(), &fork));
    for hidden in [&tracker, &fork] {
        owner.does("/do/set-visibility", &[("resource", hidden), ("visibility", "private")]).await;
    }
    world.settle().await;
    for place in &places {
        let document = world.get(place).await.text();
        assert!(!named(&document, &tracker) && !named(&document, &fork), "{place}: {document}");
    }
    for page in &places[..2] {
        let (to_eve, to_alice) = (stranger.sees(page).await, owner.sees(page).await);
        assert!(!named(&to_eve, &tracker) && !named(&to_eve, &fork), "{page}: {to_eve}");
        assert!(named(&to_alice, &tracker), "{page}: {to_alice}");
    }
    assert!(named(&owner.sees(repo.as_str()).await, &fork));
    let alices = world.token(&alice, &[Scope::Read]).await;
    let shown = world.ask(Method::GET, &forks).activity().by(&alices).answer().await;
    assert!(named(&shown.text(), &fork) && shown.header("cache-control").contains("private"), "{}", shown.text());
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
