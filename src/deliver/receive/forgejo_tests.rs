//! What Forgejo sends, in its own shapes: signed over `(request-target) date host digest`, with `Host` that writes the port
//! even where it goes without saying, a `Like` without id and context, a `Follow` that its instance actor signs. The
//! fixtures are written here; the figures are those of its `modules/activitypub`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue};
use pritchel_actor::{Boxes, Value, What};
use serde_json::json;

use super::*;
use crate::key::fixture;
use crate::signature::digest::digest_header;
use crate::testing::{NOW, Scene, Served, actor};

const FORGEJO: &str = "https://code.example";
const CONTENT_TYPE: &str = r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams""#;
/// [`NOW`] as its signer writes it.
const DATE: &str = "Fri, 15 Jan 2027 08:00:00 GMT";

fn user() -> String {
    format!("{FORGEJO}/api/v1/activitypub/user-id/5")
}

fn instance() -> String {
    format!("{FORGEJO}/api/v1/activitypub/actor")
}

fn document(id: &str, kind: &str, name: &str) -> Value {
    json!({
        "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
        "id": id, "type": kind, "preferredUsername": name, "url": format!("{FORGEJO}/{name}"),
        "inbox": format!("{id}/inbox"), "outbox": format!("{id}/outbox"),
        "publicKey": {"id": format!("{id}#main-key"), "owner": id, "publicKeyPem": fixture::rsa().public_key().to_pem()},
    })
}

/// A POST as its client makes it.
fn post(signer: &str, target: &str, body: &Value) -> Incoming {
    let host = "forge.example:443";
    let body = Bytes::from(body.to_string());
    let digest = digest_header(&body);
    let text = format!("(request-target): post {target}\ndate: {DATE}\nhost: {host}\ndigest: {digest}");
    let signature = STANDARD.encode(fixture::rsa().sign(text.as_bytes()).unwrap());
    let signature = format!(
        r#"keyId="{signer}#main-key",algorithm="hs2019",headers="(request-target) date host digest",signature="{signature}""#
    );
    let headers = [
        ("host", host),
        ("date", DATE),
        ("digest", &digest),
        ("content-type", CONTENT_TYPE),
        ("accept", "application/json, application/ld+json"),
        ("user-agent", "Gitea/1.24"),
        ("signature", &signature),
    ];
    let headers =
        headers.into_iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
    Incoming {
        method: "POST".to_owned(),
        target: target.to_owned(),
        host: host.to_owned(),
        headers: headers.collect(),
        body,
    }
}

async fn taken(scene: &Scene, signer: &str, owner: &str, body: &Value) -> (Delivered, Vec<(String, Value)>) {
    let receiver = scene.outside.receiver(scene.turns.clone());
    let target = format!("/{owner}/inbox");
    let delivered = receiver.deliver(post(signer, &target, body), Some(actor(owner))).await;
    let mail = scene.near.boxes.mail(&actor(owner), None, 10).await.unwrap();
    let acts = mail.into_iter().map(|mail| match mail.message.what.clone() {
        What::Act { id, how } => (id.to_string(), Value::clone(&how)),
        other => panic!("{other:?}"),
    });
    (delivered, acts.collect())
}

async fn scene() -> Scene {
    let scene = Scene::new(&["people/a", "repos/tea"]).await;
    scene.net.serve(user(), Served::Document(document(&user(), "Person", "ada")));
    scene.net.serve(instance(), Served::Document(document(&instance(), "Application", "ghost")));
    scene
}

fn follow() -> Value {
    json!({"@context": "https://www.w3.org/ns/activitystreams", "id": format!("{}/follows/0190a1c2-0000-7000-8000-000000000001", user()),
        "type": "Follow", "actor": user(), "object": actor("people/a")})
}

#[tokio::test]
async fn a_follow_and_its_undo_are_taken_with_the_port_in_host() {
    let scene = scene().await;
    let (delivered, mail) = taken(&scene, &user(), "people/a", &follow()).await;
    assert_eq!((delivered, mail.len()), (Delivered::Accepted, 1));
    assert_eq!(mail[0].1["verdict"], "signed by its actor");
    let undo = json!({"@context": "https://www.w3.org/ns/activitystreams", "id": format!("{}/undo/1", user()),
        "type": "Undo", "actor": user(), "object": follow()});
    let (delivered, mail) = taken(&scene, &user(), "people/a", &undo).await;
    assert_eq!((delivered, mail.len()), (Delivered::Accepted, 2));
}

#[tokio::test]
async fn a_like_without_id_and_context_is_known_by_its_object_and_time() {
    let scene = scene().await;
    let like = |time: &str| json!({"type": "Like", "startTime": time, "actor": user(), "object": actor("repos/tea")});
    let (delivered, mail) = taken(&scene, &user(), "repos/tea", &like("2027-01-15T08:00:00Z")).await;
    assert_eq!((delivered, mail.len()), (Delivered::Accepted, 1));
    assert!(mail[0].0.starts_with(&format!("{}/no-id/", user())), "{}", mail[0].0);
    scene.clock.set(NOW + 5);
    // Signed anew (its receiver was restarted meanwhile, so the signature is not remembered): the same act by its made-up id.
    let (delivered, mail) = taken(&scene, &user(), "repos/tea", &like("2027-01-15T08:00:00Z")).await;
    assert_eq!((delivered, mail.len()), (Delivered::Accepted, 2));
    assert_eq!(mail[0].0, mail[1].0);
    let (_, mail) = taken(&scene, &user(), "repos/tea", &like("2027-01-15T08:00:02Z")).await;
    assert_ne!(mail[0].0, mail[2].0);
}

#[tokio::test]
async fn a_note_about_what_its_user_did_is_taken() {
    let scene = scene().await;
    let note = json!({"id": format!("{}/activities/7", user()), "type": "Note", "attributedTo": user(), "content": "<a>ada</a> pushed",
        "url": format!("{FORGEJO}/ada"), "published": "2027-01-15T08:00:00Z"});
    let create = json!({"@context": "https://www.w3.org/ns/activitystreams", "id": format!("{}/activities/7/activity", user()),
        "type": "Create", "actor": user(), "to": "https://www.w3.org/ns/activitystreams#Public",
        "cc": format!("{}/followers", user()), "object": note});
    let (delivered, mail) = taken(&scene, &user(), "people/a", &create).await;
    assert_eq!((delivered, mail.len()), (Delivered::Accepted, 1));
}

#[tokio::test]
async fn its_instance_actor_may_sign_for_a_user_of_its_own_server_and_for_no_other() {
    let scene = scene().await;
    let (delivered, mail) = taken(&scene, &instance(), "people/a", &follow()).await;
    assert_eq!((delivered, mail.len()), (Delivered::Accepted, 1));
    assert_eq!(mail[0].1["verdict"], "signed by the instance actor of its server");
    assert_eq!(mail[0].1["forwarded_by"], instance());
    let victim = "https://victim.example/people/v";
    scene.net.person(&victim.into());
    let forged =
        json!({"id": "https://victim.example/1", "type": "Follow", "actor": victim, "object": actor("people/a")});
    let (delivered, mail) = taken(&scene, &instance(), "people/a", &forged).await;
    assert!(matches!(delivered, Delivered::Refused(Refused { status: 401, .. })), "{delivered:?}");
    assert_eq!(mail.len(), 1);
}

#[tokio::test]
async fn an_organisation_user_does_not_speak_for_its_server() {
    let scene = scene().await;
    let other = format!("{FORGEJO}/api/v1/activitypub/user-id/6");
    scene.net.serve(&other, Served::Document(document(&other, "Application", "bot")));
    let (delivered, mail) = taken(&scene, &other, "people/a", &follow()).await;
    assert!(matches!(delivered, Delivered::Refused(Refused { status: 401, .. })), "{delivered:?}");
    assert_eq!(mail.len(), 0);
}
