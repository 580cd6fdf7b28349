//! What all kinds say, and how it is written: the one place where acts of this server get their id, actor and audience.

use crate::access::COLLABORATORS;
use crate::common::resource::{collaborators_uri, followers, is_mine};
use crate::link::End;
use crate::link::rows::PEERS;
use crate::roadmap::milestone::{MILESTONE_FOLLOWERS, milestone_uri};
use crate::tie::rows::{CONSUMERS, PROVIDERS};
use crate::tie::{TieKind, TieSide};
use pritchel_actor::{
    Act, ActId, ActorId, Answering, Audience, Group, Halt, Outcome, Refusal, Reply, RowKey, Settled, Turn,
};
use pritchel_vocab::{Activity, ActivityType, ActorUri, Document, Draft, Thing, Uri};
use serde_json::{Value, json};
use std::sync::Arc;

/// What is noted of a carried act whose author is limited here: see [`is_limited`].
pub const LIMITED: &str = "limited";

/// Whether the author of this turn's act is limited here, as it was when the act came.
pub fn is_limited(turn: &Turn<'_>) -> bool {
    turn.carried().is_some_and(|how| how.get(LIMITED) == Some(&Value::Bool(true)))
}

/// Whom an act is told, as it is delivered and as it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tell {
    to: Vec<ActorId>,
    cc: Vec<ActorId>,
    groups: Vec<(Group, String)>,
    public: bool,
}

impl Tell {
    /// These actors.
    pub fn to<'a>(actors: impl IntoIterator<Item = &'a ActorId>) -> Self {
        let mut tell = Self::default();
        for actor in actors {
            if !tell.to.contains(actor) {
                tell.to.push(actor.clone());
            }
        }
        tell
    }

    /// And these, in copy.
    #[must_use]
    pub fn cc<'a>(mut self, actors: impl IntoIterator<Item = &'a ActorId>) -> Self {
        for actor in actors {
            if !self.to.contains(actor) && !self.cc.contains(actor) {
                self.cc.push(actor.clone());
            }
        }
        self
    }

    /// And the followers of `me`.
    #[must_use]
    pub fn followers(self, me: &ActorId) -> Self {
        let uri = format!("{me}/followers");
        self.group(followers(), uri)
    }

    /// And a group of the own box, which the wire knows as the collection `uri`.
    #[must_use]
    pub fn group(mut self, group: Group, uri: String) -> Self {
        self.groups.push((group, uri));
        self
    }

    /// And whoever looks.
    #[must_use]
    pub fn public(mut self) -> Self {
        self.public = true;
        self
    }

    /// The audience to deliver to.
    pub fn audience(&self) -> Audience {
        let mut audience = Audience::of(self.to.iter().chain(&self.cc));
        audience.groups = self.groups.iter().map(|(group, _)| group.clone()).collect();
        audience
    }
}

/// Publishes an act of this actor and returns its address.
pub fn publish(
    turn: &mut Turn<'_>,
    kind: ActivityType,
    tell: &Tell,
    write: impl FnOnce(Draft) -> Draft,
) -> Result<ActId, Halt> {
    let draft = write(Draft::new(kind, actor_uri(turn.me())?));
    publish_draft(turn, draft, tell)
}

/// Publishes an act that is written but for its address, time and audience.
pub fn publish_draft(turn: &mut Turn<'_>, draft: Draft, tell: &Tell) -> Result<ActId, Halt> {
    let id = turn.act_id();
    let body = written(turn, &id, draft, tell)?;
    turn.publish(id.clone(), body, tell.audience())?;
    Ok(id)
}

/// The body of an act of this actor: with its address, time and audience.
pub fn written(turn: &Turn<'_>, id: &ActId, draft: Draft, tell: &Tell) -> Result<Value, Halt> {
    let mut to: Vec<Uri> = tell.to.iter().map(|actor| uri(actor.as_str())).collect::<Result<_, _>>()?;
    let mut cc: Vec<Uri> = tell.cc.iter().map(|actor| uri(actor.as_str())).collect::<Result<_, _>>()?;
    if tell.public {
        to.push(Uri::public());
    }
    for (_, collection) in &tell.groups {
        let collection = uri(collection)?;
        if !cc.contains(&collection) {
            cc.push(collection);
        }
    }
    let draft = draft.id(uri(id.as_str())?).published(time(turn.now())).to(to).cc(cc);
    Ok(draft.to_be_proved().to_document().value().clone())
}

/// An `Accept` of `act`, with its result if there is one, told to its author and to whomever the method named. A follow or
/// a star is between the two; what followers are shown, [`spread`](crate::common::resource::spread) names.
pub fn accept(act: &Act, settled: Settled, answer: &Value, turn: &mut Turn<'_>) -> Option<Reply> {
    let also = turn.answer_audience().clone();
    let mut tell = Tell::to([&act.author]).cc(&also.to);
    for group in also.groups {
        let uri = collection_uri(turn.me(), &group);
        tell = tell.group(group, uri);
    }
    accept_to(act, settled, answer, turn, tell)
}

/// The address of the collection by which the wire knows a group of this actor: of the actor's own followers, of those linked
/// or tied with it, or, where the group has a number as its prefix, of the followers of a milestone or a ticket.
fn collection_uri(me: &ActorId, group: &Group) -> String {
    let number = u64::decode(&group.prefix);
    if group.table == COLLABORATORS.name() {
        return collaborators_uri(me);
    }
    if group.table == PEERS.name() {
        let end = number.and_then(End::of_code);
        return end.map_or_else(|| me.to_string(), |end| format!("{me}/{}", end.collection()));
    }
    if group.table == PROVIDERS.name() {
        let kind = TieKind::ALL.into_iter().find(|kind| Some(kind.code()) == number);
        return kind.map_or_else(|| me.to_string(), |kind| format!("{me}/{}", kind.property(TieSide::Consumer)));
    }
    if group.table == CONSUMERS.name() {
        let kind = TieKind::ALL.into_iter().find(|kind| Some(kind.code()) == number);
        return kind.map_or_else(|| me.to_string(), |kind| format!("{me}/{}", kind.property(TieSide::Provider)));
    }
    if group.table == MILESTONE_FOLLOWERS.name() {
        return number.map_or_else(|| me.to_string(), |number| format!("{}/followers", milestone_uri(me, number)));
    }
    match number {
        Some(ticket) => format!("{me}/tickets/{ticket}/followers"),
        None => format!("{me}/followers"),
    }
}

/// The same, told to its author only: what a person accepts is between the two.
pub fn accept_quietly(act: &Act, settled: Settled, answer: &Value, turn: &mut Turn<'_>) -> Option<Reply> {
    accept_to(act, settled, answer, turn, Tell::to([&act.author]))
}

fn accept_to(act: &Act, settled: Settled, answer: &Value, turn: &mut Turn<'_>, tell: Tell) -> Option<Reply> {
    let several = answer.as_array().map_or(std::slice::from_ref(answer), Vec::as_slice);
    let results = several.iter().filter_map(Value::as_str).filter(|_| settled == Settled::AcceptWithResult);
    let results: Vec<String> = results.map(str::to_owned).collect();
    reply(turn, ActivityType::Accept, tell, |draft| {
        results.into_iter().fold(draft.object(object_of(act)), Draft::result)
    })
}

/// How an answer names the act it answers: some peers only understand a `Follow` that is written out, and an act without an address
/// of its own, such as a `Like` of Forgejo's, cannot be named otherwise.
fn object_of(act: &Act) -> Value {
    let follow = act.body.get("type").and_then(Value::as_str) == Some("Follow");
    if follow || act.body.get("id").is_none() { without_context(&act.body) } else { Value::from(act.id.as_str()) }
}

/// An act's body to be put into another: without what belongs to the whole document.
pub fn without_context(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(map) = body.as_object_mut() {
        map.remove("@context");
        map.remove("proof");
        map.remove("signature");
    }
    body
}

/// A `Reject` of `act` that says why. Acts that only tell or answer are never rejected, or two servers would go on for ever.
pub fn reject(act: &Act, why: &Refusal, turn: &mut Turn<'_>) -> Option<Reply> {
    let activity = read(act)?;
    let never = matches!(
        activity.kind,
        ActivityType::Accept
            | ActivityType::Reject
            | ActivityType::Grant
            | ActivityType::Revoke
            | ActivityType::Push
            | ActivityType::Announce
            | ActivityType::Other(_)
    );
    // An `Update` tells how something is by now; of what is this actor's own it is an older `Edit`.
    let only_told = activity.kind == ActivityType::Update && !mine(activity.object.first(), turn.me());
    if never || only_told {
        return None;
    }
    let content = crate::forgefed::told(why);
    reply(turn, ActivityType::Reject, Tell::to([&act.author]), |draft| {
        draft.object(object_of(act)).summary(why.code.clone()).content(escape(&content))
    })
}

/// A `Reject` of `act`, for which there is no method: where one would have been this actor's to answer. What is said to others and
/// only overheard here, as by a follower, is theirs to answer.
///
/// Source: protocol decision F-37: what was said in an older way is refused with a reason.
pub fn reject_unsupported(act: &Act, why: &Refusal, turn: &mut Turn<'_>) -> Option<Reply> {
    let activity = read(act)?;
    let me = turn.me().clone();
    let object = || mine(activity.object.first(), &me);
    let target = || mine(activity.target.as_ref(), &me);
    let origin = || mine(activity.origin.as_ref(), &me);
    let told = || activity.to.iter().any(|to| to.as_str() == me.as_str());
    let asks_me = match activity.kind {
        ActivityType::Add | ActivityType::Invite | ActivityType::Offer => target(),
        ActivityType::Apply | ActivityType::Assign => object() || target(),
        ActivityType::Create => origin() || (activity.origin.is_none() && told()),
        ActivityType::Remove => origin() || (activity.origin.is_none() && told()),
        ActivityType::Move => origin() || object() || target(),
        ActivityType::Delete
        | ActivityType::Edit
        | ActivityType::Follow
        | ActivityType::Join
        | ActivityType::Leave
        | ActivityType::Like
        | ActivityType::Resolve
        | ActivityType::Update => object(),
        ActivityType::Undo => object() || (told() && undoes_here(&activity, &me)),
        _ => false,
    };
    if asks_me { reject(act, why, turn) } else { None }
}

/// Whether an `Undo` takes back what was done to something of `me`.
fn undoes_here(undo: &Activity, me: &ActorId) -> bool {
    let undone = undo.object.first().and_then(Thing::obj);
    let of = |term: &str| undone.as_ref().and_then(|undone| undone.uri(term).ok()?);
    ["object", "target"].into_iter().filter_map(of).any(|uri| is_mine(me, uri.as_str()))
}

/// Whether a thing is `me` or kept by it.
fn mine(thing: Option<&Thing>, me: &ActorId) -> bool {
    thing.and_then(Thing::uri).is_some_and(|uri| is_mine(me, uri.as_str()))
}

fn reply(turn: &mut Turn<'_>, kind: ActivityType, tell: Tell, write: impl FnOnce(Draft) -> Draft) -> Option<Reply> {
    let id = turn.act_id();
    let draft = write(Draft::new(kind, actor_uri(turn.me()).ok()?));
    let body = written(turn, &id, draft, &tell).ok()?;
    Some(Reply { id, body, audience: tell.audience() })
}

/// Which act an act answers: `Accept` and `Reject` by their object, `Grant` and `Revoke` by what they fulfil.
pub fn answers(act: &Act) -> Option<Answering> {
    let activity = read(act)?;
    let object = || activity.only_object().ok()?.uri().map(|uri| ActId::new(uri.as_str()));
    match activity.kind {
        ActivityType::Accept => {
            let result = activity.result.first().and_then(|thing| thing.uri()).map(|uri| uri.as_str().to_owned());
            let mut settles = vec![Settled::Accept];
            settles.extend(result.is_some().then_some(Settled::AcceptWithResult));
            Some(Answering { of: object()?, settles, outcome: Outcome::Done(json!({"act": act.id, "result": result})) })
        }
        ActivityType::Reject => {
            let code = activity.summary.clone().unwrap_or_else(|| "rejected".to_owned());
            let summary = activity.content.clone().unwrap_or_default();
            let outcome = Outcome::Refused(Refusal::new(clip(&code, 100), clip(&summary, 2000)));
            Some(Answering { of: object()?, settles: Vec::new(), outcome })
        }
        ActivityType::Grant | ActivityType::Revoke => {
            let of = ActId::new(activity.fulfills.first()?.as_str());
            let outcome = Outcome::Done(json!({"act": act.id, "result": act.id}));
            // Who gives or takes what was asked for has accepted that it was asked.
            Some(Answering { of, settles: vec![Settled::Fulfilled, Settled::Accept], outcome })
        }
        _ => None,
    }
}

/// What an answering act says, as a continuation is told.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Answered {
    /// The act that answered.
    pub act: ActId,
    /// The result it named.
    pub result: Option<String>,
}

/// The act as an activity; `None` if it is none. Read once, for all its recipients.
pub fn read(act: &Act) -> Option<Arc<Activity>> {
    let read = act
        .parsed(|act| Document::parse(&act.raw).ok().and_then(|document| Activity::read(&document).ok()).map(Arc::new));
    (*read).clone()
}

/// An address of this server's own making as a `Uri`.
pub fn uri(text: &str) -> Result<Uri, Halt> {
    Uri::parse(text).map_err(|e| Refusal::new("not-an-address", e.to_string()).into())
}

/// An actor's address as an `ActorUri`.
pub fn actor_uri(id: &ActorId) -> Result<ActorUri, Halt> {
    ActorUri::parse(id.as_str()).map_err(|e| Refusal::new("not-an-actor", e.to_string()).into())
}

/// A time as the wire writes it.
pub fn time(seconds: pritchel_actor::Seconds) -> pritchel_vocab::Seconds {
    pritchel_vocab::Seconds::new(seconds)
}

/// Text as HTML that shows it.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn clip(text: &str, chars: usize) -> String {
    text.chars().take(chars).collect()
}
