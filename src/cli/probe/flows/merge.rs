//! FL-21 to FL-24: ben offers patches and puts others in their place; ann, who has the role write, offers a branch of a repository of the
//! probe, pushes to it again, and has it merged.

use super::proposal::{self, Ground, attached, newest, version_after};
use super::{Flow, Playing, props};
use crate::cli::demo::client::names;
use crate::cli::probe::hand::Spoil;
use crate::cli::probe::home::{Owned, Who};
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop, address_of, is_a, told, told_of};
use crate::cli::probe::work::{MAIN, Work};
use pritchel_actor::ActorId;
use pritchel_actors::client as posts;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow {
    ids: &["FL-21", "FL-22", "FL-23", "FL-24"],
    title: "offer patches and branches, and have them merged",
    kinds: &["PatchTracker"],
    play,
};

const TITLE: &str = "A cup for the tea";
/// The branch of ours that is offered.
const BRANCH: &str = "probed-branch";

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let ground = proposal::ground(scene).await?;
        let patches = ground.patches("of clay")?;
        refused(scene, &ground, &patches).await?;
        let request = offered(scene, &ground, &patches).await?;
        bettered(scene, &ground, &request).await?;
        let ours = scene.home.owned("Repository").await?;
        let work = ground.work.towards_ours(scene, &ours.id).await?;
        let request = branched(scene, &ground, &ours, &work).await?;
        applied(scene, &ground, &ours, &request).await
    })
}

/// What is not opened: what says that somebody else offers it, and what is for a repository that the tracker has no patches for.
async fn refused(scene: &mut Scene, ground: &Ground, patches: &[String]) -> Ended {
    let ann = scene.home.id(Who::Ann).clone();
    let forged = ground.offers(&ann, "Not mine", patches);
    let sent = scene.sends(Who::Cleo, forged, &ground.tracker, Spoil::Nothing).await?;
    let refused = scene.refused(&sent, &ground.tracker).await;
    let found = refused.as_ref().err().cloned().unwrap_or_default();
    scene.holds("flow/request-author", refused.is_ok(), "no Accept of what is attributed to somebody else", &found);

    let (ben, ours) = (scene.home.id(Who::Ben).clone(), scene.home.owned("Repository").await?);
    let texts = ["Astray", "For a repository of ours."];
    let report = ground.report.as_ref();
    let astray = posts::open_patches(&ben, &ground.tracker, texts, patches, (&ours.id, MAIN), report);
    let why = "the tracker has no patches for that repository";
    let astray = props::addressed(astray, &ground.tracker);
    scene.asks_in_vain("flow/request-target", Who::Ben, &astray, &ground.tracker, why).await
}

async fn offered(scene: &mut Scene, ground: &Ground, patches: &[String]) -> Result<String, Stop> {
    let ben = scene.home.id(Who::Ben).clone();
    let act = scene.says(Who::Ben, &ground.offers(&ben, TITLE, patches)).await?;
    let answer = scene.answer(&act, &ground.tracker).await;
    let result = answer.as_ref().and_then(|answer| address_of(&answer.activity["result"])).map(str::to_owned);
    let expected = "an Accept with the merge request as result";
    scene.holds("pt-beh-offer/1.2", is_a(&answer, "Accept") && result.is_some(), expected, &told_of(&answer));
    let request = result.ok_or_else(|| Stop("the merge request has no address".into()))?;
    let (is, found) = scene.shows(&request, |shown| has_type(shown, "Ticket") && shown["summary"] == TITLE).await?;
    let by = names(&found["attributedTo"], ben.as_str()) && names(&found["context"], ground.tracker.as_str());
    let target = &attached(&found)["target"];
    let into = names(target, ground.repository.as_str()) || names(&target["context"], ground.repository.as_str());
    let expected = format!("a Ticket by {ben}, its attachment an Offer whose target is of {}", ground.repository);
    scene.holds("pt-beh-offer/1.1", is && by && into, &expected, &told(&found));
    let version = version_after(scene, &request, None).await?;
    let found = version.as_ref().err().cloned().unwrap_or_default();
    scene.holds("flow/request-version", version.is_ok(), "the patches as object of the Offer", &found);
    Ok(request)
}

/// Other patches: by cleo, who did not offer it and has no Grant, and by ben.
async fn bettered(scene: &mut Scene, ground: &Ground, request: &str) -> Ended {
    let shown = scene.get(request).await?;
    let before = newest(&shown).map(str::to_owned).ok_or_else(|| Stop("the merge request has no version".into()))?;
    let (ben, cleo) = (scene.home.id(Who::Ben).clone(), scene.home.id(Who::Cleo).clone());
    let patches = ground.patches("of glass")?;
    let by_cleo = ground.betters(&cleo, request, &patches);
    let why = "neither who offered it nor who has a Grant of write";
    scene.asks_in_vain("flow/version-authority", Who::Cleo, &by_cleo, &ground.tracker, why).await?;
    let act = scene.says(Who::Ben, &ground.betters(&ben, request, &patches)).await?;
    let answer = scene.answer(&act, &ground.tracker).await;
    let result = answer.as_ref().and_then(|answer| address_of(&answer.activity["result"])).map(str::to_owned);
    let good = is_a(&answer, "Accept") && result.is_some();
    scene.holds("flow/version-answered", good, "an Accept with the new version as result", &told_of(&answer));
    let result = result.ok_or_else(|| Stop("the new version has no address".into()))?;
    let (is, found) = scene.shows(request, |shown| newest(shown) == Some(result.as_str())).await?;
    let expected = format!("{result} as object of the Offer");
    scene.holds("flow/version-newest", is, &expected, &told(attached(&found)));
    let (is, found) = scene.shows(&before, |shown| names(&shown["currentVersion"], &result)).await?;
    scene.holds("flow/version-before", is, &format!("{result} as currentVersion of {before}"), &told(&found));
    Ok(())
}

/// Ann offers a branch of ours, and pushes to it again.
async fn branched(scene: &mut Scene, ground: &Ground, ours: &Owned, work: &Work) -> Result<String, Stop> {
    work.branch(BRANCH, MAIN)?;
    work.commit("plate.md", "A plate\n")?;
    work.push(BRANCH)?;
    let ann = scene.home.id(Who::Ann).clone();
    let ends = [(&ours.id, BRANCH), (&ground.repository, MAIN)];
    let offer = posts::open_merge_request(&ann, &ground.tracker, "A plate", "x", ends, ground.report.as_ref());
    let act = scene.says(Who::Ann, &props::addressed(offer, &ground.tracker)).await?;
    let answer = scene.answer(&act, &ground.tracker).await;
    let result = answer.as_ref().and_then(|answer| address_of(&answer.activity["result"])).map(str::to_owned);
    let request = result.ok_or_else(|| Stop(format!("a branch could not be offered: {}", told_of(&answer))))?;
    let first = version_after(scene, &request, None).await?;
    let expected = "what the branch has, taken from our server, as object of the Offer";
    let found = first.as_ref().err().cloned().unwrap_or_default();
    scene.holds("flow/request-branch", first.is_ok(), expected, &found);
    let first = first.map_err(|found| Stop(format!("nothing of our branch is shown: {found}")))?;
    work.commit("plate.md", "A plate\nand a spoon\n")?;
    work.push(BRANCH)?;
    let second = version_after(scene, &request, Some(&first)).await?;
    let found = second.as_ref().err().cloned().unwrap_or_default();
    let expected = format!("another version than {first}, since the branch was pushed to");
    scene.holds("flow/version-pushed", second.is_ok(), &expected, &found);
    Ok(request)
}

/// It is merged for ann, and for nobody else.
async fn applied(scene: &mut Scene, ground: &Ground, ours: &Owned, request: &str) -> Ended {
    let Ground { tracker, repository, work, write, .. } = ground;
    let apply = |into: &ActorId| props::addressed(posts::apply(tracker, request, into, "merge", write), tracker);
    let bare = props::without_capability(apply(repository));
    scene.asks_in_vain("flow/apply-authority", Who::Ben, &bare, tracker, "who asks has no Grant").await?;
    let why = "the merge request is for another repository";
    scene.asks_in_vain("flow/apply-target", Who::Ann, &apply(&ours.id), tracker, why).await?;
    let follow = scene.says(Who::Ann, &posts::follow(repository)).await?;
    scene.answer(&follow, repository).await;
    let (before, since) = (work.at(MAIN)?, scene.home.arrivals.count());
    let act = scene.says(Who::Ann, &apply(repository)).await?;
    let answer = scene.answer(&act, tracker).await;
    scene.holds("flow/apply-answered", is_a(&answer, "Accept"), "an Accept of the Apply", &told_of(&answer));
    let (is, found) = scene.shows(request, |shown| shown["isResolved"] == true).await?;
    scene.holds("flow/apply-closes", is, "isResolved: true", &told(&found));
    let after = work.at(MAIN)?;
    let expected = format!("another commit than {before} at {MAIN}");
    scene.holds("flow/apply-pushes", before != after, &expected, &after);
    let is_push = |activity: &Value| has_type(activity, "Push") && names(&activity["actor"], repository.as_str());
    let came = scene.arrives_since(since, is_push).await;
    let good = came.as_ref().is_some_and(|came| came.activity["hashAfter"] == after.as_str());
    let expected = format!("a Push by {repository} with hashAfter {after}, to its followers");
    scene.holds("flow/apply-told", is_a(&came, "Push") && good, &expected, &told_of(&came));
    let undo = scene.says(Who::Ann, &posts::unfollow(repository, &follow)).await?;
    scene.answer(&undo, repository).await;
    Ok(())
}
