//! AttachDeclined: an admin of this side says no to what a provider offers.

use crate::access::wire::reject_of;
use crate::access::{Role, require};
use crate::common::resource::ResourceActor;
use crate::tie::TieState;
use crate::tie::form::{forming, no_longer_waits};
use crate::tie::rows::TIES;
use pritchel_actor::{ActId, Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Declines a tie for this side. The provider is told by this actor's own `Reject`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttachDeclined {
    /// The `Invite`.
    pub of: ActId,
}

impl<A: ResourceActor> Method<A> for AttachDeclined {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(actor, turn, Role::Admin)?;
        let mut tie = forming(turn, &self.of)?;
        no_longer_waits(actor, turn, &mut tie);
        tie.state = TieState::Declined;
        TIES.put(turn, &self.of, &tie);
        if let Some(provider) = &tie.provider {
            reject_of(turn, &self.of, &[provider], "declined")?;
        }
        Ok(())
    }
}
