//! FL-65, FL-70, FL-72 and FL-73: a tracker uses what another actor provides. The peer's provider invites a tracker of the probe, which
//! is removed again; then the other way round. Neither gives access to people.

use super::{Flow, Playing, props};
use crate::cli::demo::client::names;
use crate::cli::probe::home::{Owned, Who};
use crate::cli::probe::peer::has_type;
use crate::cli::probe::scene::{Ended, Scene, Stop, is_a, told_of};
use crate::cli::probe::statement::NOTHING;
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use pritchel_actors::tie::{TieKind, TieSide};
use serde_json::Value;

/// The flow.
pub const FLOW: Flow = Flow {
    ids: &["FL-65", "FL-70", "FL-72", "FL-73", "FL-65b", "FL-70b", "FL-72b", "FL-73b"],
    title: "a tracker uses what another actor provides",
    kinds: &["Repository", "Workflow", "Roadmap", "PatchTracker", "TicketTracker", "ReleaseTracker"],
    play,
};

/// A kind of tie between two kinds of actors.
struct Tied {
    kind: TieKind,
    provider: &'static str,
    consumer: &'static str,
    /// Where the peer provides: the Grant, that it points at the tracker, and that it does so no more.
    gives: [&'static str; 3],
    /// Where the peer uses: that it agrees, points at the provider, follows it, and points at it no more.
    uses: [&'static str; 4],
}

const ALL: [Tied; 4] = [
    Tied {
        kind: TieKind::Patches,
        provider: "Repository",
        consumer: "PatchTracker",
        gives: ["flow/patches-granted", "flow/patches-sent", "flow/patches-ended"],
        uses: ["flow/patches-agreed", "flow/patches-tracked", NOTHING, "flow/patches-forgotten"],
    },
    Tied {
        kind: TieKind::Workflow,
        provider: "Workflow",
        consumer: "TicketTracker",
        gives: ["flow/workflow-granted", "wf-beh-accept/1.4.1", "wf-beh-remove/1.4"],
        uses: ["tt-beh-accept/9.3", "tt-beh-grant/3.2", "flow/workflow-followed", "flow/workflow-forgotten"],
    },
    Tied {
        kind: TieKind::Roadmap,
        provider: "Roadmap",
        consumer: "TicketTracker",
        gives: ["flow/roadmap-granted", "roadmap-beh-accept/1.4.1", "roadmap-beh-remove/1.4"],
        uses: ["flow/roadmap-agreed", "flow/roadmap-used", "flow/roadmap-followed", "flow/roadmap-forgotten"],
    },
    Tied {
        kind: TieKind::Releases,
        provider: "Repository",
        consumer: "ReleaseTracker",
        gives: ["flow/releases-granted", "repo-beh-accept/1.4.2", "repo-beh-remove/1.4"],
        uses: ["rt-beh-accept/7.2", "rt-beh-grant/3.2", "flow/releases-followed", "rt-beh-revoke/4"],
    },
];

fn play(scene: &mut Scene) -> Playing<'_> {
    Box::pin(async move {
        let mut whole = Ok(());
        for tied in &ALL {
            let part = provided(scene, tied).await;
            whole = whole.and(part);
            let part = used(scene, tied).await;
            whole = whole.and(part);
        }
        whole
    })
}

/// The peer's actor provides, and a tracker of ours uses.
async fn provided(scene: &mut Scene, tied: &Tied) -> Ended {
    let provider = scene.about(tied.provider)?;
    let theirs = scene.their_grant(&provider)?;
    let tracker = scene.home.owned(tied.consumer).await?;
    let property = tied.kind.property(TieSide::Provider);
    let [grants, points, ends] = tied.gives;
    let collaborators = props::collaborators(scene, &provider).await?;
    let collaborators = collaborators.unwrap_or_else(|| provider.as_str().to_owned());

    let role = tied.kind.role().as_str();
    let mut invite = posts::invite(&provider, &tracker.id, role, &theirs);
    invite["target"] = collaborators.as_str().into();
    let is_it = |activity: &Value| has_type(activity, "Invite") && names(&activity["object"], tracker.id.as_str());
    let please = format!("invite {} to {provider} with the role {role}", tracker.id);
    let invite = scene.they_say(&please, &invite, is_it).await?;
    scene.answer(&invite, &provider).await;
    scene.says(Who::Ann, &posts::agree_to_tie(&tracker.id, &invite, &tracker.grant)).await?;
    let is_grant = |activity: &Value| {
        props::is_grant_to(activity, &provider, &tracker.id) && names(&activity["fulfills"], invite.as_str())
    };
    let came = scene.arrives(is_grant).await;
    let good = came.as_ref().is_some_and(|came| came.activity["object"] == role);
    let expected = format!("a Grant: object {role}, context {provider}, target {}, fulfills {invite}", tracker.id);
    scene.holds(grants, is_a(&came, "Grant") && good, &expected, &told_of(&came));
    let grant = came.and_then(|came| came.activity["id"].as_str().map(ActId::new));
    let grant = grant.ok_or_else(|| Stop(format!("no Grant of {provider} for our tracker came")))?;
    let (points_at, found) = scene.points_at(&provider, property, &tracker.id, true).await?;
    scene.holds(points, points_at, &format!("{} as {property} of {provider}", tracker.id), &found);

    let mut remove = posts::remove(&provider, &tracker.id, &theirs);
    remove["origin"] = collaborators.into();
    let is_revoke = |activity: &Value| has_type(activity, "Revoke") && names(&activity["object"], grant.as_str());
    let please = format!("take {} out of the collaborators of {provider}", tracker.id);
    scene.they_say(&please, &remove, is_revoke).await?;
    scene.arrives(is_revoke).await;
    let (gone, found) = scene.points_at(&provider, property, &tracker.id, false).await?;
    scene.holds(ends, gone, &format!("{} no longer as {property} of {provider}", tracker.id), &found);
    Ok(())
}

/// An actor of ours provides, and the peer's tracker uses.
async fn used(scene: &mut Scene, tied: &Tied) -> Ended {
    let tracker = scene.about(tied.consumer)?;
    let theirs = scene.their_grant(&tracker)?;
    let provider = scene.home.owned(tied.provider).await?;
    let role = tied.kind.role().as_str();
    let [agrees, points, follows, ends] = tied.uses;
    let since = scene.home.arrivals.count();
    let invite = posts::invite(&provider.id, &tracker, role, &provider.grant);
    let invite = scene.says(Who::Ann, &invite).await?;
    let accept = scene.home.client(Who::Ann).accepted(&invite).await?;
    let accept = ActId::new(accept["id"].as_str().unwrap_or_default());
    let patience = scene.patience;
    let ann = scene.home.id(Who::Ann).clone();
    scene.home.delivered(&invite, &ann, patience).await?;
    scene.home.delivered(&accept, &provider.id, patience).await?;
    // A tracker may agree as soon as the provider has, or ask its admin.
    let is_yes = |activity: &Value| has_type(activity, "Accept") && names(&activity["object"], invite.as_str());
    let by_it = |activity: &Value| is_yes(activity) && names(&activity["actor"], tracker.as_str());
    let please = format!("agree for {tracker} to the invitation of {} (the Invite is {invite})", provider.id);
    let early = scene.home.arrivals.has_since(since, &|arrived| by_it(&arrived.activity));
    if !early {
        let mut agree = posts::agree_to_tie(&tracker, &invite, &theirs);
        agree["to"] = serde_json::json!([tracker, provider.id]);
        scene.they_say(&please, &agree, is_yes).await?;
    }
    let came = scene.arrives_since(since, by_it).await;
    scene.holds(agrees, is_a(&came, "Accept"), &format!("an Accept of the Invite by {tracker}"), &told_of(&came));
    if !is_a(&came, "Accept") {
        return Err(Stop(format!("{tracker} did not agree to use {}", provider.id)));
    }
    let property = tied.kind.property(TieSide::Consumer);
    let (points_at, found) = scene.points_at(&tracker, property, &provider.id, true).await?;
    scene.holds(points, points_at, &format!("{} as {property} of {tracker}", provider.id), &found);
    if follows != NOTHING {
        let is_follow = |activity: &Value| {
            has_type(activity, "Follow")
                && names(&activity["actor"], tracker.as_str())
                && names(&activity["object"], provider.id.as_str())
        };
        let came = scene.arrives_since(since, is_follow).await;
        let expected = format!("a Follow of {} by {tracker}", provider.id);
        scene.holds(follows, is_a(&came, "Follow"), &expected, &told_of(&came));
    }
    forgotten(scene, &tracker, &provider, property, ends).await
}

/// The provider removes the tracker, which points at it no more.
async fn forgotten(scene: &mut Scene, tracker: &ActorId, provider: &Owned, property: &str, key: &str) -> Ended {
    scene.says(Who::Ann, &posts::remove(&provider.id, tracker, &provider.grant)).await?;
    let (gone, found) = scene.points_at(tracker, property, &provider.id, false).await?;
    scene.holds(key, gone, &format!("{} no longer as {property} of {tracker}", provider.id), &found);
    Ok(())
}
