//! The gate: an authentic act and its receiver's state become one typed call, or a recorded verdict. It chooses which
//! method, never whether: every check is the method's. Only words that no call can be made of are refused here. A choice that a
//! statement of ForgeFed asks for is made by [`chosen`], so that a test can see what happens without it.
//! - [`resource`]: what all resources are asked in the same words
//! - [`whole`]: what an activity must have before any call can be made of it
//! - [`read`](self): reading the parts of an activity that several kinds need
//!
//! Each kind's own words stand in its `wire` file.

pub mod whole;

use crate::access::{
    INVITES, InvitationAccepted, InvitationRejected, Invite, JOINS, Join, JoinApproved, JoinDenied, Lapse, Leave,
    Remove, Role, UndoGrants, wire as access_wire,
};
use crate::common::archived::wire as archived_wire;
use crate::common::resource::{FOLLOWERS, ResourceActor, collaborators_uri, is_mine};
use crate::common::set_visibility::wire as visibility_wire;
use crate::common::text::{Html, Line};
use crate::common::wire::read;
use crate::common::{
    Begin, ContinueRotation, DeleteResource, Due, EditResource, Follow, ForgetStrangers, KeysChanged, Named, Relocate,
    RotateKeys, SetArchived, SetVisibility, Unfollow,
};
use crate::limits::LINK_COLLECTIONS;
use crate::link::wire as link_wire;
use crate::link::{
    AdminAgreed, AdminDeclined, Cascade, Delegated, Given, Listed, MemberDelegates, PeerAdminAgrees, PeerAgreed,
    PeerDeclined, PeerEnded, PeerUnlinked, PeerUnlinks, Propose, Proposed, TakenBack, Unlink,
};
use crate::tie::wire as tie_wire;
use crate::tie::{
    Attach, AttachAgreed, AttachDeclined, AttachOffered, Detach, Provided, ProviderAgreed, ProviderDeclined, TieKind,
};
use pritchel_actor::chosen;
use pritchel_actor::{Act, ActId, ActorId, Halt, Look, Verdict};
use pritchel_vocab::{Activity, ActivityType, Obj, Thing};
use std::sync::Arc;

/// Calls that all resources share: one row each in the table that [`resource_actor!`] writes.
macro_rules! shared_calls {
    ($($method:ident),+ $(,)?) => {
        /// Calls that all resources share.
        pub trait SharedCalls: $(From<$method> +)+ {}
        impl<C: $(From<$method> +)+> SharedCalls for C {}
    };
}

shared_calls!(
    Follow,
    Unfollow,
    EditResource,
    SetArchived,
    SetVisibility,
    ForgetStrangers,
    Relocate,
    DeleteResource,
    Invite,
    InvitationAccepted,
    InvitationRejected,
    Join,
    JoinApproved,
    JoinDenied,
    Remove,
    Leave,
    UndoGrants,
    Propose,
    Proposed,
    PeerAdminAgrees,
    PeerAgreed,
    AdminAgreed,
    PeerDeclined,
    AdminDeclined,
    Delegated,
    Listed,
    Given,
    MemberDelegates,
    Unlink,
    PeerUnlinks,
    PeerUnlinked,
    PeerEnded,
    TakenBack,
    Cascade,
    Due,
    Lapse,
    Attach,
    AttachAgreed,
    AttachDeclined,
    AttachOffered,
    Detach,
    Provided,
    ProviderAgreed,
    ProviderDeclined,
    Begin,
    Named,
    RotateKeys,
    ContinueRotation,
    KeysChanged,
);

/// Makes a kind an actor: its own methods, the methods of all resources, and a gate that first asks [`resource`] and then
/// the kind's own gate. The rows are those of [`pritchel_actor::methods!`].
macro_rules! resource_actor {
    ($actor:ident : $call:ident, schema $schema:literal, gate $own:path, { $($rows:tt)* }) => {
        use $crate::access::{
            InvitationAccepted, InvitationRejected, Invite, Join, JoinApproved, JoinDenied, Lapse, Leave, Remove,
            UndoGrants,
        };
        use $crate::common::{
            Begin, ContinueRotation, DeleteResource, Due, EditResource, Follow, ForgetStrangers, KeysChanged, Named,
            Relocate, RotateKeys, SetArchived, SetVisibility, Unfollow,
        };
        use $crate::link::{
            AdminAgreed, AdminDeclined, Cascade, Delegated, Given, Listed, MemberDelegates, PeerAdminAgrees, PeerAgreed,
            PeerDeclined, PeerEnded, PeerUnlinked, PeerUnlinks, Propose, Proposed, TakenBack, Unlink,
        };
        use $crate::tie::{
            Attach, AttachAgreed, AttachDeclined, AttachOffered, Detach, Provided, ProviderAgreed, ProviderDeclined,
        };

        pritchel_actor::methods! { $actor: $call {
            $($rows)*
            Follow             wire "Follow", "visit",    Accept;
            Unfollow           wire "Undo",   "",         Accept;
            EditResource       wire "Edit",   "maintain", Accept;
            SetArchived        wire "Edit",   "admin",    Accept;
            SetVisibility      wire "Edit",   "admin",    Accept;
            ForgetStrangers    private,       "the resource", Told;
            Relocate           wire "Move",   "admin",    Accept;
            DeleteResource     wire "Delete", "admin",    Accept;
            Invite             wire "Invite", "admin",    Accept;
            InvitationAccepted wire "Accept", "",         Fulfilled;
            InvitationRejected wire "Reject", "",         Told;
            Join               wire "Join",   "visit",    Fulfilled;
            JoinApproved       wire "Accept", "admin",    Fulfilled;
            JoinDenied         wire "Reject", "admin",    Told;
            Remove             wire "Remove", "admin",    Fulfilled;
            Leave              wire "Leave",  "",         Fulfilled;
            UndoGrants         wire "Undo",   "",         Fulfilled;
            Propose            wire "Add",    "admin",    Accept;
            Proposed           wire "Add",    "",         Told;
            PeerAdminAgrees    wire "Accept", "",         Told;
            PeerAgreed         wire "Accept", "the peer", Told;
            AdminAgreed        wire "Accept", "admin",    Told;
            PeerDeclined       wire "Reject", "the peer", Told;
            AdminDeclined      wire "Reject", "admin",    Told;
            Delegated          wire "Grant",  "the peer", Told;
            Listed             wire "Accept", "the peer", Told;
            Given              wire "Grant",  "the peer", Told;
            MemberDelegates    wire "Grant",  "a member", Told;
            Unlink             wire "Remove", "admin",    Accept;
            PeerUnlinks        wire "Remove", "",         Told;
            PeerUnlinked       wire "Accept", "the peer", Told;
            PeerEnded          wire "Accept", "the peer", Told;
            TakenBack          wire "Revoke", "the giver", Told;
            Cascade            private,       "",         Told;
            Due                private,       "",         Told;
            Lapse              private,       "",         Told;
            Attach             wire "Add",    "admin",    Accept;
            AttachOffered      wire "Invite", "",         Told;
            ProviderAgreed     wire "Accept", "the provider", Told;
            AttachAgreed       wire "Accept", "admin",    Told;
            ProviderDeclined   wire "Reject", "the provider", Told;
            AttachDeclined     wire "Reject", "admin",    Told;
            Provided           wire "Grant",  "the provider", Told;
            Detach             wire "Remove", "admin",    Accept;
            Begin              private,       "",         Told;
            Named              continuation,  "",         Told;
            RotateKeys         private,       "the node", Told;
            ContinueRotation   private,       "the resource", Told;
            KeysChanged        continuation,  "",         Told;
        }}

        impl pritchel_actor::Actor for $actor {
            const KIND: &'static str = <$actor as $crate::common::ResourceActor>::TYPE;
            const SCHEMA: u16 = $schema;
            type Call = $call;

            fn gate(
                &self,
                act: &pritchel_actor::Act,
                look: &mut pritchel_actor::Look<'_, '_>,
            ) -> Result<pritchel_actor::Verdict<$call>, pritchel_actor::Halt> {
                $crate::gate::resource(self, act, look, $own)
            }

            fn stands_against(&self, method: &pritchel_actor::MethodInfo) -> Option<pritchel_actor::Refusal> {
                $crate::common::archived::stands_against($crate::common::ResourceActor::resource(self), method)
            }

            fn asked_by(method: &str, case: Option<&str>, why: &pritchel_actor::Refusal) -> Vec<String> {
                $crate::forgefed::violated(Self::KIND, method, case, why)
            }

            fn answers(act: &pritchel_actor::Act) -> Option<pritchel_actor::Answering> {
                $crate::common::wire::answers(act)
            }

            fn accept(
                &self,
                act: &pritchel_actor::Act,
                settled: pritchel_actor::Settled,
                answer: &pritchel_actor::Value,
                turn: &mut pritchel_actor::Turn<'_>,
            ) -> Option<pritchel_actor::Reply> {
                $crate::common::wire::accept(act, settled, answer, turn)
            }

            fn reject(
                &self,
                act: &pritchel_actor::Act,
                why: &pritchel_actor::Refusal,
                turn: &mut pritchel_actor::Turn<'_>,
            ) -> Option<pritchel_actor::Reply> {
                $crate::common::wire::reject(act, why, turn)
            }

            fn unsupported(
                &self,
                act: &pritchel_actor::Act,
                why: &pritchel_actor::Refusal,
                turn: &mut pritchel_actor::Turn<'_>,
            ) -> Option<pritchel_actor::Reply> {
                $crate::common::wire::reject_unsupported(act, why, turn)
            }
        }
    };
}
pub(crate) use resource_actor;

/// The gate of a resource: what all resources share, then what is the kind's own.
pub fn resource<A: ResourceActor>(
    actor: &A,
    act: &Act,
    look: &mut Look<'_, '_>,
    own: impl Fn(&A, &Activity, &Act, &mut Look<'_, '_>) -> Result<Verdict<A::Call>, Halt>,
) -> Result<Verdict<A::Call>, Halt> {
    let activity = whole::activity(act)?;
    let me = look.me().clone();
    let shared = match &activity.kind {
        ActivityType::Follow if chosen("Follow", None, names(&activity.object, &me)) => Some(Follow {}.into()),
        ActivityType::Edit if names(&activity.object, &me) && (of_all(&activity) || !of_own::<A>(&activity)?) => {
            Some(edit::<A>(&activity)?)
        }
        ActivityType::Move if archived_wire::moves(&activity, &me) => Some(archived_wire::relocate(&activity)?.into()),
        ActivityType::Delete if names(&activity.object, &me) => Some(DeleteResource {}.into()),
        _ if may_be_of_a_key(&activity) => return kinds_own(actor, &activity, act, look, own),
        ActivityType::Leave if names_access(activity.object.first(), &me) => Some(Leave {}.into()),
        ActivityType::Invite if chosen("Invite", None, names_access(activity.target.as_ref(), &me)) => {
            Some(invite(&activity)?)
        }
        ActivityType::Invite => tie_wire::offered::<A>(&activity, &me)?,
        ActivityType::Join if chosen("Join", None, names_access(activity.object.first(), &me)) => {
            Some(Join { role: role(&activity)?, term: access_wire::term(&activity)? }.into())
        }
        ActivityType::Remove if names_access(activity.origin.as_ref(), &me) => {
            one(&activity).map(|id| Remove { collaborator: ActorId::new(id.as_str()) }.into())
        }
        ActivityType::Remove => {
            match tie_wire::removed::<A>(&activity, &me).or_else(|| link_wire::removed::<A>(&activity, &me)) {
                Some(call) => Some(call),
                // A peer is asked to end a link with this resource: its answer decides.
                None if names(&activity.object, &me) => match activity.origin.as_ref().and_then(Thing::uri) {
                    Some(collection) => Some(PeerUnlinks { collection: collection.as_str().to_owned() }.into()),
                    None => return Ok(Verdict::Note),
                },
                None => return own(actor, &activity, act, look),
            }
        }
        ActivityType::Accept | ActivityType::Reject => return answer(actor, &activity, act, look, own),
        ActivityType::Undo => return undo(actor, &activity, act, look, own),
        ActivityType::Update => return update(actor, &activity, act, look, own),
        ActivityType::Add => match link_wire::added::<A>(&activity, &me)? {
            Some(call) => Some(call),
            None => tie_wire::added::<A>(&activity, &me),
        },
        ActivityType::Grant => match link_wire::granted::<A>(&activity, act, look)? {
            Verdict::Note => match tie_wire::granted::<A>(&activity, act, look)? {
                Some(call) => Some(call),
                None => return kinds_own(actor, &activity, act, look, own),
            },
            verdict => return Ok(verdict),
        },
        ActivityType::Revoke => return link_wire::taken_back::<A>(&activity, look),
        _ => None,
    };
    match shared {
        Some(call) => Ok(Verdict::Call(call)),
        None => own(actor, &activity, act, look),
    }
}

/// Whether an act may tell of a key of somebody's, which is no resource's business: what was fetched of it is forgotten where the act
/// came in. That it is gone is told by its address alone, so a `Delete` of anything may.
///
/// Source: ForgeFed, "SSH Key Updates".
fn may_be_of_a_key(activity: &Activity) -> bool {
    match activity.kind {
        ActivityType::Create => activity.object.first().is_some_and(|object| object.is("SshPublicKey")),
        ActivityType::Delete => true,
        _ => false,
    }
}

/// An `Accept` or `Reject` of an act this resource handles; of one it has not seen, it waits.
fn answer<A: ResourceActor>(
    actor: &A,
    activity: &Activity,
    act: &Act,
    look: &mut Look<'_, '_>,
    own: impl Fn(&A, &Activity, &Act, &mut Look<'_, '_>) -> Result<Verdict<A::Call>, Halt>,
) -> Result<Verdict<A::Call>, Halt> {
    let Some(of) = one(activity) else {
        return Ok(Verdict::Unsupported("expected one `object`, the act that is answered".to_owned()));
    };
    let yes = activity.kind == ActivityType::Accept;
    if INVITES.has(look, &of)? {
        let call =
            if yes { InvitationAccepted { invite: of }.into() } else { InvitationRejected { invite: of }.into() };
        return Ok(Verdict::Call(call));
    }
    if JOINS.has(look, &of)? {
        let call = if yes { JoinApproved { join: of }.into() } else { JoinDenied { join: of }.into() };
        return Ok(Verdict::Call(call));
    }
    if let Some(verdict) = tie_wire::answered::<A>(activity, &of, look)? {
        return Ok(verdict);
    }
    if let Some(verdict) = link_wire::answered::<A>(activity, act, &of, look)? {
        return Ok(verdict);
    }
    match own(actor, activity, act, look)? {
        Verdict::Unsupported(_) if look.published(&of)? || look.seen(&of)?.is_some() => Ok(Verdict::Note),
        Verdict::Unsupported(_) => Ok(Verdict::Early(of)),
        verdict => Ok(verdict),
    }
}

/// An `Update` is an older way to say `Edit`. It is also how all sorts of actors tell that they have changed: what is not
/// ours is only noted.
///
/// Source: protocol decision F-22.
fn update<A: ResourceActor>(
    actor: &A,
    activity: &Activity,
    act: &Act,
    look: &mut Look<'_, '_>,
    own: impl Fn(&A, &Activity, &Act, &mut Look<'_, '_>) -> Result<Verdict<A::Call>, Halt>,
) -> Result<Verdict<A::Call>, Halt> {
    let me = look.me().clone();
    if names(&activity.object, &me) {
        let object = activity.object.first().and_then(Thing::obj);
        let only = |terms: &[&str]| object.as_ref().is_some_and(|object| others(object, terms).is_empty());
        return if only(&EDITABLE) || only(&[archived_wire::ARCHIVED]) || only(&[visibility_wire::VISIBILITY]) {
            Ok(Verdict::Call(edit::<A>(activity)?))
        } else if only(A::OWN_TERMS) {
            own(actor, &Activity { kind: ActivityType::Edit, ..activity.clone() }, act, look)
        } else {
            Ok(Verdict::Note)
        };
    }
    let of_mine = ids(&activity.object).iter().any(|id| is_mine(&me, id.as_str()));
    if of_mine { own(actor, activity, act, look) } else { kinds_own(actor, activity, act, look, own) }
}

/// What the kind makes of an act that concerns no link. What it makes nothing of is kept to be seen.
fn kinds_own<A: ResourceActor>(
    actor: &A,
    activity: &Activity,
    act: &Act,
    look: &mut Look<'_, '_>,
    own: impl Fn(&A, &Activity, &Act, &mut Look<'_, '_>) -> Result<Verdict<A::Call>, Halt>,
) -> Result<Verdict<A::Call>, Halt> {
    Ok(match own(actor, activity, act, look)? {
        Verdict::Unsupported(_) => Verdict::Note,
        verdict => verdict,
    })
}

fn undo<A: ResourceActor>(
    actor: &A,
    activity: &Activity,
    act: &Act,
    look: &mut Look<'_, '_>,
    own: impl Fn(&A, &Activity, &Act, &mut Look<'_, '_>) -> Result<Verdict<A::Call>, Halt>,
) -> Result<Verdict<A::Call>, Halt> {
    let me = look.me().clone();
    let mine: Vec<ActId> = ids(&activity.object);
    if !mine.is_empty() && all_published(&mine, look)? {
        return Ok(Verdict::Call(UndoGrants { grants: mine }.into()));
    }
    match undone(activity, look)? {
        Undone::Early(id) => Ok(Verdict::Early(id)),
        Undone::Activity(undone)
            if undone.kind == ActivityType::Follow && chosen("Unfollow", None, names(&undone.object, &me)) =>
        {
            Ok(Verdict::Call(Unfollow {}.into()))
        }
        _ => own(actor, activity, act, look),
    }
}

fn all_published(ids: &[ActId], look: &mut Look<'_, '_>) -> Result<bool, Halt> {
    for id in ids {
        if !look.published(id)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What an `Undo` takes back.
pub enum Undone {
    /// This activity: embedded as it was or as a pattern, or named and seen.
    Activity(Arc<Activity>),
    /// One that has not been seen yet.
    Early(ActId),
    /// Nothing that can be read.
    Nothing,
}

/// Finds what an `Undo` takes back.
///
/// Source: protocol decision F-09: an address of a seen act, an embedded act with its id, or an embedded pattern.
pub fn undone(activity: &Activity, look: &mut Look<'_, '_>) -> Result<Undone, Halt> {
    let Some(object) = activity.object.first() else { return Ok(Undone::Nothing) };
    if let Thing::Embedded(embedded) = object {
        let mut value = embedded.value().clone();
        if let Some(map) = value.as_object_mut() {
            // A pattern may leave out whose it is: whoever undoes it.
            map.entry("actor").or_insert_with(|| activity.actor.as_str().into());
        }
        let document = pritchel_vocab::Document::from_value(value).ok();
        let read = document.and_then(|document| Activity::read(&document).ok());
        let Some(undone) = read else { return Ok(Undone::Nothing) };
        if let Some(early) = follow_to_come(&undone, look)? {
            return Ok(Undone::Early(early));
        }
        return Ok(Undone::Activity(Arc::new(undone)));
    }
    let Some(uri) = object.uri() else { return Ok(Undone::Nothing) };
    let id = ActId::new(uri.as_str());
    if look.seen(&id)?.is_none() {
        // What this actor keeps is no act that may still come.
        return Ok(if is_mine(look.me(), id.as_str()) { Undone::Nothing } else { Undone::Early(id) });
    }
    let act = look.act(&id)?;
    Ok(act.as_deref().and_then(read).map_or(Undone::Nothing, Undone::Activity))
}

/// The `Follow` that its own `Undo` has overtaken. Whoever follows already is believed without one that was seen: some servers make
/// up another id for the `Follow` they write out.
fn follow_to_come(follow: &Activity, look: &mut Look<'_, '_>) -> Result<Option<ActId>, Halt> {
    let Some(id) = follow.id.as_ref().filter(|id| id.origin() == follow.actor.origin()) else { return Ok(None) };
    let id = ActId::new(id.as_str());
    let of_me = follow.kind == ActivityType::Follow && names(&follow.object, look.me());
    let known = !of_me || look.seen(&id)?.is_some() || FOLLOWERS.has(look, &ActorId::new(follow.actor.as_str()))?;
    Ok((!known).then_some(id))
}

/// Whether an `Edit` is about something that every kind of actor has and that is edited by itself.
fn of_all(activity: &Activity) -> bool {
    archived_wire::archives(activity) || visibility_wire::shows(activity)
}

/// Whether an `Edit` is about what only this kind of actor has. It is about nothing else then: who may edit that is another question.
fn of_own<A: ResourceActor>(activity: &Activity) -> Result<bool, Halt> {
    let Some(object) = activity.object.first().and_then(Thing::obj) else { return Ok(false) };
    let Some(own) = A::OWN_TERMS.iter().find(|term| object.map().contains_key(**term)) else { return Ok(false) };
    alone(&object, own, A::OWN_TERMS)?;
    Ok(true)
}

/// Refuses an `Edit` of `own` that edits more than these terms: who may edit that is another question.
pub fn alone(object: &Obj<'_>, own: &str, terms: &[&str]) -> Result<(), Halt> {
    match others(object, terms).as_slice() {
        [] => Ok(()),
        more => {
            let why = format!("an Edit of `{own}` edits nothing else, found {more:?}: say that in another one");
            Err(pritchel_actor::Refusal::new("not-editable", why).into())
        }
    }
}

/// What an `Edit` names besides what it is of and these terms.
fn others(object: &Obj<'_>, terms: &[&str]) -> Vec<String> {
    let known = |term: &&String| TOLD_BY_ALL.contains(&term.as_str()) || terms.contains(&term.as_str());
    object.map().keys().filter(|term| !known(term)).cloned().collect()
}

/// Terms of an object that say what it is.
const TOLD_BY_ALL: [&str; 3] = ["@context", "id", "type"];

/// What [`EditResource`] changes.
const EDITABLE: [&str; 2] = ["name", "summary"];

fn edit<A: ResourceActor>(activity: &Activity) -> Result<A::Call, Halt> {
    if archived_wire::archives(activity) {
        return Ok(archived_wire::set_archived(activity)?.into());
    }
    if visibility_wire::shows(activity) {
        return Ok(visibility_wire::set_visibility(activity)?.into());
    }
    let object = activity.object.first().and_then(Thing::obj);
    let Some(object) = object else { return Ok(EditResource::default().into()) };
    let tie = object.map().keys().find(|term| TieKind::of_property(A::TYPE, term).is_some());
    if let Some(term) = tie {
        let why = format!("`{term}` is what a tie says: it changes when one is formed or ended");
        return Err(pritchel_actor::Refusal::new("property-of-a-tie", why).into());
    }
    let (name, summary) = (line(&object, "name")?, html(&object, "summary")?);
    Ok(EditResource { name, summary, others: others(&object, &EDITABLE) }.into())
}

fn invite<C: From<Invite>>(activity: &Activity) -> Result<C, Halt> {
    let invitee = one(activity).ok_or_else(|| malformed("expected one `object`, the invited"))?;
    let (invitee, role, term) = (ActorId::new(invitee.as_str()), role(activity)?, access_wire::term(activity)?);
    Ok(Invite { invitee, role, term }.into())
}

/// The role an `Invite` or a `Join` is about.
pub fn role(activity: &Activity) -> Result<Role, Halt> {
    let thing = activity.instrument.as_ref();
    let word = thing.and_then(|thing| thing.word().or_else(|| thing.uri().map(|uri| uri.as_str())));
    let word = word.ok_or_else(|| malformed("expected a role as `instrument`"))?;
    Role::from_word(word)
        .ok_or_else(|| malformed(format!("expected one of {:?} as `instrument`, found {word:?}", Role::ALL)))
}

/// The one object's address.
pub fn one(activity: &Activity) -> Option<ActId> {
    match activity.object.as_slice() {
        [only] => Some(ActId::new(only.uri()?.as_str())),
        _ => None,
    }
}

/// The addresses of several things.
pub fn ids(things: &[Thing]) -> Vec<ActId> {
    things.iter().filter_map(|thing| Some(ActId::new(thing.uri()?.as_str()))).collect()
}

/// Whether the one thing named is `me`.
pub fn names(things: &[Thing], me: &ActorId) -> bool {
    matches!(things, [only] if only.uri().is_some_and(|uri| uri.as_str() == me.as_str()))
}

/// Whether a thing is `me` or my collaborators: both are said.
fn names_access(thing: Option<&Thing>, me: &ActorId) -> bool {
    let uri = thing.and_then(Thing::uri);
    uri.is_some_and(|uri| uri.as_str() == me.as_str() || uri.as_str() == collaborators_uri(me))
}

/// A line of text of an object, if it has one.
pub fn line(object: &Obj<'_>, term: &str) -> Result<Option<Line>, Halt> {
    let text = object.text(term).map_err(malformed)?;
    text.map(|text| Line::parse(text).map_err(|e| malformed(format!("`{term}`: {e}")))).transpose()
}

/// HTML of an object, sanitised, if it has some.
pub fn html(object: &Obj<'_>, term: &str) -> Result<Option<Html>, Halt> {
    let text = object.text(term).map_err(malformed)?;
    text.map(|text| Html::sanitise(text).map_err(|e| malformed(format!("`{term}`: {e}")))).transpose()
}

/// An act that calls a method in words it cannot be called in: no call can be made of it, so it is refused here.
pub fn malformed(why: impl std::fmt::Display) -> Halt {
    pritchel_actor::Refusal::new("malformed", why.to_string()).into()
}

/// Whether a thing is a collection of links.
pub(crate) fn in_links(thing: Option<&Thing>) -> bool {
    let last =
        thing.and_then(Thing::uri).and_then(|uri| uri.as_str().rsplit_once('/').map(|(_, last)| last.to_owned()));
    last.is_some_and(|last| LINK_COLLECTIONS.contains(&last.as_str()))
}

/// The verdict on an activity a kind has no method for.
pub fn unsupported<A: ResourceActor>(activity: &Activity) -> Verdict<A::Call> {
    let target = activity.target.as_ref().and_then(Thing::uri);
    let target = target.map(|target| format!(" whose `target` is {target}")).unwrap_or_default();
    let instead = match activity.kind {
        ActivityType::Invite if in_links(activity.target.as_ref()) => ": an actor is linked by an `Add`",
        ActivityType::Remove if activity.origin.is_none() => ": what it is taken out of is its `origin`",
        _ => "",
    };
    Verdict::Unsupported(format!("a {} has no method for this {}{target}{instead}", A::TYPE, activity.kind))
}
