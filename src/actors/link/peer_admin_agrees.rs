//! PeerAdminAgrees: somebody else than the other actor says yes to a link that this side asked for.

use crate::common::resource::{ResourceActor, followers};
use crate::link::LinkState;
use crate::link::rows::LINKS;
use pritchel_actor::{ActId, Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Passes the `Accept` on to those who follow: it may be an admin of the other side, whose word the other actor judges.
/// Nothing else is done.
///
/// Source: ForgeFed, the handlers of `Accept`, of an `Add` to a collection of this actor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeerAdminAgrees {
    /// The `Add`.
    pub add: ActId,
}

impl<A: ResourceActor> Method<A> for PeerAdminAgrees {
    type Answer = ();

    fn turn(self, _actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let link = LINKS.get(turn, &self.add)?;
        let waits = link.is_some_and(|link| link.begun_here && link.state == LinkState::Forming);
        if waits { turn.forward(vec![followers()]) } else { Ok(()) }
    }
}
