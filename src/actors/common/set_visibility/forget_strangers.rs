//! ForgetStrangers: followers who may no longer see a resource go, a page a turn.

use crate::access::COLLABORATORS;
use crate::common::resource::{FOLLOWERS, ResourceActor, Visibility};
use crate::limits::SWEPT_MAX;
use pritchel_actor::{ActorId, Halt, Method, Need, Page, Refusal, RowKey, Turn, demand};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Private, by the resource itself: goes on with the followers after this one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForgetStrangers {
    /// The last that was looked at.
    pub after: ActorId,
}

impl<A: ResourceActor> Method<A> for ForgetStrangers {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand(turn.caller().id() == turn.me(), || Refusal::new("not-itself", "only the resource itself can do this"))?;
        // Shown again meanwhile, it is for everybody to follow.
        if actor.resource().visibility != Visibility::Private {
            return Ok(());
        }
        forget(actor, turn, Some(&self.after))
    }
}

/// Looks through a page of the followers, and goes on in another turn if there are more.
pub(super) fn forget<A: ResourceActor>(
    actor: &mut A,
    turn: &mut Turn<'_>,
    after: Option<&ActorId>,
) -> Result<(), Halt> {
    let after = after.map(RowKey::encode).unwrap_or_default();
    let page = FOLLOWERS.page(turn, Page { after: &after, ..Page::first(&[], SWEPT_MAX) })?;
    let gone = strangers(turn, page.iter().map(|(who, _)| who))?;
    for who in &gone {
        FOLLOWERS.remove(turn, who);
    }
    let resource = actor.resource_mut();
    resource.followers = resource.followers.saturating_sub(gone.len() as u64);
    let full = page.len() == SWEPT_MAX;
    match page.into_iter().next_back().filter(|_| full) {
        Some((after, _)) => {
            let me = turn.myself::<A>();
            turn.call(&me, ForgetStrangers { after })
        }
        None => Ok(()),
    }
}

/// Those of these actors who have no role of their own on this resource.
pub(crate) fn strangers<'a>(
    turn: &mut Turn<'_>,
    whom: impl Iterator<Item = &'a ActorId>,
) -> Result<BTreeSet<ActorId>, Halt> {
    let whom: BTreeSet<&ActorId> = whom.collect();
    let need = |who: &&ActorId| Need::Row { table: COLLABORATORS.name().to_owned(), key: who.encode() };
    turn.need_all(whom.iter().map(need).collect())?;
    let mut strangers = BTreeSet::new();
    for who in whom {
        if !COLLABORATORS.has(turn, who)? {
            strangers.insert(who.clone());
        }
    }
    Ok(strangers)
}
