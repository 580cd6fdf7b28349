//! Join: somebody asks for a role.

use crate::access::{COLLABORATORS, Role, Term, enrol, require, wire};
use crate::common::resource::{ResourceActor, followers, spread};
use pritchel_actor::{ActId, ActorId, Halt, Method, Refusal, Rows, Seconds, Turn, demand};
use serde::{Deserialize, Serialize};

/// A request for a role that an admin has not yet decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Who asks.
    pub by: ActorId,
    /// For which role.
    pub role: Role,
    /// When.
    pub at: Seconds,
    /// For how long.
    #[serde(default, skip_serializing_if = "Term::is_open")]
    pub term: Term,
    /// How it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<bool>,
}

/// Requests by the `Join` that made them.
pub const JOINS: Rows<ActId, Request> = Rows::new("joins");

/// Asks for a role. With a Grant that allows it the role is given at once; without, an admin decides.
///
/// Source: ForgeFed, "Requesting access using Join activities".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Join {
    /// For which role.
    pub role: Role,
    /// For how long.
    #[serde(default, skip_serializing_if = "Term::is_open")]
    pub term: Term,
}

impl<A: ResourceActor> Method<A> for Join {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        demand(!COLLABORATORS.has(turn, &caller)?, || {
            Refusal::new("already-collaborator", format!("{caller} has a role here already"))
        })?;
        let Some(act) = turn.act() else {
            return Err(Refusal::new("no-act", "a request to join is made by an act").into());
        };
        self.term.check(turn.now())?;
        let (role, term) = (self.role, self.term);
        let mut request = Request { by: caller.clone(), role, at: turn.now(), term, approved: None };
        if wire::capability(&act).is_some() {
            require(actor, turn, Role::Admin)?;
            spread(turn, vec![followers()])?;
            enrol(actor, turn, &caller, (role, term), &act.id)?;
            request.approved = Some(true);
        } else {
            require(actor, turn, Role::Visit)?;
            spread(turn, vec![followers()])?;
        }
        JOINS.put(turn, &act.id, &request);
        Ok(())
    }
}
