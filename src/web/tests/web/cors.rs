//! Clients that are scripts of other origins: what they may ask and read, and what stays shut.

use crate::pages::browser::{Browser, COOKIE};
use crate::world::{ACTIVITY, Answer, World};
use http::Method;
use pritchel_actors::person::rows::Scope;
use serde_json::json;

const ELSEWHERE: &str = "https://client.example";
const ALLOWED: &str = "access-control-allow-origin";

async fn preflight(world: &World, path: &str, method: &str) -> Answer {
    let ask = world.ask(Method::OPTIONS, path).with("origin", ELSEWHERE);
    ask.with("access-control-request-method", method).answer().await
}

#[tokio::test]
async fn a_script_elsewhere_is_told_what_it_may_ask() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    for (path, methods) in [
        (format!("{alice}/outbox"), "GET, HEAD, POST"),
        (format!("{alice}/inbox"), "GET, HEAD"),
        ("/oauth/token".to_owned(), "POST"),
        ("/api/proxy".to_owned(), "POST"),
        ("/.well-known/oauth-authorization-server".to_owned(), "GET, HEAD"),
    ] {
        let answer = preflight(&world, &path, "POST").await;
        assert_eq!((answer.status.as_u16(), answer.header(ALLOWED)), (204, "*"), "{path}");
        assert_eq!(answer.header("access-control-allow-methods"), methods, "{path}");
        assert!(answer.header("access-control-allow-headers").contains("Authorization"), "{path}");
        assert_eq!(answer.header("access-control-allow-credentials"), "", "{path}");
    }
    for path in ["/do/follow", "/login", "/settings/token", "/oauth/authorize", "/desk", "/", "/-/pump"] {
        let answer = preflight(&world, path, "POST").await;
        assert!(answer.status.is_client_error() && answer.header(ALLOWED).is_empty(), "{path}: {}", answer.status);
    }
    let plain = world.ask(Method::OPTIONS, "/oauth/token").answer().await;
    assert_eq!(
        (plain.status.as_u16(), plain.header(ALLOWED)),
        (405, "*"),
        "a question without an origin is no preflight"
    );
}

#[tokio::test]
async fn a_script_elsewhere_posts_and_reads_by_its_token_and_reads_why_it_may_not() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let token = world.token(&alice, &[Scope::Read, Scope::Write]).await;
    let note = json!({"type": "Note", "content": "tea", "to": ["https://b.example/x"]}).to_string();
    let post = world.ask(Method::POST, &format!("{alice}/outbox")).by(&token).with("origin", ELSEWHERE);
    let posted = post.body(ACTIVITY, note.clone()).answer().await;
    assert_eq!((posted.status.as_u16(), posted.header(ALLOWED)), (201, "*"));
    assert!(posted.header("access-control-expose-headers").contains("Location"));
    let get = world.ask(Method::GET, &format!("{alice}/inbox")).activity().by(&token).with("origin", ELSEWHERE);
    let inbox = get.answer().await;
    assert_eq!((inbox.status.as_u16(), inbox.header(ALLOWED)), (200, "*"), "{}", inbox.text());
    let post = world.ask(Method::POST, &format!("{alice}/outbox")).with("origin", ELSEWHERE);
    let refused = post.body(ACTIVITY, note).answer().await;
    assert_eq!((refused.status.as_u16(), refused.header(ALLOWED)), (401, "*"));
    let public = world.ask(Method::GET, alice.as_str()).activity().with("origin", ELSEWHERE).answer().await;
    assert_eq!((public.status.as_u16(), public.header(ALLOWED)), (200, "*"));
}

#[tokio::test]
async fn what_a_cookie_opens_no_script_elsewhere_reads() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let browser = Browser::of(&world, &alice).await;
    let cookie = format!("{COOKIE}={}", browser.cookie.as_deref().unwrap());
    let inbox = format!("{alice}/inbox");
    for path in ["/", "/desk", "/settings", inbox.as_str(), alice.as_str(), "/nowhere", "/people/none"] {
        for accept in ["text/html", ACTIVITY] {
            let ask = world.ask(Method::GET, path).with("accept", accept).with("cookie", &cookie);
            let answer = ask.with("origin", ELSEWHERE).answer().await;
            assert_eq!(answer.header(ALLOWED), "", "{path} as {accept}");
        }
        let page = world.ask(Method::GET, path).with("accept", "text/html").with("origin", ELSEWHERE).answer().await;
        assert_eq!(page.header(ALLOWED), "", "{path}: a page is for its own origin, whoever looks");
    }
}
