//! FL-77 and FL-78 from the other side: an organization of the probe lists a project of the peer's, whose admin agrees; the project's side ends it, and
//! once more the organization's.

use super::Flow;
use crate::cli::demo::client::names;
use crate::cli::probe::home::{Owned, Who};
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop, is_a, told_of};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow {
    ids: &["FL-77b", "FL-78b"],
    title: "an organization of ours lists a project of the peer's",
    kinds: &["Project"],
    play: |scene| Box::pin(played(scene)),
};

/// The property of a project that names who lists it.
const PROPERTY: &str = "organizations";

/// Where it is played.
struct At {
    project: ActorId,
    theirs: ActId,
    organization: Owned,
}

async fn played(scene: &mut Scene) -> Ended {
    let project = scene.about("Project")?;
    let theirs = scene.their_grant(&project)?;
    let organization = scene.home.owned("Organization").await?;
    let at = At { project, theirs, organization };
    listed(scene, &at).await?;
    ended_by_them(scene, &at).await?;
    listed(scene, &at).await?;
    ended_by_us(scene, &at).await
}

async fn listed(scene: &mut Scene, at: &At) -> Ended {
    let At { project, theirs, organization } = at;
    let add = posts::list(&organization.id, "orgAssets", project, &organization.grant);
    let add = scene.says(Who::Ann, &add).await?;
    let accept = scene.home.client(Who::Ann).accepted(&add).await?;
    let accept = ActId::new(accept["id"].as_str().unwrap_or_default());
    // A server may want them in their order: each is there before the next is said.
    let (ann, patience) = (scene.home.id(Who::Ann).clone(), scene.patience);
    scene.home.delivered(&add, &ann, patience).await?;
    scene.home.delivered(&accept, &organization.id, patience).await?;
    let is_yes = |activity: &Value| {
        has_type(activity, "Accept")
            && names(&activity["object"], add.as_str())
            && !names(&activity["actor"], project.as_str())
    };
    let please = format!("agree for {project} to be listed by {} (the Add is {add})", organization.id);
    scene.they_say(&please, &posts::agree(&add, project, &organization.id, theirs), is_yes).await?;
    let answer = scene.answer(&add, project).await;
    let expected = format!("an Accept of the Add by {project}");
    scene.holds("flow/asset-agreed", is_a(&answer, "Accept"), &expected, &told_of(&answer));
    let (is, found) = scene.points_at(project, PROPERTY, &organization.id, true).await?;
    let expected = format!("{} among the {PROPERTY} of {project}, since it lists the project", organization.id);
    scene.holds("flow/asset-lists", is, &expected, &found);
    let ours = format!("{}/orgAssets", organization.id);
    let (is, found) = scene.collects(&ours, |found| found.lists(project.as_str())).await?;
    let why = || Stop(format!("our own organization does not list {project}: {}", found.told()));
    is.then_some(()).ok_or_else(why)
}

async fn ended_by_them(scene: &mut Scene, at: &At) -> Ended {
    let At { project, theirs, organization } = at;
    let origin = scene.get(project.as_str()).await?[PROPERTY].as_str().map(str::to_owned);
    let mut remove = posts::remove_link(project, PROPERTY, &organization.id, theirs);
    if let Some(origin) = origin {
        remove["origin"] = origin.into();
    }
    let is_it = |activity: &Value| has_type(activity, "Remove") && names(&activity["object"], organization.id.as_str());
    let please = format!("take {} out of the {PROPERTY} of {project}", organization.id);
    let act = scene.they_say(&please, &remove, is_it).await?;
    let answer = scene.answer(&act, project).await;
    let expected = format!("an Accept of the Remove by {project}");
    scene.holds("flow/asset-left", is_a(&answer, "Accept"), &expected, &told_of(&answer));
    no_more(scene, at).await
}

async fn ended_by_us(scene: &mut Scene, at: &At) -> Ended {
    let At { project, organization, .. } = at;
    let remove = posts::remove_link(&organization.id, "orgAssets", project, &organization.grant);
    scene.says(Who::Ann, &remove).await?;
    no_more(scene, at).await
}

async fn no_more(scene: &mut Scene, at: &At) -> Ended {
    let (project, organization) = (&at.project, &at.organization.id);
    let (gone, found) = scene.points_at(project, PROPERTY, organization, false).await?;
    let expected = format!("{organization} no longer among the {PROPERTY} of {project}");
    scene.holds("flow/asset-dropped", gone, &expected, &found);
    let ours = format!("{organization}/orgAssets");
    let (gone, found) = scene.collects(&ours, |found| !found.lists(project.as_str())).await?;
    let why = || Stop(format!("our own organization still lists {project}: {}", found.told()));
    gone.then_some(()).ok_or_else(why)
}
