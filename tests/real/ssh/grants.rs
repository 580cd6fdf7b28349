//! Actors of other servers, who show a Grant behind the address of a repository.

use super::{Ssh, add_key, commit, is_here, key, path_of, pushed, work};
use crate::server::{Person, Server, free_host};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use serde_json::Value;
use std::path::Path;

/// Base64 for addresses, without padding, as whoever builds such an address has it.
fn base64url(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text)
}

fn id(address: &str) -> ActorId {
    ActorId::new(address)
}

/// Invites somebody in a role, who accepts, and answers the Grant they get.
async fn granted(owner: &Person, resource: &str, admin: &str, who: &Person, role: &str) -> String {
    let invite = owner.post(&client::invite(&id(resource), &id(&who.id), role, &ActId::new(admin))).await;
    who.receives(|activity| activity["type"] == "Accept" && activity["object"] == invite.as_str()).await;
    who.post(&client::accept(&ActId::new(invite), &[&id(resource), &id(&owner.id)])).await;
    let grant = who
        .receives(|activity| {
            activity["type"] == "Grant" && activity["context"] == resource && activity["target"] == who.id.as_str()
        })
        .await;
    grant["id"].as_str().unwrap().to_owned()
}

/// The address to push to: the first of the document, and the Grant behind it.
async fn push_uri(who: &Person, repository: &str, grant: &str) -> String {
    let (_, document) = who.get(repository).await;
    format!("{}/{}", document["pushUri"][0].as_str().unwrap(), base64url(grant))
}

fn refused(red: &Ssh, tree: &Path, key: &Path, uri: &str) -> String {
    red.git(tree, key, &["push", uri, "main:refused"]).unwrap_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_actor_of_another_server_pushes_by_a_grant_until_it_is_taken_back() {
    if !is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let red = Ssh::start(folder, "red").await;
    let blue = Server::start(&folder.join("blue"), &free_host(), &[]).await;
    let (alice, bob, carol) = (red.server.person("alice"), blue.person("bob"), blue.person("carol"));
    let (tea, of_tea) = alice.makes(&red.server.base, "Repository", "Tea").await;
    let (milk, of_milk) = alice.makes(&red.server.base, "Repository", "Milk").await;
    let [bobs, carols] = ["bob", "carol"].map(|name| {
        let key = key(folder, name, &["ed25519"]);
        add_key(&blue, name, &key);
        key
    });
    let grant = granted(&alice, &tea, &of_tea, &bob, "write").await;
    let on_milk = granted(&alice, &milk, &of_milk, &bob, "write").await;
    let to_read = granted(&alice, &tea, &of_tea, &carol, "triage").await;
    let tree = work(folder, "tree");
    let uri = push_uri(&alice, &tea, &grant).await;

    red.git(&tree, &bobs, &["push", "-q", &uri, "main"]).unwrap();
    let told = pushed(&alice, &tea, &bob.id).await;
    assert_eq!((&told["actor"], told.get("context")), (&Value::from(tea.as_str()), None));
    // With padding, with a slash, and under the usual path, it is the same.
    commit(&tree, "milk.txt");
    let padded = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE, &grant);
    let padded = red.uri("grant", &format!("{}/{padded}/", path_of(&tea).trim_end_matches(".git")));
    red.git(&tree, &bobs, &["push", "-q", &padded, "main"]).unwrap();

    let base = uri.rsplit_once('/').unwrap().0.to_owned();
    let with = |grant: &str| format!("{base}/{}", base64url(grant));
    #[rustfmt::skip]
    let rows = [
        ("a key of another actor",   &carols, uri.clone(),             "expected one of the SSH keys that"),
        ("a Grant of another",       &bobs,   with(&to_read),          "expected one of the SSH keys that"),
        ("a Grant for another role", &carols, with(&to_read),          "is worth the role triage, this needs write"),
        ("another repository",       &bobs,   with(&on_milk),          "is about"),
        ("no Grant at all",          &bobs,   with(told["id"].as_str().unwrap()), "expected a Grant at"),
        ("a Grant that is not there", &bobs,  with(&format!("{tea}/outbox/none")), "is gone"),
        ("no base64",                &bobs,   format!("{base}/***"),   "expected the address of a Grant in base64"),
    ];
    for (what, key, uri, expected) in rows {
        let why = refused(&red, &tree, key, &uri);
        assert!(why.contains("pritchel: ") && why.contains(expected), "{what}: {why}");
    }
    red.git(&tree, &carols, &["fetch", "-q", &with(&to_read)]).unwrap();

    alice.post(&client::remove(&id(&tea), &id(&bob.id), &ActId::new(of_tea.as_str()))).await;
    bob.receives(|activity| activity["type"] == "Revoke" && activity["object"] == grant.as_str()).await;
    let why = refused(&red, &tree, &bobs, &uri);
    assert!(why.contains("was taken back"), "{why}");
    let (_, branches) = alice.get(&format!("{tea}/refs/heads/refused")).await;
    assert!(branches["ref"].is_null(), "nothing of it was done: {branches}");
    red.server.stop();
    blue.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_private_repository_is_there_for_the_holder_of_a_grant_and_for_nobody_else() {
    if !is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let red = Ssh::start(folder, "red").await;
    let blue = Server::start(&folder.join("blue"), &free_host(), &[]).await;
    let (alice, bob) = (red.server.person("alice"), blue.person("bob"));
    let (plans, of_plans) = alice.makes_for(&red.server.base, "Repository", "Plans", "private").await;
    let (tea, of_tea) = alice.makes(&red.server.base, "Repository", "Tea").await;
    let bobs = key(folder, "bob", &["ed25519"]);
    add_key(&blue, "bob", &bobs);
    let grant = granted(&alice, &plans, &of_plans, &bob, "write").await;
    let on_tea = granted(&alice, &tea, &of_tea, &bob, "write").await;
    let tree = work(folder, "tree");
    let base = red.uri("grant", &path_of(&plans));
    let with = |grant: &str| format!("{base}/{}", base64url(grant));
    red.git(&tree, &bobs, &["push", "-q", &with(&grant), "main"]).unwrap();
    red.git(folder, &bobs, &["clone", "-q", &with(&grant), "copy"]).unwrap();
    assert!(folder.join("copy/tea.txt").exists());
    let none = red.git(&tree, &bobs, &["fetch", &red.uri("grant", "nothing")]).unwrap_err();
    assert!(none.contains("there is no such repository here, or it is not for you"), "{none}");
    for uri in [base.clone(), with(&on_tea), with(&format!("{plans}/outbox/none"))] {
        assert_eq!(red.git(&tree, &bobs, &["fetch", &uri]).unwrap_err(), none, "{uri}");
    }
}
