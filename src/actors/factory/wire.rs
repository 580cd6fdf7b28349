//! A factory's methods as activities.

use crate::ResourceKind;
use crate::common::set_visibility::wire::{VISIBILITY, visibility};
use crate::factory::{Create, EditKinds, Factory, FactoryCall};
use crate::gate;
use crate::repository::wire::{GIT, VCS};
use pritchel_actor::chosen;
use pritchel_actor::{Act, ActorId, Halt, Look, Verdict};
use pritchel_vocab::{Activity, ActivityType, Obj};

/// Finds what only a factory is asked.
pub fn gate(
    _factory: &Factory,
    activity: &Activity,
    _act: &Act,
    look: &mut Look<'_, '_>,
) -> Result<Verdict<FactoryCall>, Halt> {
    if activity.kind == ActivityType::Edit {
        return kinds(activity, look.me());
    }
    if activity.kind != ActivityType::Create {
        return Ok(gate::unsupported::<Factory>(activity));
    }
    let from_me =
        activity.origin.as_ref().and_then(|origin| origin.uri()).is_some_and(|uri| uri.as_str() == look.me().as_str());
    let from_me = chosen("Create", None, from_me);
    let Some(object) = activity.object.first().and_then(|thing| thing.obj()).filter(|_| from_me) else {
        return Ok(Verdict::Unsupported(
            "expected a `Create` of an embedded object with this factory as `origin`".to_owned(),
        ));
    };
    let Some(kind) = ResourceKind::made().find(|kind| object.is(kind.as_str())) else {
        return Ok(Verdict::Unsupported(format!(
            "expected one of {:?}, found {:?}",
            ResourceKind::made().collect::<Vec<_>>(),
            object.types()
        )));
    };
    let vcs = object.text(VCS).map_err(gate::malformed)?;
    if vcs.is_some_and(|vcs| vcs != GIT) {
        return Err(gate::malformed(format!("expected {GIT:?} as `{VCS}`, found {vcs:?}: no other is served here")));
    }
    // A slip of the pen must not show to everybody what was meant for few.
    let shown = object.text(VISIBILITY).map_err(gate::malformed)?;
    let visibility = shown.map(visibility).transpose()?.unwrap_or_default();
    let links = matches!(kind, ResourceKind::TicketTracker | ResourceKind::Repository);
    let archive = if links { archive(&object)? } else { None };
    let origin = if archive.is_some() { None } else { copied(&object, "origin")? };
    let mirrors = copied(&object, "mirrors")?;
    let name = gate::line(&object, "name")?.ok_or_else(|| gate::malformed("expected a `name`"))?;
    let summary = gate::html(&object, "summary")?;
    Ok(Verdict::Call(Create { kind, name, summary, visibility, origin, archive, mirrors }.into()))
}

/// What the new actor is to be a copy of. An empty repository in its place would be taken for one, so that what cannot be read is
/// refused, and so is a link as what is mirrored, or as the origin of what comes from no link.
fn copied(object: &Obj<'_>, term: &str) -> Result<Option<ActorId>, Halt> {
    let Some(item) = object.one(term).map_err(gate::malformed)? else { return Ok(None) };
    let uri = item.uri().map_err(gate::malformed)?.filter(|_| !item.obj().is_some_and(|link| link.is("Link")));
    let why = || {
        gate::malformed(format!(
            "expected the address of an actor as `{term}`: only trackers of tickets and repositories come from a link, and nothing mirrors one"
        ))
    };
    uri.map(|uri| ActorId::new(uri.as_str())).ok_or_else(why).map(Some)
}

/// The document that a tracker is to be a copy of, or where git finds what a repository is to begin with: the `href` of a Link.
///
/// Source: ForgeFed, "Forks and Migrations", step 1, the second way.
fn archive(object: &Obj<'_>) -> Result<Option<String>, Halt> {
    let Some(item) = object.one("origin").map_err(gate::malformed)? else { return Ok(None) };
    let Some(link) = item.obj().filter(|link| link.is("Link")) else { return Ok(None) };
    let href = link.need_uri("href").map_err(gate::malformed)?;
    Ok(Some(href.as_str().to_owned()))
}

/// The kinds an `Edit` of this factory lists.
fn kinds(activity: &Activity, me: &ActorId) -> Result<Verdict<FactoryCall>, Halt> {
    let of_me = chosen("EditKinds", None, gate::names(&activity.object, me));
    let Some(object) = activity.object.first().and_then(|thing| thing.obj()).filter(|_| of_me) else {
        return Ok(gate::unsupported::<Factory>(activity));
    };
    let kind = |word: &str| {
        let found = ResourceKind::made().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| {
            gate::malformed(format!("expected some of {:?}, found {word:?}", ResourceKind::made().collect::<Vec<_>>()))
        })
    };
    let words = object.words("availableActorTypes").map_err(gate::malformed)?;
    let mut available = Vec::new();
    for word in words {
        let kind = kind(word)?;
        if !available.contains(&kind) {
            available.push(kind);
        }
    }
    Ok(Verdict::Call(EditKinds { available }.into()))
}
