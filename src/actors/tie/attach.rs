//! Attach: an admin of this side wants what another actor provides.

use crate::access::{Role, require};
use crate::common::resource::{ResourceActor, followers, spread};
use crate::link::evidence;
use crate::tie::form::refuse_second;
use crate::tie::rows::TIES;
use crate::tie::{Tie, TieKind, TieSide, TieState, wire};
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Asks `provider` for a Grant, in the name of this actor: it publishes a `Join`, which an admin of the provider approves.
///
/// Source: ForgeFed, "Requesting access using Join activities"; that an `Add` to the property of the consumer asks for it
/// is ours, as protocol decision F-47 leaves it open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attach {
    /// The kind of tie.
    pub kind: TieKind,
    /// Who is to provide.
    pub provider: ActorId,
}

impl<A: ResourceActor> Method<A> for Attach {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(actor, turn, Role::Admin)?;
        refuse_second(turn, self.kind, &self.provider)?;
        let types = evidence::types(turn, &self.provider)?;
        let expected = self.kind.types(TieSide::Provider);
        demand(types.iter().any(|name| expected.contains(&name.as_str())), || {
            let why = format!("expected one of {expected:?} as `object`, {} is {types:?}", self.provider);
            Refusal::new("wrong-kind", why)
        })?;
        let (join, target) = wire::join(turn, &self.provider, self.kind.role())?;
        let tie = Tie {
            kind: Some(self.kind),
            provider: Some(self.provider),
            target,
            role: self.kind.role(),
            by: turn.caller().id().clone(),
            begun_here: true,
            admin_agrees: true,
            grant: None,
            follow: None,
            waits: None,
            state: TieState::Agreed,
            since: turn.now(),
        };
        TIES.put(turn, &join, &tie);
        spread(turn, vec![followers()])
    }
}
