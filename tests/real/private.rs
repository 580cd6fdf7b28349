//! Something private with a member on another server: the document of a private actor is for its members, and what it sends
//! has to be verified by servers that are none.

use crate::server::{Server, free_host, http};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_private_tracker_says_is_believed_on_the_server_of_its_member() {
    let folder = tempfile::tempdir().unwrap();
    let red = Server::start(&folder.path().join("red"), &free_host(), &[]).await;
    let blue = Server::start(&folder.path().join("blue"), &free_host(), &[]).await;
    let (alice, bob) = (red.person("alice"), blue.person("bob"));
    let (tracker, permit) = alice.makes_for(&red.base, "TicketTracker", "Plans", "private").await;
    let (tracker, permit) = (ActorId::new(tracker), ActId::new(permit));
    let (alices, bobs) = (ActorId::new(alice.id.clone()), ActorId::new(bob.id.clone()));

    let invite = alice.post(&client::invite(&tracker, &bobs, "triage", &permit)).await;
    bob.receives(|activity| activity["id"] == invite.as_str()).await;
    let said = |activity: &Value| activity["actor"] == tracker.as_str();
    bob.receives(|activity| said(activity) && activity["type"] == "Accept").await;
    bob.post(&client::accept(&ActId::new(invite), &[&tracker, &alices])).await;
    let grant = bob.receives(|activity| said(activity) && activity["type"] == "Grant").await;
    assert_eq!(grant["target"], bob.id.as_str());

    let grant = ActId::new(grant["id"].as_str().unwrap());
    let open = client::open_ticket(&bobs, &tracker, "Hush", "Nobody may know.", Some(&grant));
    let open = bob.post(&client::not_public(open)).await;
    let opened = bob.answered(&open).await;
    assert_eq!((&opened["type"], &opened["actor"]), (&"Accept".into(), &tracker.as_str().into()), "{opened}");
    let ticket = opened["result"].as_str().unwrap();
    let comment = client::comment(&tracker, ticket, None, "I have **heard** it.", Some(&permit));
    let comment = alice.post(&client::not_public(comment)).await;
    bob.receives(|activity| activity["id"] == comment.as_str()).await;

    // Its member reads it by their own server, which asks in their name; others of that server do not.
    let carol = blue.person("carol");
    let proxied = async |token: &str, id: &str| {
        let request = http().post(format!("{}/api/proxy", blue.base)).bearer_auth(token);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(format!("id={id}"));
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    for (id, shown) in
        [(ticket, "Hush"), (tracker.as_str(), "Plans"), (&*format!("{ticket}/replies"), "OrderedCollection")]
    {
        let (status, document) = proxied(&bob.token, id).await;
        assert!(status == 200 && document.contains(shown), "{id}: {status} {document}");
        let (_, document) = proxied(&carol.token, id).await;
        assert!(!document.contains(shown), "{id}: {document}");
    }

    // To whoever knows its address it shows its keys, and by name, as a page and in parts it is not there.
    let get = async |path: &str, accept: &str| {
        let answer = http().get(format!("{tracker}{path}")).header("accept", accept).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, document) = get("", "application/activity+json").await;
    assert!(status == 200 && document.contains("publicKeyPem") && !document.contains("Plans"), "{document}");
    assert_eq!(get("", "text/html").await.0, 404);
    assert_eq!(get("/tickets", "application/activity+json").await.0, 404);
    let host = red.base.trim_start_matches("http://");
    let finger = format!("{}/.well-known/webfinger?resource=acct:plans@{host}", red.base);
    assert_eq!(http().get(&finger).send().await.unwrap().status().as_u16(), 404);
}
