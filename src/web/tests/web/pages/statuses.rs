//! What CI systems say of commits, by the API that they know, and where pages show it.

use super::browser::Browser;
use super::files::{pushed, rev_parse};
use crate::world::{Answer, World};
use http::Method;
use pritchel_actor::{ActorId, Outcome};
use pritchel_actors::Person;
use pritchel_actors::common::naming::key;
use pritchel_actors::person::IssueToken;
use pritchel_actors::person::rows::Scope;
use pritchel_web::limits::STATUS_BYTES_MAX;
use pritchel_web::viewer::hash_of;
use serde_json::{Value, json};

async fn post(world: &World, token: &str, at: &str, body: &Value) -> Answer {
    let ask = world.ask(Method::POST, at);
    let ask = if token.is_empty() { ask } else { ask.with("authorization", &format!("token {token}")) };
    ask.body("application/json", body.to_string()).answer().await
}

async fn get(world: &World, token: &str, at: &str) -> Answer {
    let ask = world.ask(Method::GET, at).with("accept", "application/json");
    let ask = if token.is_empty() { ask } else { ask.with("authorization", &format!("token {token}")) };
    ask.answer().await
}

/// A token that is good for one repository.
async fn restricted(world: &World, person: &ActorId, only: &ActorId) -> String {
    let secret = pritchel_web::session::secret(&world.front);
    let all = [Scope::Read, Scope::Write];
    let issue = IssueToken { only: vec![only.clone()], ..IssueToken::lasting(hash_of(&secret), "ci", &all) };
    assert_eq!(world.front.node.call::<Person, _>(person, person, issue).await, Ok(Outcome::Done(())));
    format!("{}.{secret}", key(person))
}

fn head(world: &World) -> String {
    rev_parse(&world.dir.path().join("work"), "main").trim().to_owned()
}

#[tokio::test]
async fn a_status_is_set_by_token_read_again_and_shown_where_its_commit_is() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let repo = pushed(&world, &alice).await;
    let (sha, api) = (head(&world), format!("/api/v1/repos/repos/{}", key(&repo)));
    let token = restricted(&world, &alice, &repo).await;
    let browser = Browser::new(&world);
    let commit = format!("{repo}/commits/{sha}");
    assert!(!browser.sees(&commit).await.contains("Statuses"));
    let none = get(&world, "", &format!("{api}/commits/main/status")).await.json();
    assert_eq!((&none["state"], &none["total_count"]), (&json!("pending"), &json!(0)));

    let said = json!({"state": "success", "context": "ci/build", "description": "It <builds>",
        "target_url": "https://ci.example/1?a=b&c"});
    let made = post(&world, &token, &format!("{api}/statuses/{sha}"), &said).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    assert_eq!((&made["status"], &made["context"], &made["id"]), (&json!("success"), &json!("ci/build"), &json!(1)));
    assert_eq!((&made["creator"]["login"], &made["target_url"]), (&json!("alice"), &said["target_url"]));
    let bare = json!({"state": "failure"});
    assert_eq!(post(&world, &token, &format!("{api}/statuses/{sha}"), &bare).await.status, 201);

    let all = get(&world, "", &format!("{api}/statuses/{sha}")).await.json();
    assert_eq!((&all[0]["context"], &all[1]["context"]), (&json!("default"), &json!("ci/build")), "the newest first");
    assert_eq!(all, get(&world, &token, &format!("{api}/commits/main/statuses")).await.json());
    let combined = get(&world, "", &format!("{api}/commits/main/status")).await.json();
    assert_eq!((&combined["state"], &combined["sha"], &combined["statuses"]), (&json!("failure"), &json!(sha), &all));

    let shown = browser.sees(&commit).await;
    for part in [
        "<h2 id=\"statuses\">Statuses <span class=\"badge bad\">failure</span>",
        "href=\"https://ci.example/1?a=b&#38;c\" rel=\"nofollow noopener noreferrer\">ci/build</a>",
        "It &#60;builds&#62;",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    for page in [format!("{repo}/log"), format!("{repo}/branches")] {
        assert!(browser.sees(&page).await.contains("failure</span>"), "{page}");
    }
    let again = json!({"state": "success"});
    assert_eq!(post(&world, &token, &format!("{api}/statuses/main"), &again).await.status, 201, "by a branch, too");
    assert!(browser.sees(&format!("{repo}/log")).await.contains("success</span>"), "a page is known by its statuses");
}

#[tokio::test]
async fn a_repository_is_named_by_its_address_its_maker_or_the_host() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    world.person("bob").await;
    let repo = pushed(&world, &alice).await;
    let handle = world.document(repo.as_str()).await["preferredUsername"].as_str().unwrap().to_owned();
    #[rustfmt::skip]
    let rows = [
        ("alice",      handle.as_str(), 200),
        ("Alice",      handle.as_str(), 200),
        ("a.example",  handle.as_str(), 200),
        ("repos",      key(&repo),      200),
        ("bob",        handle.as_str(), 404),
        ("nobody",     handle.as_str(), 404),
        ("alice",      "none",          404),
        ("alice",      "bob",           404),
        ("repos",      handle.as_str(), 404),
    ];
    for (owner, name, expected) in rows {
        let at = format!("/api/v1/repos/{owner}/{name}/commits/main/status");
        assert_eq!(get(&world, "", &at).await.status, expected, "{at}");
    }
}

#[tokio::test]
async fn who_may_not_and_what_is_not_well_formed_changes_nothing() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let repo = pushed(&world, &alice).await;
    let other = world.makes(&alice, "Repository", "Other", "public").await;
    let at = format!("/api/v1/repos/repos/{}/statuses/{}", key(&repo), head(&world));
    let good = json!({"state": "success"});
    let (elsewhere, reads) = (restricted(&world, &alice, &other).await, world.token(&alice, &[Scope::Read]).await);
    let (strangers, writes) = (world.token(&bob, &[Scope::Write]).await, world.token(&alice, &[Scope::Write]).await);
    #[rustfmt::skip]
    let rows = [
        ("nobody",                  "",                 &at,                       good.clone(), 401),
        ("an unknown token",        "alice.x",          &at,                       good.clone(), 401),
        ("one of another repo",     elsewhere.as_str(), &at,                       good.clone(), 403),
        ("one that reads",          reads.as_str(),     &at,                       good.clone(), 403),
        ("somebody without a role", strangers.as_str(), &at,                       good.clone(), 403),
        ("no such commit",          writes.as_str(),    &at.replace(&head(&world), &"1".repeat(40)), good.clone(), 404),
        ("no such state",           writes.as_str(),    &at,                       json!({"state": "great"}), 422),
        ("a script as link",        writes.as_str(),    &at,                       json!({"state": "success", "target_url": "javascript:x"}), 422),
        ("no state",                writes.as_str(),    &at,                       json!({"context": "x"}), 400),
        ("too much",                writes.as_str(),    &at,                       json!({"state": "x".repeat(STATUS_BYTES_MAX)}), 413),
    ];
    for (what, token, at, body, expected) in rows {
        let answer = post(&world, token, at, &body).await;
        assert_eq!(answer.status, expected, "{what}: {}", answer.text());
    }
    let all = get(&world, "", &at).await.json();
    assert_eq!(all, json!([]));
}

#[tokio::test]
async fn statuses_of_what_is_private_are_not_there_for_strangers() {
    let world = World::new().await;
    let (alice, bob) = (world.person("alice").await, world.person("bob").await);
    let repo = world.makes(&alice, "Repository", "Hush", "private").await;
    let mine = world.token(&alice, &[Scope::Read]).await;
    let (reads, writes) = (world.token(&bob, &[Scope::Read]).await, world.token(&bob, &[Scope::Write]).await);
    let nowhere = "/api/v1/repos/repos/nosuchkeyatallx".to_owned();
    for api in [format!("/api/v1/repos/repos/{}", key(&repo)), nowhere] {
        for at in [format!("{api}/commits/main/status"), format!("{api}/statuses/main")] {
            for token in ["", &reads] {
                assert_eq!(get(&world, token, &at).await.status, 404, "{at}");
            }
        }
        let answer = post(&world, &writes, &format!("{api}/statuses/main"), &json!({"state": "success"})).await;
        assert_eq!(answer.status, 404, "{}", answer.text());
    }
    // Nothing has been pushed yet: its maker is told the same, but by the commit.
    let at = format!("/api/v1/repos/repos/{}/commits/main/status", key(&repo));
    assert_eq!(get(&world, &mine, &at).await.status, 404);
}
