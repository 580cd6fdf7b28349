//! FL-39: dora joins a factory of the peer's by a Grant, without anybody else's word. A team of the probe has access to the factory with the
//! role admin, and passes it on to her, who is a member: she may, but is no collaborator yet.

use super::link::{begun, ends, place};
use super::{Flow, Playing, props};
use crate::cli::demo::client::names;
use crate::cli::probe::home::{Owned, Who};
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop, is_a, told_of};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow {
    ids: &["FL-39"],
    title: "join a resource by a Grant, which nobody has to agree to",
    kinds: &["Factory"],
    play,
};

/// The role that the Grant is worth.
const ADMIN: &str = "admin";
/// The role that is asked for.
const ROLE: &str = "write";

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let mut at = place(scene, &ends::TO_BE_JOINED).await?;
        at.role = ADMIN;
        admitted(scene, &at.ours).await?;
        begun::quietly(scene, &at).await?;
        let joined = joined(scene, &at.peer, &at.ours).await;
        let remove = posts::remove_link(&at.ours.id, at.end.opposite().collection(), &at.peer, &at.ours.grant);
        scene.says(Who::Ann, &remove).await?;
        let (gone, found) = scene.collects(&at.collection, |found| !found.lists(at.ours.id.as_str())).await?;
        if gone { joined } else { Err(Stop(format!("the team could not give the factory back: {}", found.told()))) }
    })
}

/// Dora becomes an admin of our team.
async fn admitted(scene: &mut Scene, team: &Owned) -> Ended {
    let (dora, client) = (scene.home.id(Who::Dora).clone(), scene.home.client(Who::Dora));
    let invite = posts::invite(&team.id, &dora, ADMIN, &team.grant);
    let invite = scene.home.client(Who::Ann).post(&invite).await?;
    client.accepted(&invite).await?;
    client.post(&posts::accept(&invite, &[&team.id])).await?;
    client.granted(&invite).await?;
    Ok(())
}

async fn joined(scene: &mut Scene, factory: &ActorId, team: &Owned) -> Ended {
    let is_chain = |activity: &Value| {
        has_type(activity, "Grant")
            && names(&activity["context"], factory.as_str())
            && names(&activity["actor"], team.id.as_str())
    };
    let chain = scene.home.client(Who::Dora).receives("what the team passes on", is_chain).await?;
    let chain = chain["id"].as_str().map(ActId::new).ok_or_else(|| Stop("a Grant without id".into()))?;
    let collaborators = props::collaborators(scene, factory).await?;
    let mut join = posts::join(factory, ROLE, Some(&chain));
    join["object"] = collaborators.unwrap_or_else(|| factory.as_str().to_owned()).into();
    let is_grant_for = |who: Who, scene: &Scene| {
        let who = scene.home.id(who).clone();
        move |activity: &Value| {
            props::is_grant_to(activity, factory, &who) && names(&activity["actor"], factory.as_str())
        }
    };
    let to_ben = is_grant_for(Who::Ben, scene);
    scene.says(Who::Ben, &join).await?;
    let came = scene.comes_anyway(to_ben).await;
    let expected = "no Grant: what ben shows was given to dora";
    scene.holds("factory-beh-join/3.1", came.is_none(), expected, &told_of(&came));

    let to_dora = is_grant_for(Who::Dora, scene);
    let act = scene.says(Who::Dora, &join).await?;
    let came = scene.arrives(|activity| to_dora(activity) && names(&activity["fulfills"], act.as_str())).await;
    let good = came.as_ref().is_some_and(|came| came.activity["object"] == ROLE);
    let expected = format!("a Grant of {ROLE} by {factory}, fulfills {act}");
    scene.holds("factory-beh-join/3.3", is_a(&came, "Grant") && good, &expected, &told_of(&came));
    scene.says(Who::Dora, &posts::leave(factory)).await?;
    Ok(())
}
