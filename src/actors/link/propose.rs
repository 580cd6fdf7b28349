//! Propose: an admin of this side wants a link.

use crate::access::{Role, Term, require};
use crate::common::resource::{ResourceActor, followers, spread};
use crate::link::form::refuse_second;
use crate::link::rows::LINKS;
use crate::link::{End, Link, LinkState, evidence};
use pritchel_actor::{ActorId, Audience, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Asks `peer` for a link, in the name of this actor. Its `Accept` tells the peer that the wish is the actor's own.
///
/// Source: ForgeFed, "Adding a component to a project - component side" and its nine sisters, steps 1 and 2; "Organizations",
/// the first steps of adding a member and a project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Propose {
    /// Which end this actor would be.
    pub end: End,
    /// Who would be at the other.
    pub peer: ActorId,
    /// The greatest role that is to come over the link, where access comes over such links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// For how long.
    #[serde(default, skip_serializing_if = "Term::is_open")]
    pub term: Term,
}

impl<A: ResourceActor> Method<A> for Propose {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        turn.case(self.end.collection());
        require(actor, turn, Role::Admin)?;
        refuse_second(turn, self.end, &self.peer)?;
        let types = evidence::types(turn, &self.peer)?;
        demand(types.iter().any(|name| self.end.peer_types().contains(&name.as_str())), || {
            Refusal::new(
                "wrong-kind",
                format!("expected one of {:?} as `object`, {} is {types:?}", self.end.peer_types(), self.peer),
            )
        })?;
        self.term.check(turn.now())?;
        let Some(act) = turn.act() else {
            return Err(Refusal::new("no-act", "a link is asked for by an act").into());
        };
        let link = Link {
            end: self.end,
            peer: self.peer.clone(),
            role: self.role,
            by: turn.caller().id().clone(),
            begun_here: true,
            peer_agrees: false,
            admin_agrees: true,
            delegate: None,
            start: None,
            former: None,
            relationship: None,
            waits: None,
            term: self.term,
            state: LinkState::Forming,
            since: turn.now(),
        };
        LINKS.put(turn, &act.id, &link);
        turn.answer_also(Audience::one(&self.peer));
        spread(turn, vec![followers()])
    }
}
