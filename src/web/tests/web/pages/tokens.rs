//! Tokens that people make, what each may not do, and when credentials were last used.

use super::browser::Browser;
use super::links::between;
use crate::world::{Answer, World};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use pritchel_actor::ActorId;
use pritchel_actors::person::rows::Scope;
use pritchel_web::viewer::hash_of;
use serde_json::json;
use std::sync::atomic::Ordering;

/// A token made by the form.
async fn made(who: &mut Browser<'_>, fields: &[(&str, &str)]) -> String {
    let answer = who.post("/settings/token", &[&[("label", "kettle")], fields].concat()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let token = between(&answer.text(), "class=\"secret\">", "<").to_owned();
    let plain = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    assert!(token.len() == 40 && token.chars().all(plain), "{token}");
    token
}

async fn fetches(world: &World, repo: &ActorId, token: &str) -> u16 {
    let path = repo.as_str().strip_prefix("https://a.example").unwrap();
    let ask = world.ask(Method::GET, &format!("{path}.git/info/refs?service=git-upload-pack"));
    let basic = format!("Basic {}", STANDARD.encode(format!("alice:{token}")));
    ask.with("authorization", &basic).answer().await.status.as_u16()
}

async fn reads(world: &World, target: &str, token: &str) -> Answer {
    world.ask(Method::GET, target).activity().with("authorization", &format!("token {token}")).answer().await
}

async fn posts(world: &World, person: &ActorId, token: &str) -> Answer {
    world.post(person, token, &json!({"type": "Note", "content": "tea", "to": ["https://b.example/x"]})).await
}

#[tokio::test]
async fn a_token_does_what_its_scopes_say_until_it_ends_or_is_dropped() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let repo = world.makes(&alice, "Repository", "tea", "private").await;
    let mut browser = Browser::until(&world, &alice, i64::MAX).await;
    let (read, git) = (made(&mut browser, &[("read", "on")]).await, made(&mut browser, &[("git", "on")]).await);
    let all = made(&mut browser, &[("read", "on"), ("write", "on"), ("git", "on"), ("days", "7")]).await;
    let inbox = format!("{alice}/inbox");
    assert_eq!(reads(&world, &inbox, &read).await.status, 200);
    assert_eq!(reads(&world, &inbox, &git).await.status, 403, "the scope is too small");
    assert_eq!((fetches(&world, &repo, &git).await, fetches(&world, &repo, &read).await), (200, 403));
    assert_eq!(
        (posts(&world, &alice, &all).await.status, posts(&world, &alice, &read).await.status.as_u16()),
        (http::StatusCode::CREATED, 403)
    );
    assert_eq!(reads(&world, &inbox, &"0".repeat(40)).await.status, 401, "one that nobody has made");
    let bob = world.person("bob").await;
    assert_eq!(reads(&world, &format!("{bob}/inbox"), &all).await.status, 404, "another's inbox");

    world.ports.later.store(7 * 86_400 - 1, Ordering::Relaxed);
    assert_eq!((fetches(&world, &repo, &all).await, posts(&world, &alice, &all).await.status.as_u16()), (200, 201));
    world.ports.later.store(7 * 86_400, Ordering::Relaxed);
    assert_eq!((fetches(&world, &repo, &all).await, posts(&world, &alice, &all).await.status.as_u16()), (401, 401));
    assert!(browser.sees("/settings").await.contains("ended"), "and is listed as such");
    browser.does("/settings/drop-token", &[("hash", &hash_of(&read))]).await;
    assert_eq!(reads(&world, &inbox, &read).await.status, 401, "dropped");
    assert!(world.front.ports.token_people(read[..10].to_owned()).await.unwrap().is_empty(), "and forgotten");
    for days in ["0", "soon", "99999"] {
        let fields = [("label", "x"), ("read", "on"), ("days", days)];
        assert_eq!(browser.post("/settings/token", &fields).await.status, 422, "{days}");
    }
}

#[tokio::test]
async fn a_token_for_one_repository_does_nothing_elsewhere() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let one = world.makes(&alice, "Repository", "one", "private").await;
    let other = world.makes(&alice, "Repository", "other", "private").await;
    let mut browser = Browser::of(&world, &alice).await;
    let settings = browser.sees("/settings").await;
    assert!(settings.contains(&format!("name=\"repository:{one}\"")), "{settings}");
    let named = format!("repository:{one}");
    let token = made(&mut browser, &[("read", "on"), ("write", "on"), ("git", "on"), (&named, "on")]).await;
    assert_eq!((fetches(&world, &one, &token).await, fetches(&world, &other, &token).await), (200, 403));
    let never = ActorId::new("https://a.example/repos/never");
    assert_eq!(fetches(&world, &never, &token).await, 403, "the same for what has never been");
    assert_eq!(reads(&world, one.as_str(), &token).await.status, 200);
    let seen = |repo: &ActorId, token: Option<&str>| {
        let ask = world.ask(Method::GET, repo.as_str()).activity();
        let ask = token.map_or(ask, |token| world.ask(Method::GET, repo.as_str()).activity().by(token));
        async move { (ask.answer().await.text(), ()) }
    };
    assert_eq!(seen(&other, Some(&token)).await, seen(&other, None).await, "what anybody sees");
    assert_eq!(posts(&world, &alice, &token).await.code(), "token-restricted");
    assert_eq!(reads(&world, &format!("{alice}/inbox"), &token).await.code(), "token-restricted");
    let whole = world.token(&alice, &[Scope::Read]).await;
    assert_eq!(reads(&world, &format!("{alice}/inbox"), &whole).await.status, 200);
    let wrong = [("label", "x"), ("read", "on"), ("repository:https://b.example/people/eve", "on")];
    assert_eq!(browser.post("/settings/token", &wrong).await.status, 422);
}

/// Waits for what is noted beside the request.
async fn shows(browser: &Browser<'_>, text: &str) -> bool {
    for _ in 0..200 {
        if browser.sees("/settings").await.contains(text) {
            return true;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    false
}

#[tokio::test]
async fn sessions_and_tokens_say_on_which_day_they_were_last_used_and_other_sessions_end_together() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut browser = Browser::until(&world, &alice, i64::MAX).await;
    let token = made(&mut browser, &[("read", "on")]).await;
    assert!(browser.sees("/settings").await.contains(">never<"));
    let other = pritchel_actors::person::OpenSession {
        hash: hash_of("another"),
        until: i64::MAX,
        browser: Some("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0".into()),
    };
    world.front.node.call::<pritchel_actors::Person, _>(&alice, &alice, other).await.unwrap();
    world.ports.later.store(3 * 86_400, Ordering::Relaxed);
    let inbox = format!("{alice}/inbox");
    assert_eq!(reads(&world, &inbox, &token).await.status, 200);
    // The clock of these tests stands at 21 September 2026.
    assert!(shows(&browser, ">24 Sep 2026<").await, "the token and this session");
    let page = browser.sees("/settings").await;
    assert!(page.contains("Firefox on Linux") && page.contains("this one") && !page.contains("Gecko"), "{page}");
    browser.does("/settings/end-other-sessions", &[]).await;
    let page = browser.sees("/settings").await;
    assert!(!page.contains("Firefox on Linux") && page.contains("this one"), "{page}");
}
