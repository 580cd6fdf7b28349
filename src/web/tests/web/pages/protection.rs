//! The page of rules that protect branches and tags: who sees them, who changes them.

use super::browser::Browser;
use crate::world::{ORIGIN, World};
use http::Method;
use pritchel_actors::limits::PROTECTED_PEOPLE_MAX;

#[tokio::test]
async fn an_admin_makes_changes_and_takes_away_rules_and_others_read_them() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let repo = world.makes(&a, "Repository", "Tea", "public").await;
    let page = format!("{repo}/protection").replace(ORIGIN, "");
    assert!(alice.sees(&page).await.contains("There is no rule"));
    assert!(alice.sees(repo.as_str()).await.contains(&format!("href=\"{page}\"")));
    let people = format!("bob@a.example\n{a}");
    let rule = [("of", "branches"), ("pattern", "release/*"), ("role", "maintain"), ("people", people.as_str())];
    let more = [("approvals", "2"), ("force", "on")];
    assert_eq!(alice.does(&page, &[&rule[..], &more[..]].concat()).await, page);
    let shown = alice.sees(&page).await;
    for part in
        ["<code>release/*</code>", "role maintain, and ", "by force too", "2 binding approvals", "is not deleted"]
    {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let read = bob.sees(&page).await;
    assert!(read.contains("release/*") && !read.contains("<form method=\"post\" class=\"stack\">"), "{read}");
    let refused = bob.post(&page, &rule).await;
    assert!(refused.status == 403 || refused.text().contains("role-too-small"), "{}", refused.text());
    let drop = [("of", "branches"), ("pattern", "release/*"), ("drop", "yes")];
    assert!(!bob.post(&page, &drop).await.status.is_redirection());
    assert!(alice.sees(&page).await.contains("release/*"), "nothing has changed");

    for (field, wrong) in [("pattern", "a b"), ("of", "notes"), ("role", "king"), ("approvals", "many")] {
        let fields: Vec<(&str, &str)> = rule.iter().copied().filter(|(name, _)| *name != field).collect();
        let answer = alice.post(&page, &[&fields[..], &[(field, wrong)]].concat()).await;
        assert!(answer.status.is_client_error(), "{field}: {}", answer.status);
    }
    let crowd = vec![a.as_str(); PROTECTED_PEOPLE_MAX + 1].join("\n");
    let answer = alice.post(&page, &[("of", "branches"), ("pattern", "main"), ("people", &crowd)]).await;
    assert_eq!(answer.status, 422);
    let forged = alice.send(&page, &rule, Some("cross-site")).await;
    assert_eq!(forged.status, 403);
    let stranger = Browser::new(&world).send(&page, &rule, Some("same-origin")).await;
    assert!(
        stranger.status == 401 || stranger.status.is_redirection() || stranger.status == 403,
        "{}",
        stranger.status
    );
    alice.does(&page, &drop).await;
    assert!(alice.sees(&page).await.contains("There is no rule"));
}

#[tokio::test]
async fn the_rules_of_a_private_repository_are_not_there_for_strangers() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let (mut alice, mut bob) = (Browser::of(&world, &a).await, Browser::of(&world, &b).await);
    let repo = world.makes(&a, "Repository", "Tea", "private").await;
    let page = format!("{repo}/protection").replace(ORIGIN, "");
    let rule = [("of", "tags"), ("pattern", "<b>v*"), ("role", "nobody")];
    alice.does(&page, &rule).await;
    assert!(alice.sees(&page).await.contains("&#60;b&#62;v*"));
    assert_eq!(bob.get(&page).await.status, 404);
    assert_eq!(bob.post(&page, &rule).await.status, 404);
    assert_eq!(world.ask(Method::GET, &page).with("accept", "text/html").answer().await.status, 404);
}

/// Bob administers by a team: the repository verifies the Grant that came to him over it.
#[tokio::test]
async fn whoever_administers_by_a_team_changes_the_rules() {
    let world = World::new().await;
    let (a, b) = (world.person("alice").await, world.person("bob").await);
    let repo = world.makes(&a, "Repository", "Tea", "public").await;
    world.team_over(&a, &repo, "admin", &[(&b, "admin")]).await;
    let mut bob = Browser::of(&world, &b).await;
    let page = format!("{repo}/protection").replace(ORIGIN, "");
    bob.does(&page, &[("of", "branches"), ("pattern", "main"), ("role", "admin")]).await;
    assert!(bob.sees(&page).await.contains("<code>main</code>"));
}
