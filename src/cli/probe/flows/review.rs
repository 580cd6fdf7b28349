//! FL-25 to FL-31: ann, who has the role write, reviews a merge request of ben's, settles a thread of the review and opens it again, is
//! dismissed, and asks dora for a review; cleo says that she is writing one. Ben tries what needs a Grant.

use super::proposal::{self, FILE, Ground, attached, version_after};
use super::{Flow, Playing, props};
use crate::cli::demo::client::names;
use crate::cli::probe::home::Who;
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop, address_of, is_a, told, told_of};
use pritchel_actor::ActorId;
use pritchel_actors::client as posts;
use pritchel_actors::patch_tracker::review::{Quote, Side};
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow {
    ids: &["FL-25", "FL-26", "FL-27", "FL-28", "FL-29", "FL-30", "FL-31"],
    title: "review a merge request",
    kinds: &["PatchTracker"],
    play,
};

/// Where it is played.
struct At {
    ground: Ground,
    request: String,
    /// Its first version, and the one that took its place.
    versions: [String; 2],
    /// Where it lists what people have come to.
    approvals: String,
}

impl At {
    fn tracker(&self) -> &ActorId {
        &self.ground.tracker
    }

    /// A review of a version, with one thread.
    fn review(&self, version: &str, verdict: &str) -> Value {
        let of = [self.request.as_str(), version];
        let line = (Side::New, 1);
        let quotes = Quote::lines(FILE, line, line).into_iter();
        let threads: Vec<_> = quotes.map(|quote| (quote, "Why this?")).collect();
        let offer =
            posts::submit_review(self.tracker(), of, verdict, "What I think", &threads, Some(&self.ground.write));
        props::addressed(offer, self.tracker())
    }
}

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let ground = proposal::ground(scene).await?;
        let [request, first] = proposal::request(scene, &ground, "of wood").await?;
        let ben = scene.home.id(Who::Ben).clone();
        let better = ground.betters(&ben, &request, &ground.patches("of tin")?);
        scene.says(Who::Ben, &better).await?;
        let second = version_after(scene, &request, Some(&first)).await?;
        let second = second.map_err(|found| Stop(format!("there is no second version to review: {found}")))?;
        let shown = scene.get(&request).await?;
        let approvals = attached(&shown)["individualApprovals"].as_str().map(str::to_owned);
        let approvals = approvals.ok_or_else(|| Stop("the Offer names no individualApprovals".into()))?;
        let at = At { ground, request, versions: [first, second], approvals };
        announced(scene, &at).await?;
        let thread = reviewed(scene, &at).await?;
        let settled = match thread {
            Some(thread) => commented_and_settled(scene, &at, &thread).await,
            None => Err(Stop("no thread of a review has an address".into())),
        };
        dismissed(scene, &at).await?;
        requested(scene, &at).await?;
        settled
    })
}

/// Looks at the approvals until somebody's is as wanted: whether it was, and what it was last.
async fn approval(
    scene: &mut Scene,
    at: &At,
    whose: &ActorId,
    wanted: impl Fn(&Value) -> bool,
) -> Result<(bool, Value), Stop> {
    of_whom(scene, &at.approvals, whose, wanted).await
}

/// The same of a collection of approvals.
pub async fn of_whom(
    scene: &mut Scene,
    approvals: &str,
    whose: &ActorId,
    wanted: impl Fn(&Value) -> bool,
) -> Result<(bool, Value), Stop> {
    let theirs = |items: &[Value]| items.iter().find(|item| names(&item["attributedTo"], whose.as_str())).cloned();
    let is = |found: &crate::cli::probe::scene::Collection| theirs(&found.items).is_some_and(|one| wanted(&one));
    let (is, found) = scene.collects(approvals, is).await?;
    Ok((is, theirs(&found.items).unwrap_or_default()))
}

/// FL-31.
async fn announced(scene: &mut Scene, at: &At) -> Ended {
    let tracker = at.tracker();
    let nowhere = format!("{}/pritchel-probe-no-request", scene.peer.base);
    let astray = posts::announce_review(tracker, &nowhere);
    let why = "it is no merge request of the tracker";
    scene.asks_in_vain("pt-beh-announce/1.2", Who::Cleo, &astray, tracker, why).await?;
    let announce = posts::announce_review(tracker, &at.request);
    let announce = posts::with_capability(announce, at.ground.report.as_ref());
    let act = scene.says(Who::Cleo, &announce).await?;
    let answer = scene.answer(&act, tracker).await;
    let good = is_a(&answer, "Accept");
    scene.holds("pt-beh-announce/1.4", good, "an Accept of the Announce", &told_of(&answer));
    let cleo = scene.home.id(Who::Cleo).clone();
    let (is, found) = approval(scene, at, &cleo, |one| one["newReviewInProgress"] == true).await?;
    let expected = format!("an Approval of {cleo} with newReviewInProgress: true");
    scene.holds("pt-beh-announce/1.3", is, &expected, &told(&found));
    Ok(())
}

/// FL-25: the address of the thread.
async fn reviewed(scene: &mut Scene, at: &At) -> Result<Option<String>, Stop> {
    let (tracker, [first, second]) = (at.tracker(), &at.versions);
    let bare = props::without_capability(at.review(second, "revise"));
    let why = "it is to be binding, and who offers it has no Grant";
    scene.asks_in_vain("pt-beh-offer/4.2", Who::Cleo, &bare, tracker, why).await?;
    let why = "it is of a version that was replaced";
    scene.asks_in_vain("pt-beh-offer/4.3", Who::Ann, &at.review(first, "revise"), tracker, why).await?;
    let act = scene.says(Who::Ann, &at.review(second, "revise")).await?;
    let answer = scene.answer(&act, tracker).await;
    let result = answer.as_ref().and_then(|answer| address_of(&answer.activity["result"])).map(str::to_owned);
    let expected = "an Accept with the review as result";
    scene.holds("pt-beh-offer/4.7", is_a(&answer, "Accept") && result.is_some(), expected, &told_of(&answer));
    let review = result.ok_or_else(|| Stop("the review has no address".into()))?;
    let (is, found) = scene.shows(&review, |shown| has_type(shown, "Review")).await?;
    let thread = match &found["reviewThreads"] {
        Value::Array(all) => all.first().and_then(address_of),
        one => address_of(one),
    };
    let thread = thread.map(str::to_owned);
    let expected = "a Review whose reviewThreads have addresses";
    scene.holds("pt-beh-offer/4.5", is && thread.is_some(), expected, &told(&found));
    let ann = scene.home.id(Who::Ann).clone();
    let (is, found) = approval(scene, at, &ann, |one| one["approvalStatus"] == "revise").await?;
    let expected = format!("an Approval of {ann} with approvalStatus: revise");
    scene.holds("pt-beh-offer/4.6", is, &expected, &told(&found));
    Ok(thread)
}

/// FL-26 to FL-28.
async fn commented_and_settled(scene: &mut Scene, at: &At, thread: &str) -> Ended {
    let (tracker, write) = (at.tracker(), &at.ground.write);
    let follow = scene.says(Who::Dora, &posts::follow(tracker)).await?;
    scene.answer(&follow, tracker).await;
    let place = [at.request.as_str(), thread];
    let comment =
        posts::comment_on_thread(tracker, place, None, ["Because of the tea.", ""], at.ground.report.as_ref());
    let act = scene.says(Who::Ben, &props::addressed(comment, tracker)).await?;
    let came = scene.arrives(|activity| activity["id"] == act.as_str()).await;
    let expected = "the Create at dora, who follows the tracker, as ben signed it";
    scene.holds("flow/thread-comment", is_a(&came, "Create"), expected, &told_of(&came));
    let undo = scene.says(Who::Dora, &posts::unfollow(tracker, &follow)).await?;
    scene.answer(&undo, tracker).await;

    let is_resolved = |resolved: bool| move |shown: &Value| (shown["isResolved"] == true) == resolved;
    let settle = posts::settle_thread(tracker, thread, write);
    let keys = ["pt-beh-resolve/2.1", "pt-beh-resolve/2.3", "pt-beh-resolve/2.2"];
    let asked = props::Asked { of: tracker, keys, activity: settle, place: thread };
    props::granted(scene, asked, is_resolved(true)).await?;
    let reopen = posts::reopen(tracker, thread, Some(write));
    let keys = ["pt-beh-undo/3.1", "pt-beh-undo/3.4", "pt-beh-undo/3.3"];
    let asked = props::Asked { of: tracker, keys, activity: reopen.clone(), place: thread };
    props::granted(scene, asked, is_resolved(false)).await?;
    scene.asks_in_vain("pt-beh-undo/3.2", Who::Ann, &reopen, tracker, "the thread is not resolved").await
}

/// FL-29.
async fn dismissed(scene: &mut Scene, at: &At) -> Ended {
    let ann = scene.home.id(Who::Ann).clone();
    let (_, found) = approval(scene, at, &ann, |_| true).await?;
    let approval = found["id"].as_str().map(str::to_owned);
    let approval = approval.ok_or_else(|| Stop("ann's Approval has no address".into()))?;
    let keys = ["pt-beh-undo/4.1", "pt-beh-undo/4.3", "pt-beh-undo/4.2"];
    let activity = posts::dismiss_review(at.tracker(), &approval, &at.ground.write);
    let asked = props::Asked { of: at.tracker(), keys, activity, place: &approval };
    let is = |shown: &Value| shown["approvalStatus"].as_str().is_some_and(|status| status.starts_with("dismissed"));
    props::granted(scene, asked, is).await.map(drop)
}

/// FL-30.
async fn requested(scene: &mut Scene, at: &At) -> Ended {
    let (tracker, dora) = (at.tracker(), scene.home.id(Who::Dora).clone());
    let mut invite = posts::request_review(tracker, &at.request, &[&dora], &at.ground.write);
    invite["target"] = at.approvals.as_str().into();
    let bare = props::without_capability(invite.clone());
    scene.asks_in_vain("pt-beh-invite/3.1", Who::Ben, &bare, tracker, "who asks has no Grant").await?;
    let act = scene.says(Who::Ann, &invite).await?;
    let answer = scene.answer(&act, tracker).await;
    scene.holds("pt-beh-invite/3.3", is_a(&answer, "Accept"), "an Accept of the Invite", &told_of(&answer));
    let (is, found) = approval(scene, at, &dora, |one| one["reviewIsRequested"] == true).await?;
    let expected = format!("an Approval of {dora} with reviewIsRequested: true");
    scene.holds("pt-beh-invite/3.2", is, &expected, &told(&found));
    Ok(())
}
