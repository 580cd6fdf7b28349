//! FL-38: somebody of the peer's invites cleo, who accepts; ben tries what only an admin may, and what only cleo may.

use super::{Flow, Playing, props};
use crate::cli::demo::client::names;
use crate::cli::probe::hand::Spoil;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::{RESOURCES, has_type};
use crate::cli::probe::scene::{Ended, Scene, Stop, is_a, told_of};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow { ids: &["FL-38"], title: "be invited to a resource", kinds: RESOURCES, play };

/// The role that is offered.
const ROLE: &str = "triage";

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        for kind in RESOURCES {
            let ended = match scene.about(kind) {
                Ok(to) => invited(scene, &to).await,
                Err(stop) => Err(stop),
            };
            scene.ended(kind, ended);
        }
        Ok(())
    })
}

async fn invited(scene: &mut Scene, to: &ActorId) -> Ended {
    let cleo = scene.home.id(Who::Cleo).clone();
    without_authority(scene, to).await?;
    let invite = props::they_invite(scene, to, Who::Cleo, ROLE).await?;
    let answer = scene.answer(&invite, to).await;
    scene.holds(
        "Invite:answers",
        is_a(&answer, "Accept"),
        "an Accept of the Invite, at the invited",
        &told_of(&answer),
    );

    let is_grant = |activity: &Value| props::is_grant_to(activity, to, &cleo);
    let yes = |who: &ActorId| posts::accept(&invite, &[to, who]);
    let ben = scene.home.id(Who::Ben).clone();
    scene.sends(Who::Ben, yes(&ben), to, Spoil::Nothing).await?;
    let early = scene.comes_anyway(|activity| is_grant(activity) || props::is_grant_to(activity, to, &ben)).await;
    let expected = "no Grant while only somebody else has accepted";
    scene.holds("InvitationAccepted/not-the-invited", early.is_none(), expected, &told_of(&early));

    scene.says(Who::Cleo, &posts::accept(&invite, &[to])).await?;
    let grant = scene.arrives(is_grant).await;
    let expected =
        format!("a Grant: object {ROLE}, context and actor {to}, target {cleo}, fulfills {invite}, allows invoke");
    let good = grant.as_ref().is_some_and(|grant| is_good(&grant.activity, to, &invite));
    scene.holds("InvitationAccepted:grants", is_a(&grant, "Grant") && good, &expected, &told_of(&grant));
    let grant = grant.and_then(|grant| grant.activity["id"].as_str().map(str::to_owned));
    let grant = grant.ok_or_else(|| Stop("no Grant came of the accepted Invite".into()))?;
    scene.props.insert(props::grant_of(to, Who::Cleo), grant.clone());
    if let Some(collaborators) = props::collaborators(scene, to).await? {
        let (listed, found) = scene.collects(&collaborators, |found| found.lists(cleo.as_str())).await?;
        scene.holds("InvitationAccepted:enrols", listed, &format!("{cleo} among the collaborators"), &found.told());
    }
    again(scene, to, &invite, &grant).await
}

/// Ben, who may not, invites dora.
async fn without_authority(scene: &mut Scene, to: &ActorId) -> Ended {
    let dora = scene.home.id(Who::Dora).clone();
    let collaborators = props::collaborators(scene, to).await?;
    let mut invite = props::without_capability(posts::invite(to, &dora, ROLE, &ActId::new("")));
    invite["target"] = collaborators.unwrap_or_else(|| to.as_str().to_owned()).into();
    let act = scene.says(Who::Ben, &invite).await?;
    let refused = scene.not_accepted(&act, to).await;
    let found = refused.as_ref().err().cloned().unwrap_or_default();
    scene.holds("Invite/authority", refused.is_ok(), "no Accept of an Invite without a Grant", &found);
    Ok(())
}

/// What was done once is not done again.
async fn again(scene: &mut Scene, to: &ActorId, invite: &ActId, grant: &str) -> Ended {
    let cleo = scene.home.id(Who::Cleo).clone();
    scene.sends(Who::Cleo, posts::accept(invite, &[to]), to, Spoil::Nothing).await?;
    let second = scene.comes_anyway(|activity| {
        props::is_grant_to(activity, to, &cleo) && activity["id"] != grant && !has_type(activity, "Revoke")
    });
    let second = second.await;
    scene.holds("InvitationAccepted/already-answered", second.is_none(), "no second Grant", &told_of(&second));
    if scene.peer.client.is_none() {
        return Err(Stop("only a client invites somebody who is a collaborator already: --token".into()));
    }
    let invite = props::they_invite(scene, to, Who::Cleo, "write").await?;
    let refused = scene.not_accepted(&invite, to).await;
    let found = refused.as_ref().err().cloned().unwrap_or_default();
    scene.holds("Invite/already-collaborator", refused.is_ok(), "no Accept of an Invite of a collaborator", &found);
    Ok(())
}

fn is_good(grant: &Value, by: &ActorId, fulfills: &ActId) -> bool {
    let by_it = names(&grant["actor"], by.as_str()) && names(&grant["context"], by.as_str());
    let as_asked = grant["object"] == ROLE && names(&grant["fulfills"], fulfills.as_str());
    by_it && as_asked && names(&grant["allows"], "invoke")
}
