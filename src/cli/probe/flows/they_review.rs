//! FL-25 to FL-33 from the other side: the peer's person reviews a merge request of ann's on a tracker of the probe, settles a thread and opens it
//! again, has the review listed under that of a team of the probe and approves in its name, asks dora for a review, and dismisses one.

use super::proposal::version_after;
use super::review::of_whom;
use super::they_act::{Said, let_in, they};
use super::they_merge::{ground, patches};
use super::{Flow, props};
use crate::cli::demo::client::names;
use crate::cli::probe::home::Who;
use crate::cli::probe::scene::{Ended, Scene, Stop, address_of, told};
use crate::cli::probe::work::MAIN;
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use pritchel_actors::patch_tracker::review::{Quote, Side};
use pritchel_actors::tie::TieKind;
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow {
    ids: &["FL-25b", "FL-26b", "FL-27b", "FL-28b", "FL-29b", "FL-30b", "FL-31b", "FL-32b", "FL-33b"],
    title: "the peer's person reviews on a tracker of ours",
    kinds: &["Person"],
    play: |scene| Box::pin(played(scene)),
};

/// Where it is played.
struct At {
    person: ActorId,
    tracker: ActorId,
    /// The Grant of write that the person has on it.
    write: ActId,
    request: String,
    /// The newest version.
    version: String,
}

async fn played(scene: &mut Scene) -> Ended {
    let person = scene.about("Person")?;
    let (repository, tracker, work) = ground(scene, TieKind::Patches, "PatchTracker").await?;
    let write = let_in(scene, &tracker, "write").await?;
    // One's own merge requests are reviewed by others.
    let (ann, spoon) = (scene.home.client(Who::Ann), patches(&work, "spoon.md", "of wood")?);
    let target = (&repository.id, MAIN);
    let offer = posts::open_patches(&ann.id, &tracker.id, ["A spoon", "x"], &spoon, target, None);
    let offer = ann.post(&offer).await?;
    let request = address_of(&ann.accepted(&offer).await?["result"]).map(str::to_owned);
    let request = request.ok_or_else(|| Stop("our own tracker opened no merge request".into()))?;
    let version = version_after(scene, &request, None).await?;
    let version = version.map_err(|found| Stop(format!("our own merge request has no version: {found}")))?;
    let at = At { person, tracker: tracker.id, write, request, version };
    let thread = reviewed(scene, &at).await?;
    settled(scene, &at, &thread).await?;
    for_a_team(scene, &at, &tracker.grant).await?;
    requested(scene, &at).await?;
    dismissed(scene, &at).await
}

/// An act of theirs that our tracker answers.
async fn asks(scene: &mut Scene, at: &At, key: &str, please: String, activity: Value) -> Result<Option<String>, Stop> {
    let said = Said { key, please, activity, to: &at.tracker, answered: true };
    Ok(they(scene, said).await?.1)
}

/// FL-31 and FL-25: the address of the thread.
async fn reviewed(scene: &mut Scene, at: &At) -> Result<String, Stop> {
    let At { tracker, request, version, write, .. } = at;
    let announce = posts::announce_review(tracker, request);
    asks(scene, at, "wire/announce-sent", format!("say that you are reviewing {request}"), announce).await?;
    let line = (Side::New, 1);
    let quotes = Quote::lines("spoon.md", line, line).into_iter();
    let threads: Vec<_> = quotes.map(|quote| (quote, "Why wood?")).collect();
    let review = posts::submit_review(tracker, [request, version], "approve", "Good", &threads, Some(write));
    let review = props::addressed(review, tracker);
    let review = asks(scene, at, "wire/review-sent", format!("review {request}"), review).await?;
    let review = review.ok_or_else(|| Stop("the review is told to a client: --token".into()))?;
    let shown = scene.get(&review).await?;
    let thread = match &shown["reviewThreads"] {
        Value::Array(all) => all.first().and_then(address_of),
        one => address_of(one),
    };
    thread.map(str::to_owned).ok_or_else(|| Stop("our own tracker shows no thread of the review".into()))
}

/// FL-26 to FL-28.
async fn settled(scene: &mut Scene, at: &At, thread: &str) -> Ended {
    let At { tracker, request, write, .. } = at;
    let comment = posts::comment_on_thread(tracker, [request, thread], None, ["Wood is warm.", ""], None);
    let activity = props::addressed(comment, tracker);
    let please = format!("comment in the thread {thread}");
    let said = Said { key: "wire/thread-comment-sent", please, activity, to: tracker, answered: false };
    they(scene, said).await?;
    let settle = posts::settle_thread(tracker, thread, write);
    asks(scene, at, "wire/thread-resolve-sent", format!("resolve the thread {thread}"), settle).await?;
    let reopen = posts::reopen(tracker, thread, Some(write));
    asks(scene, at, "wire/thread-reopen-sent", format!("open the thread {thread} again"), reopen).await.map(drop)
}

/// Somebody's approval of the merge request.
async fn approval(scene: &mut Scene, at: &At, collection: &str, whose: &ActorId) -> Result<String, Stop> {
    let approvals = format!("{}/{collection}", at.request);
    let (_, found) = of_whom(scene, &approvals, whose, |_| true).await?;
    let id = found["id"].as_str().map(str::to_owned);
    id.ok_or_else(|| Stop(format!("our own tracker has no Approval of {whose}")))
}

/// FL-32 and FL-33.
async fn for_a_team(scene: &mut Scene, at: &At, admin: &ActId) -> Ended {
    let team = scene.home.owned("Team").await?;
    let member = let_in(scene, &team, "write").await?;
    let ann = scene.home.client(Who::Ann);
    let invite = ann.post(&posts::request_review(&at.tracker, &at.request, &[&team.id], admin)).await?;
    ann.accepted(&invite).await?;
    let mine = approval(scene, at, "individualApprovals", &at.person).await?;
    let theirs = approval(scene, at, "teamApprovals", &team.id).await?;
    let list = posts::list_for_team(&at.tracker, &team.id, &mine, &theirs, &member);
    let please = format!("list your review of {} under that of the team {}", at.request, team.id);
    let said = Said { key: "wire/team-list-sent", please, activity: list, to: &team.id, answered: true };
    they(scene, said).await?;
    let (is, found) = scene.shows(&theirs, |shown| names(&shown["attachment"], &mine)).await?;
    scene.holds("wire/team-list-sent", is, &format!("{mine} as attachment of our {theirs}"), &told(&found));
    let please = format!("approve {} in the name of the team {}", at.request, team.id);
    let activity = posts::approve_for_team(&team.id, &theirs, &member);
    let said = Said { key: "wire/team-approve-sent", please, activity, to: &team.id, answered: false };
    they(scene, said).await?;
    let (is, found) = scene.shows(&theirs, |shown| shown["approvalStatus"] == "approve").await?;
    scene.holds("wire/team-approve-sent", is, &format!("approvalStatus: approve of our {theirs}"), &told(&found));
    Ok(())
}

/// FL-30.
async fn requested(scene: &mut Scene, at: &At) -> Ended {
    let dora = scene.home.id(Who::Dora).clone();
    let invite = posts::request_review(&at.tracker, &at.request, &[&dora], &at.write);
    let please = format!("ask {dora} for a review of {}", at.request);
    asks(scene, at, "wire/review-request-sent", please, invite).await.map(drop)
}

/// FL-29.
async fn dismissed(scene: &mut Scene, at: &At) -> Ended {
    let mine = approval(scene, at, "individualApprovals", &at.person).await?;
    let undo = posts::dismiss_review(&at.tracker, &mine, &at.write);
    let please = format!("dismiss your review of {}", at.request);
    asks(scene, at, "wire/dismiss-sent", please, undo).await.map(drop)
}
