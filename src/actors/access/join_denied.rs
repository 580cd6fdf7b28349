//! An admin denies a request to join.

use crate::access::{JOINS, Role, require, wire};
use crate::common::resource::{ResourceActor, followers, spread};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Denies a request, for good, and tells the one who asked.
///
/// Source: ForgeFed, "Requesting access using Join activities", option 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JoinDenied {
    /// The `Join`.
    pub join: ActId,
}

impl<A: ResourceActor> Method<A> for JoinDenied {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(actor, turn, Role::Admin)?;
        let Some(mut request) = JOINS.get(turn, &self.join)?.filter(|request| request.approved.is_none()) else {
            return Err(Refusal::new("already-decided", format!("{} is decided", self.join)).into());
        };
        spread(turn, vec![followers()])?;
        request.approved = Some(false);
        JOINS.put(turn, &self.join, &request);
        let by = request.by.clone();
        wire::reject_of(turn, &self.join, &[&by], "denied")?;
        Ok(())
    }
}
