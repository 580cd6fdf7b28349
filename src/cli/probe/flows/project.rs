//! FL-46 and FL-48: the peer's project takes a tracker of the probe as a component, from the project's side, and lets go of it. Cleo,
//! a member of the project, is passed on what the tracker gave it.

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
    ids: &["FL-46", "FL-48"],
    title: "the peer's project takes a tracker of ours, and lets go of it",
    kinds: &["Project"],
    play,
};

/// The greatest role that comes over the link.
const ROLE: &str = "maintain";

/// Where it is played.
struct At {
    project: ActorId,
    /// The project's collection of components.
    components: String,
    tracker: Owned,
    theirs: ActId,
}

/// What came over the link: the delegate-Grant at the tracker, and what was passed on to cleo with where it says that it holds.
struct Came {
    delegate: ActId,
    extension: ActId,
    result: Option<String>,
}

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let project = scene.about("Project")?;
        let components = scene.get(project.as_str()).await?["components"].as_str().map(str::to_owned);
        let components = components.ok_or_else(|| Stop("the project names no components".into()))?;
        let theirs = scene.their_grant(&project)?;
        let tracker = scene.home.owned("TicketTracker").await?;
        let at = At { project, components, tracker, theirs };
        refused(scene, &at).await?;
        props::member(scene, &at.project, Who::Cleo, "triage").await?;
        let came = linked(scene, &at).await?;
        ended(scene, &at, &came).await
    })
}

fn add(at: &At, object: &ActorId) -> Value {
    let mut add = posts::add(&at.project, "components", object, ROLE, &at.theirs);
    add["target"] = at.components.as_str().into();
    add
}

async fn refused(scene: &mut Scene, at: &At) -> Ended {
    let act = scene.says(Who::Ben, &props::without_capability(add(at, &at.tracker.id))).await?;
    let refused = scene.not_accepted(&act, &at.project).await;
    let found = refused.as_ref().err().cloned().unwrap_or_default();
    scene.holds("project-beh-add/1.1", refused.is_ok(), "no Accept of an Add without a Grant", &found);
    if scene.peer.client.is_some() {
        let other = scene.home.owned("Project").await?.id;
        let act = scene.they_say("", &add(at, &other), |_| false).await?;
        let refused = scene.not_accepted(&act, &at.project).await;
        let found = refused.as_ref().err().cloned().unwrap_or_default();
        scene.holds("project-beh-add/1.2", refused.is_ok(), "no Accept of an Add of what is no component", &found);
    }
    Ok(())
}

async fn linked(scene: &mut Scene, at: &At) -> Result<Came, Stop> {
    let At { project, tracker, components, .. } = at;
    let is_it = |activity: &Value| has_type(activity, "Add") && names(&activity["object"], tracker.id.as_str());
    let please = format!("add {} to the components of {project} with the role {ROLE}", tracker.id);
    let act = scene.they_say(&please, &add(at, &tracker.id), is_it).await?;
    let answer = scene.answer(&act, project).await;
    scene.holds(
        "project-beh-add/1.4",
        is_a(&answer, "Accept"),
        "an Accept of the Add by the project",
        &told_of(&answer),
    );
    scene.says(Who::Ann, &posts::agree(&act, &tracker.id, project, &tracker.grant)).await?;
    let is_delegate =
        |activity: &Value| props::is_grant_to(activity, project, &tracker.id) && activity["object"] == "delegate";
    let delegate = scene.arrives(is_delegate).await;
    let good = delegate.as_ref().is_some_and(|came| names(&came.activity["actor"], project.as_str()));
    let expected = format!("a Grant of delegate: context and actor {project}, target {}", tracker.id);
    scene.holds("project-beh-accept/3.1.2", is_a(&delegate, "Grant") && good, &expected, &told_of(&delegate));
    let (listed, found) = scene.collects(components, |found| found.lists(tracker.id.as_str())).await?;
    scene.holds("project-beh-accept/3.1.1", listed, &format!("{} in {components}", tracker.id), &found.told());
    let delegate = delegate.and_then(|came| came.activity["id"].as_str().map(ActId::new));
    let delegate = delegate.ok_or_else(|| Stop("no delegate-Grant came".into()))?;

    let cleo = scene.home.id(Who::Cleo).clone();
    let extension = scene.arrives(|activity| props::is_grant_to(activity, &tracker.id, &cleo)).await;
    let by_project = extension.as_ref().is_some_and(|came| names(&came.activity["actor"], project.as_str()));
    let expected = format!("a Grant by {project} at {cleo}, context {}: what the tracker gave, passed on", tracker.id);
    scene.holds("project-beh-grant/1.3", is_a(&extension, "Grant") && by_project, &expected, &told_of(&extension));
    let extension = extension.ok_or_else(|| Stop("nothing was passed on".into()))?.activity;
    let result = extension["result"].as_str().map(str::to_owned);
    let status = match &result {
        Some(result) => scene.look(result).await?.status,
        None => 0,
    };
    let found = result.as_ref().map_or("no result".to_owned(), |result| format!("{status} at {result}"));
    scene.holds("flow/extension-result", (200..300).contains(&status), "a result that answers 2xx", &found);
    let extension = extension["id"].as_str().map(ActId::new).ok_or_else(|| Stop("a Grant without id".into()))?;
    Ok(Came { delegate, extension, result })
}

async fn ended(scene: &mut Scene, at: &At, came: &Came) -> Ended {
    let At { project, tracker, components, theirs } = at;
    let mut remove = posts::remove_link(project, "components", &tracker.id, theirs);
    remove["origin"] = components.as_str().into();
    let act = scene.says(Who::Ben, &props::without_capability(remove.clone())).await?;
    let refused = scene.not_accepted(&act, project).await;
    let found = scene.collection(components).await?;
    let held = refused.is_ok() && found.lists(tracker.id.as_str());
    let expected = "no Accept, and the tracker still listed: who asks has no Grant";
    scene.holds("project-beh-remove/2.1", held, expected, &refused.err().unwrap_or_else(|| found.told()));

    let revokes = |what: &ActId| {
        let what = what.clone();
        move |activity: &Value| has_type(activity, "Revoke") && names(&activity["object"], what.as_str())
    };
    let please = format!("take {} out of the components of {project}", tracker.id);
    scene.they_say(&please, &remove, revokes(&came.delegate)).await?;
    let rows = [("project-beh-remove/2.4", &came.delegate), ("project-beh-remove/2.5", &came.extension)];
    for (key, what) in rows {
        let revoke = scene.arrives(revokes(what)).await;
        scene.holds(key, is_a(&revoke, "Revoke"), &format!("a Revoke of {what}"), &told_of(&revoke));
    }
    let (gone, found) = scene.collects(components, |found| !found.lists(tracker.id.as_str())).await?;
    scene.holds("project-beh-remove/2.3", gone, &format!("{} no longer in {components}", tracker.id), &found.told());
    if let Some(result) = &came.result {
        let status = scene.look(result).await?.status;
        let expected = "a result that no longer answers 2xx";
        scene.holds("flow/extension-ended", !(200..300).contains(&status), expected, &format!("{status} at {result}"));
    }
    Ok(())
}
