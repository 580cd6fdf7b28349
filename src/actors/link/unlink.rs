//! Unlink: an admin of this side ends a link.

use crate::access::{Role, followings, require, take_back};
use crate::common::resource::{ResourceActor, followers, spread};
use crate::link::rows::{DELEGATES, DOWNSTREAM, LINKS, LISTINGS, PEERS};
use crate::link::{Cascade, End, Link, LinkState, Side, wire};
use pritchel_actor::{ActId, ActorId, Audience, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Ends a link at once; the peer is told, and cannot hinder it. What came or went over it is taken back.
///
/// Source: ForgeFed, "Removing a component from a project - component side" and its nine sisters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unlink {
    /// Which end this actor is.
    pub end: End,
    /// Who is at the other.
    pub peer: ActorId,
}

impl<A: ResourceActor> Method<A> for Unlink {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        turn.case(self.end.collection());
        require(actor, turn, Role::Admin)?;
        let Some(add) = PEERS.get(turn, &(self.end.code(), self.peer.clone()))? else {
            let why = format!("{} does not stand in `{}`", self.peer, self.end.collection());
            return Err(Refusal::new("not-linked", why).into());
        };
        let remove = turn.act().map(|act| act.id.clone());
        end::<A>(turn, &add, remove.as_ref())?;
        turn.answer_also(Audience::one(&self.peer));
        spread(turn, vec![followers()])
    }
}

/// Ends the link that this `Add` asked for, from this side, if it stands.
/// - `fulfills`: the act that asked for it
pub fn end<A: ResourceActor>(turn: &mut Turn<'_>, add: &ActId, fulfills: Option<&ActId>) -> Result<(), Halt> {
    let Some(mut link) = LINKS.get(turn, add)?.filter(|link| link.state == LinkState::Linked) else { return Ok(()) };
    PEERS.remove(turn, &(link.end.code(), link.peer.clone()));
    if let Some(number) = link.relationship.as_deref().and_then(|uri| wire::listing_no(turn.me(), link.end, uri)) {
        LISTINGS.remove(turn, &number);
    }
    link.state = LinkState::Ended;
    link.since = turn.now();
    LINKS.put(turn, add, &link);
    followings::verify_all::<A>(turn, None)?;
    let Some(delegate) = link.delegate.clone() else { return Ok(()) };
    DELEGATES.remove(turn, &delegate);
    let myself = turn.myself::<A>();
    match link.end.side {
        Side::Source => {
            if link.end.extends() {
                DOWNSTREAM.remove(turn, &delegate);
                turn.call(&myself, Cascade::StripOf { delegate })?;
            }
            revoke_start(turn, &link, fulfills)
        }
        Side::Destination => {
            turn.call(&myself, Cascade::LetGo { add: add.clone() })?;
            wire::revoke(turn, &[delegate], &link.peer, fulfills)
        }
    }
}

fn revoke_start(turn: &mut Turn<'_>, link: &Link, fulfills: Option<&ActId>) -> Result<(), Halt> {
    // One that was given anew holds beside the new one until its end.
    let grants: Vec<ActId> = link.start.iter().chain(&link.former).cloned().collect();
    for grant in &grants {
        take_back::disable(turn, grant)?;
    }
    if grants.is_empty() { Ok(()) } else { wire::revoke(turn, &grants, &link.peer, fulfills) }
}
