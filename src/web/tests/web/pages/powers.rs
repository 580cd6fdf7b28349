//! What somebody may by Grants that came over a team: pages, buttons, git; and what nobody may by a Grant that is not theirs, is
//! worth less, or holds no more.

use super::browser::Browser;
use crate::world::World;
use http::Method;
use pritchel_actor::{ActId, ActorId, Credential, Outcome, ViewError};
use pritchel_actors::access::ground::VerifyGrant;
use pritchel_actors::access::view::{ResourceShown, ViewResource};
use pritchel_actors::access::{Role, Term};
use pritchel_actors::common::naming::key;
use pritchel_actors::person::account::IssueToken;
use pritchel_actors::person::rows::Scope;
use pritchel_actors::person::view::ViewDesk;
use pritchel_actors::{Person, ResourceKind, TicketTracker, client};
use pritchel_web::verifying::verified_with;
use pritchel_web::viewer::hash_of;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What `viewer` is shown of a tracker who brings `by`'s Grant.
async fn shown(
    world: &World,
    tracker: &ActorId,
    viewer: &ActorId,
    by: &ActorId,
    grant: &ActId,
) -> Result<ResourceShown, ViewError> {
    let node = world.front.node.bringing();
    let (caller, needed) = (by.clone(), Role::Visit);
    let (documents, alive) = (BTreeMap::new(), BTreeMap::new());
    let mut view = VerifyGrant { viewer: Some(by.clone()), caller, grant: grant.clone(), needed, documents, alive };
    // Whatever it comes to: what it wanted is in the view.
    let _ = verified_with(&world.front, ResourceKind::TicketTracker, tracker, &mut view).await;
    let VerifyGrant { caller: by, grant, documents, alive, .. } = view;
    let credential = Credential { by, grant, documents, alive };
    node.brought().unwrap().put(tracker.clone(), Some(Arc::new(credential)));
    node.look::<TicketTracker, _>(tracker, &ViewResource { viewer: Some(viewer.clone()) }).await
}

#[tokio::test]
async fn a_role_over_a_team_opens_private_pages_and_shows_its_buttons_and_no_others() {
    let world = World::new().await;
    let (a, b, c) = (world.person("alice").await, world.person("bob").await, world.person("carol").await);
    let e = world.person("eve").await;
    let tracker = world.makes(&a, "TicketTracker", "Plans", "private").await;
    let permit = world.permit(&a, &tracker).await;
    world.publishes(&a, &client::open_ticket(&a, &tracker, "Hush", "x", Some(&permit))).await;
    let ticket = format!("{tracker}/tickets/1");
    let (bob, carol) = (Browser::of(&world, &b).await, Browser::of(&world, &c).await);
    let eve = Browser::of(&world, &e).await;
    for who in [&bob, &carol, &eve] {
        assert_eq!(who.get(&ticket).await.status, 404, "nobody has a role yet");
    }
    world.team_over(&a, &tracker, "maintain", &[(&b, "maintain"), (&c, "report")]).await;

    let page = bob.sees(&ticket).await;
    for form in ["/do/close", "/do/assign", "/do/edit-ticket", "/do/comment"] {
        assert!(page.contains(form), "{form}: {page}");
    }
    assert!(bob.sees(tracker.as_str()).await.contains("/do/edit-resource"), "who maintains it may name it");
    let page = carol.sees(&ticket).await;
    assert!(page.contains("Hush") && page.contains("/do/comment"), "{page}");
    for form in ["/do/close", "/do/assign", "/do/edit-ticket"] {
        assert!(!page.contains(form), "{form} is not for the role report: {page}");
    }
    for who in [&bob, &carol] {
        assert!(!who.sees(&format!("{tracker}/collaborators")).await.contains("/do/invite"), "that is for admins");
        assert_eq!(who.get(&format!("{tracker}/inbox")).await.status, 404, "and so are boxes");
    }
    assert_eq!(eve.get(&ticket).await.status, 404, "eve is in no team");

    let (bobs, carols) = (world.permit(&b, &tracker).await, world.permit(&c, &tracker).await);
    let role = |shown: Result<ResourceShown, ViewError>| shown.map(|shown| shown.role.unwrap().as_str());
    assert_eq!(role(shown(&world, &tracker, &b, &b, &bobs).await), Ok("maintain"));
    assert_eq!(role(shown(&world, &tracker, &c, &c, &carols).await), Ok("report"));
    for (what, viewer, by, grant) in [
        ("another's Grant, as one's own", &e, &e, &bobs),
        ("another's Grant, as theirs", &e, &b, &bobs),
        ("another's better one", &c, &c, &bobs),
        ("no Grant at all", &e, &e, &ActId::new(format!("{tracker}/outbox/none"))),
    ] {
        let found = shown(&world, &tracker, viewer, by, grant).await;
        assert!(matches!(found, Err(ViewError::Refused(_))), "{what}: {found:?}");
    }

    let unlink = client::remove_link(&tracker, "teams", &team_of(&world, &b).await, &permit);
    world.publishes(&a, &unlink).await;
    for who in [&bob, &carol] {
        assert_eq!(who.get(&ticket).await.status, 404, "what came over the link has gone with it");
    }
    let found = shown(&world, &tracker, &b, &b, &bobs).await;
    assert!(matches!(found, Err(ViewError::Refused(_))), "a Grant that was taken back: {found:?}");
}

/// What a client reads is what a browser is shown: by a token of whoever's role came over the team, as far as that token goes.
#[tokio::test]
async fn a_role_over_a_team_opens_private_documents_to_its_holders_tokens_until_it_ends() {
    let world = World::new().await;
    let (a, b, c) = (world.person("alice").await, world.person("bob").await, world.person("carol").await);
    let e = world.person("eve").await;
    let tracker = world.makes(&a, "TicketTracker", "Plans", "private").await;
    let other = world.makes(&b, "Repository", "Other", "private").await;
    let permit = world.permit(&a, &tracker).await;
    world.publishes(&a, &client::open_ticket(&a, &tracker, "Hush", "x", Some(&permit))).await;
    let team = world.team_over(&a, &tracker, "maintain", &[(&b, "maintain"), (&c, "visit")]).await;
    let paths = ["/tickets", "/tickets/1", "/tickets/1/replies", "/outbox?page=first", "/followers", "/teams"];
    let paths = paths.map(|part| format!("{tracker}{part}"));
    let (bobs, carols) = (world.token(&b, &[Scope::Read]).await, world.token(&c, &[Scope::Read]).await);
    let (eves, gits) = (world.token(&e, &[Scope::Read]).await, world.token(&b, &[Scope::Git]).await);
    let elsewhere = restricted_token(&world, &b, &other).await;
    let refused = [
        ("eve is in no team", &eves),
        ("a token that may not read", &gits),
        ("a token for another repository", &elsewhere),
    ];
    let read = async |path: &str, token: &str| world.ask(Method::GET, path).activity().by(token).answer().await;
    for path in &paths {
        for token in [&bobs, &carols] {
            let answer = read(path, token).await;
            assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "private, no-cache"), "{path}");
        }
        for (why, token) in refused {
            assert_eq!(read(path, token).await.status, 404, "{path}: {why}");
        }
    }
    let named = |answer: &crate::world::Answer| answer.json().get("name").is_some();
    assert!(named(&read(tracker.as_str(), &bobs).await), "and the tracker itself is shown whole");
    for (why, token) in refused {
        assert!(!named(&read(tracker.as_str(), token).await), "{why}: its keys alone");
    }
    let copied = world.ask(Method::GET, tracker.as_str()).with("accept", "application/f3+json");
    assert!(copied.by(&bobs).answer().await.text().contains("Hush"), "in F3 as well");
    assert_eq!(read(&format!("{tracker}/inbox"), &bobs).await.status, 404, "boxes are for admins");
    let proxied = |token: &str| {
        let body = format!("id={}", url::form_urlencoded::byte_serialize(paths[1].as_bytes()).collect::<String>());
        let ask = world.ask(Method::POST, "/api/proxy").by(token);
        ask.body("application/x-www-form-urlencoded", body)
    };
    assert_eq!(proxied(&bobs).answer().await.status, 200);
    assert_eq!(proxied(&eves).answer().await.status, 404);

    let unlink = client::remove_link(&tracker, "teams", &team, &permit);
    world.publishes(&a, &unlink).await;
    for path in &paths {
        assert_eq!(read(path, &bobs).await.status, 404, "{path}, when the link has ended");
    }
    let term = Term { until: Some(world.front.ports.now() + 600), ..Term::default() };
    let add = client::within(client::add(&tracker, "teams", &team, "triage", &permit), &term);
    let add = world.publishes(&a, &add).await;
    world.publishes(&a, &client::agree(&add, &team, &tracker, &world.permit(&a, &team).await)).await;
    assert_eq!(read(&paths[1], &bobs).await.status, 200, "for ten minutes");
    world.ports.later.store(600, Ordering::Relaxed);
    assert_eq!(read(&paths[1], &bobs).await.status, 404, "the Grant is over");
}

/// A token of a person's that is good for one repository alone.
async fn restricted_token(world: &World, person: &ActorId, repository: &ActorId) -> String {
    let secret = pritchel_web::session::secret(&world.front);
    let lasting = IssueToken::lasting(hash_of(&secret), "kettle", &[Scope::Read]);
    let issue = IssueToken { only: vec![repository.clone()], ..lasting };
    assert_eq!(world.front.node.call::<Person, _>(person, person, issue).await, Ok(Outcome::Done(())));
    format!("{}.{secret}", key(person))
}

/// The team that gave bob what he holds.
async fn team_of(world: &World, person: &ActorId) -> ActorId {
    let view = ViewDesk { viewer: Some(person.clone()), limit: 10 };
    let permits = world.front.node.look::<Person, _>(person, &view).await.unwrap().permits;
    permits.into_iter().find(|(_, permit)| permit.giver == permit.resource).unwrap().1.giver
}

#[tokio::test]
async fn git_over_https_takes_a_role_that_came_over_a_team_and_says_how_else_to_push() {
    let world = World::with(|settings| settings.ssh_port = Some(22)).await;
    let (a, b, c) = (world.person("alice").await, world.person("bob").await, world.person("carol").await);
    let e = world.person("eve").await;
    let secret = world.makes(&a, "Repository", "Secret", "private").await;
    let open = world.makes(&a, "Repository", "Open", "public").await;
    world.team_over(&a, &secret, "write", &[(&b, "write"), (&c, "triage")]).await;
    let mut tokens = Vec::new();
    for who in [&b, &c, &e] {
        tokens.push(world.token(who, &[Scope::Git]).await);
    }
    let asked = async |repo: &ActorId, token: &str, service: &str| {
        let target = format!("{repo}.git/info/refs?service=git-{service}");
        let answer = world.ask(Method::GET, &target).by(token).answer().await;
        (answer.status.as_u16(), answer.text())
    };
    for (what, token, service, expected) in [
        ("bob reads", &tokens[0], "upload-pack", 200),
        ("bob pushes", &tokens[0], "receive-pack", 200),
        ("carol reads", &tokens[1], "upload-pack", 200),
        ("carol has too small a role to push", &tokens[1], "receive-pack", 403),
        ("for eve it is not there", &tokens[2], "upload-pack", 404),
        ("neither to be pushed to", &tokens[2], "receive-pack", 404),
    ] {
        let (status, text) = asked(&secret, token, service).await;
        assert_eq!(status, expected, "{what}: {text}");
    }
    let (status, text) = asked(&open, &tokens[0], "receive-pack").await;
    assert_eq!(status, 403);
    assert!(text.contains("needs the role `write`") && text.contains("grant@"), "{text}");
    let unlink = client::remove_link(&secret, "teams", &team_of(&world, &b).await, &world.permit(&a, &secret).await);
    world.publishes(&a, &unlink).await;
    for service in ["upload-pack", "receive-pack"] {
        assert_eq!(asked(&secret, &tokens[0], service).await.0, 404, "bob, when the team has nothing to do with it");
    }
}
