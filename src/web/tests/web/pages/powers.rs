//! What somebody may by Grants that came over a team: pages, buttons, git; and what nobody may by a Grant that is not theirs, is
//! worth less, or holds no more.

use super::browser::Browser;
use crate::world::World;
use http::Method;
use pritchel_actor::{ActId, ActorId, Credential, ViewError};
use pritchel_actors::access::Role;
use pritchel_actors::access::ground::VerifyGrant;
use pritchel_actors::access::view::{ResourceShown, ViewResource};
use pritchel_actors::person::rows::Scope;
use pritchel_actors::{ResourceKind, TicketTracker, client};
use pritchel_web::verifying::verified_with;
use std::collections::BTreeMap;
use std::sync::Arc;

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

/// The team that gave bob what he holds.
async fn team_of(world: &World, person: &ActorId) -> ActorId {
    use pritchel_actors::Person;
    use pritchel_actors::person::view::ViewDesk;
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
