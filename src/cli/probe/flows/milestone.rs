//! FL-71: ann, who has the role write on a roadmap of the peer's, makes a milestone, changes it, closes it, opens it again and deletes
//! it; ben tries each without a Grant.

use super::{Flow, Playing, props};
use crate::cli::probe::home::Who;
use crate::cli::probe::scene::{Ended, Scene, Stop, address_of, is_a, told, told_of};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::{Value, json};

/// The flow.
pub const FLOW: Flow = Flow { ids: &["FL-71"], title: "make, close and delete a milestone", kinds: &["Roadmap"], play };

const NAME: &str = "Made by the probe";
const OTHER: &str = "Changed by the probe";

/// Where it is played.
struct At {
    roadmap: ActorId,
    write: ActId,
}

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let roadmap = scene.about("Roadmap")?;
        let write = props::member(scene, &roadmap, Who::Ann, "write").await?;
        let at = At { roadmap, write };
        let milestone = made(scene, &at).await?;
        let edit = posts::edit_milestone(&at.roadmap, &milestone, json!({"name": OTHER}), &at.write);
        let keys = ["EditMilestone/authority", "flow/milestone-edit-answered", "EditMilestone:keeps"];
        done(scene, &at, keys, edit, (&milestone, |shown| shown["name"] == OTHER)).await?;
        let close = |on: &str| props::addressed(posts::close(&at.roadmap, on, Some(&at.write)), &at.roadmap);
        let nowhere = close(&format!("{}/pritchel-probe-no-milestone", scene.peer.base));
        let key = "CloseMilestone/no-such-milestone";
        scene.asks_in_vain(key, Who::Ann, &nowhere, &at.roadmap, "it is no milestone").await?;
        let keys = ["CloseMilestone/authority", "CloseMilestone:answers", "CloseMilestone:closes"];
        done(scene, &at, keys, close(&milestone), (&milestone, is_resolved(true))).await?;
        let reopen = posts::reopen(&at.roadmap, &milestone, Some(&at.write));
        let keys = ["ReopenMilestone/authority", "ReopenMilestone:answers", "ReopenMilestone:opens"];
        done(scene, &at, keys, reopen, (&milestone, is_resolved(false))).await?;
        deleted(scene, &at, &milestone).await
    })
}

fn is_resolved(resolved: bool) -> impl Fn(&Value) -> bool {
    move |shown| (shown["isResolved"] == true) == resolved
}

async fn made(scene: &mut Scene, at: &At) -> Result<String, Stop> {
    let offer = posts::open_milestone(&at.roadmap, NAME, "To see what comes of it.", (None, None), &at.write);
    let bare = props::without_capability(offer.clone());
    scene.asks_in_vain("OpenMilestone/authority", Who::Ben, &bare, &at.roadmap, "who asks has no Grant").await?;
    let act = scene.says(Who::Ann, &offer).await?;
    let answer = scene.answer(&act, &at.roadmap).await;
    let result = answer.as_ref().and_then(|answer| address_of(&answer.activity["result"])).map(str::to_owned);
    let good = is_a(&answer, "Accept") && result.is_some();
    scene.holds("OpenMilestone:answers", good, "an Accept with the milestone as result", &told_of(&answer));
    let milestone = result.ok_or_else(|| Stop("the milestone has no address".into()))?;
    let (is, found) = scene.shows(&milestone, |shown| shown["name"] == NAME).await?;
    scene.holds("OpenMilestone:opens", is, &format!("a Milestone with the name {NAME:?}"), &told(&found));
    Ok(milestone)
}

/// Ben asks for something without a Grant, and ann gets it.
async fn done(
    scene: &mut Scene,
    at: &At,
    keys: [&str; 3],
    activity: Value,
    (milestone, shows): (&str, impl Fn(&Value) -> bool),
) -> Ended {
    let asked = props::Asked { of: &at.roadmap, keys, activity, place: milestone };
    props::granted(scene, asked, shows).await.map(drop)
}

async fn deleted(scene: &mut Scene, at: &At, milestone: &str) -> Ended {
    let delete = posts::delete_milestone(&at.roadmap, milestone, &at.write);
    let bare = props::without_capability(delete.clone());
    scene.asks_in_vain("DeleteMilestone/authority", Who::Ben, &bare, &at.roadmap, "who asks has no Grant").await?;
    let act = scene.says(Who::Ann, &delete).await?;
    let answer = scene.answer(&act, &at.roadmap).await;
    scene.holds(
        "DeleteMilestone:answers",
        is_a(&answer, "Accept"),
        "an Accept whose object is the Delete",
        &told_of(&answer),
    );
    let (gone, status) = scene.is_gone(milestone).await?;
    scene.holds("DeleteMilestone:ends", gone, "404 or 410", &format!("{status} at {milestone}"));
    Ok(())
}
