//! A person's methods as activities, and what a client posts, read and completed.

use crate::access::wire as access_wire;
use crate::common::resource::{collaborators_uri, followers, is_mine};
use crate::common::wire::{Tell, actor_uri, publish, read, uri, written};
use crate::gate::{self, Undone, malformed, names, one, whole};
use crate::limits::POSTED_BYTES_MAX;
use crate::link::kind::link_owner;
use crate::patch_tracker::review::{INDIVIDUALS, TEAMS};
use crate::person::rows::{CONSENTS, FOLLOWING, FOLLOWING_QUIETLY, GIVEN, INVITED, SshKey};
use crate::person::ssh_keys::ssh_key_uri;
use crate::person::words::{self, Profile};
use crate::person::{
    AssignmentConfirmed, BeAssigned, BeFollowed, BeInvited, BeUnassigned, BeUnfollowed, DropPermits, GiverEnded,
    InvitationConfirmed, KeepPermit, Person, PersonCall,
};
use pritchel_actor::chosen;
use pritchel_actor::{
    Act, ActId, ActorId, Audience, Group, Halt, Look, Refusal, Settled, Turn, Value, Verdict, demand,
};
use pritchel_vocab::{
    Activity, ActivityType, Document, Draft, Grant, Obj, SshPublicKey, Thing, Uri, UriError, context, is_older_edit,
    with_safe_html,
};

/// Finds what an act asks of a person. Whatever asks nothing is kept to be read.
pub fn gate(act: &Act, look: &mut Look<'_, '_>) -> Result<Verdict<PersonCall>, Halt> {
    let activity = whole::activity(act)?;
    let me = look.me().clone();
    let call: PersonCall = match &activity.kind {
        ActivityType::Follow if chosen("BeFollowed", None, names(&activity.object, &me)) => BeFollowed {}.into(),
        ActivityType::Undo => match gate::undone(&activity, look)? {
            Undone::Activity(undone) if undone.kind == ActivityType::Follow && names(&undone.object, &me) => {
                BeUnfollowed {}.into()
            }
            _ => return Ok(Verdict::Note),
        },
        // A wish for a review gives no role: the tracker keeps whom it asked, the person is notified.
        ActivityType::Invite if asks_for_review(&activity) => return Ok(Verdict::Note),
        ActivityType::Invite if names(&activity.object, &me) => {
            let target =
                activity.target.as_ref().and_then(Thing::uri).ok_or_else(|| malformed("expected a `target`"))?;
            let resource = target.as_str().strip_suffix("/collaborators").unwrap_or(target.as_str());
            let (role, term) = (Some(gate::role(&activity)?), access_wire::term(&activity)?);
            BeInvited { resource: ActorId::new(resource), role, term }.into()
        }
        ActivityType::Add if names(&activity.object, &me) => match member_of(&activity) {
            Some(resource) => BeInvited { resource, role: None, term: access_wire::term(&activity)? }.into(),
            None => return Ok(Verdict::Note),
        },
        ActivityType::Assign if names(&activity.object, &me) => match activity.target.as_ref().and_then(Thing::uri) {
            Some(ticket) => BeAssigned { ticket: ticket.as_str().to_owned() }.into(),
            None => return Err(malformed("expected a ticket as `target` of the Assign")),
        },
        ActivityType::Accept => return accepted(&activity, act, look),
        ActivityType::Grant => match permit(act) {
            // Followers of a resource are shown whom it gives access.
            Ok(call) if !chosen("KeepPermit", None, call.target == me) => return Ok(Verdict::Note),
            Ok(call) => match waits_for(&call, look)? {
                Some(invite) => return Ok(Verdict::Early(invite)),
                None => call.into(),
            },
            Err(why) => return Ok(Verdict::Unsupported(why)),
        },
        // Followers of a resource are shown whose access it takes away.
        ActivityType::Revoke if !activity.to.iter().chain(&activity.cc).any(|uri| uri.as_str() == me.as_str()) => {
            return Ok(Verdict::Note);
        }
        ActivityType::Revoke => DropPermits { grants: gate::ids(&activity.object) }.into(),
        // Only of itself can an actor say that it was deleted.
        ActivityType::Delete if names(&activity.object, &act.author) => GiverEnded {}.into(),
        _ => return Ok(Verdict::Note),
    };
    Ok(Verdict::Call(call))
}

/// The organization of whose members an `Add` asks somebody to be.
fn member_of(activity: &Activity) -> Option<ActorId> {
    let target = activity.target.as_ref()?.uri()?;
    target.as_str().strip_suffix("/members").map(ActorId::new)
}

/// The resource's word on an invitation; that may come before the invitation itself.
fn accepted(activity: &Activity, act: &Act, look: &mut Look<'_, '_>) -> Result<Verdict<PersonCall>, Halt> {
    let Some(of) = one(activity) else { return Ok(Verdict::Note) };
    if let Some(invited) = INVITED.get(look, &of)? {
        let its = chosen("InvitationConfirmed", None, invited.resource == act.author);
        return Ok(if its { Verdict::Call(InvitationConfirmed { invite: of }.into()) } else { Verdict::Note });
    }
    if let Some(given) = GIVEN.get(look, &of)? {
        let its = is_mine(&act.author, &given.ticket);
        let call = AssignmentConfirmed { assign: of, listed: !activity.result.is_empty() };
        return Ok(if its { Verdict::Call(call.into()) } else { Verdict::Note });
    }
    if look.seen(&of)?.is_some() {
        if says_that_it_ended(&of, act, look)? {
            return Ok(Verdict::Call(GiverEnded {}.into()));
        }
        return Ok(match activity.result.is_empty() && takes_from_me(&of, act, look)? {
            true => Verdict::Call(BeUnassigned { undo: of }.into()),
            false => Verdict::Note,
        });
    }
    Ok(if look.published(&of)? { Verdict::Note } else { Verdict::Early(of) })
}

/// The invitation that a Grant fulfils, if the person has accepted it and it has yet to come.
fn waits_for(grant: &KeepPermit, look: &mut Look<'_, '_>) -> Result<Option<ActId>, Halt> {
    let Some(invite) = &grant.fulfills else { return Ok(None) };
    let waits = CONSENTS.get(look, invite)? == Some(true) && !INVITED.has(look, invite)?;
    Ok(waits.then(|| invite.clone()))
}

/// Whether `act` accepts the `Delete` of its own author.
fn says_that_it_ended(of: &ActId, act: &Act, look: &mut Look<'_, '_>) -> Result<bool, Halt> {
    let deletes = look.act(of)?.as_deref().and_then(read);
    Ok(deletes.is_some_and(|deletes| deletes.kind == ActivityType::Delete && names(&deletes.object, &act.author)))
}

/// Whether `undo` takes a ticket from this person, and `act` is by the tracker of that ticket.
fn takes_from_me(undo: &ActId, act: &Act, look: &mut Look<'_, '_>) -> Result<bool, Halt> {
    let me = look.me().clone();
    let Some(undo) = look.act(undo)?.as_deref().and_then(read) else { return Ok(false) };
    if undo.kind != ActivityType::Undo || undo.actor.as_str() == me.as_str() {
        return Ok(false);
    }
    let Undone::Activity(assign) = gate::undone(&undo, look)? else { return Ok(false) };
    let ticket = assign.target.as_ref().and_then(Thing::uri);
    let its = ticket.is_some_and(|ticket| is_mine(&act.author, ticket.as_str()));
    Ok(assign.kind == ActivityType::Assign && names(&assign.object, &me) && its)
}

/// Publishes the delegate-Grant by which a project or team passes access on to the person.
/// - `membership`: the Grant that made the person a member
pub fn delegate(turn: &mut Turn<'_>, resource: &ActorId, membership: &ActId) -> Result<ActId, Halt> {
    let me = turn.me().clone();
    let membership = uri(membership.as_str())?;
    publish(turn, ActivityType::Grant, &Tell::to([resource]), |draft| {
        let draft = draft.object("delegate").context(me.as_str()).target(resource.as_str());
        draft.capability(&membership).term("allows", "invoke")
    })
}

/// Publishes an `Accept` of an act of another's, as the person's own consent.
pub fn consent(turn: &mut Turn<'_>, of: &ActId, to: &ActorId) -> Result<(), Halt> {
    publish(turn, ActivityType::Accept, &Tell::to([to]), |draft| draft.object(of.as_str()))?;
    Ok(())
}

fn permit(act: &Act) -> Result<KeepPermit, String> {
    let document = Document::parse(&act.raw).map_err(|e| e.to_string())?;
    let grant = Grant::read(&document.obj()).map_err(|e| e.to_string())?;
    let role = crate::access::Role::from_word(&grant.role).ok_or_else(|| format!("{:?} is no role", grant.role))?;
    let span = access_wire::span(&grant);
    Ok(KeepPermit {
        span,
        grant: act.id.clone(),
        target: ActorId::new(grant.target.as_str()),
        resource: ActorId::new(grant.context.as_str()),
        role,
        fulfills: grant.fulfills.first().map(|uri| ActId::new(uri.as_str())),
        capability: grant.capability.map(|uri| ActId::new(uri.as_str())),
        of: grant.delegates.map(|uri| ActId::new(uri.as_str())),
    })
}

/// A `Grant` or `Revoke` that settled something the person asked for is kept as any other.
pub fn keep_what_settled(person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
    let Some(act) = turn.act() else { return Ok(()) };
    let Some(activity) = read(&act) else { return Ok(()) };
    match activity.kind {
        ActivityType::Grant => match permit(&act) {
            Ok(keep) => keep.keep(person, turn),
            Err(_) => Ok(()),
        },
        ActivityType::Revoke => DropPermits { grants: gate::ids(&activity.object) }.drop_all(person, turn),
        _ => Ok(()),
    }
}

/// What a client posted, completed.
pub struct Posted {
    /// What it changes in the person's own box.
    pub kind: PostedKind,
    /// Its type.
    pub kind_name: String,
    /// Its body as it will be published.
    pub body: Value,
    /// Whom it is told.
    pub audience: Audience,
    /// Who is asked to settle it.
    pub asked: Option<ActorId>,
    /// What settles it.
    pub settled: Settled,
}

/// What posting changes in the person's own box.
#[derive(Clone, Debug, PartialEq)]
pub enum PostedKind {
    /// The person wants to follow.
    Follow {
        /// Whom or what.
        whom: ActorId,
        /// Whether by a Grant: then it may be private.
        quietly: bool,
    },
    /// The person wants to follow no more.
    Unfollow {
        /// Whom or what.
        whom: ActorId,
    },
    /// The person says something of themselves.
    Profile(Profile),
    /// The person wrote a note: the last part of its address.
    Note(String),
    /// The person changes a note, or takes it back.
    NoteChanged {
        /// The last part of its address.
        key: String,
        /// Whether it is taken back.
        deleted: bool,
    },
    /// The person answers an invitation or a wish to follow.
    Answer {
        /// What is answered.
        of: ActId,
        /// Whether with yes.
        yes: bool,
    },
    /// Nothing.
    Other,
}

/// Reads and completes what a client posted, and makes its HTML safe. What is not whole, what other actors say, and what
/// pretends to be by another, is refused.
pub fn posted(turn: &mut Turn<'_>, id: &ActId, document: Value) -> Result<Posted, Halt> {
    let Value::Object(mut map) = document else { return Err(malformed("expected an object")) };
    words::with_one_type(&mut map);
    if serde_json::to_string(&map).map_or(usize::MAX, |text| text.len()) > POSTED_BYTES_MAX {
        return Err(malformed(format!("at most {POSTED_BYTES_MAX} bytes are posted")));
    }
    // What is said has its newest name.
    if is_older_edit(&Obj::new(&map)) {
        map.insert("type".to_owned(), ActivityType::Edit.as_str().into());
    }
    let me = turn.me().clone();
    for term in ["actor", "attributedTo"] {
        demand(map.get(term).is_none_or(|value| value.as_str() == Some(me.as_str())), || {
            Refusal::new("not-oneself", format!("`{term}` is another than {me}"))
        })?;
    }
    if !whole::is_activity(&map)? {
        map = wrapped(map);
    }
    for term in ["id", "proof", "signature", "publicKey", "published"] {
        map.remove(term);
    }
    words::own(&mut map, &me)?;
    with_safe_html(&mut map).map_err(malformed)?;
    let profile = words::profile(&mut map, &me)?;
    words::whole_note(turn, &mut map)?;
    words::with_follow_written_out(turn, &mut map)?;
    let note_key = embedded_note(turn, &me, &mut map);
    map.insert("actor".to_owned(), me.as_str().into());
    map.insert("id".to_owned(), id.as_str().into());
    map.insert("published".to_owned(), crate::common::wire::time(turn.now()).to_string().into());
    map.insert("@context".to_owned(), context::forge_with_proof());
    let whole = Document::from_map(map.clone());
    let activity = Activity::read(&whole).map_err(malformed)?;
    refuse_what_others_say(&activity)?;
    whole::of_client(&activity)?;
    let audience = audience(turn, &activity);
    for blind in ["bto", "bcc"] {
        map.remove(blind);
    }
    let asked = asked(&activity, &me);
    let settled = settled_by(turn, &activity)?;
    Ok(Posted {
        kind: match profile {
            Some(profile) => PostedKind::Profile(profile),
            None => kind(turn, &activity, note_key)?,
        },
        kind_name: activity.kind.as_str().to_owned(),
        body: Value::Object(map),
        audience,
        asked,
        settled,
    })
}

/// A bare object in a `Create` with the same audience.
///
/// Source: ActivityPub, "Object creation without a Create Activity".
fn wrapped(object: serde_json::Map<String, Value>) -> serde_json::Map<String, Value> {
    let mut create = serde_json::Map::new();
    create.insert("type".to_owned(), "Create".into());
    for term in ["to", "cc", "bto", "bcc", "audience"] {
        if let Some(value) = object.get(term) {
            create.insert(term.to_owned(), value.clone());
        }
    }
    create.insert("object".to_owned(), Value::Object(object));
    create
}

/// Gives a note in a `Create` its address, which is also that of its page, its author and time.
fn embedded_note(turn: &mut Turn<'_>, me: &ActorId, map: &mut serde_json::Map<String, Value>) -> Option<String> {
    if map.get("type")?.as_str() != Some("Create") {
        return None;
    }
    let published = crate::common::wire::time(turn.now()).to_string();
    let object = map
        .get_mut("object")?
        .as_object_mut()
        .filter(|object| object.get("type").and_then(Value::as_str) == Some("Note"))?;
    let key = turn.token();
    let address = format!("{me}/notes/{key}");
    object.insert("id".to_owned(), address.as_str().into());
    object.insert("url".to_owned(), address.into());
    object.insert("attributedTo".to_owned(), me.as_str().into());
    object.insert("published".to_owned(), published.into());
    Some(key)
}

/// Grants, Pushes and the like are said by resources only.
fn refuse_what_others_say(activity: &Activity) -> Result<(), Halt> {
    match activity.kind {
        ActivityType::Grant | ActivityType::Revoke | ActivityType::Push => {
            let why = format!("a {} is said by a resource, not by a person", activity.kind);
            Err(Refusal::new("not-for-persons", why).into())
        }
        _ => Ok(()),
    }
}

/// Whom it is told: those named, open and blind, and the person's own followers where their collection is named. Other
/// collections are their owners' to pass it on to.
fn audience(turn: &Turn<'_>, activity: &Activity) -> Audience {
    let me = turn.me();
    let own = format!("{me}/followers");
    let named =
        activity.to.iter().chain(&activity.cc).chain(&activity.audience).chain(&activity.bto).chain(&activity.bcc);
    let mut audience = Audience::default();
    for uri in named.filter(|uri| !uri.is_public()) {
        if uri.as_str() == own {
            audience = audience.and_group(followers());
        } else if uri.as_str() != me.as_str() && !uri.as_str().ends_with("/followers") {
            audience = audience.and(Audience::one(&ActorId::new(uri.as_str())));
        }
    }
    audience
}

fn asks_for_review(activity: &Activity) -> bool {
    let target = activity.target.as_ref().and_then(Thing::uri);
    target.is_some_and(|target| target.as_str().ends_with(INDIVIDUALS) || target.as_str().ends_with(TEAMS))
}

/// Who is to settle it: the actor whose thing it is about.
fn asked(activity: &Activity, me: &ActorId) -> Option<ActorId> {
    let of = |thing: Option<&Thing>| {
        let uri = thing.and_then(Thing::uri)?.as_str();
        let owner = uri.strip_suffix("/collaborators").or_else(|| link_owner(uri)).unwrap_or(uri);
        Some(ActorId::new(owner))
    };
    let first_to = || activity.to.iter().find(|uri| !uri.is_public()).map(|uri| ActorId::new(uri.as_str()));
    // Of a collection that is no actor's own, such as the values of an enumeration, the address tells nothing.
    let of_collection = |thing: Option<&Thing>| {
        let uri = thing.and_then(Thing::uri)?.as_str();
        let own = uri.ends_with("/collaborators") || link_owner(uri).is_some();
        if own { of(thing) } else { first_to().or_else(|| of(thing)) }
    };
    let asked = match activity.kind {
        ActivityType::Follow => first_to().or_else(|| of(activity.object.first())),
        // Whoever is asked for a review is invited into what a tracker keeps.
        ActivityType::Invite if asks_for_review(activity) => first_to(),
        ActivityType::Offer | ActivityType::Invite => of(activity.target.as_ref()),
        ActivityType::Join | ActivityType::Leave => of(activity.object.first()),
        ActivityType::Add => of_collection(activity.target.as_ref()),
        ActivityType::Remove => of_collection(activity.origin.as_ref()),
        ActivityType::Create if activity.object.first().is_some_and(|thing| thing.is("Note")) => None,
        ActivityType::Create => of(activity.origin.as_ref()).or_else(first_to),
        // An actor that moves is named as the origin.
        ActivityType::Move if activity.object.is_empty() => of(activity.origin.as_ref()),
        ActivityType::Resolve
        | ActivityType::Apply
        | ActivityType::Assign
        | ActivityType::Undo
        | ActivityType::Edit
        | ActivityType::Move
        | ActivityType::Delete => first_to(),
        ActivityType::Like => of(activity.object.first()),
        // An older `Edit`. What is one's own, such as a note, is only told.
        ActivityType::Update => first_to().filter(|_| !own(activity, me)),
        _ => None,
    };
    asked.filter(|asked| asked != me)
}

/// Whether what it is done to is kept by `me`, or has no address.
fn own(activity: &Activity, me: &ActorId) -> bool {
    activity.object.first().and_then(Thing::uri).is_none_or(|uri| is_mine(me, uri.as_str()))
}

/// Whether it takes somebody out of a collection of links, or oneself.
fn removes_link(activity: &Activity) -> bool {
    let from = activity.origin.as_ref().or(activity.object.first());
    from.and_then(Thing::uri).is_some_and(|uri| link_owner(uri.as_str()).is_some())
}

/// Whether it takes access to a resource away: from its collaborators, or from itself.
fn removes_access(activity: &Activity, me: &ActorId) -> bool {
    let from = activity.origin.as_ref().and_then(Thing::uri).map(|uri| uri.as_str());
    let of = asked(activity, me);
    from.zip(of).is_some_and(|(from, of)| from == of.as_str() || from == collaborators_uri(&of))
}

/// What settles it: as the tables of the actors that are asked have it.
fn settled_by(turn: &mut Turn<'_>, activity: &Activity) -> Result<Settled, Halt> {
    Ok(match activity.kind {
        ActivityType::Create | ActivityType::Offer | ActivityType::Assign => Settled::AcceptWithResult,
        ActivityType::Leave if removes_link(activity) => Settled::Accept,
        // Access that is taken away ends in a `Revoke`; what is taken out of any other collection is accepted.
        ActivityType::Remove if !removes_access(activity, turn.me()) => Settled::Accept,
        ActivityType::Join | ActivityType::Remove | ActivityType::Leave => Settled::Fulfilled,
        ActivityType::Undo => match activity.object.as_slice() {
            [only] if only.is("Assign") => Settled::AcceptWithResult,
            [only] if only.obj().is_some() && !only.is("Grant") => Settled::Accept,
            [Thing::Uri(own)] if turn.look().published(&ActId::new(own.as_str()))? => Settled::Accept,
            // What one did not say oneself and still takes back, is a Grant.
            _ => Settled::Fulfilled,
        },
        _ => Settled::Accept,
    })
}

/// The role a `Join` of this person's asked for.
pub fn joined_as(turn: &mut Turn<'_>, join: &ActId) -> Result<Option<crate::access::Role>, Halt> {
    let join = turn.known_act(join)?.as_deref().and_then(read);
    Ok(join.and_then(|join| gate::role(&join).ok()))
}

fn kind(turn: &mut Turn<'_>, activity: &Activity, note_key: Option<String>) -> Result<PostedKind, Halt> {
    Ok(match (&activity.kind, note_key) {
        (_, Some(key)) => PostedKind::Note(key),
        (ActivityType::Follow, _) => match one(activity) {
            Some(whom) => {
                PostedKind::Follow { whom: ActorId::new(whom.as_str()), quietly: activity.capability.is_some() }
            }
            None => PostedKind::Other,
        },
        (ActivityType::Accept | ActivityType::Reject, _) => match one(activity) {
            Some(of) => PostedKind::Answer { of, yes: activity.kind == ActivityType::Accept },
            None => PostedKind::Other,
        },
        (ActivityType::Edit | ActivityType::Update | ActivityType::Delete, _) => {
            let note = one(activity)
                .and_then(|of| Some(of.as_str().strip_prefix(turn.me().as_str())?.strip_prefix("/notes/")?.to_owned()));
            match note {
                Some(key) => PostedKind::NoteChanged { key, deleted: activity.kind == ActivityType::Delete },
                None => PostedKind::Other,
            }
        }
        (ActivityType::Undo, _) => match followed_by(turn, activity)? {
            Some(whom) => PostedKind::Unfollow { whom },
            None => PostedKind::Other,
        },
        _ => PostedKind::Other,
    })
}

/// The body of a `Follow` of this person, by a Grant if one is given.
pub fn follow(turn: &Turn<'_>, id: &ActId, whom: &ActorId, by: Option<&ActId>) -> Result<Value, Halt> {
    let mut draft = Draft::new(ActivityType::Follow, actor_uri(turn.me())?).object(uri(whom.as_str())?);
    if let Some(grant) = by {
        draft = draft.term("capability", grant.as_str());
    }
    written(turn, id, draft, &Tell::to([whom]))
}

/// Whether an act is a `Create`, by which this person asked for something.
pub fn made(turn: &mut Turn<'_>, act: &ActId) -> Result<bool, Halt> {
    let act = turn.known_act(act)?.as_deref().and_then(read);
    Ok(act.is_some_and(|act| act.kind == ActivityType::Create))
}

/// Whether a `Create` of this person's asks for something private.
pub fn made_privately(turn: &mut Turn<'_>, create: &ActId) -> Result<bool, Halt> {
    let create = turn.known_act(create)?;
    let visibility = create.as_ref().and_then(|create| create.body.get("object")?.get("visibility")?.as_str());
    Ok(visibility == Some("private"))
}

/// Whether an act is the `Follow` of an actor: of this person, or of whom it is addressed to.
pub fn follows_an_actor(act: &Act, me: &ActorId) -> bool {
    read(act).is_some_and(|follow| {
        let whom = one(&follow).filter(|_| follow.kind == ActivityType::Follow);
        let told = |whom: &ActId| follow.addressees().iter().any(|to| to.as_str() == whom.as_str());
        whom.is_some_and(|whom| whom.as_str() == me.as_str() || told(&whom))
    })
}

/// Which actor a `Delete` of this person's ends: the one it was said to.
pub fn deleted(turn: &mut Turn<'_>, act: &ActId) -> Result<Option<ActorId>, Halt> {
    let delete = turn.known_act(act)?.as_deref().and_then(read).filter(|act| act.kind == ActivityType::Delete);
    let ended = delete.and_then(|delete| asked(&delete, turn.me()).filter(|asked| names(&delete.object, asked)));
    Ok(ended)
}

/// Whom or what a `Follow` of this person's follows, or an `Undo` of it follows no more.
pub fn followed(turn: &mut Turn<'_>, act: &ActId) -> Result<Option<ActorId>, Halt> {
    let Some(act) = turn.known_act(act)?.as_deref().and_then(read) else { return Ok(None) };
    followed_by(turn, &act)
}

/// Whom a `Follow` follows, or whom the `Follow` that an `Undo` takes back did.
fn followed_by(turn: &mut Turn<'_>, activity: &Activity) -> Result<Option<ActorId>, Halt> {
    let object = |follow: &Activity| one(follow).map(|whom| ActorId::new(whom.as_str()));
    if activity.kind == ActivityType::Follow {
        return Ok(object(activity));
    }
    let Some(undone) = activity.object.first() else { return Ok(None) };
    if undone.is("Follow") {
        let whom = undone.obj().and_then(|follow| follow.uri("object").ok().flatten());
        return Ok(whom.map(|whom| ActorId::new(whom.as_str())));
    }
    let Some(of) = undone.uri().map(|uri| ActId::new(uri.as_str())) else { return Ok(None) };
    let follow = turn.known_act(&of)?.as_deref().and_then(read);
    Ok(follow.filter(|follow| follow.kind == ActivityType::Follow).and_then(|follow| object(&follow)))
}

/// Tells the followers that the profile has changed.
pub fn profile_changed(turn: &mut Turn<'_>) -> Result<(), Halt> {
    let me = turn.me().clone();
    publish(turn, ActivityType::Update, &Tell::default().followers(&me).public(), |draft| draft.object(me.as_str()))?;
    Ok(())
}

/// Tells followers and those who were followed that the person is no more.
pub fn person_left(turn: &mut Turn<'_>) -> Result<(), Halt> {
    let me = turn.me().clone();
    let followed = |table: &str| Group::table(table);
    let told = Tell::default().followers(&me).group(followed(FOLLOWING.name()), format!("{me}/following"));
    // Whom one followed by a Grant is named to nobody: the collection of the others stands for them too.
    let told = told.group(followed(FOLLOWING_QUIETLY.name()), format!("{me}/following"));
    publish(turn, ActivityType::Delete, &told.public(), |draft| draft.object(me.as_str()))?;
    Ok(())
}

/// An SSH key as a document.
/// - errors: an address of it is none of the web
pub fn ssh_key(person: &ActorId, fingerprint: &str, key: &SshKey) -> Result<SshPublicKey, UriError> {
    Ok(SshPublicKey {
        id: Some(Uri::parse(&ssh_key_uri(person, fingerprint))?),
        attributed_to: Some(Uri::parse(person.as_str())?),
        published: Some(pritchel_vocab::Seconds::new(key.since)),
        name: Some(key.name.clone()),
        content: key.content.clone(),
    })
}

/// Tells the followers of an SSH key, and that the document which lists it has changed.
/// - `now`: the key as it is, and whether it is new; none if it is gone
///
/// Source: ForgeFed, "SSH Key Updates".
pub fn ssh_key_changed(turn: &mut Turn<'_>, fingerprint: &str, now: Option<(&SshKey, bool)>) -> Result<(), Halt> {
    let me = turn.me().clone();
    let (what, object) = match now {
        None => (ActivityType::Delete, ssh_key_uri(&me, fingerprint).into()),
        Some((key, new)) => {
            let document = ssh_key(&me, fingerprint, key).map_err(|error| Halt::Broken(error.to_string()))?;
            (if new { ActivityType::Create } else { ActivityType::Update }, Value::from(&document))
        }
    };
    publish(turn, what, &Tell::default().followers(&me).public(), |draft| draft.object(object))?;
    profile_changed(turn)
}
