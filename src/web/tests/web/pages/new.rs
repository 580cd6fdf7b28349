//! A repository with what belongs to it, by one form.

use super::browser::Browser;
use crate::world::{ORIGIN, World};
use serde_json::Value;

/// The path of the repository that the page for new ones made.
async fn makes(alice: &mut Browser<'_>, fields: &[(&str, &str)]) -> String {
    let to = alice.does("/new", fields).await;
    assert!(to.starts_with("/repos/") && !to.contains('?'), "{to}");
    to
}

async fn document(world: &World, path: &str) -> Value {
    world.document(&format!("{ORIGIN}{path}")).await
}

#[tokio::test]
async fn one_form_makes_a_repository_with_its_trackers_and_each_leads_to_the_others() {
    let world = World::new().await;
    let a = world.person("alice").await;
    let mut alice = Browser::of(&world, &a).await;
    assert!(alice.sees("/").await.contains("href=\"/new\""));
    assert!(alice.sees("/new").await.contains("Create repository"));
    let fields = [("name", "Recipes"), ("tickets", "yes"), ("merge-requests", "yes"), ("releases", "yes")];
    let repository = makes(&mut alice, &fields).await;
    let shown = document(&world, &repository).await;
    assert_eq!(shown["name"], "Recipes");
    for (property, name) in [
        ("ticketsTrackedBy", "Recipes tickets"),
        ("sendPatchesTo", "Recipes merge requests"),
        ("releasesTrackedBy", "Recipes releases"),
    ] {
        let tracker = shown[property].as_str().unwrap_or_else(|| panic!("no {property}: {shown}"));
        assert_eq!(world.document(tracker).await["name"], name);
        let page = Browser::new(&world).sees(tracker).await;
        assert!(page.contains(&format!("<a href=\"{repository}\">Code</a>")), "{page}");
        let path = tracker.strip_prefix(ORIGIN).unwrap();
        assert!(page.contains(&format!("<a href=\"{path}\" aria-current=\"page\">")), "{page}");
        assert!(alice.sees(&repository).await.contains(&format!("<a href=\"{path}\">")));
    }
    assert!(!alice.sees(&repository).await.contains("Add to it"), "nothing is missing");
}

#[tokio::test]
async fn what_was_left_out_is_added_later_by_an_admin_alone() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let repository = makes(&mut alice, &[("name", "Recipes"), ("visibility", "closed")]).await;
    let page = alice.sees(&repository).await;
    assert!(page.contains("Add to it") && page.contains("value=\"merge-requests\""), "{page}");
    assert!(!bob.sees(&repository).await.contains("/new/part"), "nothing for those who have no role");
    let address = format!("{ORIGIN}{repository}");
    let part = [("repository", address.as_str()), ("part", "merge-requests"), ("back", repository.as_str())];
    let refused = bob.post("/new/part", &part).await;
    assert!(refused.status == 403 && refused.text().contains("role-too-small"), "{}", refused.text());
    assert!(document(&world, &repository).await["sendPatchesTo"].is_null(), "nothing was changed");
    let to = alice.does("/new/part", &part).await;
    assert!(to.starts_with("/patches/"), "{to}");
    assert_eq!(document(&world, &repository).await["sendPatchesTo"], format!("{ORIGIN}{to}"));
    assert!(alice.sees(&to).await.contains("closed"), "seen by whom the repository is seen by");
}

#[tokio::test]
async fn what_is_private_is_private_in_all_its_parts() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let fields = [("name", "Secret"), ("visibility", "private"), ("merge-requests", "yes")];
    let repository = makes(&mut alice, &fields).await;
    let page = alice.sees(&repository).await;
    let at = page.find("href=\"/patches/").expect("a tab") + 6;
    let tracker = page[at..].split('"').next().unwrap();
    for path in [repository.as_str(), tracker] {
        assert_eq!(bob.get(path).await.status, 404, "{path}");
        assert_eq!(Browser::new(&world).get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_form_that_cannot_be_done_makes_nothing() {
    let world = World::new().await;
    let a = world.person("alice").await;
    let mut alice = Browser::of(&world, &a).await;
    let stranger = Browser::new(&world);
    assert_eq!(stranger.get("/new").await.status, 303, "sign in first");
    for (fields, status) in [
        (vec![("name", "")], 422),
        (vec![("name", "Recipes"), ("visibility", "secret")], 422),
        (vec![("name", "Recipes"), ("factory", "no address")], 422),
        (vec![("name", "Recipes"), ("factory", "https://a.example/factories/none")], 403),
    ] {
        assert_eq!(alice.post("/new", &fields).await.status, status, "{fields:?}");
    }
    assert_eq!(stranger.send("/new", &[("name", "Recipes")], Some("cross-site")).await.status, 403);
    let part = [("repository", "https://a.example/repos/none"), ("part", "merge-requests")];
    assert_eq!(alice.post("/new/part", &part).await.status, 404);
    assert_eq!(alice.post("/new/part", &[part[0], ("part", "wishes")]).await.status, 422);
    assert!(alice.sees("/").await.contains("Begin with a repository"), "nothing was made");
}

#[tokio::test]
async fn a_repository_is_imported_from_an_address_that_git_knows() {
    let world = World::new().await;
    let a = world.person("alice").await;
    let mut alice = Browser::of(&world, &a).await;
    let url = "https://git.example/tea.git";
    let repository = makes(&mut alice, &[("name", "Tea"), ("import", url), ("merge-requests", "yes")]).await;
    let page = alice.sees(&repository).await;
    assert!(
        page.contains(&format!("Imported from <a href=\"{url}\"")) && page.contains("It waits to be fetched"),
        "{page}"
    );
    assert!(!page.contains("Offer a branch of this one"), "{page}");
    let shown = document(&world, &repository).await;
    assert!(shown["origin"].is_null() && shown["sendPatchesTo"].is_string(), "{shown}");
    for wrong in ["javascript:alert(1)", "file:///etc/passwd", "https://me:secret@git.example/tea"] {
        let refused = alice.does("/new", &[("name", "Bad"), ("import", wrong)]).await;
        assert!(refused.starts_with("/new?item="), "{wrong}: {refused}");
        assert!(alice.sees(&refused).await.contains("malformed"), "{wrong}");
    }
}
