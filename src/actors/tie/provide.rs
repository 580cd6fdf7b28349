//! The provider's side: who becomes a collaborator may be a tracker that is tied by it, and who is one no more is not.

use crate::access::{Role, take_back};
use crate::common::resource::{FOLLOWERS, ResourceActor};
use crate::link::evidence;
use crate::tie::rows::CONSUMERS;
use crate::tie::{TieKind, TieSide};
use pritchel_actor::{ActorId, Halt, NotFound, Page, Refusal, RowKey, Turn, demand};

/// Points at `who`, if a Grant of `role` on this actor ties them to it.
/// - errors: a refusal if there is another in a place for one, or the document of `who` cannot be had just now
///
/// Source: ForgeFed, the handlers of `Accept` and `Join` of Repository, Workflow and Roadmap.
pub fn begin<A: ResourceActor>(turn: &mut Turn<'_>, who: &ActorId, role: Role) -> Result<(), Halt> {
    let kinds: Vec<_> = TieKind::of(TieSide::Provider, A::TYPE).filter(|kind| kind.role() == role).collect();
    if kinds.is_empty() {
        return Ok(());
    }
    // Whose document is shown to nobody is no tracker that others could be pointed at.
    if matches!(turn.document(who.as_str())?.found, Err(NotFound::Gone { .. })) {
        return Ok(());
    }
    let types = evidence::types(turn, who)?;
    let is = |kind: &&TieKind| types.iter().any(|name| kind.types(TieSide::Consumer).contains(&name.as_str()));
    let Some(kind) = kinds.iter().find(is) else { return Ok(()) };
    let prefix = kind.code().encode();
    if kind.only_one(TieSide::Provider) {
        let other = CONSUMERS.page(turn, Page::first(&prefix, 1))?.pop().map(|((_, other), _)| other);
        demand(other.is_none(), || {
            let (property, other) = (kind.property(TieSide::Provider), other.map(|other| other.to_string()));
            Refusal::new("already-tied", format!("`{property}` is {} already", other.unwrap_or_default()))
        })?;
    }
    let now = turn.now();
    CONSUMERS.put(turn, &(kind.code(), who.clone()), &now);
    Ok(())
}

/// Points no longer at `who`, who has lost the last Grant.
pub fn end<A: ResourceActor>(actor: &mut A, turn: &mut Turn<'_>, who: &ActorId) -> Result<(), Halt> {
    for kind in TieKind::of(TieSide::Provider, A::TYPE) {
        let key = (kind.code(), who.clone());
        if CONSUMERS.has(turn, &key)? {
            CONSUMERS.remove(turn, &key);
            actor.provides_no_more(turn, kind, who)?;
        }
    }
    Ok(())
}

/// Takes back what was given to a consumer that is no more. Answers whether it was one.
pub fn peer_ended<A: ResourceActor>(actor: &mut A, turn: &mut Turn<'_>, who: &ActorId) -> Result<bool, Halt> {
    let mut tied = false;
    for kind in TieKind::of(TieSide::Provider, A::TYPE) {
        tied |= CONSUMERS.has(turn, &(kind.code(), who.clone()))?;
    }
    if tied {
        take_back::all_of(actor, turn, who, None)?;
        forget_follower(actor, turn, who)?;
    }
    Ok(tied)
}

/// A consumer follows its provider.
fn forget_follower<A: ResourceActor>(actor: &mut A, turn: &mut Turn<'_>, who: &ActorId) -> Result<(), Halt> {
    if FOLLOWERS.has(turn, who)? {
        FOLLOWERS.remove(turn, who);
        actor.resource_mut().followers = actor.resource().followers.saturating_sub(1);
    }
    Ok(())
}
