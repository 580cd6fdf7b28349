//! The first visitor of a new server becomes its administrator; signing in and out.

use crate::driver::{Browser, Scripts};
use crate::server::{PASSWORD, Server};
use crate::story;

#[test]
fn the_printed_link_makes_the_administrator_once() {
    story(async {
        let server = Server::start().await;
        let link = server.setup_link().await;
        assert!(link.starts_with(&format!("{}/setup/", server.base)), "{link}");
        let browser = Browser::start("first-start", Scripts::On).await;
        browser.visit(&link).await;
        assert_eq!(browser.text("h1").await, "Set up this server");
        browser.fill("main input[name=name]", "alice").await;
        browser.fill("main input[name=password]", PASSWORD).await;
        browser.fill("main input[name=again]", "something else").await;
        browser.press("main button.main").await;
        assert!(browser.text(".why").await.contains("not the same"));
        assert_eq!(browser.property("main input[name=name]", "value").await, "alice", "what was typed stays");
        browser.fill("main input[name=password]", PASSWORD).await;
        browser.fill("main input[name=again]", PASSWORD).await;
        browser.press("main button.main").await;
        assert_eq!(browser.page().await, format!("{}/", server.base));
        browser.follow("nav", "Settings").await;
        assert!(browser.text("#domain").await.contains(&server.host), "an administrator's settings");
        browser.visit(&link).await;
        assert!(browser.text(".why").await.contains("setup-over"));
        browser.press("form[action='/logout'] button").await;
        browser.visit(&link).await;
        assert!(browser.text(".why").await.contains("setup-over"), "refused to others, too");
        assert!(!browser.has("main form").await);
        browser.ends_quietly(&[422, 410]).await;
    });
}

#[test]
fn a_person_signs_in_and_out_and_a_wrong_password_is_refused() {
    story(async {
        let server = Server::start().await;
        let browser = server.visited_by("alice", Browser::start("sign-in", Scripts::Off).await).await;
        browser.follow("nav", "alice").await;
        assert_eq!(browser.text("h1").await, "alice");
        browser.press("form[action='/logout'] button").await;
        assert!(!browser.has("form[action='/logout']").await);
        for (name, password) in [("alice", "kettle and read"), ("nobody", PASSWORD)] {
            server.sign_in(&browser, name, password).await;
            assert_eq!(browser.text(".why").await, "The name or the password is not right.", "{name}");
            assert_eq!(browser.property("main input[name=password]", "value").await, "", "it is not sent back");
            assert!(!browser.has("form[action='/logout']").await);
        }
        browser.visit(&format!("{}/desk", server.base)).await;
        assert_eq!(browser.page().await, format!("{}/login", server.base), "sign in first");
        browser.fill("main input[name=name]", "alice").await;
        browser.fill("main input[name=password]", PASSWORD).await;
        browser.press("main button.main").await;
        assert_eq!(browser.page().await, format!("{}/desk", server.base), "and then go on");
        browser.ends_quietly(&[401]).await;
    });
}
