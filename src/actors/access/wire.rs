//! Grants as documents, both directions.

use crate::access::{Role, Span, Term};
use crate::common::wire::{Tell, publish, read, time, uri};
use crate::gate::malformed;
use pritchel_actor::{Act, ActId, ActorId, Halt, Seconds, Turn};
use pritchel_vocab::{Activity, ActivityType, Draft, Grant, Obj, Thing, Uri};
use serde_json::Value;

/// One Grant of a chain, as its document says it.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Its address.
    pub id: ActId,
    /// Who gave it.
    pub giver: ActorId,
    /// The role, by its word.
    pub role: String,
    /// The resource.
    pub context: ActorId,
    /// For whom.
    pub target: LinkTarget,
    /// How it may be used, by its words.
    pub allows: Vec<String>,
    /// The Grant it passes on.
    pub delegates: Option<ActId>,
    /// Where to ask whether it still holds.
    pub result: Option<LinkResult>,
    /// From when on it holds.
    pub start: Option<Seconds>,
    /// From when on it no longer holds.
    pub end: Option<Seconds>,
}

/// For whom a Grant is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkTarget {
    /// One actor.
    Actor(ActorId),
    /// Everybody.
    Public,
}

/// Where to ask whether a Grant still holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkResult {
    /// The address.
    pub uri: String,
    /// Seconds for which one answer may be relied on.
    pub duration_s: Option<i64>,
}

/// Reads a Grant's document. The error says what is wrong with it.
pub fn link(value: &Value) -> Result<Link, String> {
    let grant = Obj::of(value).map_err(|e| e.to_string())?;
    let grant = Grant::read(&grant).map_err(|e| e.to_string())?;
    let id = grant.id.ok_or("it has no `id`")?;
    let target = if grant.target.is_public() {
        LinkTarget::Public
    } else {
        LinkTarget::Actor(ActorId::new(grant.target.as_str()))
    };
    Ok(Link {
        id: ActId::new(id.as_str()),
        giver: ActorId::new(grant.actor.as_str()),
        role: grant.role,
        context: ActorId::new(grant.context.as_str()),
        target,
        allows: grant.allows.iter().map(|usage| usage.as_str().to_owned()).collect(),
        delegates: grant.delegates.map(|uri| ActId::new(uri.as_str())),
        result: grant.result.map(|result| LinkResult {
            uri: result.uri.as_str().to_owned(),
            duration_s: result.duration_s.map(|s| i64::try_from(s).unwrap_or(i64::MAX)),
        }),
        start: grant.start.map(|time| time.get()),
        end: grant.end.map(|time| time.get()),
    })
}

/// The types an actor's document names. The error says what is wrong with it.
pub fn types(actor: &Value) -> Result<Vec<String>, String> {
    let actor = Obj::of(actor).map_err(|e| e.to_string())?;
    Ok(actor.types().into_iter().map(|name| name.to_string()).collect())
}

/// The addresses that a term of a document names, however the term is spelled, and whether it names one, several, or what has them
/// written out. What has no address is left out.
pub fn addresses(document: &Value, term: &str) -> Vec<String> {
    let things = Obj::of(document).ok().and_then(|document| Thing::read_all(&document, term).ok());
    things.unwrap_or_default().iter().filter_map(Thing::uri).map(|uri| uri.as_str().to_owned()).collect()
}

/// Whether an actor's document has this type among its types.
pub fn is_type(actor: &Value, name: &str) -> bool {
    Obj::of(actor).is_ok_and(|actor| actor.is(name))
}

/// The Grant an act shows. An `Undo` may show it in the act it takes back, where that is written out.
///
/// Source: ForgeFed, "Remove a star"; protocol decision F-25.
pub fn capability(act: &Act) -> Option<ActId> {
    let activity = read(act)?;
    if let Some(shown) = &activity.capability {
        return Some(ActId::new(shown.as_str()));
    }
    let undone = activity.object.first().filter(|_| activity.kind == ActivityType::Undo)?.obj()?;
    Some(ActId::new(undone.uri("capability").ok()??.as_str()))
}

/// For how long an `Invite`, a `Join` or the `Add` of a link wants access to be given.
pub fn term(activity: &Activity) -> Result<Term, Halt> {
    let lasts = activity.document.obj().duration_s("duration").map_err(malformed)?;
    Ok(Term {
        from: activity.start_time.map(|time| time.get()),
        until: activity.end_time.map(|time| time.get()),
        lasts_s: lasts.map(|lasts_s| i64::try_from(lasts_s).unwrap_or(i64::MAX)),
    })
}

/// The bounds of a Grant.
pub fn span(grant: &Grant) -> Span {
    Span { start: grant.start.map(|time| time.get()), end: grant.end.map(|time| time.get()) }
}

/// A Grant with its bounds.
pub fn bounded(draft: Draft, span: &Span) -> Draft {
    let draft = span.start.into_iter().fold(draft, |draft, start| draft.start_time(time(start)));
    span.end.into_iter().fold(draft, |draft, end| draft.end_time(time(end)))
}

/// Publishes a Grant of a role on this resource to one actor.
pub fn direct_grant(
    turn: &mut Turn<'_>,
    target: &ActorId,
    (role, span): (Role, &Span),
    fulfills: &ActId,
) -> Result<ActId, Halt> {
    let me = turn.me().clone();
    let fulfills = uri(fulfills.as_str())?;
    let tell = Tell::to([target]).followers(&me);
    publish(turn, ActivityType::Grant, &tell, |draft| {
        let draft = draft.object(role.as_str()).context(me.as_str()).target(target.as_str()).fulfills(fulfills);
        bounded(draft, span).term("allows", "invoke")
    })
}

/// Publishes a Grant of a role on this resource to everybody.
pub fn public_grant(turn: &mut Turn<'_>, role: Role) -> Result<ActId, Halt> {
    let me = turn.me().clone();
    publish(turn, ActivityType::Grant, &Tell::default().public(), |draft| {
        draft.object(role.as_str()).context(me.as_str()).target(Uri::public().as_str()).term("allows", "invoke")
    })
}

/// Publishes a Revoke.
pub fn revoke(
    turn: &mut Turn<'_>,
    grants: &[ActId],
    tell: &[&ActorId],
    fulfills: Option<&ActId>,
) -> Result<ActId, Halt> {
    let me = turn.me().clone();
    let fulfills = fulfills.map(|act| uri(act.as_str())).transpose()?;
    let author = turn.caller().id().clone();
    // By its own agenda an actor calls itself.
    let tell = Tell::to(tell.iter().copied()).cc([&author].into_iter().filter(|author| **author != me)).followers(&me);
    publish(turn, ActivityType::Revoke, &tell, |draft| {
        let draft = grants.iter().fold(draft, |draft, grant| draft.object(grant.as_str()));
        match fulfills {
            Some(fulfills) => draft.fulfills(fulfills),
            None => draft,
        }
    })
}

/// Publishes a Revoke of Grants that everybody had.
/// - `public`: whether everybody is told, or followers only
pub fn revoke_public(turn: &mut Turn<'_>, grants: &[ActId], public: bool) -> Result<ActId, Halt> {
    let tell = Tell::default().followers(&turn.me().clone());
    let tell = if public { tell.public() } else { tell };
    publish(turn, ActivityType::Revoke, &tell, |draft| {
        grants.iter().fold(draft, |draft, grant| draft.object(grant.as_str()))
    })
}

/// Publishes a Reject of an act of another, such as an invitation that the invited declined.
pub fn reject_of(turn: &mut Turn<'_>, act: &ActId, tell: &[&ActorId], code: &str) -> Result<ActId, Halt> {
    let me = turn.me().clone();
    publish(turn, ActivityType::Reject, &Tell::to(tell.iter().copied()).followers(&me), |draft| {
        draft.object(act.as_str()).summary(code)
    })
}
