//! How a link ends: either side ends it, and what came over it is taken back.

use super::begun::Came;
use super::ends::{Agrees, Begins};
use super::{At, props};
use crate::cli::demo::client::names;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, is_a, told_of};
use pritchel_actor::ActId;
use pritchel_actors::client as posts;
use serde_json::Value;

/// The peer's side ends it, after ben has tried to.
pub async fn by_them(scene: &mut Scene, at: &At, came: &Came, keys: &Begins) -> Ended {
    let At { peer, ours, collection, theirs, .. } = at;
    let [authority, ends, tells, cascades] = keys.remove;
    let mut remove = posts::remove_link(peer, at.end.collection(), &ours.id, theirs);
    remove["origin"] = collection.as_str().into();
    let act = scene.says(Who::Ben, &props::without_capability(remove.clone())).await?;
    let refused = scene.not_accepted(&act, peer).await;
    let found = scene.collection(collection).await?;
    let held = refused.is_ok() && found.lists(ours.id.as_str());
    let expected = format!("no Accept, and {} still listed: who asks has no Grant", ours.id);
    scene.holds(authority, held, &expected, &refused.err().unwrap_or_else(|| found.told()));

    let is_it = |activity: &Value| has_type(activity, "Remove") && names(&activity["object"], ours.id.as_str());
    let please = format!("take {} out of the {} of {peer}", ours.id, at.end.collection());
    let act = scene.they_say(&please, &remove, is_it).await?;
    if at.is_source() {
        let answer = scene.answer(&act, peer).await;
        let expected = format!("an Accept of the Remove, told to {}", ours.id);
        scene.holds(tells, is_a(&answer, "Accept"), &expected, &told_of(&answer));
    } else {
        revoked(scene, tells, &came.grant).await;
        extension_revoked(scene, cascades, came).await;
    }
    dropped(scene, at, ends).await
}

/// Our side ends it, and the peer's acts on that.
pub async fn by_us(scene: &mut Scene, at: &At, came: &Came, keys: &Agrees) -> Ended {
    let [ends, tells, cascades] = keys.dropped;
    let At { peer, ours, .. } = at;
    let remove = posts::remove_link(&ours.id, at.end.opposite().collection(), peer, &ours.grant);
    let act = scene.says(Who::Ann, &remove).await?;
    scene.home.client(Who::Ann).answered(&act).await?;
    if !at.is_source() {
        revoked(scene, tells, &came.grant).await;
        extension_revoked(scene, cascades, came).await;
    }
    dropped(scene, at, ends).await
}

async fn dropped(scene: &mut Scene, at: &At, key: &str) -> Ended {
    let At { ours, collection, .. } = at;
    let (gone, found) = scene.collects(collection, |found| !found.lists(ours.id.as_str())).await?;
    scene.holds(key, gone, &format!("{} no longer in {collection}", ours.id), &found.told());
    Ok(())
}

/// A Grant that came over the link is taken back.
async fn revoked(scene: &mut Scene, key: &str, grant: &ActId) {
    let is_it = |activity: &Value| has_type(activity, "Revoke") && names(&activity["object"], grant.as_str());
    let came = scene.arrives(is_it).await;
    scene.holds(key, is_a(&came, "Revoke"), &format!("a Revoke of {grant}"), &told_of(&came));
}

/// If nothing was passed on, nothing can be taken back: that is said where it did not come.
async fn extension_revoked(scene: &mut Scene, key: &str, came: &Came) {
    if let Some(extension) = &came.extension {
        revoked(scene, key, extension).await;
    }
}
