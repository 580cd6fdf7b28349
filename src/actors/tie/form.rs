//! What follows when all have agreed, and how a tie ends: the consumer's side.

use crate::common::resource::ResourceActor;
use crate::tie::rows::{PROVIDERS, TIE_GRANTS, TIE_OFFERS, TIES};
use crate::tie::{Tie, TieKind, TieSide, TieState, wire};
use pritchel_actor::{ActId, ActorId, Halt, Page, Refusal, RowKey, Turn, demand};

/// The tie that this act asked for, while it is still being formed.
/// - errors: a refusal if there is none, or it has been decided
pub fn forming(turn: &mut Turn<'_>, of: &ActId) -> Result<Tie, Halt> {
    match TIES.get(turn, of)? {
        Some(tie) if matches!(tie.state, TieState::Forming | TieState::Agreed) => Ok(tie),
        Some(tie) => Err(Refusal::new("already-decided", format!("{of} is {:?}", tie.state)).into()),
        None => Err(Refusal::new("no-such-tie", format!("{of} asked this actor for no tie")).into()),
    }
}

/// Refuses a second tie to the same provider, and a second one of a kind of which there is only one.
pub fn refuse_second(turn: &mut Turn<'_>, kind: TieKind, provider: &ActorId) -> Result<(), Halt> {
    let prefix = kind.code().encode();
    let other = match kind.only_one(TieSide::Consumer) {
        true => PROVIDERS.page(turn, Page::first(&prefix, 1))?.pop().map(|((_, other), _)| other),
        false => PROVIDERS.has(turn, &(kind.code(), provider.clone()))?.then(|| provider.clone()),
    };
    demand(other.is_none(), || {
        let (property, other) = (kind.property(TieSide::Consumer), other.unwrap_or_else(|| provider.clone()));
        Refusal::new("already-tied", format!("`{property}` is {other} already"))
    })
}

/// Takes an offer from among those that wait.
pub fn no_longer_waits<A: ResourceActor>(actor: &mut A, turn: &mut Turn<'_>, tie: &mut Tie) {
    if let Some(place) = tie.waits.take() {
        TIE_OFFERS.remove(turn, &place);
        let links = &mut actor.resource_mut().links;
        links.offered = links.offered.saturating_sub(1);
    }
}

/// Goes on with a tie after the provider or an admin of this side has agreed, in whichever order they did: with both, this
/// actor itself accepts the `Invite`.
///
/// Source: protocol decision F-46.
pub fn go_on<A: ResourceActor>(actor: &mut A, turn: &mut Turn<'_>, of: &ActId, mut tie: Tie) -> Result<(), Halt> {
    if let (Some(kind), Some(provider), true) = (tie.kind, tie.provider.clone(), tie.admin_agrees) {
        refuse_second(turn, kind, &provider)?;
        no_longer_waits(actor, turn, &mut tie);
        wire::agree(turn, of, &provider)?;
        tie.state = TieState::Agreed;
    }
    TIES.put(turn, of, &tie);
    Ok(())
}

/// The tie stands: this actor points at its provider, and follows it.
pub fn stand(turn: &mut Turn<'_>, of: &ActId, mut tie: Tie, grant: &ActId) -> Result<(), Halt> {
    if let (Some(kind), Some(provider)) = (tie.kind, tie.provider.clone()) {
        tie.follow = Some(wire::follow(turn, &provider, grant)?);
        PROVIDERS.put(turn, &(kind.code(), provider), of);
        TIE_GRANTS.put(turn, grant, of);
    }
    tie.grant = Some(grant.clone());
    tie.state = TieState::Tied;
    tie.since = turn.now();
    TIES.put(turn, of, &tie);
    Ok(())
}

/// The tie stands on by another Grant: the one before is near its end.
pub fn go_on_with(turn: &mut Turn<'_>, of: &ActId, mut tie: Tie, grant: ActId) {
    if let Some(before) = &tie.grant {
        TIE_GRANTS.remove(turn, before);
    }
    TIE_GRANTS.put(turn, &grant, of);
    tie.grant = Some(grant);
    TIES.put(turn, of, &tie);
}

/// Ends the tie that stands by a Grant, which is over. One that goes on by a newer Grant goes on.
pub fn lapsed(turn: &mut Turn<'_>, grant: &ActId) -> Result<(), Halt> {
    let Some(of) = TIE_GRANTS.get(turn, grant)? else { return Ok(()) };
    match TIES.get(turn, &of)? {
        Some(tie) => end(turn, &of, tie),
        None => Ok(()),
    }
}

/// Ends a tie of this side, if it stands: nothing points at the provider any more, and nothing is heard from it.
pub fn end(turn: &mut Turn<'_>, of: &ActId, mut tie: Tie) -> Result<(), Halt> {
    if tie.state != TieState::Tied {
        return Ok(());
    }
    if let (Some(kind), Some(provider)) = (tie.kind, &tie.provider) {
        PROVIDERS.remove(turn, &(kind.code(), provider.clone()));
        if let Some(follow) = &tie.follow {
            wire::unfollow(turn, provider, follow)?;
        }
    }
    if let Some(grant) = &tie.grant {
        TIE_GRANTS.remove(turn, grant);
    }
    tie.state = TieState::Ended;
    tie.since = turn.now();
    TIES.put(turn, of, &tie);
    Ok(())
}

/// Ends every tie to a provider that is no more. Answers whether there was one.
pub fn peer_ended<A: ResourceActor>(turn: &mut Turn<'_>, provider: &ActorId) -> Result<bool, Halt> {
    let mut tied = false;
    for kind in TieKind::of(TieSide::Consumer, A::TYPE) {
        let Some(of) = PROVIDERS.get(turn, &(kind.code(), provider.clone()))? else { continue };
        if let Some(mut tie) = TIES.get(turn, &of)? {
            // Nobody is there to be told that it is followed no more.
            tie.follow = None;
            end(turn, &of, tie)?;
            tied = true;
        }
    }
    Ok(tied)
}

/// Ends the tie that a Grant made, when whoever gave it takes it back.
pub fn taken_back<A: ResourceActor>(turn: &mut Turn<'_>, giver: &ActorId, grant: &ActId) -> Result<(), Halt> {
    if TieKind::of(TieSide::Consumer, A::TYPE).next().is_none() {
        return Ok(());
    }
    let Some(of) = TIE_GRANTS.get(turn, grant)? else { return Ok(()) };
    match TIES.get(turn, &of)?.filter(|tie| tie.provider.as_ref() == Some(giver)) {
        Some(tie) => end(turn, &of, tie),
        None => Ok(()),
    }
}
