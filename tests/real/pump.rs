//! A server without background workers makes the same progress whenever its pump is asked.

use crate::server::{Server, free_host, http};
use pritchel_actor::ActorId;
use pritchel_actors::client;
use serde_json::Value;

async fn pump(server: &Server) -> Value {
    let token = std::fs::read_to_string(server.data.join("pump-token")).unwrap();
    let request = http().post(format!("{}/-/pump?budget_ms=2000", server.base)).bearer_auth(token.trim());
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    serde_json::from_str(&answer.text().await.unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_follow_between_servers_moves_by_pumps_alone() {
    let folder = tempfile::tempdir().unwrap();
    let red = Server::start(&folder.path().join("red"), &free_host(), &["--no-background"]).await;
    let blue = Server::start(&folder.path().join("blue"), &free_host(), &["--no-background"]).await;
    let (alice, bob) = (red.person("alice"), blue.person("bob"));
    let follow = bob.post(&client::follow(&ActorId::new(alice.id.as_str()))).await;
    assert!(bob.inbox().await.is_empty(), "nothing moves by itself");
    for _ in 0..20 {
        let (one, other) = tokio::join!(pump(&blue), pump(&blue));
        assert!(one["moved"].is_object() && other["moved"].is_object(), "{one} {other}");
        pump(&red).await;
    }
    let accept = bob.answered(&follow).await;
    assert_eq!(accept["type"], "Accept");
    let accepts = bob.inbox().await.iter().filter(|activity| activity["type"] == "Accept").count();
    assert_eq!(accepts, 1, "two pumps at once do nothing twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pump_is_closed_to_strangers() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path(), &free_host(), &["--no-background"]).await;
    for token in ["", "wrong"] {
        let answer = http().post(format!("{}/-/pump", server.base)).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 401);
    }
}
