//! Leave: a collaborator gives access back.

use crate::access::{COLLABORATORS, take_back};
use crate::common::resource::ResourceActor;
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Gives all one's Grants back. Needs none. Answered by the `Revoke`.
///
/// Source: ForgeFed, "Waiving access using Leave activities".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leave {}

impl<A: ResourceActor> Method<A> for Leave {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        demand(COLLABORATORS.has(turn, &caller)?, || {
            Refusal::new("no-collaborator", format!("{caller} has no role here"))
        })?;
        let act = turn.act().map(|act| act.id.clone());
        take_back::all_of(actor, turn, &caller, act.as_ref())?;
        Ok(())
    }
}
