//! Somebody of another server named in what is written, and in what is edited: between two real processes, by the forms.

use crate::server::{Browser, PATIENCE, Server, free_host};
use std::time::{Duration, Instant};

/// Waits until a page of notifications says this.
async fn notified(browser: &Browser, what: &str) -> String {
    let until = Instant::now() + PATIENCE;
    loop {
        let page = browser.open("/notices").await.text().await.unwrap();
        if page.contains(what) {
            return page;
        }
        assert!(Instant::now() < until, "{what}: {page}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_named_on_another_server_is_notified_there_once() {
    let folder = tempfile::tempdir().unwrap();
    let red = Server::start(&folder.path().join("red"), &free_host(), &[]).await;
    let blue = Server::start(&folder.path().join("blue"), &free_host(), &[]).await;
    let (alice, _bob, _carol) = (red.person("alice"), blue.person("bob"), blue.person("carol"));
    let (tracker, _) = alice.tracker(&red.base, "Tea").await;
    let writer = red.browser("alice").await;
    let (bob, carol) = (blue.browser("bob").await, blue.browser("carol").await);
    let host = blue.base.split_once("://").unwrap().1;
    let page = tracker.strip_prefix(&red.base).unwrap();
    let text = format!("Have you seen it, @bob@{host}?");
    let open = [("tracker", tracker.as_str()), ("title", "Too hot"), ("text", &text)];
    assert_eq!(writer.send(page, "/do/open-ticket", &open).await.status(), 303);
    let told = notified(&bob, "mentioned you").await;
    assert!(told.contains("Too hot") && told.contains("1 unread"), "{told}");

    let ticket = format!("{tracker}/tickets/1");
    let text = format!("@bob@{host} has, and @carol@{host}");
    let edit = [("tracker", tracker.as_str()), ("ticket", &ticket), ("title", "Too hot"), ("text", &text)];
    assert_eq!(writer.send(&format!("{page}/tickets/1"), "/do/edit-ticket", &edit).await.status(), 303);
    let told = notified(&carol, "mentioned you").await;
    assert!(told.contains("1 unread") && told.contains(&ticket), "{told}");
    let told = notified(&bob, "mentioned you").await;
    assert!(told.contains("1 unread"), "he was named before: {told}");
}
