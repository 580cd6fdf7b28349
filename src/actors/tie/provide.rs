//! The provider's side: who becomes a collaborator may be a tracker that is tied by it, and who is one no more is not.

use crate::access::Role;
use crate::common::resource::ResourceActor;
use crate::link::evidence;
use crate::tie::rows::CONSUMERS;
use crate::tie::{TieKind, TieSide};
use pritchel_actor::{ActorId, Halt, NotFound, Page, Refusal, RowKey, Turn};

/// Points at `who`, if a Grant of `role` on this actor ties them to it.
/// - errors: a refusal if there is another in a place for one, or the document of `who` cannot be had just now
///
/// Source: ForgeFed, the handlers of `Accept` and `Join` of Repository, Workflow and Roadmap.
pub fn begin<A: ResourceActor>(turn: &mut Turn<'_>, who: &ActorId, role: Role) -> Result<(), Halt> {
    let kinds: Vec<_> = TieKind::of(TieSide::Provider, A::TYPE).filter(|kind| kind.role() == role).collect();
    if kinds.is_empty() {
        return Ok(());
    }
    // Whose document is shown to nobody is no tracker that others could be pointed at.
    if matches!(turn.document(who.as_str())?.found, Err(NotFound::Gone { .. })) {
        return Ok(());
    }
    let types = evidence::types(turn, who)?;
    let is = |kind: &&TieKind| types.iter().any(|name| kind.types(TieSide::Consumer).contains(&name.as_str()));
    let Some(kind) = kinds.iter().find(is) else { return Ok(()) };
    let prefix = kind.code().encode();
    if kind.only_one(TieSide::Provider)
        && let Some(((_, other), _)) = CONSUMERS.page(turn, Page::first(&prefix, 1))?.pop()
    {
        let property = kind.property(TieSide::Provider);
        return Err(Refusal::new("already-tied", format!("`{property}` is {other} already")).into());
    }
    let now = turn.now();
    CONSUMERS.put(turn, &(kind.code(), who.clone()), &now);
    Ok(())
}

/// Points no longer at `who`, who has lost the last Grant.
pub fn end<A: ResourceActor>(turn: &mut Turn<'_>, who: &ActorId) -> Result<(), Halt> {
    for kind in TieKind::of(TieSide::Provider, A::TYPE) {
        let key = (kind.code(), who.clone());
        if CONSUMERS.has(turn, &key)? {
            CONSUMERS.remove(turn, &key);
        }
    }
    Ok(())
}
