//! PeerAgreed: the other actor itself says yes.

use crate::common::resource::{ResourceActor, followers};
use crate::link::form::{self, forming, go_on};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes the other actor's own `Accept` of the `Add` down.
///
/// Source: ForgeFed, "Adding a component to a project - project side" and its nine sisters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeerAgreed {
    /// The `Add`.
    pub add: ActId,
}

impl<A: ResourceActor> Method<A> for PeerAgreed {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        form::case(turn, &self.add)?;
        let mut link = forming(turn, &self.add)?;
        demand(*turn.caller().id() == link.peer, || {
            Refusal::new("not-the-peer", format!("{} is asked, not the caller", link.peer))
        })?;
        link.peer_agrees = true;
        turn.forward(vec![followers()])?;
        go_on(actor, turn, &self.add, link)
    }
}
