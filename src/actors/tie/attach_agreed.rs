//! AttachAgreed: an admin of this side says yes to what a provider offers.

use crate::access::{Role, require};
use crate::common::resource::{ResourceActor, followers, spread};
use crate::tie::form::{forming, go_on};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Agrees to a tie for this side. Without it any stranger could attach a workflow to any tracker.
///
/// Source: protocol decision F-46.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttachAgreed {
    /// The `Invite`.
    pub of: ActId,
}

impl<A: ResourceActor> Method<A> for AttachAgreed {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(actor, turn, Role::Admin)?;
        let mut tie = forming(turn, &self.of)?;
        demand(!tie.admin_agrees, || Refusal::new("already-decided", "an admin of this side has agreed already"))?;
        tie.admin_agrees = true;
        spread(turn, vec![followers()])?;
        go_on(actor, turn, &self.of, tie)
    }
}
