//! Archiving and moving as activities.

use crate::common::{Relocate, SetArchived};
use crate::gate::{malformed, names};
use pritchel_actor::{ActorId, Halt};
use pritchel_vocab::{Activity, Thing};

/// What says whether a resource is archived, in its document and in an `Edit`.
pub const ARCHIVED: &str = "isArchived";

/// Whether an `Edit` is about whether this is archived.
pub fn archives(activity: &Activity) -> bool {
    activity.object.first().and_then(Thing::obj).is_some_and(|object| object.map().contains_key(ARCHIVED))
}

/// What an `Edit` says of that. It says nothing else: whoever may edit more has to say so in another one.
pub fn set_archived(activity: &Activity) -> Result<SetArchived, Halt> {
    let object = activity.object.first().and_then(Thing::obj).ok_or_else(|| malformed("expected an object"))?;
    if let Some(other) = object.map().keys().find(|term| !["@context", "id", "type", ARCHIVED].contains(&term.as_str()))
    {
        return Err(malformed(format!("an Edit of `{ARCHIVED}` edits nothing else, found `{other}`")));
    }
    let archived = object.flag(ARCHIVED).map_err(malformed)?;
    let archived = archived.ok_or_else(|| malformed(format!("expected true or false as `{ARCHIVED}`")))?;
    Ok(SetArchived { archived })
}

/// Whether a `Move` is of this actor, from itself, and not of something that it keeps.
///
/// Source: protocol decision F-41.
pub fn moves(activity: &Activity, me: &ActorId) -> bool {
    let from_me = activity.origin.as_ref().and_then(Thing::uri).is_some_and(|uri| uri.as_str() == me.as_str());
    from_me && (activity.object.is_empty() || names(&activity.object, me))
}

/// Where a `Move` leads.
pub fn relocate(activity: &Activity) -> Result<Relocate, Halt> {
    let target = activity.target.as_ref().and_then(Thing::uri);
    let target = target.ok_or_else(|| malformed("expected the address of an actor as `target` of `Move`"))?;
    Ok(Relocate { target: ActorId::new(target.as_str()) })
}
