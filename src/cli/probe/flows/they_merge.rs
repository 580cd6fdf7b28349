//! What the peer's person does with merge requests and releases of the probe: offers patches, puts others in their place, reviews, has them
//! merged, and releases what came of it.

use super::they_act::{Said, let_in, they};
use super::{Flow, props};
use crate::cli::probe::home::{Owned, Who};
use crate::cli::probe::scene::{Ended, Scene, Stop, address_of};
use crate::cli::probe::work::{MAIN, Work};
use pritchel_actors::client as posts;
use pritchel_actors::patch_tracker::review::{Quote, Side};
use pritchel_actors::tie::TieKind;

/// Merge requests.
pub const MERGE: Flow = Flow {
    ids: &["FL-21b", "FL-22b", "FL-23b", "FL-25b", "FL-31b"],
    title: "the peer's person offers, reviews and merges on a tracker of ours",
    kinds: &["Person"],
    play: |scene| Box::pin(merged(scene)),
};

/// Releases.
pub const RELEASE: Flow = Flow {
    ids: &["FL-74b"],
    title: "the peer's person makes a release on a tracker of ours",
    kinds: &["Person"],
    play: |scene| Box::pin(released(scene)),
};

/// Our repository, which has a branch, and a tracker of ours that is tied to it.
async fn ground(scene: &mut Scene, kind: TieKind, tracker: &'static str) -> Result<(Owned, Owned, Work), Stop> {
    let repository = scene.home.owned("Repository").await?;
    let tracker = scene.home.owned(tracker).await?;
    let property = kind.property(pritchel_actors::tie::TieSide::Consumer);
    if !scene.points(&tracker.id, property, &repository.id).await?.0 {
        let invite = posts::invite(&repository.id, &tracker.id, kind.role().as_str(), &repository.grant);
        let invite = scene.home.client(Who::Ann).post(&invite).await?;
        scene.home.client(Who::Ann).post(&posts::agree_to_tie(&tracker.id, &invite, &tracker.grant)).await?;
        if !scene.points_at(&tracker.id, property, &repository.id, true).await?.0 {
            return Err(Stop(format!("our own {} was not tied to our own repository", tracker.id)));
        }
    }
    let work = Work::of_ours(scene, &repository.id).await?;
    work.begun()?;
    Ok((repository, tracker, work))
}

/// Patches that add a file with this line.
fn patches(work: &Work, file: &str, line: &str) -> Result<Vec<String>, Stop> {
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
    // One's own merge requests are reviewed by others.
    let (ann, spoon) = (scene.home.client(Who::Ann), patches(&work, "spoon.md", "of wood")?);
    let offer = posts::open_patches(&ann.id, to, ["A spoon", "x"], &spoon, target, None);
    let offer = ann.post(&offer).await?;
    let request = address_of(&ann.accepted(&offer).await?["result"]).map(str::to_owned);
    let request = request.ok_or_else(|| Stop("our own tracker opened no merge request".into()))?;
    let version = super::proposal::version_after(scene, &request, None).await?;
    let version = version.map_err(|found| Stop(format!("our own merge request has no version: {found}")))?;
    let (please, activity) = (format!("say that you are reviewing {request}"), posts::announce_review(to, &request));
    they(scene, Said { key: "wire/announce-sent", please, activity, to, answered: true }).await?;
    let line = (Side::New, 1);
    let quotes = Quote::lines("spoon.md", line, line).into_iter();
    let threads: Vec<_> = quotes.map(|quote| (quote, "Why wood?")).collect();
    let review = posts::submit_review(to, [&request, &version], "approve", "Good", &threads, Some(&write));
    let (please, activity) = (format!("review {request}"), props::addressed(review, to));
    they(scene, Said { key: "wire/review-sent", please, activity, to, answered: true }).await.map(drop)
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
    they(scene, Said { key: "wire/release-sent", please, activity, to, answered: true }).await.map(drop)
}
