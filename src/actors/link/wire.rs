//! Links as activities, both directions.

use crate::ResourceKind;
use crate::access::wire::{bounded, span, term};
use crate::access::{Role, Span};
use crate::common::ResourceActor;
use crate::common::wire::{Tell, publish, read, uri};
use crate::gate::{ids, names, one, role};
pub use crate::link::kind::link_owner;
use crate::link::rows::{DELEGATES, Downstream, Extension, Held, LINKS};
use crate::link::{
    AdminAgreed, AdminDeclined, Delegated, End, Given, Link, Listed, MemberDelegates, PeerAdminAgrees, PeerAgreed,
    PeerDeclined, PeerEnded, PeerUnlinked, Propose, Proposed, Side, TakenBack, Unlink,
};
use pritchel_actor::chosen;
use pritchel_actor::{Act, ActId, ActorId, Halt, Look, Turn, Verdict};
use pritchel_vocab::{Activity, ActivityType, Document, Grant, Thing};
use serde_json::{Value, json};

/// The word for the role that only lets Grants come.
const DELEGATE: &str = "delegate";

/// The end of `ends` that a collection of `me` shows.
fn own_end(ends: &[End], thing: Option<&Thing>, me: &ActorId) -> Option<End> {
    let name = thing?.uri()?.as_str().strip_prefix(me.as_str())?.strip_prefix('/')?;
    End::of_collection(ends, name)
}

/// What an `Add` asks: of this actor, or of another to which this one would be linked.
pub fn added<A: ResourceActor>(activity: &Activity, me: &ActorId) -> Result<Option<A::Call>, Halt> {
    let target = activity.target.as_ref();
    let own = own_end(A::ENDS, target, me);
    if own.is_some_and(|end| !end.begins()) {
        return Ok(None);
    }
    if let Some((end, peer)) = own.zip(one(activity)) {
        let (peer, role) = (ActorId::new(peer.as_str()), if end.carries() { Some(role(activity)?) } else { None });
        return Ok(Some(Propose { end, peer, role, term: term(activity)? }.into()));
    }
    match target.and_then(Thing::uri).filter(|_| names(&activity.object, me)) {
        Some(collection) => {
            let collection = collection.as_str().to_owned();
            // Whether one is needed, only the collection tells.
            let role = activity.instrument.is_some().then(|| role(activity)).transpose()?;
            Ok(Some(Proposed { collection, role, term: term(activity)? }.into()))
        }
        None => Ok(None),
    }
}

/// What a `Remove` from a collection of links asks of the actor whose collection it is.
pub fn removed<A: ResourceActor>(activity: &Activity, me: &ActorId) -> Option<A::Call> {
    let (end, peer) = own_end(A::ENDS, activity.origin.as_ref(), me).zip(one(activity))?;
    Some(Unlink { end, peer: ActorId::new(peer.as_str()) }.into())
}

/// What an `Accept` or `Reject` says about a link: by the peer itself, or by an admin of this side. `None`: nothing.
pub fn answered<A: ResourceActor>(
    activity: &Activity,
    act: &Act,
    of: &ActId,
    look: &mut Look<'_, '_>,
) -> Result<Option<Verdict<A::Call>>, Halt> {
    let yes = activity.kind == ActivityType::Accept;
    let add = of.clone();
    if let Some(link) = LINKS.get(look, of)? {
        let by_peer = act.author == link.peer || yes && chosen("PeerAgreed", Some(link.end.collection()), false);
        let call = match (by_peer, yes) {
            (true, true) => match activity.result.first().and_then(Thing::uri).filter(|_| is_listed(&link)) {
                Some(result) => Listed { add, relationship: result.as_str().to_owned() }.into(),
                None => PeerAgreed { add }.into(),
            },
            (true, false) => PeerDeclined { add }.into(),
            // The peer's admins say it to both; what they say is the peer's.
            (false, true) if link.begun_here => PeerAdminAgrees { add }.into(),
            (false, _) if !says_for_us(&link, activity, look) => return Ok(Some(Verdict::Note)),
            (false, true) => AdminAgreed { add }.into(),
            (false, false) => AdminDeclined { add }.into(),
        };
        return Ok(Some(Verdict::Call(call)));
    }
    if !yes || look.seen(of)?.is_none() {
        return Ok(None);
    }
    let Some(answered) = look.act(of)?.as_deref().and_then(read) else { return Ok(None) };
    // Only of itself can an actor say that it was deleted.
    if answered.kind == ActivityType::Delete && chosen("PeerEnded", None, names(&answered.object, &act.author)) {
        return Ok(Some(Verdict::Call(PeerEnded {}.into())));
    }
    let me = look.me().clone();
    let collection = answered.origin.as_ref().and_then(Thing::uri);
    if answered.kind != ActivityType::Remove || !names(&answered.object, &me) {
        return Ok(None);
    }
    Ok(collection.map(|collection| {
        Verdict::Call(PeerUnlinked { remove: add, collection: collection.as_str().to_owned() }.into())
    }))
}

/// Whether this is the side that is listed, over a link that is nothing else.
fn is_listed(link: &Link) -> bool {
    !link.end.carries() && link.end.side == Side::Source
}

/// Whether somebody who answers an `Add` speaks for this side: where both sides are told, the shown Grant tells which one.
/// A Grant of the peer's own is never for us; of all others the method decides.
fn says_for_us(link: &Link, activity: &Activity, look: &Look<'_, '_>) -> bool {
    let of_peer = |grant: &str| grant.starts_with(&format!("{}/", link.peer));
    let told = activity.to.iter().chain(&activity.cc).any(|uri| uri.as_str() == look.me().as_str());
    let shown = activity.capability.as_ref();
    told && !link.begun_here && shown.is_none_or(|grant| !of_peer(grant.as_str()))
        || activity.kind == ActivityType::Reject && shown.is_some_and(|grant| !of_peer(grant.as_str()))
}

/// What a `Grant` is to this actor: a step of a link, access that comes over one, or a member's readiness for access.
pub fn granted<A: ResourceActor>(
    activity: &Activity,
    act: &Act,
    look: &mut Look<'_, '_>,
) -> Result<Verdict<A::Call>, Halt> {
    let me = look.me().clone();
    let grant = Document::parse(&act.raw).ok().and_then(|document| Grant::read(&document.obj()).ok());
    let Some(grant) = grant.filter(|grant| grant.target.as_str() == me.as_str()) else { return Ok(Verdict::Note) };
    let shown = grant.capability.as_ref().map(|uri| ActId::new(uri.as_str()));
    if grant.role == DELEGATE {
        if let Some(add) = activity.fulfills.first().map(|uri| ActId::new(uri.as_str())) {
            if LINKS.has(look, &add)? {
                return Ok(Verdict::Call(Delegated { add, delegate: act.id.clone() }.into()));
            }
            return Ok(if look.seen(&add)?.is_some() { Verdict::Note } else { Verdict::Early(add) });
        }
        return Ok(match shown {
            Some(membership) if look.published(&membership)? => {
                Verdict::Call(MemberDelegates { delegate: act.id.clone(), membership }.into())
            }
            _ => Verdict::Note,
        });
    }
    let span = span(&grant);
    let (Some(role), Some(delegate)) = (Role::from_word(&grant.role), shown) else { return Ok(Verdict::Note) };
    if DELEGATES.get(look, &delegate)?.is_none() {
        return Ok(Verdict::Note);
    }
    let allows = match grant.allows.as_slice() {
        [only] => only.as_str().to_owned(),
        _ => String::new(),
    };
    let given = Given {
        grant: act.id.clone(),
        delegate,
        context: ActorId::new(grant.context.as_str()),
        role,
        allows,
        of: grant.delegates.map(|uri| ActId::new(uri.as_str())),
        span,
    };
    Ok(Verdict::Call(given.into()))
}

/// A `Revoke` of what this actor was given; followers of others are told of theirs. One that overtook the Grant it takes
/// back waits for it.
pub fn taken_back<A: ResourceActor>(activity: &Activity, look: &mut Look<'_, '_>) -> Result<Verdict<A::Call>, Halt> {
    let grants = ids(&activity.object);
    let me = look.me().clone();
    if !activity.to.iter().any(|uri| uri.as_str() == me.as_str()) {
        return Ok(Verdict::Note);
    }
    if let [only] = grants.as_slice()
        && look.seen(only)?.is_none()
    {
        return Ok(Verdict::Early(only.clone()));
    }
    Ok(Verdict::Call(TakenBack { grants }.into()))
}

/// Says yes to a link that the other side asked for, in the name of this actor.
pub fn agree(turn: &mut Turn<'_>, add: &ActId, peer: &ActorId) -> Result<ActId, Halt> {
    let me = turn.me().clone();
    publish(turn, ActivityType::Accept, &Tell::to([peer]).followers(&me), |draft| draft.object(add.as_str()))
}

/// Tells the peer of a link without access, and who asked for it, that it is listed, and where.
pub fn listed(turn: &mut Turn<'_>, add: &ActId, link: &Link) -> Result<(), Halt> {
    let me = turn.me().clone();
    let tell = Tell::to([&link.peer]).cc([&link.by]).followers(&me);
    publish(turn, ActivityType::Accept, &tell, |draft| {
        let draft = draft.object(add.as_str());
        link.relationship.iter().fold(draft, |draft, relationship| draft.result(relationship.as_str()))
    })?;
    Ok(())
}

/// The address of the relationship of this number in a collection of `me`.
pub fn listing_uri(me: &ActorId, end: End, number: u64) -> String {
    format!("{me}/{}/{number}", end.collection())
}

/// The number of a relationship of `me` from its address.
pub fn listing_no(me: &ActorId, end: End, uri: &str) -> Option<u64> {
    let number = uri.strip_prefix(me.as_str())?.strip_prefix('/')?.strip_prefix(end.collection())?.strip_prefix('/')?;
    number.parse().ok()
}

/// Gives the delegate-Grant by which access will come over the link.
pub fn delegate(turn: &mut Turn<'_>, peer: &ActorId, add: &ActId) -> Result<ActId, Halt> {
    let me = turn.me().clone();
    let fulfills = uri(add.as_str())?;
    publish(turn, ActivityType::Grant, &Tell::to([peer]).followers(&me), |draft| {
        let draft = draft.object(DELEGATE).context(me.as_str()).target(peer.as_str());
        draft.fulfills(fulfills).term("allows", "invoke")
    })
}

/// Gives the peer access to this resource, to be passed on.
pub fn start(turn: &mut Turn<'_>, link: &Link, (role, span): (Role, &Span), delegate: &ActId) -> Result<ActId, Halt> {
    let me = turn.me().clone();
    let delegate = uri(delegate.as_str())?;
    publish(turn, ActivityType::Grant, &Tell::to([&link.peer]).followers(&me), |draft| {
        let draft = draft.object(role.as_str()).context(me.as_str()).target(link.peer.as_str());
        bounded(draft.capability(&delegate), span).term("allows", link.end.allows())
    })
}

/// Passes a Grant on.
pub fn extension(
    turn: &mut Turn<'_>,
    (grant, held): (&ActId, &Held),
    (delegate, down): (&ActId, &Downstream),
    (role, span): (Role, &Span),
) -> Result<ActId, Halt> {
    let me = turn.me().clone();
    let capability = uri(delegate.as_str())?;
    let id = turn.act_id();
    let draft = pritchel_vocab::Draft::new(ActivityType::Grant, crate::common::wire::actor_uri(&me)?)
        .object(role.as_str())
        .context(held.context.as_str())
        .target(down.peer.as_str())
        .capability(&capability)
        .result(result_uri(&id))
        .term("allows", down.allows.as_str())
        .term("delegates", grant.as_str());
    let draft = bounded(draft, span);
    let tell = Tell::to([&down.peer]);
    let body = crate::common::wire::written(turn, &id, draft, &tell)?;
    turn.publish(id.clone(), body, tell.audience())?;
    Ok(id)
}

/// The address at which a Grant says whether it still holds.
pub fn result_uri(grant: &ActId) -> String {
    format!("{grant}/result")
}

/// What an actor of ours is to those who ask about links: its type, and its collections of links.
pub fn document(id: &str, kind: &str) -> Value {
    let mut document = json!({"id": id, "type": kind});
    if ResourceKind::from_type(kind).is_some() {
        document["collaborators"] = crate::common::resource::collaborators_uri(&ActorId::new(id)).into();
    }
    for end in ResourceKind::from_type(kind).into_iter().flat_map(ResourceKind::ends) {
        document[end.collection()] = format!("{id}/{}", end.collection()).into();
    }
    document
}

/// What a collection of links of ours is to those who ask whose it is. `None`: its owner has no such collection.
pub fn collection(uri: &str, owner: &str, kind: &str) -> Option<Value> {
    let ends = ResourceKind::from_type(kind)?.ends();
    let name = uri.strip_prefix(owner)?.strip_prefix('/')?;
    End::of_collection(ends, name).map(|_| json!({"id": uri, "type": "Collection", "context": owner}))
}

/// Tells the peer of a link that Grants are worth nothing any more.
pub fn revoke(turn: &mut Turn<'_>, grants: &[ActId], peer: &ActorId, fulfills: Option<&ActId>) -> Result<(), Halt> {
    crate::access::wire::revoke(turn, grants, &[peer], fulfills)?;
    Ok(())
}

/// Tells who was given an extension that it is worth nothing any more.
pub fn revoke_extension(turn: &mut Turn<'_>, extension: &Extension) -> Result<(), Halt> {
    let grant = extension.grant.clone();
    publish(turn, ActivityType::Revoke, &Tell::to([&extension.to]), |draft| draft.object(grant.as_str()))?;
    Ok(())
}
