//! PeerDeclined: the other actor says no.

use crate::common::resource::ResourceActor;
use crate::link::LinkState;
use crate::link::form::{forming, no_longer_waits};
use crate::link::rows::LINKS;
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Ends a link that was being formed: the other actor has rejected the `Add`.
///
/// Source: ForgeFed, the handlers of `Reject`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeerDeclined {
    /// The `Add`.
    pub add: ActId,
}

impl<A: ResourceActor> Method<A> for PeerDeclined {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let mut link = forming(turn, &self.add)?;
        demand(*turn.caller().id() == link.peer, || {
            Refusal::new("not-the-peer", format!("{} is asked, not the caller", link.peer))
        })?;
        no_longer_waits(actor, turn, &mut link);
        link.state = LinkState::Declined;
        LINKS.put(turn, &self.add, &link);
        Ok(())
    }
}
