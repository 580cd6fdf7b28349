//! FL-39, FL-41, FL-43 and FL-44 from the other side: the peer's person, an admin of a project of the probe, removes dora, gives the Grant of admin
//! back and is told that it is revoked; and joins a roadmap of the probe by a Grant that a team passed on.

use super::Flow;
use super::they_act::{Said, given, let_in, they};
use crate::cli::demo::client::names;
use crate::cli::probe::home::{Owned, Who};
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop};
use pritchel_actor::ActId;
use pritchel_actors::client as posts;
use serde_json::Value;

/// An admin.
pub const ADMIN: Flow = Flow {
    ids: &["FL-41b", "FL-43b", "FL-44b"],
    title: "the peer's person removes somebody from a project of ours, and gives a Grant back",
    kinds: &["Person"],
    play: |scene| Box::pin(governed(scene)),
};

/// By a chain.
pub const JOIN: Flow = Flow {
    ids: &["FL-39b"],
    title: "the peer's person joins a roadmap of ours by a Grant, which nobody has to agree to",
    kinds: &["Person"],
    play: |scene| Box::pin(joined(scene)),
};

async fn governed(scene: &mut Scene) -> Ended {
    let person = scene.about("Person")?;
    let project = scene.home.another("Project").await?;
    let to = &project.id;
    let (dora, ann) = (scene.home.client(Who::Dora), scene.home.client(Who::Ann));
    let invite = ann.post(&posts::invite(to, &dora.id, "triage", &project.grant)).await?;
    dora.accepted(&invite).await?;
    dora.post(&posts::accept(&invite, &[to])).await?;
    dora.granted(&invite).await?;
    let dora = dora.id.clone();
    let admin = let_in(scene, &project, "admin").await?;
    let please = format!("take {dora} out of the collaborators of {to}");
    let activity = posts::remove(to, &dora, &admin);
    they(scene, Said { key: "wire/remove-sent", please, activity, to, answered: false }).await?;
    let collaborators = format!("{to}/collaborators");
    let (gone, found) = scene.collects(&collaborators, |found| !found.lists(dora.as_str())).await?;
    scene.holds("wire/remove-sent", gone, &format!("our project no longer lists {dora}"), &found.told());

    let please = format!("give your Grant of {to} back by an Undo");
    let activity = posts::undo_grants(to, std::slice::from_ref(&admin), Some(&admin));
    they(scene, Said { key: "wire/undo-grant-sent", please, activity, to, answered: false }).await?;
    let (gone, found) = scene.collects(&collaborators, |found| !found.lists(person.as_str())).await?;
    scene.holds("wire/undo-grant-sent", gone, &format!("our project no longer lists {person}"), &found.told());
    let Some(client) = &scene.peer.client else {
        return Err(Stop("what comes to the peer's person is seen by the person's client alone: --token".into()));
    };
    let is_revoke = |activity: &Value| has_type(activity, "Revoke") && names(&activity["object"], admin.as_str());
    let came = client.receives("the Revoke", is_revoke).await;
    let found = came.as_ref().err().map(ToString::to_string).unwrap_or_default();
    let expected = format!("the Revoke of {admin} in the inbox of {person}, from whom it was taken");
    scene.holds("wire/revoke-taken", came.is_ok(), &expected, &found);
    Ok(())
}

/// A team of ours of which the peer's person is an admin, and a roadmap of ours that gives it access.
async fn ground(scene: &mut Scene) -> Result<(Owned, Owned), Stop> {
    let (team, roadmap) = (scene.home.another("Team").await?, scene.home.another("Roadmap").await?);
    let_in(scene, &team, "admin").await?;
    let ann = scene.home.client(Who::Ann);
    let add = ann.post(&posts::add(&roadmap.id, "teams", &team.id, "admin", &roadmap.grant)).await?;
    ann.accepted(&add).await?;
    ann.post(&posts::agree(&add, &team.id, &roadmap.id, &team.grant)).await?;
    let teams = format!("{}/teams", roadmap.id);
    let (listed, found) = scene.collects(&teams, |found| found.lists(team.id.as_str())).await?;
    let why = || Stop(format!("our own team was not given our own roadmap: {}", found.told()));
    listed.then_some((team, roadmap)).ok_or_else(why)
}

async fn joined(scene: &mut Scene) -> Ended {
    if scene.peer.client.is_none() {
        return Err(Stop("a Grant that was passed on is shown by the client to whom it came: --token".into()));
    }
    let (team, roadmap) = ground(scene).await?;
    let to = &roadmap.id;
    let is_chain = |activity: &Value| {
        has_type(activity, "Grant")
            && names(&activity["context"], to.as_str())
            && names(&activity["actor"], team.id.as_str())
    };
    let Some(client) = &scene.peer.client else { return Ok(()) };
    let chain = client.receives("what our team passes on", is_chain).await?;
    let chain = chain["id"].as_str().map(ActId::new).ok_or_else(|| Stop("a Grant without id".into()))?;
    let please = format!("join {to} by your Grant {chain}");
    let activity = posts::join(to, "write", Some(&chain));
    let said = Said { key: "wire/join-by-grant-sent", please, activity, to, answered: false };
    let (join, _) = they(scene, said).await?;
    let grant = given(scene, to, &join).await;
    let found = grant.as_ref().err().map(ToString::to_string).unwrap_or_default();
    let expected = format!("a Grant of {to} that fulfills the Join, in the inbox of the peer's person");
    scene.holds("wire/join-by-grant-sent", grant.is_ok(), &expected, &found);
    Ok(())
}
