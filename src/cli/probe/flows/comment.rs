//! FL-36: ann comments on a ticket, changes the comment and takes it back. Ben follows the tracker, so what it passes on comes to
//! him; cleo tries to do it for ann.

use super::{Flow, Playing, props};
use crate::cli::demo::client::names;
use crate::cli::probe::hand::Spoil;
use crate::cli::probe::home::Who;
use crate::cli::probe::scene::{Ended, Scene, Stop, is_a, told_of};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow { ids: &["FL-36"], title: "comment on a ticket", kinds: &["TicketTracker"], play };

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let tracker = scene.about("TicketTracker")?;
        let ticket = props::the_ticket(scene, &tracker).await?;
        let follow = scene.says(Who::Ben, &posts::follow(&tracker)).await?;
        let answer = scene.answer(&follow, &tracker).await;
        if !is_a(&answer, "Accept") {
            return Err(Stop(format!("ben could not follow the tracker: {}", told_of(&answer))));
        }
        let played = commented(scene, &tracker, &ticket).await;
        let undo = scene.says(Who::Ben, &posts::unfollow(&tracker, &follow)).await?;
        scene.answer(&undo, &tracker).await;
        played
    })
}

async fn commented(scene: &mut Scene, tracker: &ActorId, ticket: &str) -> Ended {
    let grant = props::public_grant(scene, tracker, "report").await?;
    let nowhere = format!("{}/pritchel-probe-no-ticket", scene.peer.base);
    let astray = posts::comment(tracker, &nowhere, None, "About nothing.", grant.as_ref());
    let astray = scene.says(Who::Ann, &props::addressed(astray, tracker)).await?;
    let passed_on = passed_on(scene, &astray).await;
    scene.holds("tt-beh-create/1", passed_on.is_none(), "nothing that comes of it", &passed_on.unwrap_or_default());

    let comment = posts::comment(tracker, ticket, None, "A comment of the probe.", grant.as_ref());
    let act = scene.says(Who::Ann, &props::addressed(comment, tracker)).await?;
    let came = scene.arrives(|activity| activity["id"] == act.as_str()).await;
    let expected = "the Create at ben, who follows the tracker, as ann signed it";
    scene.holds("tt-beh-create/2", is_a(&came, "Create"), expected, &told_of(&came));
    let note = scene.home.client(Who::Ann).get(act.as_str()).await?["object"]["id"].as_str().map(str::to_owned);
    let note = note.ok_or_else(|| Stop("the probe's own server gave the comment no address".into()))?;
    let replies = scene.get(ticket).await?["replies"].as_str().map(str::to_owned);
    let Some(replies) = replies else {
        scene.holds("flow/comment-listed", false, "a collection of replies at the ticket", "none is named");
        return Err(Stop("the ticket names no replies".into()));
    };
    let (listed, found) = scene.collects(&replies, |found| found.lists(&note)).await?;
    scene.holds("flow/comment-listed", listed, &format!("{note} among the replies"), &found.told());
    changed(scene, tracker, &note).await?;
    taken_back(scene, tracker, &note, &replies).await
}

async fn changed(scene: &mut Scene, tracker: &ActorId, note: &str) -> Ended {
    let forged = posts::edit_comment(tracker, note, "Cleo says that ann says so.");
    let forged = scene.sends(Who::Cleo, forged, tracker, Spoil::Nothing).await?;
    let passed_on = passed_on(scene, &forged.id).await;
    let expected = "nothing that comes of an Edit by somebody else";
    scene.holds("tt-beh-edit/1.1", passed_on.is_none(), expected, &passed_on.unwrap_or_default());
    let edit = scene.says(Who::Ann, &posts::edit_comment(tracker, note, "A better comment of the probe.")).await?;
    let came = scene.arrives(|activity| activity["id"] == edit.as_str()).await;
    scene.holds("tt-beh-edit/1.2", came.is_some(), "the Edit at ben, who follows the tracker", &told_of(&came));
    Ok(())
}

async fn taken_back(scene: &mut Scene, tracker: &ActorId, note: &str, replies: &str) -> Ended {
    let forged = scene.sends(Who::Cleo, posts::delete_comment(tracker, note), tracker, Spoil::Nothing).await?;
    let passed_on = passed_on(scene, &forged.id).await;
    let found = scene.collection(replies).await?;
    let held = passed_on.is_none() && found.lists(note);
    let expected = "nothing that comes of a Delete by somebody else: the comment is still listed";
    scene.holds("tt-beh-delete/1.1", held, expected, &passed_on.unwrap_or_else(|| found.told()));
    let delete = scene.says(Who::Ann, &posts::delete_comment(tracker, note)).await?;
    let came = scene.arrives(|activity| activity["id"] == delete.as_str()).await;
    scene.holds("tt-beh-delete/1.2", came.is_some(), "the Delete at ben, who follows the tracker", &told_of(&came));
    let (gone, found) = scene.collects(replies, |found| !lists_whole(&found.items, note)).await?;
    scene.holds("flow/comment-gone", gone, &format!("{note} no longer among the replies"), &found.told());
    Ok(())
}

/// Whether an item is this one, and not a tombstone of it.
fn lists_whole(items: &[Value], note: &str) -> bool {
    items.iter().any(|item| names(item, note) && item["type"] != "Tombstone")
}

/// What came to ben of an act that was to come to nothing.
async fn passed_on(scene: &mut Scene, act: &ActId) -> Option<String> {
    let came = scene.comes_anyway(|activity| activity["id"] == act.as_str()).await;
    came.map(|came| format!("it was passed on to followers: {}", told_of(&Some(came))))
}
