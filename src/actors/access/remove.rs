//! Remove: an admin takes a collaborator's access away.

use crate::access::{COLLABORATORS, Role, require, take_back};
use crate::common::resource::{ResourceActor, followers, spread};
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Ends a collaboration: all its Grants are taken back in this turn. Answered by the `Revoke`.
///
/// Source: ForgeFed, "Taking away access using Remove activities".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Remove {
    /// Whose.
    pub collaborator: ActorId,
}

impl<A: ResourceActor> Method<A> for Remove {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(actor, turn, Role::Admin)?;
        demand(COLLABORATORS.has(turn, &self.collaborator)?, || {
            Refusal::new("no-collaborator", format!("{} has no role here", self.collaborator))
        })?;
        spread(turn, vec![followers()])?;
        let act = turn.act().map(|act| act.id.clone());
        take_back::all_of(actor, turn, &self.collaborator, act.as_ref())?;
        Ok(())
    }
}
