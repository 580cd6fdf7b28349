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

#[tokio::test]
async fn a_method_that_is_not_done_at_an_address_is_told_those_that_are() {
    let world = World::new().await;
    let alice = world.person("alice").await;
    #[rustfmt::skip]
    let rows = [
        ("/actor".to_owned(),             "GET,HEAD"),
        (alice.to_string(),               "GET,HEAD"),
        (format!("{alice}/followers"),    "GET,HEAD"),
        (format!("{alice}/outbox"),       "GET,HEAD,POST"),
        (format!("{alice}/inbox"),        "GET,HEAD,POST"),
        ("/inbox".to_owned(),             "POST"),
        ("/login".to_owned(),             "GET,HEAD,POST"),
        ("/repos/none/commits/1".into(),  "GET,HEAD"),
    ];
    for (path, allowed) in rows {
        for method in [Method::DELETE, Method::OPTIONS, Method::PUT] {
            let answer = world.ask(method.clone(), &path).answer().await;
            assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, allowed), "{method} {path}");
            assert_eq!(answer.code(), "method-not-allowed");
        }
    }
    let posted = world.ask(Method::POST, alice.as_str()).answer().await;
    assert_eq!((posted.status.as_u16(), posted.header("allow")), (405, "GET,HEAD"));
    for method in [Method::DELETE, Method::OPTIONS, Method::POST] {
        assert_eq!(world.ask(method, "/nothing").answer().await.status, 404);
    }
}

#[tokio::test]
async fn a_form_that_is_too_large_is_refused_as_everything_else_is() {
    let world = World::new().await;
    let large = "x".repeat(pritchel_web::limits::FORM_BYTES_MAX + 1);
    for path in ["/login", "/logout", "/register", "/do/follow", "/settings/profile"] {
        let post = || world.ask(Method::POST, path).body("application/x-www-form-urlencoded", large.clone());
        let problem = post().answer().await;
        assert_eq!((problem.status.as_u16(), problem.code().as_str()), (413, "body-too-large"), "{path}");
        let page = post().with("accept", "text/html").answer().await;
        assert_eq!(page.status, 413);
        assert!(page.header("content-type").starts_with("text/html") && page.text().contains("at most"), "{path}");
    }
}
