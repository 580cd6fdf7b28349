//! SetArchived: a resource is only read from now on, or is changed again.

use crate::access::{Role, require};
use crate::common::archived::Archived;
use crate::common::resource::{ResourceActor, followers, spread};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Archives the resource, or takes it out of the archive: then it has moved nowhere any more, either.
///
/// Source: ours; ForgeFed sets `isArchived` by a `Move` only. On the wire it is an `Edit` of that term.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetArchived {
    /// Whether it is to be archived.
    pub archived: bool,
}

impl<A: ResourceActor> Method<A> for SetArchived {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(actor, turn, Role::Admin)?;
        let was = actor.resource().archived.is_some();
        demand(!self.archived || !was, || Refusal::new("already-archived", "it is archived already"))?;
        demand(self.archived || was, || Refusal::new("not-archived", "it is not archived"))?;
        actor.resource_mut().archived = self.archived.then(|| Archived { since: turn.now(), moved_to: None });
        if !self.archived {
            actor.unarchived(turn)?;
        }
        spread(turn, vec![followers()])
    }
}
