//! A file attached to a ticket of a real server: it outlives a kill, is missed when its bytes are gone, and goes with its ticket.

use crate::server::{Server, free_host, http, run, run_ok};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use std::path::{Path, PathBuf};

const LOG: &[u8] = b"<script>boiled()</script>\n";

/// The files that lie in the place of blobs.
fn blobs(data: &Path) -> Vec<PathBuf> {
    let files = |folder: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
    };
    files(&data.join("blob")).iter().filter(|part| !part.ends_with("tmp")).flat_map(|part| files(part)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attached_file_outlives_a_kill_and_goes_with_its_ticket() {
    let dir = tempfile::tempdir().unwrap();
    let (data, host) = (dir.path().join("data"), free_host());
    let mut server = Server::start(&data, &host, &[]).await;
    let alice = server.person("alice");
    let (tracker, grant) = alice.tracker(&server.base, "Bugs").await;
    let browser = server.browser("alice").await;
    let page = tracker.strip_prefix(&server.base).unwrap();
    let fields = [("tracker", tracker.as_str()), ("title", "Too hot"), ("text", "See the log.")];
    let sent = browser.send_file(page, "/do/open-ticket", &fields, ("boiler.html", LOG)).await;
    assert_eq!(sent.status(), 303, "{}", sent.text().await.unwrap());
    let ticket = format!("{tracker}/tickets/1");
    alice.sees(&ticket, |ticket| ticket["attachment"]["name"] == "boiler.html").await;
    let (_, shown) = alice.get(&ticket).await;
    let url = shown["attachment"]["url"].as_str().unwrap().to_owned();

    server.kill();
    let mut server = Server::start(&data, &host, &[]).await;
    let served = http().get(&url).send().await.unwrap();
    assert_eq!(served.status(), 200);
    assert_eq!(served.headers()["content-type"], "text/plain; charset=utf-8", "nothing that a browser runs");
    assert!(served.headers()["content-disposition"].to_str().unwrap().starts_with("attachment;"));
    assert_eq!(served.bytes().await.unwrap(), LOG);
    assert_eq!(blobs(&data).len(), 1);

    server.kill();
    let (there, away) = (blobs(&data).remove(0), dir.path().join("away"));
    std::fs::rename(&there, &away).unwrap();
    let data_arg = data.to_str().unwrap();
    let check = run(&["check", "--data", data_arg]);
    assert!(!check.status.success() && String::from_utf8_lossy(&check.stdout).contains("missing"), "{check:?}");
    std::fs::rename(&away, &there).unwrap();
    run_ok(&["check", "--data", data_arg]);

    let mut server = Server::start(&data, &host, &[]).await;
    assert_eq!(blobs(&data).len(), 1, "what a text names is not swept");
    alice.post(&client::delete_ticket(&ActorId::new(tracker), &ticket, &ActId::new(grant))).await;
    alice.sees(&ticket, |ticket| ticket["type"] == "Tombstone" || ticket.is_null()).await;
    assert_eq!(http().get(&url).send().await.unwrap().status(), 404);
    server.kill();
    let server = Server::start(&data, &host, &[]).await;
    let until = std::time::Instant::now() + crate::server::PATIENCE;
    while !blobs(&data).is_empty() {
        assert!(std::time::Instant::now() < until, "what nothing names stays: {}", server.log());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
