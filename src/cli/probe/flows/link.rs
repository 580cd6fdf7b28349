//! FL-45 to FL-64, the rest of them: links of all five kinds, with the peer's actor at either end, begun and ended by either side. They
//! are one protocol, so they are one flow, told by a table what stands at which end.
//! - [`ends`]: the table; [`begun`], [`ended`]: the two halves
//!
//! What [`component`](super::component), [`project`](super::project) and [`team`](super::team) tell, with the access that is used over
//! such a link, is not told again.

pub mod begun;
pub mod ended;
pub mod ends;

use super::{Flow, Playing, props};
use crate::cli::probe::home::{Owned, Who};
use crate::cli::probe::scene::{Ended, Scene, Stop};
use ends::{COMPONENTS, OVERSIGHT, PROJECTS, Played, TEAM_RESOURCES, TEAMS};
use pritchel_actor::{ActId, ActorId};
use pritchel_actors::client as posts;
use pritchel_actors::link::{End, LinkKind, Side};
use serde_json::Value;

/// Components and their project, where our side begins.
pub const COMPONENT: Flow = Flow {
    ids: &["FL-45b", "FL-46b", "FL-47b", "FL-48b"],
    title: "a component and a project, where our side begins and ends it",
    kinds: &["TicketTracker", "Project"],
    play: |scene| played(scene, COMPONENTS),
};

/// Projects within projects.
pub const PROJECT: Flow = Flow {
    ids: &["FL-49", "FL-50", "FL-51", "FL-52", "FL-49b", "FL-50b", "FL-51b", "FL-52b"],
    title: "projects within projects",
    kinds: &["Project"],
    play: |scene| played(scene, PROJECTS),
};

/// Teams within teams.
pub const TEAM: Flow = Flow {
    ids: &["FL-53", "FL-54", "FL-55", "FL-56", "FL-53b", "FL-54b", "FL-55b", "FL-56b"],
    title: "teams within teams",
    kinds: &["Team"],
    play: |scene| played(scene, TEAMS),
};

/// Teams over teams.
pub const OVERSEES: Flow = Flow {
    ids: &["FL-57", "FL-58", "FL-59", "FL-60", "FL-57b", "FL-58b", "FL-59b", "FL-60b"],
    title: "teams that oversee teams",
    kinds: &["Team"],
    play: |scene| played(scene, OVERSIGHT),
};

/// Teams and what they have access to.
pub const RESOURCE: Flow = Flow {
    ids: &["FL-62", "FL-64", "FL-61b", "FL-62b", "FL-63b", "FL-64b"],
    title: "a team and a resource, begun by the team or by our side",
    kinds: &["Team", "TicketTracker"],
    play: |scene| played(scene, TEAM_RESOURCES),
};

/// The greatest role that comes over a link.
const ROLE: &str = "maintain";
/// The role of cleo, a member of the peer's actor, who is passed on what comes to it.
const MEMBER: &str = "triage";

/// Where a link is made and ended.
pub struct At {
    /// The end at which the peer's actor is.
    pub end: End,
    /// The peer's actor.
    pub peer: ActorId,
    /// Where it lists those at the other end.
    pub collection: String,
    /// What the peer's person has for it.
    theirs: ActId,
    /// Who is at the other end.
    pub ours: Owned,
    /// The greatest role that comes over it.
    pub role: &'static str,
    /// What access is to come for over the link: the source itself, or what it was given.
    resource: ActorId,
}

impl At {
    /// Where our actor lists the peer's.
    fn own_collection(&self) -> String {
        format!("{}/{}", self.ours.id, self.end.opposite().collection())
    }

    /// Whether the peer's actor lets access go.
    fn is_source(&self) -> bool {
        self.end.side == Side::Source
    }

    /// What the peer's person says to have somebody at the other end.
    fn add(&self, object: &ActorId) -> Value {
        let mut add = posts::add(&self.peer, self.end.collection(), object, self.role, &self.theirs);
        add["target"] = self.collection.as_str().into();
        add
    }
}

/// Every end of the table; the first reason for which one could not be played to its end is that of the flow.
fn played<'s>(scene: &'s mut Scene, ends: &'static [Played]) -> Playing<'s> {
    Box::pin(async move {
        let mut whole = Ok(());
        for end in ends {
            let part = one(scene, end).await;
            whole = whole.and(part);
        }
        whole
    })
}

async fn one(scene: &mut Scene, played: &Played) -> Ended {
    let at = place(scene, played).await?;
    if let Some(keys) = &played.begins {
        let came = begun::by_them(scene, &at, played, keys).await?;
        ended::by_them(scene, &at, &came, keys).await?;
        forgotten(scene, &at).await?;
    }
    if let Some(keys) = &played.agrees {
        let came = begun::by_us(scene, &at, keys).await?;
        ended::by_us(scene, &at, &came, keys).await?;
        forgotten(scene, &at).await?;
    }
    Ok(())
}

/// Where this end of the table is played.
pub async fn place(scene: &mut Scene, played: &Played) -> Result<At, Stop> {
    let peer = scene.about(played.kind)?;
    let property = played.end.collection();
    let collection = scene.get(peer.as_str()).await?[property].as_str().map(str::to_owned);
    let collection = collection.ok_or_else(|| Stop(format!("{peer} names no collection as {property}")))?;
    let theirs = scene.their_grant(&peer)?;
    let ours = scene.home.owned(played.ours).await?;
    let is_source = played.end.side == Side::Source;
    if !is_source {
        props::member(scene, &peer, Who::Cleo, MEMBER).await?;
    }
    let resource = match (played.end.kind, is_source) {
        (LinkKind::Subteam, true) => held_by_them(scene).await?,
        (LinkKind::Subteam, false) => held_by_us(scene).await?,
        (_, true) => peer.clone(),
        (_, false) => ours.id.clone(),
    };
    scene.about(played.kind)?;
    Ok(At { end: played.end, peer, collection, theirs, ours, role: ROLE, resource })
}

/// A parent passes on what it was given, so the peer's team is given a tracker of ours: which, if it has not got it already.
async fn held_by_them(scene: &mut Scene) -> Result<ActorId, Stop> {
    let at = Box::pin(place(scene, &ends::TO_BE_HELD)).await?;
    if !scene.collection(&at.collection).await?.lists(at.ours.id.as_str()) {
        begun::quietly(scene, &at).await?;
    }
    Ok(at.ours.id)
}

/// The same of our team.
async fn held_by_us(scene: &mut Scene) -> Result<ActorId, Stop> {
    let tracker = scene.home.owned("TicketTracker").await?;
    let team = scene.home.owned("Team").await?;
    let teams = format!("{}/teams", tracker.id);
    if !scene.collection(&teams).await?.lists(team.id.as_str()) {
        let add = posts::add(&tracker.id, "teams", &team.id, ROLE, &tracker.grant);
        let add = scene.says(Who::Ann, &add).await?;
        scene.home.client(Who::Ann).accepted(&add).await?;
        scene.says(Who::Ann, &posts::agree(&add, &team.id, &tracker.id, &team.grant)).await?;
        let (listed, found) = scene.collects(&teams, |found| found.lists(team.id.as_str())).await?;
        if !listed {
            return Err(Stop(format!("our own team was not given our own tracker: {}", found.told())));
        }
    }
    Ok(tracker.id)
}

/// Our side has to know that the link has ended before another one can be begun.
async fn forgotten(scene: &mut Scene, at: &At) -> Ended {
    let own = at.own_collection();
    let (gone, found) = scene.collects(&own, |found| !found.lists(at.peer.as_str())).await?;
    if gone { Ok(()) } else { Err(Stop(format!("our side was never told of the end of the link: {}", found.told()))) }
}
