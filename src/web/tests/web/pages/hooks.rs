//! The pages of webhooks: who sees them, who changes them, and what they show.

use super::browser::Browser;
use crate::world::{ORIGIN, World};
use http::Method;
use pritchel_actors::limits::HOOKS_MAX;

const HOOK: [(&str, &str); 4] =
    [("url", "https://ci.example/<b>hook?token=s3cret"), ("secret", "shh-shh"), ("push", "on"), ("active", "on")];

#[tokio::test]
async fn an_admin_makes_changes_tries_and_takes_away_a_webhook_and_for_others_there_is_none() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let repo = world.makes(&a, "Repository", "Tea", "public").await;
    let list = format!("{repo}/hooks").replace(ORIGIN, "");
    assert!(alice.sees(repo.as_str()).await.contains(&format!("href=\"{list}\"")));
    assert!(!bob.sees(repo.as_str()).await.contains("/hooks\""));
    assert!(alice.sees(&list).await.contains("There is none yet"));
    let url = [("url", "https://ci.example/hook?token=s3cret")];
    let hook = alice.does(&list, &[&url[..], &HOOK[1..]].concat()).await;
    assert_eq!(hook, format!("{list}/1"));
    let shown = alice.sees(&list).await;
    assert!(shown.contains("https://ci.example/hook?token=s3cret") && shown.contains("push · signed"), "{shown}");
    let shown = alice.sees(&hook).await;
    assert!(shown.contains("Nothing yet") && !shown.contains("shh-shh"), "a secret is shown to nobody: {shown}");
    alice.does(&hook, &[("what", "test")]).await;
    let shown = alice.sees(&hook).await;
    assert!(shown.contains("<td>ping</td>") && shown.contains("being sent"), "{shown}");
    let inside = alice.sees(&format!("{hook}/1")).await;
    assert!(inside.contains("It has not been tried yet"), "{inside}");
    let off = [("what", "save"), ("url", "https://ci.example/other"), ("create", "on")];
    alice.does(&hook, &off).await;
    let shown = alice.sees(&hook).await;
    assert!(shown.contains(">off</span>") && shown.contains("Another secret"), "{shown}");
    alice.does(&hook, &[&off[..], &[("unsigned", "on")]].concat()).await;
    assert!(!alice.sees(&hook).await.contains("Another secret"));

    for page in [&list, &hook, &format!("{hook}/1")] {
        assert_eq!(bob.get(page).await.status, 404, "{page}");
        assert_eq!(world.ask(Method::GET, page).with("accept", "text/html").answer().await.status, 404, "{page}");
    }
    let refused = bob.post(&list, &[&url[..], &HOOK[1..]].concat()).await;
    assert_eq!(refused.status, 403, "{}", refused.text());
    for what in ["test", "drop"] {
        assert!(bob.post(&hook, &[("what", what)]).await.status.is_client_error(), "{what}");
    }
    assert_eq!(alice.send(&hook, &[("what", "drop")], Some("cross-site")).await.status, 403);
    for wrong in
        [vec![("what", "sell")], vec![], vec![("what", "redeliver")], vec![("what", "redeliver"), ("delivery", "x")]]
    {
        assert!(alice.post(&hook, &wrong).await.status.is_client_error(), "{wrong:?}");
    }
    assert_eq!(alice.get(&format!("{hook}/7")).await.status, 404);
    assert_eq!(alice.get(&format!("{list}/7")).await.status, 404);
    assert_eq!(alice.does(&hook, &[("what", "drop")]).await, list);
    assert!(alice.sees(&list).await.contains("There is none yet"));
}

#[tokio::test]
async fn what_an_admin_types_is_text_and_there_are_no_more_hooks_than_may_be() {
    let world = World::new().await;
    let a = world.person("alice").await;
    let mut alice = Browser::of(&world, &a).await;
    let tracker = world.makes(&a, "TicketTracker", "Bugs", "public").await;
    let list = format!("{tracker}/hooks").replace(ORIGIN, "");
    let form = alice.sees(&list).await;
    assert!(form.contains("name=\"issues\"") && !form.contains("name=\"push\""), "{form}");
    let hook = [HOOK[0], ("issues", "on"), ("active", "on")];
    for _ in 0..HOOKS_MAX {
        alice.does(&list, &hook).await;
    }
    let shown = alice.sees(&list).await;
    assert!(shown.contains("&#60;b&#62;hook") && !shown.contains("New webhook"), "{shown}");
    assert!(alice.post(&list, &hook).await.text().contains("too-many-hooks"));
    let wrong = alice.post(&list, &[("url", "ftp://ci.example/"), ("issues", "on")]).await;
    assert!(wrong.status.is_client_error(), "{}", wrong.status);
}

/// Bob administers by a team: the repository verifies the Grant that came to him over it.
#[tokio::test]
async fn whoever_administers_by_a_team_makes_webhooks() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let repo = world.makes(&a, "Repository", "Tea", "private").await;
    let list = format!("{repo}/hooks").replace(ORIGIN, "");
    let mut bob = Browser::of(&world, &b).await;
    assert_eq!(bob.get(&list).await.status, 404);
    assert_eq!(bob.post(&list, &HOOK).await.status, 404);
    world.team_over(&a, &repo, "admin", &[(&b, "admin")]).await;
    bob.does(&list, &HOOK).await;
    assert!(bob.sees(&list).await.contains("ci.example"));
}
