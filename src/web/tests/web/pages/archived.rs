//! What has moved, or is archived, as pages and documents show it: who it leads to, and which forms are left.

use super::browser::Browser;
use super::links::{actor, between, make};
use crate::world::{ORIGIN, World};
use pritchel_actors::ResourceKind;
use serde_json::json;

#[tokio::test]
async fn a_tracker_that_has_moved_leads_to_the_other_and_shows_no_form_that_is_refused() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let kitchen = actor(&alice.does("/do/open-factory", &[("name", "Kitchen")]).await);
    let house = actor(&bob.does("/do/open-factory", &[("name", "House")]).await);
    let tracker = make(&mut alice, &kitchen, "TicketTracker", "Tea").await;
    let (there, team) =
        (make(&mut bob, &house, "TicketTracker", "Coffee").await, make(&mut bob, &house, "Team", "Cooks").await);
    let open = [("tracker", tracker.as_str()), ("title", "Too hot"), ("text", "x")];
    bob.does("/do/open-ticket", &open).await;
    let ticket = format!("{tracker}/tickets/1");
    let comment = [("tracker", tracker.as_str()), ("ticket", ticket.as_str()), ("text", "Very")];
    bob.does("/do/comment", &comment).await;

    let (access, of) = (format!("{tracker}/collaborators"), ("resource", tracker.as_str()));
    assert!(alice.sees(&access).await.contains("action=\"/do/move\""));
    assert!(!bob.sees(&access).await.contains("action=\"/do/move\""), "no form for those who may not");
    let refused = bob.does("/do/move", &[of, ("target", there.as_str())]).await;
    assert!(bob.sees(&refused).await.contains("role-too-small"), "everybody's Grant is not enough");
    let refused = alice.does("/do/move", &[of, ("target", team.as_str())]).await;
    assert!(alice.sees(&refused).await.contains("wrong-kind"));
    assert_eq!(world.document(&tracker).await.get("isArchived"), None);

    alice.does("/do/move", &[of, ("target", there.as_str())]).await;
    world.settle().await;
    let document = world.document(&tracker).await;
    assert_eq!((&document["isArchived"], &document["movedTo"]), (&json!(true), &json!(there)));
    assert_eq!(world.document(&there).await.get("isArchived"), None);
    for page in [&tracker, &ticket] {
        let page = bob.sees(page).await;
        let notice = between(&page, "<div class=\"notice odd archived\">", "</div>");
        assert!(notice.contains("has moved") && notice.contains("Coffee"), "{notice}");
        assert!(notice.contains(there.strip_prefix(ORIGIN).unwrap()) && !notice.contains("/do/unarchive"), "{notice}");
        for form in ["open-ticket", "comment", "edit-comment", "edit-ticket", "close", "assign", "depend"] {
            assert!(!page.contains(&format!("action=\"/do/{form}\"")), "{form}: {page}");
        }
    }
    assert!(bob.sees(&ticket).await.contains("action=\"/do/delete-comment\""), "what is one's own can be taken back");
    assert!(!bob.sees(&access).await.contains("action=\"/do/join\""));
    let page = alice.sees(&access).await;
    assert!(!page.contains("action=\"/do/invite\"") && !page.contains("action=\"/do/move\""), "{page}");
    for page in ["/", "/desk"] {
        let shown = alice.sees(page).await;
        assert!(shown.contains(">archived</span>"), "{page}: {shown}");
    }
    let refused = bob.does("/do/open-ticket", &open).await;
    let page = bob.sees(&refused).await;
    assert!(page.contains("archived") && page.contains("it has moved to"), "{page}");

    assert!(alice.sees(&tracker).await.contains("action=\"/do/unarchive\""));
    alice.does("/do/unarchive", &[of]).await;
    world.settle().await;
    let document = world.document(&tracker).await;
    assert_eq!((document.get("isArchived"), document.get("movedTo")), (None, None));
    assert!(bob.sees(&tracker).await.contains("action=\"/do/open-ticket\""));
}

#[tokio::test]
async fn every_kind_of_resource_has_the_forms_that_archive_it_and_says_that_it_is_archived() {
    let world = World::new().await;
    let mut alice = Browser::of(&world, &world.person("alice").await).await;
    let kitchen = actor(&alice.does("/do/open-factory", &[("name", "Kitchen")]).await);
    for kind in ResourceKind::ALL {
        let it = match kind {
            ResourceKind::Factory => actor(&alice.does("/do/open-factory", &[("name", "House")]).await),
            kind => make(&mut alice, &kitchen, kind.as_str(), "It").await,
        };
        assert!(alice.sees(&format!("{it}/collaborators")).await.contains("action=\"/do/archive\""), "{kind:?}");
        alice.does("/do/archive", &[("resource", it.as_str())]).await;
        world.settle().await;
        let page = alice.sees(&it).await;
        assert!(page.contains("is archived") && page.contains("action=\"/do/unarchive\""), "{kind:?}: {page}");
        let forms: Vec<_> = page.split("action=\"/do/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        let left = ["unarchive", "follow", "unfollow", "star", "fork"];
        assert!(forms.iter().all(|form| left.contains(form)), "{kind:?}: {forms:?}");
        assert!(!alice.sees(&format!("{it}/links")).await.contains("action=\"/do/link\""), "{kind:?}");
        assert_eq!(world.document(&it).await["isArchived"], json!(true));
    }
}
