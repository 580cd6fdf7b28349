//! What the peer's person does with merge requests and releases of the probe: offers patches, puts others in their place, has them
//! merged, releases what came of it, and plans the release for a milestone.

use super::they_act::{Said, let_in, they};
use super::{Flow, props};
use crate::cli::probe::home::{Owned, Who};
use crate::cli::probe::scene::{Ended, Scene, Stop, address_of};
use crate::cli::probe::work::{MAIN, Work};
use pritchel_actors::client as posts;
use pritchel_actors::tie::{TieKind, TieSide};

/// Merge requests.
pub const MERGE: Flow = Flow {
    ids: &["FL-21b", "FL-22b", "FL-23b"],
    title: "the peer's person offers and merges on a tracker of ours",
    kinds: &["Person"],
    play: |scene| Box::pin(merged(scene)),
};

/// Releases.
pub const RELEASE: Flow = Flow {
    ids: &["FL-74b", "FL-75b"],
    title: "the peer's person makes, plans and deletes a release on a tracker of ours",
    kinds: &["Person"],
    play: |scene| Box::pin(released(scene)),
};

/// Our repository, which has a branch, and a tracker of ours that is tied to it.
pub async fn ground(scene: &mut Scene, kind: TieKind, tracker: &'static str) -> Result<(Owned, Owned, Work), Stop> {
    let repository = scene.home.owned("Repository").await?;
    let tracker = scene.home.owned(tracker).await?;
    tied(scene, kind, &repository, &tracker).await?;
    let work = Work::of_ours(scene, &repository.id).await?;
    work.begun()?;
    Ok((repository, tracker, work))
}

/// A tracker of ours uses something of ours.
async fn tied(scene: &mut Scene, kind: TieKind, provider: &Owned, consumer: &Owned) -> Ended {
    let property = kind.property(TieSide::Consumer);
    if scene.points(&consumer.id, property, &provider.id).await?.0 {
        return Ok(());
    }
    let ann = scene.home.client(Who::Ann);
    let invite = posts::invite(&provider.id, &consumer.id, kind.role().as_str(), &provider.grant);
    let invite = ann.post(&invite).await?;
    ann.post(&posts::agree_to_tie(&consumer.id, &invite, &consumer.grant)).await?;
    let (tied, found) = scene.points_at(&consumer.id, property, &provider.id, true).await?;
    let why = || Stop(format!("our own {} was not tied to our own {}: {found}", consumer.id, provider.id));
    tied.then_some(()).ok_or_else(why)
}

/// Patches that add a file with this line.
pub fn patches(work: &Work, file: &str, line: &str) -> Result<Vec<String>, Stop> {
    work.branch("probed-for-ours", MAIN)?;
    work.commit(file, &format!("{line}\n"))?;
    work.patches()
}

async fn merged(scene: &mut Scene) -> Ended {
    let person = scene.about("Person")?;
    let (repository, tracker, work) = ground(scene, TieKind::Patches, "PatchTracker").await?;
    let to = &tracker.id;
    let target = (&repository.id, MAIN);
    let write = let_in(scene, &tracker, "write").await?;
    let offer =
        posts::open_patches(&person, to, ["A saucer", "x"], &patches(&work, "saucer.md", "of clay")?, target, None);
    let please = format!("offer a patch for the branch {MAIN} of {} to {to}", repository.id);
    let activity = props::addressed(offer, to);
    let (_, request) = they(scene, Said { key: "wire/request-sent", please, activity, to, answered: true }).await?;
    if let Some(request) = request {
        let better = posts::add_version(&person, to, &request, &patches(&work, "saucer.md", "of glass")?, None);
        let (please, activity) =
            (format!("put another patch in the place of that of {request}"), props::addressed(better, to));
        they(scene, Said { key: "wire/version-sent", please, activity, to, answered: true }).await?;
        let apply = posts::apply(to, &request, &repository.id, "merge", &write);
        let (please, activity) = (format!("merge {request}"), props::addressed(apply, to));
        they(scene, Said { key: "wire/apply-sent", please, activity, to, answered: true }).await?;
    }
    Ok(())
}

async fn released(scene: &mut Scene) -> Ended {
    let (repository, tracker, work) = ground(scene, TieKind::Releases, "ReleaseTracker").await?;
    let tag = "probed-2";
    work.tag(tag)?;
    let (to, commit) = (&tracker.id, work.at(MAIN)?);
    let write = let_in(scene, &tracker, "write").await?;
    let texts = [tag, "From the other side", "x"];
    let offer = posts::open_release(to, texts, (&repository.id, &commit), false, &[], &write);
    let please = format!("release the tag {tag} of {} on {to}", repository.id);
    let activity = props::addressed(offer, to);
    let (_, release) = they(scene, Said { key: "wire/release-sent", please, activity, to, answered: true }).await?;
    let release = release.ok_or_else(|| Stop("the release is told to a client: --token".into()))?;
    let milestone = milestone(scene, &tracker).await?;
    let please = format!("plan the release {release} for the milestone {milestone}");
    let activity = posts::add_milestone(to, &release, &milestone, &write);
    they(scene, Said { key: "wire/release-plan-sent", please, activity, to, answered: true }).await?;
    let please = format!("take the release {release} from the milestone {milestone}");
    let activity = posts::remove_milestone(to, &release, &milestone, &write);
    they(scene, Said { key: "wire/release-plan-end-sent", please, activity, to, answered: true }).await?;
    let (please, activity) = (format!("delete the release {release}"), posts::delete_release(to, &release, &write));
    they(scene, Said { key: "wire/release-delete-sent", please, activity, to, answered: true }).await.map(drop)
}

/// A milestone of our own roadmap, which our own tracker uses.
async fn milestone(scene: &mut Scene, tracker: &Owned) -> Result<String, Stop> {
    let roadmap = scene.home.owned("Roadmap").await?;
    tied(scene, TieKind::Roadmap, &roadmap, tracker).await?;
    let ann = scene.home.client(Who::Ann);
    let offer = posts::open_milestone(&roadmap.id, "For their release", "x", (None, None), &roadmap.grant);
    let offer = ann.post(&offer).await?;
    let made = address_of(&ann.accepted(&offer).await?["result"]).map(str::to_owned);
    made.ok_or_else(|| Stop("our own roadmap made no milestone".into()))
}
