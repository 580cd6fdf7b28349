//! The verification of a chain of Grants: from the Grant that was shown back to the one the resource gave, and then
//! forward again, to see that no link gives more than it had.
//!
//! Source: ForgeFed, "Verifying an invocation". Steps are numbered as this project's manual numbers them; a refusal
//! names the step at which it failed.

use crate::access::ground::{Ground, Root};
use crate::access::wire::{self, Link, LinkTarget};
use crate::access::{GRANTS, Role, Target};
use crate::common::naming::origin_of;
use crate::common::wire::time;
use crate::limits::{CHAIN_MAX, CLOCK_SKEW_S, LIVENESS_S};
use pritchel_actor::{Act, ActId, ActorId, Halt, Need, NotFound, Reads, Refusal, Seconds, Value};
use std::sync::Arc;

/// Verifies that `caller` may act in the role `needed` on `resource`, which is the actor whose turn this is.
/// Returns the role the chain is worth: that of its last Grant.
/// - `capability`: the Grant that was shown
/// - errors: a refusal with the step that failed; or the need for documents that are not yet at hand
pub fn verify(
    ground: &mut impl Ground,
    resource: &ActorId,
    caller: &ActorId,
    capability: &ActId,
    needed: Role,
) -> Result<Role, Halt> {
    let chain = collect(ground, resource, caller, capability)?;
    check_alive(ground, &chain)?;
    let worth = walk(ground, &chain, needed)?;
    if worth < needed {
        let why = format!("{capability} is worth the role {worth}, this needs {needed}");
        return Err(refused("17", "role-too-small", why));
    }
    ground.passed("17", || format!("{capability} is worth the role {worth}, {needed} is needed"));
    Ok(worth)
}

/// Phase 1: from the Grant that was shown to the one the resource gave. The chain comes back nearest the resource first.
fn collect(
    ground: &mut impl Ground,
    resource: &ActorId,
    caller: &ActorId,
    capability: &ActId,
) -> Result<Vec<Link>, Halt> {
    let mut chain: Vec<Link> = Vec::new();
    let mut hands = caller.clone();
    let mut next = capability.clone();
    loop {
        let first = chain.is_empty();
        let link = obtain(ground, resource, &next)?;
        ground.passed("5", || format!("{next} was given by {}", link.giver));
        ground.passed("6", || format!("it gives {:?}, to {:?}", link.role, link.allows));
        check_link(ground, &link, resource, &hands, first)?;
        if chain.iter().any(|seen| seen.id == link.id) {
            return Err(refused("9", "loop", format!("{} comes twice in its own chain", link.id)));
        }
        if chain.len() >= CHAIN_MAX {
            return Err(refused("9", "chain-too-long", format!("a chain has at most {CHAIN_MAX} Grants")));
        }
        let Some(parent) = link.delegates.clone() else {
            ground.passed("9", || format!("{} of at most {CHAIN_MAX}, each once", chain.len() + 1));
            check_root(ground, resource, &link)?;
            chain.push(link);
            chain.reverse();
            return Ok(chain);
        };
        if link.giver == *resource {
            return Err(refused("12", "own-grant-inside", format!("{} was given by the resource itself", link.id)));
        }
        if link.result.is_none() {
            let why = format!("{} passes a Grant on and has no `result` to tell whether it still holds", link.id);
            return Err(refused("12", "no-result", why));
        }
        hands = link.giver.clone();
        next = parent;
        chain.push(link);
    }
}

/// Step 5 and 6: the Grant itself, from the own outbox or authentic from its origin.
fn obtain(ground: &mut impl Ground, resource: &ActorId, id: &ActId) -> Result<Link, Halt> {
    let value = match id.as_str().starts_with(&format!("{resource}/")) {
        true => ground.own_grant(resource, id)?,
        false => fetched(ground, id)?,
    };
    let link = wire::link(&value).map_err(|why| refused("6", "not-a-grant", format!("{id}: {why}")))?;
    if link.id != *id {
        return Err(refused("5", "another-id", format!("the document at {id} says it is {}", link.id)));
    }
    if origin_of(link.giver.as_str()) != origin_of(id.as_str()) {
        return Err(refused("5", "foreign-giver", format!("{id} is not of the origin of its giver {}", link.giver)));
    }
    Ok(link)
}

/// Step 5: the Grant as its giver's server shows it.
pub(super) fn fetched(ground: &mut impl Ground, id: &ActId) -> Result<Arc<Value>, Halt> {
    match ground.document(id.as_str())?.found {
        Ok(value) => Ok(value),
        Err(NotFound::Gone { .. }) => Err(refused("5", "no-such-grant", format!("{id} is gone"))),
        Err(NotFound::Unavailable { why, .. }) => {
            Err(refused("5", "grant-unavailable", format!("{id} could not be had: {why}")))
        }
    }
}

/// Step 5: the Grant as the resource has published it.
pub(super) fn published(act: Option<Arc<Act>>, resource: &ActorId, id: &ActId) -> Result<Arc<Value>, Halt> {
    match act {
        Some(act) if act.author == *resource => Ok(act.body.clone()),
        _ => Err(refused("5", "no-such-grant", format!("{resource} has published no {id}"))),
    }
}

/// Steps 7, 8 and 10: the Grant is about this resource, for whom it is used by, and now.
fn check_link(
    ground: &mut impl Ground,
    link: &Link,
    resource: &ActorId,
    hands: &ActorId,
    first: bool,
) -> Result<(), Halt> {
    let (id, now) = (&link.id, ground.now());
    if link.context != *resource {
        return Err(refused("7", "other-resource", format!("{id} is about {}, not {resource}", link.context)));
    }
    ground.passed("7", || format!("it is about {resource}"));
    match &link.target {
        LinkTarget::Actor(target) if target == hands => {}
        LinkTarget::Public if first && link.delegates.is_none() => {}
        LinkTarget::Public => {
            return Err(refused("8", "wrong-hands", format!("{id} is for everybody and cannot be part of a chain")));
        }
        LinkTarget::Actor(target) => {
            return Err(refused("8", "wrong-hands", format!("{id} was given to {target}, used by {hands}")));
        }
    }
    ground.passed("8", || match &link.target {
        LinkTarget::Actor(target) => format!("it was given to {target}"),
        LinkTarget::Public => "it is for everybody".to_owned(),
    });
    check_time(ground, link, resource, now)
}

/// Step 10. The clock of who passed a Grant on may be a little ahead of ours; its end is the end, by whose clock ever it was
/// set: no Grant is good for longer than it says.
fn check_time(ground: &mut impl Ground, link: &Link, resource: &ActorId, now: Seconds) -> Result<(), Halt> {
    let id = &link.id;
    let skew = if link.giver == *resource { 0 } else { CLOCK_SKEW_S };
    if let Some(start) = link.start.filter(|start| *start > now.saturating_add(skew)) {
        return Err(refused("10", "not-yet", format!("{id} begins at {}, it is {}", time(start), time(now))));
    }
    if let Some(end) = link.end.filter(|end| *end <= now) {
        return Err(refused("10", "ended", format!("{id} ended at {}, it is {}", time(end), time(now))));
    }
    ground.passed("10", || match link.end {
        Some(end) => format!("it ends at {}, it is {}", time(end), time(now)),
        None => "it has no end".to_owned(),
    });
    Ok(())
}

/// Step 11: the first Grant of a chain is one the resource itself gave and still holds to.
fn check_root(ground: &mut impl Ground, resource: &ActorId, link: &Link) -> Result<(), Halt> {
    if link.giver != *resource {
        return Err(refused(
            "11",
            "foreign-root",
            format!("{} was given by {}, not by the resource", link.id, link.giver),
        ));
    }
    match ground.root(link)? {
        Root::Holds => {
            ground.passed("11", || format!("{resource} gave {} and holds to it", link.id));
            Ok(())
        }
        Root::Untold => {
            let found =
                || format!("{resource} gave {}, and names no address that tells whether it holds to it", link.id);
            ground.passed("11", found);
            Ok(())
        }
        Root::TakenBack => Err(refused("11", "revoked", format!("{} was taken back", link.id))),
        Root::Never => Err(refused("11", "no-such-grant", format!("{resource} has given no {}", link.id))),
    }
}

/// What the resource knows of the first Grant of a chain, where its rows are at hand.
pub(super) fn issued(reads: &mut impl Reads, link: &Link) -> Result<Root, Halt> {
    let Some(issued) = GRANTS.get(reads, &link.id)? else { return Ok(Root::Never) };
    let same = match (&issued.target, &link.target) {
        (Target::Public, LinkTarget::Public) => true,
        (Target::Actor(given), LinkTarget::Actor(target)) => given == target,
        _ => false,
    };
    Ok(if issued.active && same { Root::Holds } else { Root::TakenBack })
}

/// Step 12: every Grant that passes another on still answers at its `result`. All are asked at once.
/// Order of refusals: as the steps are numbered, so nothing is asked for a chain that already failed an earlier one.
fn check_alive(ground: &mut impl Ground, chain: &[Link]) -> Result<(), Halt> {
    let results = || {
        chain.iter().filter_map(|link| link.delegates.as_ref().and(link.result.as_ref()).map(|result| (link, result)))
    };
    for (link, result) in results() {
        if origin_of(&result.uri) != origin_of(link.giver.as_str()) {
            let why = format!("{} has its `result` at {}, not at its giver's server", link.id, result.uri);
            return Err(refused("12", "foreign-result", why));
        }
    }
    let alive = results().map(|(_, result)| Need::Alive { uri: result.uri.clone(), within: within(result.duration_s) });
    // The actors it went through are looked at in step 15; their documents are asked for in the same breath.
    let passed = chain.iter().take(chain.len().saturating_sub(1)).filter_map(|link| match &link.target {
        LinkTarget::Actor(target) => Some(Need::Document(target.as_str().to_owned())),
        LinkTarget::Public => None,
    });
    ground.need_all(alive.chain(passed).collect())?;
    for (link, result) in results() {
        if ground.alive(&result.uri, within(result.duration_s))?.found.is_err() {
            return Err(refused(
                "12",
                "revoked",
                format!("{} no longer holds: {} does not answer", link.id, result.uri),
            ));
        }
        ground.passed("12", || format!("{} answers for {}", result.uri, link.id));
    }
    Ok(())
}

/// How old an answer may be that tells whether a Grant holds: as old as its giver allows, within our bound.
pub(super) fn within(duration: Option<Seconds>) -> Seconds {
    duration.unwrap_or(0).min(LIVENESS_S)
}

/// Phase 2: from the resource to the caller, no link gives more than it had, and each was allowed to be passed on.
fn walk(ground: &mut impl Ground, chain: &[Link], needed: Role) -> Result<Role, Halt> {
    for pair in chain.windows(2) {
        let [parent, child] = pair else { continue };
        if role(child)? > role(parent)? {
            let why = format!("{} gives {}, its parent only {}", child.id, child.role, parent.role);
            return Err(refused("14", "grew", why));
        }
        ground.passed("14", || format!("{} gives {}, its parent {}", child.id, child.role, parent.role));
        check_passing(ground, parent, child)?;
    }
    let Some(last) = chain.last() else { return Err(refused("16", "no-grant", "an empty chain".to_owned())) };
    // Older Grants of a single link name no use; everything else needs exactly one.
    let allowed = match last.allows.as_slice() {
        [only] => only == "invoke",
        [] => chain.len() == 1,
        _ => false,
    };
    if !allowed {
        let why = format!("{} allows {:?}, to be used it must allow `invoke`", last.id, last.allows);
        return Err(refused("16", "not-to-be-used", why));
    }
    ground.passed("16", || format!("{} allows {:?}", last.id, last.allows));
    role(last).map_err(|halt| match halt {
        Halt::Refuse(why) => Halt::Refuse(Refusal { summary: format!("{} (this needs {needed})", why.summary), ..why }),
        halt => halt,
    })
}

/// Step 15: who received `parent` may pass it on, and in this way.
fn check_passing(ground: &mut impl Ground, parent: &Link, child: &Link) -> Result<(), Halt> {
    let wanted = match parent.allows.as_slice() {
        [only] if only == "gatherAndConvey" => "Project",
        [only] if only == "distribute" => "Team",
        other => {
            let why = format!(
                "{} allows {other:?}, to be passed on it must allow `gatherAndConvey` or `distribute`",
                parent.id
            );
            return Err(refused("15", "not-to-be-passed-on", why));
        }
    };
    let may: &[&str] =
        if wanted == "Project" { &["gatherAndConvey", "distribute", "invoke"] } else { &["distribute", "invoke"] };
    if !matches!(child.allows.as_slice(), [only] if may.contains(&only.as_str())) {
        let why = format!("{} allows {:?}, a {wanted} can only give one of {may:?}", child.id, child.allows);
        return Err(refused("15", "passed-on-wrongly", why));
    }
    let LinkTarget::Actor(target) = &parent.target else {
        return Err(refused("15", "not-to-be-passed-on", format!("{} is for everybody", parent.id)));
    };
    let is_wanted = ground.document(target.as_str())?.found.is_ok_and(|actor| wire::is_type(&actor, wanted));
    if !is_wanted {
        return Err(refused("15", "wrong-kind", format!("{target} holds {} and is no {wanted}", parent.id)));
    }
    ground.passed("15", || format!("{target} is a {wanted}, and {} allows {:?}", child.id, child.allows));
    Ok(())
}

fn role(link: &Link) -> Result<Role, Halt> {
    Role::from_word(&link.role).ok_or_else(|| {
        refused("17", "no-role", format!("{} gives {:?}, which is no role to act in", link.id, link.role))
    })
}

pub(super) fn refused(step: &str, code: &str, why: String) -> Halt {
    Refusal::new(code, why).at_step(step).into()
}
