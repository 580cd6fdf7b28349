//! FL-40 and FL-42: cleo asks to join, an admin of the peer's agrees, and she leaves again. Ben, who is no admin, agrees first.

use super::{Flow, Playing, props};
use crate::cli::demo::client::names;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::{RESOURCES, has_type};
use crate::cli::probe::scene::{Ended, Scene, Stop, is_a, told_of};
use pritchel_actor::ActorId;
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow { ids: &["FL-40", "FL-42"], title: "join a resource and leave it", kinds: RESOURCES, play };

/// The role that is asked for.
const ROLE: &str = "triage";

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        for kind in RESOURCES {
            let ended = match scene.about(kind) {
                Ok(what) => joined(scene, &what).await,
                Err(stop) => Err(stop),
            };
            scene.ended(kind, ended);
        }
        Ok(())
    })
}

async fn joined(scene: &mut Scene, what: &ActorId) -> Ended {
    let cleo = scene.home.id(Who::Cleo).clone();
    if scene.props.contains_key(&props::grant_of(what, Who::Cleo)) {
        return Err(Stop("cleo is a collaborator already: play FL-41 before".into()));
    }
    let collaborators = props::collaborators(scene, what).await?;
    let mut join = posts::join(what, ROLE, None);
    join["object"] = collaborators.clone().unwrap_or_else(|| what.as_str().to_owned()).into();
    let join = scene.says(Who::Cleo, &join).await?;
    let is_grant =
        |activity: &Value| props::is_grant_to(activity, what, &cleo) && names(&activity["fulfills"], join.as_str());

    scene.says(Who::Ben, &posts::accept(&join, &[what])).await?;
    let early = scene.comes_anyway(is_grant).await;
    let expected = "no Grant while only somebody without authority has agreed";
    scene.holds("JoinApproved/authority", early.is_none(), expected, &told_of(&early));

    let theirs = scene.their_grant(what)?;
    let please = format!("agree that {cleo} joins {what} as {ROLE}");
    let yes = posts::approve_join(what, &join, &theirs);
    scene.they_say(&please, &yes, is_grant).await?;
    let grant = scene.arrives(is_grant).await;
    let role = grant.as_ref().is_some_and(|grant| grant.activity["object"] == ROLE);
    let expected = format!("a Grant of {ROLE} that fulfills {join}");
    scene.holds("JoinApproved:grants", is_a(&grant, "Grant") && role, &expected, &told_of(&grant));
    let id = grant.and_then(|grant| grant.activity["id"].as_str().map(str::to_owned));
    let grant = id.ok_or_else(|| Stop("no Grant came of the Join".into()))?;
    if let Some(collaborators) = &collaborators {
        let (listed, found) = scene.collects(collaborators, |found| found.lists(cleo.as_str())).await?;
        scene.holds("JoinApproved:enrols", listed, &format!("{cleo} among the collaborators"), &found.told());
    }

    scene.says(Who::Cleo, &posts::leave(what)).await?;
    let is_revoke = |activity: &Value| has_type(activity, "Revoke") && names(&activity["object"], &grant);
    let revoke = scene.arrives(is_revoke).await;
    let expected = format!("a Revoke of {grant}");
    scene.holds("flow/leave-revokes", is_a(&revoke, "Revoke"), &expected, &told_of(&revoke));
    Ok(())
}
