//! Ties as activities, both directions.

use crate::access::{Role, wire as access_wire};
use crate::common::ResourceActor;
use crate::common::wire::{Tell, publish, uri};
use crate::gate::{names, one, role};
use crate::link::evidence;
use crate::tie::rows::TIES;
use crate::tie::{
    Attach, AttachAgreed, AttachDeclined, AttachOffered, Detach, Provided, ProviderAgreed, ProviderDeclined, TieKind,
    TieSide,
};
use pritchel_actor::{Act, ActId, ActorId, Halt, Look, Turn, Verdict};
use pritchel_vocab::{Activity, ActivityType, Document, Grant, Thing};

/// Whether actors of this kind use what others provide: to all others the acts of this page are something else.
fn consumes<A: ResourceActor>() -> bool {
    TieKind::of(TieSide::Consumer, A::TYPE).next().is_some()
}

/// The tie that a property of `me` shows, where `me` is the consumer.
fn own_kind<A: ResourceActor>(thing: Option<&Thing>, me: &ActorId) -> Option<TieKind> {
    let name = thing?.uri()?.as_str().strip_prefix(me.as_str())?.strip_prefix('/')?;
    TieKind::of(TieSide::Consumer, A::TYPE).find(|kind| kind.property(TieSide::Consumer) == name)
}

/// What an `Add` to such a property asks.
pub fn added<A: ResourceActor>(activity: &Activity, me: &ActorId) -> Option<A::Call> {
    let (kind, provider) = own_kind::<A>(activity.target.as_ref(), me).zip(one(activity))?;
    Some(Attach { kind, provider: ActorId::new(provider.as_str()) }.into())
}

/// What a `Remove` from such a property asks.
pub fn removed<A: ResourceActor>(activity: &Activity, me: &ActorId) -> Option<A::Call> {
    let (kind, provider) = own_kind::<A>(activity.origin.as_ref(), me).zip(one(activity))?;
    Some(Detach { kind, provider: ActorId::new(provider.as_str()) }.into())
}

/// What an `Invite` of this actor, into something of another, offers.
pub fn offered<A: ResourceActor>(activity: &Activity, me: &ActorId) -> Result<Option<A::Call>, Halt> {
    let target = activity.target.as_ref().and_then(Thing::uri).filter(|_| names(&activity.object, me));
    let Some(target) = target.filter(|_| consumes::<A>()) else { return Ok(None) };
    Ok(Some(AttachOffered { target: target.as_str().to_owned(), role: role(activity)? }.into()))
}

/// What an `Accept` or `Reject` says about a tie: an admin of this side shows a Grant, the provider needs none. `None`:
/// nothing.
pub fn answered<A: ResourceActor>(
    activity: &Activity,
    of: &ActId,
    look: &mut Look<'_, '_>,
) -> Result<Option<Verdict<A::Call>>, Halt> {
    if !consumes::<A>() {
        return Ok(None);
    }
    let Some(tie) = TIES.get(look, of)? else { return Ok(None) };
    let (yes, of) = (activity.kind == ActivityType::Accept, of.clone());
    let call = match (activity.capability.is_some(), yes) {
        // What the provider's side says of a `Join` is said by its Grant, or its own `Reject`.
        (_, true) | (true, _) if tie.begun_here => return Ok(Some(Verdict::Note)),
        (true, true) => AttachAgreed { of }.into(),
        (true, false) => AttachDeclined { of }.into(),
        (false, true) => ProviderAgreed { of }.into(),
        (false, false) => ProviderDeclined { of }.into(),
    };
    Ok(Some(Verdict::Call(call)))
}

/// What a `Grant` is to this actor, if it fulfils what a tie was asked for by.
pub fn granted<A: ResourceActor>(
    activity: &Activity,
    act: &Act,
    look: &mut Look<'_, '_>,
) -> Result<Option<A::Call>, Halt> {
    let of = activity.fulfills.first().map(|uri| ActId::new(uri.as_str())).filter(|_| consumes::<A>());
    let Some(of) = of else { return Ok(None) };
    if !TIES.has(look, &of)? {
        return Ok(None);
    }
    let grant = Document::parse(&act.raw).ok().and_then(|document| Grant::read(&document.obj()).ok());
    let grant = grant.filter(|grant| grant.target.as_str() == look.me().as_str());
    Ok(grant.and_then(|grant| {
        let (context, role) = (ActorId::new(grant.context.as_str()), Role::from_word(&grant.role)?);
        let span = access_wire::span(&grant);
        Some(Provided { of, grant: act.id.clone(), context, role, span }.into())
    }))
}

/// Accepts an `Invite` in the name of this actor.
pub fn agree(turn: &mut Turn<'_>, invite: &ActId, provider: &ActorId) -> Result<ActId, Halt> {
    let me = turn.me().clone();
    publish(turn, ActivityType::Accept, &Tell::to([provider]).followers(&me), |draft| draft.object(invite.as_str()))
}

/// Asks a provider for a Grant. Answers the `Join` and what it names.
pub fn join(turn: &mut Turn<'_>, provider: &ActorId, role: Role) -> Result<(ActId, String), Halt> {
    let me = turn.me().clone();
    let target = evidence::collaborators(turn, provider)?.unwrap_or_else(|| provider.as_str().to_owned());
    let join = publish(turn, ActivityType::Join, &Tell::to([provider]).followers(&me), |draft| {
        draft.object(target.as_str()).instrument(role.as_str())
    })?;
    Ok((join, target))
}

/// Follows a provider, by the Grant it gave.
pub fn follow(turn: &mut Turn<'_>, provider: &ActorId, grant: &ActId) -> Result<ActId, Halt> {
    let grant = uri(grant.as_str())?;
    publish(turn, ActivityType::Follow, &Tell::to([provider]), |draft| {
        draft.object(provider.as_str()).capability(&grant)
    })
}

/// Follows a provider no longer.
pub fn unfollow(turn: &mut Turn<'_>, provider: &ActorId, follow: &ActId) -> Result<ActId, Halt> {
    publish(turn, ActivityType::Undo, &Tell::to([provider]), |draft| draft.object(follow.as_str()))
}

/// Gives a provider its Grants back.
pub fn leave(turn: &mut Turn<'_>, provider: &ActorId) -> Result<ActId, Halt> {
    let me = turn.me().clone();
    publish(turn, ActivityType::Leave, &Tell::to([provider]).followers(&me), |draft| draft.object(provider.as_str()))
}
