//! Which acts are shown to whom: what is public to everybody, the rest to its author, to those it is addressed to, one by
//! one or as followers of its author or of a ticket, and to those who administer its author.
//!
//! Source: design, promise 11. A Grant is shown to whoever knows its address, which nobody can guess: those who verify it
//! are rarely those it is addressed to.

use crate::answer::WebResult;
use crate::domains::of_actor;
use crate::fed::actor::look_at;
use crate::fed::near::{Kind, Near, look_at_resource, look_at_tracker};
use crate::limits::GROUPS_ASKED_MAX;
use crate::ports::Front;
use crate::powers::bring_for;
use pritchel_actor::{Act, ActorId, ViewError};
use pritchel_actors::common::audience::{Standing, ViewStanding};
use pritchel_actors::common::wire::read;
use pritchel_actors::ticket_tracker::TicketNo;
use pritchel_actors::ticket_tracker::find::FollowsTicket;
use pritchel_actors::{Domain, Person};
use pritchel_vocab::{Activity, ActivityType};

/// Whether an act is a Grant.
pub fn is_grant(act: &Act) -> bool {
    read(act).is_some_and(|activity| activity.kind == ActivityType::Grant)
}

/// Whether everybody is shown an act of this actor: it says so, and what it is about is not private.
pub async fn to_all(front: &Front, near: &Near, act: &Act) -> WebResult<bool> {
    Ok(read(act).is_some_and(|activity| activity.is_public()) && may_see(front, near, None).await?)
}

/// Whether this viewer is shown an act of this actor.
pub async fn to_viewer(front: &Front, near: &Near, act: &Act, viewer: &ActorId) -> WebResult<bool> {
    let Some(activity) = read(act) else { return Ok(false) };
    if *viewer == act.author || names(&activity, viewer.as_str()) {
        return Ok(true);
    }
    bring_for(front, viewer, &near.id).await?;
    let standing = standing(front, near, viewer).await?;
    if standing.administers || (standing.follows && names(&activity, &format!("{}/followers", near.id))) {
        return Ok(true);
    }
    let told: Vec<&str> = activity.addressees().into_iter().map(|uri| uri.as_str()).collect();
    if follows_a_ticket(front, &told, viewer).await? {
        return Ok(true);
    }
    Ok(activity.is_public() && may_see(front, near, Some(viewer.clone())).await?)
}

/// Whether somebody follows a ticket of this server to whose followers an act is told.
/// - `told`: the addresses it is told
pub async fn follows_a_ticket(front: &Front, told: &[&str], viewer: &ActorId) -> WebResult<bool> {
    let groups = told.iter().filter_map(|uri| ticket_of(front, uri)).take(GROUPS_ASKED_MAX);
    for (tracker, number) in groups {
        let view = FollowsTicket { viewer: viewer.clone(), number };
        match look_at_tracker(front, &tracker, &view).await {
            Ok(true) => return Ok(true),
            Ok(false) | Err(ViewError::NoActor | ViewError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}

/// The tracker and the number of the ticket whose followers this address names, if it is of this server.
fn ticket_of(front: &Front, uri: &str) -> Option<(ActorId, TicketNo)> {
    let (tracker, number) = uri.strip_suffix("/followers")?.rsplit_once("/tickets/")?;
    let tracker = ActorId::new(tracker);
    let path = tracker.as_str().strip_prefix(of_actor(&front.settings, &tracker)?.origin.as_str())?;
    (Kind::of(&front.settings, &tracker)?.tracks() && path.matches('/').count() == 2).then_some(())?;
    Some((tracker, number.parse().ok()?))
}

fn names(activity: &Activity, address: &str) -> bool {
    activity.addressees().iter().any(|uri| uri.as_str() == address)
}

async fn may_see(front: &Front, near: &Near, viewer: Option<ActorId>) -> WebResult<bool> {
    if matches!(near.kind, Some(Kind::Person) | None) {
        return Ok(true);
    }
    match look_at(front, near, viewer).await {
        Ok(_) => Ok(true),
        Err(ViewError::Refused(_) | ViewError::NoActor) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn standing(front: &Front, near: &Near, viewer: &ActorId) -> WebResult<Standing> {
    let (node, id, view) = (&front.node, &near.id, ViewStanding { viewer: viewer.clone() });
    let looked = match near.kind {
        None => node.look::<Domain, _>(id, &view).await,
        Some(Kind::Person) => node.look::<Person, _>(id, &view).await,
        Some(Kind::Resource(_)) => look_at_resource(front, near, view).await,
    };
    Ok(looked?)
}
