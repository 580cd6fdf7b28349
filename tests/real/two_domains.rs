//! Several domains on one server: each with its own names, instance actor and NodeInfo.

use crate::server::{Server, free_host, http, run, run_ok};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_name_on_two_domains_is_two_actors() {
    let folder = tempfile::tempdir().unwrap();
    let listen = free_host();
    let port = listen.rsplit(':').next().unwrap();
    let (one, two) = (format!("one.localhost:{port}"), format!("two.localhost:{port}"));
    let server = Server::start_serving(folder.path(), &listen, &[&one, &two], &[]).await;
    let data = server.data.to_str().unwrap();
    let add = |domain: &str| run_ok(&["person", "add", "alice", "--domain", domain, "--data", data]);
    let (first, second) = (add(&one), add(&two));
    assert_ne!(first, second);
    assert!(first.starts_with(&format!("http://{one}/")) && second.starts_with(&format!("http://{two}/")));
    let ambiguous = run(&["person", "add", "carol", "--data", data]);
    assert!(!ambiguous.status.success(), "which domain is not guessed");
    for (domain, person) in [(&one, &first), (&two, &second)] {
        let url = format!("http://{domain}/.well-known/webfinger?resource=acct:alice@{domain}");
        let found: Value = serde_json::from_str(&http().get(&url).send().await.unwrap().text().await.unwrap()).unwrap();
        let leads = found["links"].as_array().unwrap().iter().any(|link| link["href"] == person.as_str());
        assert!(leads, "{found}");
        let actor = http().get(format!("http://{domain}/actor")).header("accept", "application/activity+json");
        let actor: Value = serde_json::from_str(&actor.send().await.unwrap().text().await.unwrap()).unwrap();
        assert_eq!(actor["id"], format!("http://{domain}/actor"));
    }
    let other = http().get(format!("http://{one}/actor")).header("host", "elsewhere.example").send().await.unwrap();
    assert_eq!(other.status().as_u16(), 421, "a domain that is not served");
}
