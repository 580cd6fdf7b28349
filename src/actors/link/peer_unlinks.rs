//! PeerUnlinks: the other actor is asked to end a link with this one.

use crate::common::resource::{ResourceActor, followers};
use crate::link::evidence;
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Passes the `Remove` on to those who follow, as an `Add` is. Nothing else is done: what the other actor says and takes back
/// decides, see [`crate::link::PeerUnlinked`] and [`crate::link::TakenBack`], and either may have come before.
///
/// Source: ForgeFed, the handlers of `Remove`, where this actor is the object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeerUnlinks {
    /// The collection of the other actor that this one is to be removed from.
    pub collection: String,
}

impl<A: ResourceActor> Method<A> for PeerUnlinks {
    type Answer = ();

    fn turn(self, _actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        match evidence::end_towards(turn, &self.collection, A::ENDS) {
            Ok(_) => turn.forward(vec![followers()]),
            Err(Halt::Refuse(_)) => Ok(()),
            Err(halt) => Err(halt),
        }
    }
}
