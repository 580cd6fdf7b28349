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

async fn finger(base: &str, acct: &str) -> Value {
    let url = format!("{base}/.well-known/webfinger?resource=acct:{acct}");
    serde_json::from_str(&http().get(&url).send().await.unwrap().text().await.unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_at_another_host_lead_other_servers_to_the_actor_and_nobody_takes_names_of_others() {
    let folder = tempfile::tempdir().unwrap();
    let listen = free_host();
    let port = listen.rsplit(':').next().unwrap();
    let (host, display) = (format!("one.localhost:{port}"), format!("two.localhost:{port}"));
    let domain = format!("{host}={display}");
    let red = Server::start_serving(&folder.path().join("red"), &listen, &[&domain], &[]).await;
    let data = red.data.to_str().unwrap();
    let alice = run_ok(&["person", "add", "alice", "--domain", &display, "--data", data]);
    assert!(alice.starts_with(&format!("http://{host}/people/")), "{alice}");
    for base in [format!("http://{host}"), format!("http://{display}")] {
        for name in [format!("alice@{host}"), format!("alice@{display}")] {
            let found = finger(&base, &name).await;
            assert_eq!(found["subject"], format!("acct:alice@{display}"), "{base} {name}");
            assert_eq!(found["links"][0]["href"], alice.as_str());
        }
    }
    let other = http().get(format!("http://{display}/actor")).send().await.unwrap();
    assert_eq!(other.status().as_u16(), 421, "addresses lie at the other host");
    let blue = Server::start(&folder.path().join("blue"), &free_host(), &[]).await;
    for name in [format!("alice@{display}"), format!("alice@{host}")] {
        let page = blue.look(&name).await;
        assert!(page.contains(&alice), "{name}: {page}");
    }
    let nobody = blue.look(&format!("bob@{display}")).await;
    assert!(!nobody.contains(&format!("http://{host}/people/")), "{nobody}");
    let here = red.look(&format!("alice@{display}")).await;
    assert!(here.starts_with("/people/"), "a name of ours is found here, by whichever host: {here}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_rotated_and_revoked_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let host = free_host();
    let server = Server::start(folder.path(), &host, &[]).await;
    let data = server.data.to_str().unwrap();
    let alice = server.person("alice");
    let instance = (format!("http://{host}/actor"), format!("{}@{host}", host.split(':').next().unwrap()));
    let keys = async |actor: &str| -> Vec<String> {
        let document = http().get(actor).header("accept", "application/activity+json").send().await.unwrap();
        let document: Value = serde_json::from_str(&document.text().await.unwrap()).unwrap();
        let others = document["assertionMethod"].as_array().unwrap().iter().map(|key| &key["id"]);
        let ids = std::iter::once(&document["publicKey"]["id"]).chain(others);
        ids.map(|id| id.as_str().unwrap().rsplit('#').next().unwrap().to_owned()).collect()
    };
    let become_of = async |actor: &str, expected: &[&str]| {
        let until = std::time::Instant::now() + crate::server::PATIENCE;
        while keys(actor).await != expected {
            assert!(std::time::Instant::now() < until, "{actor}: {:?}", keys(actor).await);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let (tracker, _) = alice.makes(&server.base, "TicketTracker", "Plans").await;
    let (hidden, _) = alice.makes_for(&server.base, "Repository", "Hidden", "private").await;
    let (tracker, hidden) = ((tracker, format!("plans@{host}")), (hidden, format!("hidden@{host}")));
    for (actor, name) in [(alice.id, format!("alice@{host}")), instance, tracker, hidden] {
        become_of(&actor, &["main-key", "ed25519-key"]).await;
        let told = run_ok(&["key", "rotate", &name, "--data", data]);
        assert!(told.starts_with(&actor) && told.contains("24 hours"), "{told}");
        become_of(&actor, &["main-key", "ed25519-key", "ed25519-key-2", "main-key-2"]).await;
        let again = run(&["key", "rotate", &name, "--data", data]);
        assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("under-way"), "{again:?}");
        run_ok(&["key", "rotate", "--revoke-old", &name, "--data", data]);
        become_of(&actor, &["main-key-3", "ed25519-key-3"]).await;
    }
    let nobody = run(&["key", "rotate", "nobody", "--data", data]);
    assert!(!nobody.status.success() && String::from_utf8_lossy(&nobody.stderr).contains("nobody"));
}
