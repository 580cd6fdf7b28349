//! FL-41 and FL-44: cleo, a collaborator, is removed: her Grant is revoked, and is worth nothing from then on.

use super::{Flow, Playing, props};
use crate::cli::demo::client::names;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::{RESOURCES, has_type};
use crate::cli::probe::scene::{Ended, Scene, is_a, told_of};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow { ids: &["FL-41", "FL-44"], title: "be removed from a resource", kinds: RESOURCES, play };

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        for kind in RESOURCES {
            let ended = match scene.about(kind) {
                Ok(from) => removed(scene, &from).await,
                Err(stop) => Err(stop),
            };
            scene.ended(kind, ended);
        }
        Ok(())
    })
}

async fn removed(scene: &mut Scene, from: &ActorId) -> Ended {
    let cleo = scene.home.id(Who::Cleo).clone();
    let grant = props::member(scene, from, Who::Cleo, "triage").await?;
    let is_revoke = |activity: &Value| has_type(activity, "Revoke") && names(&activity["object"], grant.as_str());
    let collaborators = props::collaborators(scene, from).await?;
    let origin = collaborators.clone().unwrap_or_else(|| from.as_str().to_owned());

    let mut remove = props::without_capability(posts::remove(from, &cleo, &grant));
    remove["origin"] = origin.clone().into();
    let act = scene.says(Who::Ben, &remove).await?;
    let refused = scene.not_accepted(&act, from).await;
    let came = scene.comes_anyway(is_revoke).await;
    let found = refused.as_ref().err().cloned().unwrap_or_else(|| told_of(&came));
    let expected = "no Accept and no Revoke: who asks has no Grant";
    scene.holds("Remove/authority", refused.is_ok() && came.is_none(), expected, &found);

    let theirs = scene.their_grant(from)?;
    let mut remove = posts::remove(from, &cleo, &theirs);
    remove["origin"] = origin.into();
    let please = format!("take {cleo} out of the collaborators of {from}");
    let is_it = |activity: &Value| {
        is_revoke(activity) || (has_type(activity, "Remove") && names(&activity["object"], cleo.as_str()))
    };
    let remove = scene.they_say(&please, &remove, is_it).await?;
    let came = scene.arrives(is_revoke).await;
    // A person who does it has it done in a way of the server's own.
    let fulfils = came
        .as_ref()
        .is_some_and(|came| scene.peer.client.is_none() || names(&came.activity["fulfills"], remove.as_str()));
    let expected = format!("a Revoke at {cleo}: object {grant}, fulfills the Remove");
    scene.holds("Remove:revokes", is_a(&came, "Revoke") && fulfils, &expected, &told_of(&came));
    if let Some(collaborators) = collaborators {
        let (gone, found) = scene.collects(&collaborators, |found| !found.lists(cleo.as_str())).await?;
        scene.holds("Remove:ends", gone, &format!("{cleo} no longer among the collaborators"), &found.told());
    }
    scene.props.remove(&props::grant_of(from, Who::Cleo));
    worthless(scene, from, &grant).await
}

/// A tracker refuses what cleo asks by that Grant.
async fn worthless(scene: &mut Scene, tracker: &ActorId, grant: &ActId) -> Ended {
    if scene.peer.actors.get("TicketTracker") != Some(tracker) {
        return Ok(());
    }
    let ticket = props::the_ticket(scene, tracker).await?;
    let cleo = scene.home.id(Who::Cleo).clone();
    let act = scene.says(Who::Cleo, &posts::assign(tracker, &ticket, &cleo, Some(grant))).await?;
    let refused = scene.not_accepted(&act, tracker).await;
    let found = refused.as_ref().err().cloned().unwrap_or_default();
    scene.holds("flow/revoked-grant", refused.is_ok(), "no Accept of an Assign by a revoked Grant", &found);
    Ok(())
}
