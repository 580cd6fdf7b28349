//! AdminDeclined: an admin of this side says no.

use crate::access::{Role, require};
use crate::common::resource::ResourceActor;
use crate::link::LinkState;
use crate::link::form::{forming, no_longer_waits};
use crate::link::rows::LINKS;
use pritchel_actor::{ActId, Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Ends a link that was being formed, whichever side asked for it, and tells the other actor.
///
/// Source: ForgeFed, the handlers of `Reject`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdminDeclined {
    /// The `Add`.
    pub add: ActId,
}

impl<A: ResourceActor> Method<A> for AdminDeclined {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(actor, turn, Role::Admin)?;
        let mut link = forming(turn, &self.add)?;
        no_longer_waits(actor, turn, &mut link);
        link.state = LinkState::Declined;
        LINKS.put(turn, &self.add, &link);
        crate::access::wire::reject_of(turn, &self.add, &[&link.peer, &link.by], "declined")?;
        Ok(())
    }
}
