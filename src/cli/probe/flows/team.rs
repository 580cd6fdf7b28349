//! FL-61 and FL-63: the peer's tracker gives a team of the probe access, from the tracker's side, and takes it back. Ben, a member of
//! the team, then acts on the tracker by what the team passed on to him.

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
    ids: &["FL-61", "FL-63"],
    title: "the peer's tracker gives a team of ours access, and takes it back",
    kinds: &["TicketTracker"],
    play,
};

/// The greatest role that comes over the link.
const ROLE: &str = "triage";

/// Where it is played.
struct At {
    tracker: ActorId,
    /// The tracker's collection of teams.
    teams: String,
    team: Owned,
    theirs: ActId,
}

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let tracker = scene.about("TicketTracker")?;
        let teams = scene.get(tracker.as_str()).await?["teams"].as_str().map(str::to_owned);
        let teams = teams.ok_or_else(|| Stop("the tracker names no teams".into()))?;
        let theirs = scene.their_grant(&tracker)?;
        let team = scene.home.owned("Team").await?;
        let at = At { tracker, teams, team, theirs };
        refused(scene, &at).await?;
        linked(scene, &at).await?;
        let chain = passed_on(scene, &at).await?;
        ended(scene, &at, &chain).await
    })
}

fn add(at: &At, object: &ActorId) -> Value {
    let mut add = posts::add(&at.tracker, "teams", object, ROLE, &at.theirs);
    add["target"] = at.teams.as_str().into();
    add
}

async fn refused(scene: &mut Scene, at: &At) -> Ended {
    let bare = props::without_capability(add(at, &at.team.id));
    scene.asks_in_vain("tt-beh-add/1.2", Who::Cleo, &bare, &at.tracker, "who asks has no Grant").await?;
    if scene.peer.client.is_some() {
        let other = scene.home.owned("Project").await?.id;
        let act = scene.they_say("", &add(at, &other), |_| false).await?;
        let refused = scene.not_accepted(&act, &at.tracker).await;
        let found = refused.as_ref().err().cloned().unwrap_or_default();
        scene.holds("tt-beh-add/1.1", refused.is_ok(), "no Accept of an Add of what is no Team", &found);
    }
    Ok(())
}

async fn linked(scene: &mut Scene, at: &At) -> Ended {
    let At { tracker, team, teams, .. } = at;
    let is_it = |activity: &Value| has_type(activity, "Add") && names(&activity["object"], team.id.as_str());
    let please = format!("give the team {} access to {tracker} with the role {ROLE}", team.id);
    let act = scene.they_say(&please, &add(at, &team.id), is_it).await?;
    let answer = scene.answer(&act, tracker).await;
    scene.holds("tt-beh-add/1.5", is_a(&answer, "Accept"), "an Accept of the Add by the tracker", &told_of(&answer));
    scene.says(Who::Ann, &posts::agree(&act, &team.id, tracker, &team.grant)).await?;
    let start = scene.arrives(|activity| props::is_grant_to(activity, tracker, &team.id)).await;
    let good = start.as_ref().is_some_and(|start| {
        let of = &start.activity;
        let by_it = names(&of["actor"], tracker.as_str()) && !of["capability"].is_null();
        by_it && of["object"] == ROLE && names(&of["allows"], "distribute")
    });
    let expected = format!(
        "a Grant: object {ROLE}, context and actor {tracker}, target {}, allows distribute, capability the delegate-Grant",
        team.id
    );
    scene.holds("tt-beh-grant/2.2", is_a(&start, "Grant") && good, &expected, &told_of(&start));
    let (listed, found) = scene.collects(teams, |found| found.lists(team.id.as_str())).await?;
    scene.holds("tt-beh-grant/2.1", listed, &format!("{} in {teams}", team.id), &found.told());
    if is_a(&start, "Grant") { Ok(()) } else { Err(Stop("no start-Grant came".into())) }
}

/// Ben joins the team and uses what it passes on to him: the Grant.
async fn passed_on(scene: &mut Scene, at: &At) -> Result<ActId, Stop> {
    let At { tracker, team, .. } = at;
    let ben = scene.home.id(Who::Ben).clone();
    let invite = scene.says(Who::Ann, &posts::invite(&team.id, &ben, "triage", &team.grant)).await?;
    let client = scene.home.client(Who::Ben);
    client.accepted(&invite).await?;
    client.post(&posts::accept(&invite, &[&team.id])).await?;
    let is_it = |activity: &Value| {
        has_type(activity, "Grant")
            && names(&activity["context"], tracker.as_str())
            && names(&activity["actor"], team.id.as_str())
    };
    let grant = client.receives("what the team passes on", is_it).await?;
    let grant = grant["id"].as_str().map(ActId::new).ok_or_else(|| Stop("a Grant without id".into()))?;
    let ticket = props::the_ticket(scene, tracker).await?;
    let act = scene.says(Who::Ben, &posts::assign(tracker, &ticket, &ben, Some(&grant))).await?;
    let answer = scene.answer(&act, tracker).await;
    scene.holds(
        "flow/team-chain",
        is_a(&answer, "Accept"),
        "an Accept of what was asked by the chain",
        &told_of(&answer),
    );
    let act = scene.says(Who::Ben, &posts::unassign(tracker, &ticket, &ben, Some(&grant))).await?;
    scene.answer(&act, tracker).await;
    Ok(grant)
}

async fn ended(scene: &mut Scene, at: &At, chain: &ActId) -> Ended {
    let At { tracker, team, teams, theirs } = at;
    let mut remove = posts::remove_link(tracker, "teams", &team.id, theirs);
    remove["origin"] = teams.as_str().into();
    let bare = props::without_capability(remove.clone());
    scene.asks_in_vain("tt-beh-remove/3.1", Who::Cleo, &bare, tracker, "who asks has no Grant").await?;
    let is_it = |activity: &Value| has_type(activity, "Remove") && names(&activity["object"], team.id.as_str());
    let please = format!("take the access of the team {} to {tracker} away", team.id);
    let act = scene.they_say(&please, &remove, is_it).await?;
    let answer = scene.answer(&act, tracker).await;
    scene.holds(
        "tt-beh-remove/3.4",
        is_a(&answer, "Accept"),
        "an Accept of the Remove, told to the team",
        &told_of(&answer),
    );
    let (gone, found) = scene.collects(teams, |found| !found.lists(team.id.as_str())).await?;
    scene.holds("tt-beh-remove/3.3", gone, &format!("{} no longer in {teams}", team.id), &found.told());
    let (ticket, ben) = (props::the_ticket(scene, tracker).await?, scene.home.id(Who::Ben).clone());
    let by_chain = posts::assign(tracker, &ticket, &ben, Some(chain));
    let why = "the chain begins with a Grant of what was taken away";
    scene.asks_in_vain("flow/team-chain-ended", Who::Ben, &by_chain, tracker, why).await
}
