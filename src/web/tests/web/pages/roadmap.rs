//! Milestones by forms, and their documents.

use super::browser::Browser;
use crate::world::{ORIGIN, World};
use serde_json::{Value, json};

async fn document(world: &World, uri: &str) -> Value {
    world.get(uri.strip_prefix(ORIGIN).unwrap()).await.json()
}

fn actor(path: &str) -> String {
    format!("{ORIGIN}{}", path.split('?').next().unwrap())
}

#[tokio::test]
async fn a_milestone_is_made_edited_closed_and_deleted_by_forms() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let kitchen = actor(&alice.does("/do/open-factory", &[("name", "Kitchen")]).await);
    let create = [("factory", kitchen.as_str()), ("kind", "Roadmap"), ("name", "Plans"), ("summary", "")];
    let roadmap = actor(&alice.does("/do/create", &create).await);
    assert!(alice.sees(&roadmap).await.contains("No milestones yet"));
    assert!(!bob.sees(&roadmap).await.contains("/do/open-milestone"), "no form for those who may not");
    let open = [
        ("resource", roadmap.as_str()),
        ("name", "Tea <1.0>"),
        ("text", "It is *hot*"),
        ("start", "2026-01-01"),
        ("end", ""),
    ];
    let refused = bob.does("/do/open-milestone", &open).await;
    assert!(bob.sees(&refused).await.contains("role-too-small"), "everybody's Grant is not enough");
    let milestone = actor(&alice.does("/do/open-milestone", &open).await);
    assert_eq!(milestone, format!("{roadmap}/milestones/1"));
    let shown = document(&world, &milestone).await;
    assert_eq!((&shown["type"], &shown["name"]), (&json!("Milestone"), &json!("Tea <1.0>")), "{shown}");
    assert_eq!((&shown["context"], &shown["id"]), (&json!(roadmap), &json!(milestone)));
    assert_eq!((&shown["startTime"], &shown["isResolved"]), (&json!("2026-01-01T00:00:00Z"), &json!(false)));
    assert_eq!(document(&world, &roadmap).await["roadmapMilestones"], json!(format!("{roadmap}/roadmapMilestones")));
    let all = document(&world, &format!("{roadmap}/roadmapMilestones?page=first")).await;
    assert_eq!((&all["items"], &all["orderedItems"]), (&Value::Null, &json!([milestone])), "{all}");
    assert_eq!((&all["totalItems"], &all["context"]), (&json!(1), &json!(roadmap)));
    let page = bob.sees(&milestone).await;
    assert!(page.contains("<em>hot</em>") && page.contains("Tea &#60;1.0&#62;"), "{page}");
    assert!(page.contains("/do/follow-ticket") && !page.contains("-milestone\""), "bob may follow, not change: {page}");
    let on_milestone = [("tracker", roadmap.as_str()), ("ticket", milestone.as_str())];
    bob.does("/do/follow-ticket", &on_milestone).await;
    assert!(bob.sees(&milestone).await.contains("/do/unfollow-ticket"));
    bob.does("/do/unfollow-ticket", &on_milestone).await;
    assert!(bob.sees(&milestone).await.contains("/do/follow-ticket"));

    let on = [("resource", roadmap.as_str()), ("milestone", milestone.as_str())];
    let edit = [on[0], on[1], ("name", "Tea 2"), ("text", "Cold"), ("start", ""), ("end", "2026-02-01")];
    alice.does("/do/edit-milestone", &edit).await;
    let shown = document(&world, &milestone).await;
    assert_eq!((&shown["name"], &shown["startTime"]), (&json!("Tea 2"), &Value::Null));
    assert_eq!(shown["endTime"], "2026-02-01T00:00:00Z");
    let backwards = [on[0], on[1], ("name", "Tea 2"), ("text", ""), ("start", "2026-03-01"), ("end", "2026-02-01")];
    let refused = alice.does("/do/edit-milestone", &backwards).await;
    assert!(alice.sees(&refused).await.contains("wrong-period"));
    alice.does("/do/close-milestone", &on).await;
    assert!(alice.sees(&milestone).await.contains("closed by"));
    assert_eq!(document(&world, &milestone).await["isResolved"], json!(true));
    alice.does("/do/reopen-milestone", &on).await;
    assert_eq!(document(&world, &milestone).await["isResolved"], json!(false));
    alice.does("/do/delete-milestone", &on).await;
    assert_eq!(world.get(milestone.strip_prefix(ORIGIN).unwrap()).await.status, 404);
    assert_eq!(alice.get(&milestone).await.status, 404);
}
