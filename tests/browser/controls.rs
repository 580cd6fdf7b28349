//! The checks that find nothing in the stories do find something where there is something.

use crate::driver::{Browser, Scripts};
use crate::server::Server;
use crate::story;

const TALKS: &str =
    "data:text/html,<title>before</title><script>document.title='after';console.error('spilt')</script>";

#[test]
fn a_browser_with_scripts_runs_them_and_its_console_is_heard() {
    story(async {
        let browser = Browser::start("scripts-on", Scripts::On).await;
        browser.visit(TALKS).await;
        assert_eq!(browser.title().await, "after");
        let console = browser.console().await;
        assert!(console.iter().any(|entry| entry.contains("spilt")), "{console:?}");
        browser.ends_quietly(&[]).await;
        browser.visit("data:text/html,<body onload=alert(1)>").await;
        assert!(browser.has_dialogue().await);
        browser.dismiss().await;
        assert!(!browser.has_dialogue().await);
    });
}

#[test]
fn a_browser_without_scripts_runs_none() {
    story(async {
        let browser = Browser::start("scripts-off", Scripts::Off).await;
        browser.visit(TALKS).await;
        assert_eq!(browser.title().await, "before");
        browser.ends_quietly(&[]).await;
    });
}

#[test]
fn a_page_that_is_not_there_says_so_and_the_console_is_told() {
    story(async {
        let server = Server::start().await;
        let browser = Browser::start("nowhere", Scripts::On).await;
        browser.visit(&format!("{}/nowhere", server.base)).await;
        assert_eq!(browser.text(".card .word").await, "404");
        let console = browser.console().await;
        assert!(console.iter().any(|entry| entry.contains("with a status of 404 ")), "{console:?}");
    });
}
