//! FL-06 and FL-07: ann follows each kind of resource, follows it a second time, ends it, and ends it a second time.

use super::{Flow, Playing};
use crate::cli::probe::hand::Spoil;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::RESOURCES;
use crate::cli::probe::scene::{Collection, Ended, Scene, Stop, is_a, told_of};
use pritchel_actor::ActorId;
use pritchel_actors::client as posts;
use serde_json::json;

/// The flow.
pub const FLOW: Flow =
    Flow { ids: &["FL-06", "FL-07"], title: "follow and unfollow a resource", kinds: RESOURCES, play };

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        for kind in RESOURCES {
            let ended = match scene.about(kind) {
                Ok(whom) => followed(scene, &whom).await,
                Err(stop) => Err(stop),
            };
            scene.ended(kind, ended);
        }
        Ok(())
    })
}

async fn followed(scene: &mut Scene, whom: &ActorId) -> Ended {
    let ann = scene.home.id(Who::Ann).clone();
    let followers = scene.get(whom.as_str()).await?["followers"].as_str().map(str::to_owned);
    let followers = followers.ok_or_else(|| Stop(format!("{whom} names no followers")))?;
    let before = scene.collection(&followers).await?.total;
    // Some servers say only how many there are.
    let listed = |found: &Collection| found.lists(ann.as_str()) || (found.items.is_empty() && found.total > before);

    let mut elsewhere = posts::follow(whom);
    elsewhere["object"] = format!("{}/pritchel-probe-nothing", scene.peer.base).into();
    let sent = scene.sends(Who::Ann, elsewhere, whom, Spoil::Nothing).await?;
    let refused = scene.refused(&sent, whom).await;
    scene.holds("Follow/gate", refused.is_ok(), "no Accept of a Follow of something else", &err(&refused));

    let follow = scene.says(Who::Ann, &posts::follow(whom)).await?;
    let answer = scene.answer(&follow, whom).await;
    let accepted = is_a(&answer, "Accept");
    scene.holds("Follow:answers", accepted, "an Accept whose object is the Follow", &told_of(&answer));
    let (shown, found) = scene.collects(&followers, listed).await?;
    scene.holds("Follow:listed", shown, &format!("{ann} among the followers"), &found.told());
    if !accepted && !shown {
        return Err(Stop("the Follow came to nothing".into()));
    }

    let again = scene.sends(Who::Ann, posts::follow(whom), whom, Spoil::Nothing).await?;
    let refused = scene.refused(&again, whom).await;
    scene.holds("Follow/already-follower", refused.is_ok(), "no Accept of a second Follow", &err(&refused));

    let undo = scene.says(Who::Ann, &posts::unfollow(whom, &follow)).await?;
    let answer = scene.answer(&undo, whom).await;
    scene.holds("Unfollow:answers", is_a(&answer, "Accept"), "an Accept whose object is the Undo", &told_of(&answer));
    let (gone, found) = scene.collects(&followers, |found| !listed(found)).await?;
    scene.holds("Unfollow:ends", gone, &format!("{ann} no longer among the followers"), &found.told());

    let undo = json!({"type": "Undo", "to": [whom], "object": {"type": "Follow", "actor": ann, "object": whom}});
    let sent = scene.sends(Who::Ann, undo, whom, Spoil::Nothing).await?;
    let refused = scene.refused(&sent, whom).await;
    scene.holds("Unfollow/no-follower", refused.is_ok(), "no Accept of an Undo by who does not follow", &err(&refused));
    Ok(())
}

fn err(refused: &Result<(), String>) -> String {
    refused.as_ref().err().cloned().unwrap_or_default()
}
