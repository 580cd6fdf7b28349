//! Documents and discovery: what every server is asked for before anything else, for each actor that was named.

use super::{Flow, Playing};
use crate::cli::demo::client::names;
use crate::cli::probe::peer::RESOURCES;
use crate::cli::probe::scene::{Ended, Scene, address_of, told};
use pritchel_actors::common::naming::origin_of;
use pritchel_deliver::key::PublicKey;
use serde_json::Value;

/// The media types of ActivityPub.
const MEDIA_TYPES: [&str; 2] = ["application/activity+json", "application/ld+json"];
/// An address at which no server has anything.
const NOWHERE: &str = "/pritchel-probe-there-is-nothing-here";

/// The flow.
pub const FLOW: Flow = Flow { ids: &["DOC"], title: "documents and discovery", kinds: &[""], play };

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let mut any = false;
        for kind in RESOURCES.iter().chain(&["Person"]) {
            if let Ok(actor) = scene.about(kind) {
                any = true;
                shown(scene, kind, actor.as_str()).await?;
            }
        }
        nothing_elsewhere(scene).await?;
        if any { Ok(()) } else { scene.about("TicketTracker").map(drop) }
    })
}

async fn shown(scene: &mut Scene, kind: &str, actor: &str) -> Ended {
    let got = scene.look(actor).await?;
    let types = MEDIA_TYPES.join(" or ");
    scene.holds("wire/media-type", MEDIA_TYPES.contains(&got.media_type.as_str()), &types, &got.media_type);
    let doc = got.body;
    scene.holds("wire/actor-id", doc["id"] == actor, &format!("the id {actor}"), &doc["id"].to_string());
    let typed = &doc["type"];
    scene.holds("wire/actor-type", names(typed, kind), &format!("the type {kind}"), &typed.to_string());
    for (key, term) in [("wire/actor-inbox", "inbox"), ("wire/actor-outbox", "outbox")] {
        let address = doc[term].as_str().unwrap_or_default();
        let own = !address.is_empty() && origin_of(address) == origin_of(actor);
        scene.holds(key, own, &format!("an {term} on {}", origin_of(actor)), &doc[term].to_string());
    }
    key(scene, actor, &doc);
    let followers = doc["followers"].as_str().unwrap_or_default().to_owned();
    let collection = if followers.is_empty() { Value::Null } else { scene.look(&followers).await?.body };
    let is = matches!(collection["type"].as_str(), Some("Collection" | "OrderedCollection"));
    scene.holds("wire/followers", is, "a collection of followers", &told(&collection));
    name(scene, actor, &doc).await
}

/// The key by which what the actor signs is verified: one object, owned by the actor, in PEM.
fn key(scene: &mut Scene, actor: &str, doc: &Value) {
    let key = &doc["publicKey"];
    let pem = key["publicKeyPem"].as_str().map(PublicKey::from_pem);
    let good = key["owner"] == actor && key["id"].is_string() && matches!(pem, Some(Ok(_)));
    let expected = "publicKey: one object with an id, an owner that is the actor, and a key as publicKeyPem";
    let why = match pem {
        Some(Err(why)) => format!(" ({why})"),
        _ => String::new(),
    };
    scene.holds("wire/actor-key", good, expected, &format!("{}{why}", told(key)));
}

/// A name leads to the actor by WebFinger.
async fn name(scene: &mut Scene, actor: &str, doc: &Value) -> Ended {
    let Some(name) = doc["preferredUsername"].as_str() else {
        scene.holds("wire/webfinger", false, "a preferredUsername", &told(&doc["preferredUsername"]));
        return Ok(());
    };
    let url = scene.peer.webfinger(name);
    let got = scene.peer.hand().get_json(&url).await.map_err(crate::cli::probe::scene::Stop)?;
    scene.trace(&url);
    let links = got.body["links"].as_array().cloned().unwrap_or_default();
    let leads = links.iter().any(|link| link["rel"] == "self" && address_of(&link["href"]) == Some(actor));
    let subject = got.body["subject"].as_str().is_some_and(|subject| subject.starts_with("acct:"));
    let expected = format!("200, an acct: as subject and a link of rel self to {actor}");
    scene.holds(
        "wire/webfinger",
        got.status == 200 && leads && subject,
        &expected,
        &format!("{} {}", got.status, told(&got.body)),
    );
    Ok(())
}

/// Where there is nothing, there is no document.
async fn nothing_elsewhere(scene: &mut Scene) -> Ended {
    let url = format!("{}{NOWHERE}", scene.peer.base);
    let got = scene.look(&url).await?;
    scene.holds("wire/not-found", matches!(got.status, 404 | 410), "404 or 410", &got.status.to_string());
    Ok(())
}
