//! PeerUnlinked: the other actor says that it has ended the link.

use crate::common::resource::{ResourceActor, followers, spread};
use crate::link::rows::PEERS;
use crate::link::{evidence, unlink, wire};
use pritchel_actor::heeded;
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Ends the link from this side too, after the peer's `Accept` of a `Remove`. Where no Grant is taken back that would tell the
/// peer so, an `Accept` does.
///
/// Source: ForgeFed, "Removing a child from a project - child side" and its sisters; "Organizations", the last steps of removing
/// a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeerUnlinked {
    /// The `Remove`.
    pub remove: ActId,
    /// The collection of the peer that this actor was removed from.
    pub collection: String,
}

impl<A: ResourceActor> Method<A> for PeerUnlinked {
    type Answer = ();

    fn turn(self, _actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let peer = turn.caller().id().clone();
        let (end, owner) = evidence::end_towards(turn, &self.collection, A::ENDS)?;
        turn.case(end.collection());
        demand(owner == peer, || {
            Refusal::new("not-the-peer", format!("{} is a collection of {owner}", self.collection))
        })?;
        spread(turn, vec![followers()])?;
        let link = PEERS.get(turn, &(end.code(), peer.clone()))?;
        // Its Revoke came first, or the same was said before.
        if !heeded("not-linked", link.is_some()) {
            return Ok(());
        }
        if let Some(add) = link {
            unlink::end::<A>(turn, &add, Some(&self.remove))?;
        }
        if end.carries() { Ok(()) } else { wire::agree(turn, &self.remove, &peer).map(drop) }
    }
}
