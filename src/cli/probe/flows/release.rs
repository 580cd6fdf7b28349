//! FL-74 and FL-75: ann, who has the role write on a tracker of the peer's, makes a release of a repository of the peer's, plans it for a
//! milestone of a roadmap of the peer's and takes that back, and deletes it; ben tries each without a Grant.

use super::{Flow, Playing, props};
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop, address_of, is_a, told, told_of};
use crate::cli::probe::work::{MAIN, Work};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use pritchel_actors::tie::TieKind;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow {
    ids: &["FL-74", "FL-75"],
    title: "make a release, and plan it for a milestone",
    kinds: &["ReleaseTracker", "Roadmap"],
    play,
};

const TAG: &str = "probed-1";
const TITLE: &str = "Released by the probe";

/// Where it is played.
struct At {
    tracker: ActorId,
    /// Ann's Grant of write on it.
    write: ActId,
    repository: ActorId,
    /// The commit that is released.
    commit: String,
}

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let repository = scene.about("Repository")?;
        let tracker = scene.about("ReleaseTracker")?;
        props::tied(scene, TieKind::Releases, &repository, &tracker).await?;
        let work = Work::of_the_peer(scene, &repository).await?;
        work.begun()?;
        work.tag(TAG)?;
        let commit = work.at(MAIN)?;
        let write = props::member(scene, &tracker, Who::Ann, "write").await?;
        let at = At { tracker, write, repository, commit };
        let release = released(scene, &at).await?;
        let planned = planned(scene, &at, &release).await;
        scene.about("ReleaseTracker")?;
        deleted(scene, &at, &release).await?;
        planned
    })
}

fn open(at: &At, repository: &ActorId) -> Value {
    let texts = [TAG, TITLE, "To see what comes of it."];
    let offer = posts::open_release(&at.tracker, texts, (repository, &at.commit), false, &[], &at.write);
    props::addressed(offer, &at.tracker)
}

async fn released(scene: &mut Scene, at: &At) -> Result<String, Stop> {
    let bare = props::without_capability(open(at, &at.repository));
    scene.asks_in_vain("rt-beh-offer/1.1", Who::Ben, &bare, &at.tracker, "who asks has no Grant").await?;
    let ours = scene.home.owned("Repository").await?.id;
    let why = "it is of a repository whose releases the tracker has not";
    scene.asks_in_vain("rt-beh-offer/1.2", Who::Ann, &open(at, &ours), &at.tracker, why).await?;
    let act = scene.says(Who::Ann, &open(at, &at.repository)).await?;
    let answer = scene.answer(&act, &at.tracker).await;
    let result = answer.as_ref().and_then(|answer| address_of(&answer.activity["result"])).map(str::to_owned);
    let expected = "an Accept with the release as result";
    scene.holds("rt-beh-offer/1.4", is_a(&answer, "Accept") && result.is_some(), expected, &told_of(&answer));
    let release = result.ok_or_else(|| Stop("the release has no address".into()))?;
    let (is, found) = scene.shows(&release, |shown| has_type(shown, "Release") && shown["name"] == TAG).await?;
    let of_it = found["origin"]["hash"] == at.commit.as_str();
    let expected = format!("a Release with the name {TAG:?}, its origin the commit {}", at.commit);
    scene.holds("rt-beh-offer/1.3", is && of_it, &expected, &told(&found));
    Ok(release)
}

async fn planned(scene: &mut Scene, at: &At, release: &str) -> Ended {
    let roadmap = scene.about("Roadmap")?;
    props::tied(scene, TieKind::Roadmap, &roadmap, &at.tracker).await?;
    let milestone = milestone(scene, &roadmap).await?;
    let bringing = scene.get(&milestone).await?["milestoneReleases"].as_str().map(str::to_owned);
    scene.about("ReleaseTracker")?;
    let milestones = scene.get(release).await?["releaseMilestones"].as_str().map(str::to_owned);
    let milestones = milestones.ok_or_else(|| Stop("the release names no releaseMilestones".into()))?;
    let add = |milestone: &str| {
        let mut add = posts::add_milestone(&at.tracker, release, milestone, &at.write);
        add["target"] = milestones.as_str().into();
        add
    };
    let nowhere = add(&format!("{}/pritchel-probe-no-milestone", scene.peer.base));
    let why = "it is no milestone of the tracker's roadmap";
    scene.asks_in_vain("rt-beh-add/5.1", Who::Ann, &nowhere, &at.tracker, why).await?;
    let bare = props::without_capability(add(&milestone));
    scene.asks_in_vain("rt-beh-add/5.2", Who::Ben, &bare, &at.tracker, "who asks has no Grant").await?;
    let act = scene.says(Who::Ann, &add(&milestone)).await?;
    let answer = scene.answer(&act, &at.tracker).await;
    scene.holds("rt-beh-add/5.4", is_a(&answer, "Accept"), "an Accept of the Add", &told_of(&answer));
    lists(scene, "rt-beh-add/5.3", &milestones, &milestone, true).await?;
    at_roadmap(scene, "roadmap-beh-accept/9.3", bringing.as_deref(), release, true).await?;

    let mut remove = posts::remove_milestone(&at.tracker, release, &milestone, &at.write);
    remove["origin"] = milestones.as_str().into();
    let bare = props::without_capability(remove.clone());
    scene.asks_in_vain("rt-beh-remove/6.2", Who::Ben, &bare, &at.tracker, "who asks has no Grant").await?;
    let act = scene.says(Who::Ann, &remove).await?;
    let answer = scene.answer(&act, &at.tracker).await;
    scene.holds("rt-beh-remove/6.4", is_a(&answer, "Accept"), "an Accept of the Remove", &told_of(&answer));
    lists(scene, "rt-beh-remove/6.3", &milestones, &milestone, false).await?;
    at_roadmap(scene, "roadmap-beh-accept/10.4", bringing.as_deref(), release, false).await?;
    let why = "it is not planned for that milestone";
    scene.asks_in_vain("rt-beh-remove/6.1", Who::Ann, &remove, &at.tracker, why).await
}

/// A milestone that ann makes.
async fn milestone(scene: &mut Scene, roadmap: &ActorId) -> Result<String, Stop> {
    let write = props::member(scene, roadmap, Who::Ann, "write").await?;
    let offer = posts::open_milestone(roadmap, "For a release", "x", (None, None), &write);
    let act = scene.says(Who::Ann, &offer).await?;
    let answer = scene.answer(&act, roadmap).await;
    let result = answer.as_ref().and_then(|answer| address_of(&answer.activity["result"])).map(str::to_owned);
    result.ok_or_else(|| Stop(format!("no milestone could be made: {}", told_of(&answer))))
}

/// A collection lists an address, or no longer does.
async fn lists(scene: &mut Scene, key: &str, collection: &str, what: &str, wanted: bool) -> Ended {
    let (is, found) = scene.collects(collection, |found| found.lists(what) == wanted).await?;
    let expected = if wanted { "in" } else { "no longer in" };
    scene.holds(key, is, &format!("{what} {expected} {collection}"), &found.told());
    Ok(())
}

/// The same of the milestone, which its roadmap has.
async fn at_roadmap(scene: &mut Scene, key: &str, releases: Option<&str>, release: &str, wanted: bool) -> Ended {
    scene.about("Roadmap")?;
    match releases {
        Some(releases) => lists(scene, key, releases, release, wanted).await?,
        None => scene.holds(key, false, "a collection of releases at the milestone", "no milestoneReleases is named"),
    }
    scene.about("ReleaseTracker").map(drop)
}

async fn deleted(scene: &mut Scene, at: &At, release: &str) -> Ended {
    let delete = posts::delete_release(&at.tracker, release, &at.write);
    let bare = props::without_capability(delete.clone());
    scene.asks_in_vain("rt-beh-delete/2.1", Who::Ben, &bare, &at.tracker, "who asks has no Grant").await?;
    let act = scene.says(Who::Ann, &delete).await?;
    let answer = scene.answer(&act, &at.tracker).await;
    scene.holds("rt-beh-delete/2.3", is_a(&answer, "Accept"), "an Accept of the Delete", &told_of(&answer));
    let (gone, status) = scene.is_gone(release).await?;
    scene.holds("rt-beh-delete/2.2", gone, "404 or 410", &format!("{status} at {release}"));
    Ok(())
}
