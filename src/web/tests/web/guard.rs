//! What every request goes through.

use crate::world::{ACTIVITY, ORIGIN, World};
use http::Method;

#[tokio::test]
async fn a_host_that_is_not_ours_is_told_so_whatever_it_asks() {
    let world = World::new().await;
    for (host, status) in
        [("a.example", 200), ("A.EXAMPLE", 200), ("a.example:443", 200), ("c.example", 421), ("a.example.", 421)]
    {
        let answer = world.bare(Method::GET, "/actor").with("host", host).activity().answer().await;
        assert_eq!(answer.status, status, "{host}");
    }
    let none = world.bare(Method::GET, "/actor").activity().answer().await;
    assert_eq!((none.status.as_u16(), none.code()), (421, "host-not-served".to_owned()));
    let git = world.bare(Method::GET, "/repos/x.git/info/refs").with("host", "c.example").answer().await;
    assert_eq!(git.status, 421);
    let absolute = world.bare(Method::GET, &format!("{ORIGIN}/actor")).activity().answer().await;
    assert_eq!(absolute.status, 200, "as HTTP/2 names it");
}

#[tokio::test]
async fn every_answer_keeps_browsers_safe_and_has_a_name_of_its_own() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let mut ids = Vec::new();
    for target in [alice.as_str(), "/nothing/here", "/robots.txt", "/repos/x.git/info/refs?service=git-upload-pack"] {
        let answer = world.get(target).await;
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{target}");
        assert!(!answer.header("content-security-policy").contains("unsafe"), "{target}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{target}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{target}");
        assert!(answer.header("strict-transport-security").starts_with("max-age"), "{target}");
        assert!(answer.header("vary").to_ascii_lowercase().contains("accept"), "{target}");
        ids.push(answer.header("x-request-id").to_owned());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 4);
    let plain = World::with(|settings| settings.secure_cookies = false).await;
    assert_eq!(plain.get("/actor").await.header("strict-transport-security"), "", "development has no TLS");
}

#[tokio::test]
async fn errors_are_problems_for_machines_and_pages_for_people() {
    let world = World::new().await;
    let machine = world.ask(Method::GET, "/nothing").with("accept", "application/json").answer().await;
    assert_eq!((machine.status.as_u16(), machine.code()), (404, "not-found".to_owned()));
    let person = world.ask(Method::GET, "/nothing").with("accept", "text/html").answer().await;
    assert_eq!(person.status, 404);
    assert!(person.header("content-type").starts_with("text/html"));
    let method = world.ask(Method::DELETE, "/robots.txt").answer().await;
    assert_eq!((method.status.as_u16(), method.code()), (405, "method-not-allowed".to_owned()));
    let posted = world.ask(Method::POST, "/people/x").body(ACTIVITY, "{}").answer().await;
    assert!(posted.status == 404 || posted.status == 405);
}

#[tokio::test]
async fn a_wrong_token_is_an_error_and_an_ended_session_is_nobody() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let inbox = format!("{alice}/inbox");
    for token in ["x", "x.y", "nobody.secret", "..", &"a".repeat(500)] {
        let answer = world.ask(Method::GET, &inbox).activity().by(token).answer().await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "token-not-good".to_owned()), "{token}");
        assert!(answer.header("www-authenticate").contains("invalid_token"));
    }
    let key = alice.as_str().rsplit('/').next().unwrap();
    let cookie = format!("__Host-pritchel={key}.gone");
    let answer = world.ask(Method::GET, alice.as_str()).activity().with("cookie", &cookie).answer().await;
    assert_eq!(answer.status, 200);
    assert_eq!(world.ask(Method::GET, &inbox).activity().with("cookie", &cookie).answer().await.status, 401);
}
