//! FL-32 and FL-33: a team of the peer's is asked for a review of a merge request. Ann, who has the role write in it, has her own review
//! listed under it, and approves in its name; ben tries both without a Grant.

use super::proposal::{self, Ground, attached};
use super::review::of_whom;
use super::{Flow, Playing, props};
use crate::cli::demo::client::names;
use crate::cli::probe::home::Who;
use crate::cli::probe::scene::{Ended, Scene, Stop, is_a, told, told_of};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow {
    ids: &["FL-32", "FL-33"],
    title: "review a merge request in the name of a team",
    kinds: &["Team", "PatchTracker"],
    play,
};

/// Where it is played.
struct At {
    ground: Ground,
    team: ActorId,
    /// Ann's Grant of write on the team.
    write: ActId,
    /// Ann's own approval, and the team's.
    approvals: [String; 2],
}

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let at = asked(scene).await?;
        listed(scene, &at).await?;
        approved(scene, &at).await
    })
}

/// A merge request with a review of ann's, and the team asked for one.
async fn asked(scene: &mut Scene) -> Result<At, Stop> {
    let team = scene.about("Team")?;
    let write = props::member(scene, &team, Who::Ann, "write").await?;
    let ground = proposal::ground(scene).await?;
    let [request, version] = proposal::request(scene, &ground, "of steel").await?;
    let shown = scene.get(&request).await?;
    let place = |property: &str| attached(&shown)[property].as_str().map(str::to_owned);
    let (Some(individuals), Some(teams)) = (place("individualApprovals"), place("teamApprovals")) else {
        return Err(Stop("the Offer names no individualApprovals and teamApprovals".into()));
    };
    let of = [request.as_str(), version.as_str()];
    let review = posts::submit_review(&ground.tracker, of, "approve", "Good", &[], Some(&ground.write));
    let act = scene.says(Who::Ann, &props::addressed(review, &ground.tracker)).await?;
    scene.answer(&act, &ground.tracker).await;
    let mut invite = posts::request_review(&ground.tracker, &request, &[&team], &ground.write);
    invite["target"] = teams.as_str().into();
    let act = scene.says(Who::Ann, &invite).await?;
    scene.answer(&act, &ground.tracker).await;
    let ann = scene.home.id(Who::Ann).clone();
    let (_, mine) = of_whom(scene, &individuals, &ann, |_| true).await?;
    let (_, theirs) = of_whom(scene, &teams, &team, |_| true).await?;
    let id = |approval: &Value, whose: &str| {
        let id = approval["id"].as_str().map(str::to_owned);
        id.ok_or_else(|| Stop(format!("the Approval of {whose} has no address")))
    };
    let approvals = [id(&mine, "ann")?, id(&theirs, "the team")?];
    Ok(At { ground, team, write, approvals })
}

/// FL-32.
async fn listed(scene: &mut Scene, at: &At) -> Ended {
    let (tracker, team, [mine, theirs]) = (&at.ground.tracker, &at.team, &at.approvals);
    let list = |approval: &str, under: &str| posts::list_for_team(tracker, team, approval, under, &at.write);
    scene.about("Team")?;
    let why = "who asks shows the Grant of somebody else";
    scene.asks_in_vain("team-beh-add/7.1", Who::Ben, &list(mine, theirs), team, why).await?;
    let why = "what is to be listed is a team's own approval";
    scene.asks_in_vain("team-beh-add/7.2", Who::Ann, &list(theirs, theirs), team, why).await?;
    let why = "what it is to be listed under is no approval of the team";
    scene.asks_in_vain("team-beh-add/7.3", Who::Ann, &list(mine, mine), team, why).await?;
    let act = scene.says(Who::Ann, &list(mine, theirs)).await?;
    let answer = scene.answer(&act, team).await;
    scene.holds("team-beh-add/7.4", is_a(&answer, "Accept"), "an Accept of the Add by the team", &told_of(&answer));
    scene.about("PatchTracker")?;
    let answer = scene.answer(&act, tracker).await;
    let expected = "an Accept of the Add by the tracker";
    scene.holds("pt-beh-accept/13.6", is_a(&answer, "Accept"), expected, &told_of(&answer));
    let (is, found) = scene.shows(theirs, |shown| names(&shown["attachment"], mine)).await?;
    scene.holds("pt-beh-accept/13.5", is, &format!("{mine} as attachment of {theirs}"), &told(&found));
    Ok(())
}

/// FL-33.
async fn approved(scene: &mut Scene, at: &At) -> Ended {
    let (team, [_, theirs]) = (&at.team, &at.approvals);
    let approve = posts::approve_for_team(team, theirs, &at.write);
    scene.about("Team")?;
    let bare = props::without_capability(approve.clone());
    scene.asks_in_vain("team-beh-resolve/1.1", Who::Ben, &bare, team, "who asks has no Grant").await?;
    scene.says(Who::Ann, &approve).await?;
    let (is, found) = scene.shows(theirs, |shown| shown["approvalStatus"] == "approve").await?;
    // What the team says to the tracker is between the two: it shows in what comes of it.
    let expected = "approvalStatus: approve, since the team has offered its review";
    scene.holds("team-beh-resolve/1.2", is, expected, &told(&found));
    scene.about("PatchTracker")?;
    scene.holds("pt-beh-offer/5.6", is, expected, &told(&found));
    Ok(())
}
