//! FL-45 and FL-47: the peer's tracker joins a project of the probe, from the tracker's side, and leaves it. Dora, a member of the
//! project, then acts on the tracker by what the project passed on to her: a chain of Grants from two servers.

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
    ids: &["FL-45", "FL-47"],
    title: "the peer's tracker joins a project of ours, and leaves it",
    kinds: &["TicketTracker"],
    play,
};

/// The greatest role that comes over the link.
const ROLE: &str = "maintain";

/// Where it is played.
struct At {
    tracker: ActorId,
    /// The tracker's collection of projects.
    projects: String,
    project: Owned,
    theirs: ActId,
}

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let tracker = scene.about("TicketTracker")?;
        let projects = scene.get(tracker.as_str()).await?["context"].as_str().map(str::to_owned);
        let projects = projects.ok_or_else(|| Stop("the tracker names no collection of projects (context)".into()))?;
        let theirs = scene.their_grant(&tracker)?;
        let project = scene.home.owned("Project").await?;
        let at = At { tracker, projects, project, theirs };
        refused(scene, &at).await?;
        let start = linked(scene, &at).await?;
        let chain = passed_on(scene, &at).await?;
        ended(scene, &at, &start, &chain).await
    })
}

fn add(at: &At, object: &ActorId) -> Value {
    let mut add = posts::add(&at.tracker, "context", object, ROLE, &at.theirs);
    add["target"] = at.projects.as_str().into();
    add
}

async fn refused(scene: &mut Scene, at: &At) -> Ended {
    let act = scene.says(Who::Ben, &props::without_capability(add(at, &at.project.id))).await?;
    let refused = scene.not_accepted(&act, &at.tracker).await;
    let found = refused.as_ref().err().cloned().unwrap_or_default();
    scene.holds("tt-beh-add/3.1", refused.is_ok(), "no Accept of an Add without a Grant", &found);
    if scene.peer.client.is_some() {
        let other = scene.home.owned("TicketTracker").await?.id;
        let act = scene.they_say("", &add(at, &other), |_| false).await?;
        let refused = scene.not_accepted(&act, &at.tracker).await;
        let found = refused.as_ref().err().cloned().unwrap_or_default();
        scene.holds("tt-beh-add/3.2", refused.is_ok(), "no Accept of an Add of what is no Project", &found);
    }
    Ok(())
}

/// The start-Grant that came in the end.
async fn linked(scene: &mut Scene, at: &At) -> Result<ActId, Stop> {
    let At { tracker, project, projects, .. } = at;
    let is_it = |activity: &Value| has_type(activity, "Add") && names(&activity["object"], project.id.as_str());
    let please = format!("add {tracker} to the project {} with the role {ROLE}", project.id);
    let act = scene.they_say(&please, &add(at, &project.id), is_it).await?;
    let answer = scene.answer(&act, tracker).await;
    scene.holds("tt-beh-add/3.5", is_a(&answer, "Accept"), "an Accept of the Add by the tracker", &told_of(&answer));
    scene.says(Who::Ann, &posts::agree(&act, &project.id, tracker, &project.grant)).await?;
    let is_start = |activity: &Value| props::is_grant_to(activity, tracker, &project.id);
    let start = scene.arrives(is_start).await;
    let good = start.as_ref().is_some_and(|start| {
        let of = &start.activity;
        names(&of["actor"], tracker.as_str())
            && of["object"] == ROLE
            && names(&of["allows"], "gatherAndConvey")
            && !of["capability"].is_null()
    });
    let expected = format!(
        "a Grant: object {ROLE}, context and actor {tracker}, target {}, allows gatherAndConvey, capability the delegate-Grant",
        project.id
    );
    scene.holds("tt-beh-grant/1.2", is_a(&start, "Grant") && good, &expected, &told_of(&start));
    let start = start.and_then(|start| start.activity["id"].as_str().map(ActId::new));
    let (listed, found) = scene.collects(projects, |found| found.lists(project.id.as_str())).await?;
    scene.holds("tt-beh-grant/1.1", listed, &format!("{} in {projects}", project.id), &found.told());
    start.ok_or_else(|| Stop("no start-Grant came".into()))
}

/// Dora joins the project and uses what it passes on to her: the Grant.
async fn passed_on(scene: &mut Scene, at: &At) -> Result<ActId, Stop> {
    let At { tracker, project, .. } = at;
    let dora = scene.home.id(Who::Dora).clone();
    let invite = scene.says(Who::Ann, &posts::invite(&project.id, &dora, "triage", &project.grant)).await?;
    let client = scene.home.client(Who::Dora);
    client.accepted(&invite).await?;
    client.post(&posts::accept(&invite, &[&project.id])).await?;
    let is_it = |activity: &Value| has_type(activity, "Grant") && names(&activity["context"], tracker.as_str());
    let grant = client.receives("what the project passes on", is_it).await?;
    let grant = grant["id"].as_str().map(ActId::new).ok_or_else(|| Stop("a Grant without id".into()))?;
    let answer = assigned(scene, at, &grant).await?;
    scene.holds(
        "flow/chain-taken",
        is_a(&answer, "Accept"),
        "an Accept of what was asked by the chain",
        &told_of(&answer),
    );
    let ticket = props::the_ticket(scene, tracker).await?;
    let act = scene.says(Who::Dora, &posts::unassign(tracker, &ticket, &dora, Some(&grant))).await?;
    scene.answer(&act, tracker).await;
    Ok(grant)
}

/// Dora takes a ticket by a Grant: what came of it.
async fn assigned(scene: &mut Scene, at: &At, grant: &ActId) -> Result<Option<crate::cli::probe::tap::Arrived>, Stop> {
    let dora = scene.home.id(Who::Dora).clone();
    let ticket = props::the_ticket(scene, &at.tracker).await?;
    let act = scene.says(Who::Dora, &posts::assign(&at.tracker, &ticket, &dora, Some(grant))).await?;
    Ok(scene.answer(&act, &at.tracker).await)
}

async fn ended(scene: &mut Scene, at: &At, start: &ActId, chain: &ActId) -> Ended {
    let At { tracker, project, projects, theirs } = at;
    let mut remove = posts::remove_link(tracker, "context", &project.id, theirs);
    remove["origin"] = projects.as_str().into();
    let act = scene.says(Who::Ben, &props::without_capability(remove.clone())).await?;
    let refused = scene.not_accepted(&act, tracker).await;
    let found = scene.collection(projects).await?;
    let held = refused.is_ok() && found.lists(project.id.as_str());
    let expected = "no Accept, and the project still listed: who asks has no Grant";
    scene.holds("tt-beh-remove/2.1", held, expected, &refused.err().unwrap_or_else(|| found.told()));

    let is_revoke = |activity: &Value| has_type(activity, "Revoke") && names(&activity["object"], start.as_str());
    let please = format!("take {tracker} out of the project {}", project.id);
    scene.they_say(&please, &remove, is_revoke).await?;
    let came = scene.arrives(is_revoke).await;
    scene.holds("tt-beh-remove/2.4", is_a(&came, "Revoke"), &format!("a Revoke of {start}"), &told_of(&came));
    let (gone, found) = scene.collects(projects, |found| !found.lists(project.id.as_str())).await?;
    scene.holds("tt-beh-remove/2.3", gone, &format!("{} no longer in {projects}", project.id), &found.told());
    let ticket = props::the_ticket(scene, tracker).await?;
    let dora = scene.home.id(Who::Dora).clone();
    let act = scene.says(Who::Dora, &posts::assign(tracker, &ticket, &dora, Some(chain))).await?;
    let refused = scene.not_accepted(&act, tracker).await;
    let found = refused.as_ref().err().cloned().unwrap_or_default();
    scene.holds("flow/chain-ended", refused.is_ok(), "no Accept: the chain begins with a revoked Grant", &found);
    Ok(())
}
