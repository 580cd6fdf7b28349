//! PeerEnded: the other actor is no more.

use crate::common::resource::{ResourceActor, followers, spread};
use crate::link::rows::PEERS;
use crate::link::unlink;
use crate::tie::{form, provide};
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Ends every link and tie with the caller, who has said that it was deleted.
///
/// Source: protocol decision F-54; ForgeFed says nothing of what the end of an actor does to its links and ties.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PeerEnded {}

impl<A: ResourceActor> Method<A> for PeerEnded {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let peer = turn.caller().id().clone();
        let mut linked = false;
        for end in A::ENDS {
            if let Some(add) = PEERS.get(turn, &(end.code(), peer.clone()))? {
                unlink::end::<A>(turn, &add, None)?;
                linked = true;
            }
        }
        linked |= form::peer_ended::<A>(turn, &peer)?;
        linked |= provide::peer_ended(actor, turn, &peer)?;
        linked |= actor.peer_ended(turn, &peer)?;
        if linked { spread(turn, vec![followers()]) } else { Ok(()) }
    }
}
