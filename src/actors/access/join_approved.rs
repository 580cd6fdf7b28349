//! An admin approves a request to join.

use crate::access::{COLLABORATORS, JOINS, Role, enrol, require};
use crate::common::resource::{ResourceActor, followers, spread};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Approves a request: the one who asked gets a Grant. A denied request stays denied.
///
/// Source: ForgeFed, "Requesting access using Join activities", option 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JoinApproved {
    /// The `Join`.
    pub join: ActId,
}

impl<A: ResourceActor> Method<A> for JoinApproved {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(actor, turn, Role::Admin)?;
        let Some(mut request) = JOINS.get(turn, &self.join)?.filter(|request| request.approved.is_none()) else {
            return Err(Refusal::new("already-decided", format!("{} is decided", self.join)).into());
        };
        demand(!COLLABORATORS.has(turn, &request.by)?, || {
            Refusal::new("already-collaborator", format!("{} has a role here already", request.by))
        })?;
        request.term.still_open(turn.now())?;
        spread(turn, vec![followers()])?;
        enrol(actor, turn, &request.by, (request.role, request.term), &self.join)?;
        request.approved = Some(true);
        JOINS.put(turn, &self.join, &request);
        Ok(())
    }
}
