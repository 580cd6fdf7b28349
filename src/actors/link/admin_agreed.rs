//! AdminAgreed: an admin of this side says yes to what the other side asked for.

use crate::access::{Role, require};
use crate::common::resource::{ResourceActor, followers, spread};
use crate::link::form::{self, forming, go_on};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Agrees to a link for this side. Without it no stranger could attach anything to this actor.
///
/// Source: ForgeFed, "Adding a component to a project - component side" and its nine sisters, step 3; protocol
/// decision F-46.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdminAgreed {
    /// The `Add`.
    pub add: ActId,
}

impl<A: ResourceActor> Method<A> for AdminAgreed {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        form::case(turn, &self.add)?;
        require(actor, turn, Role::Admin)?;
        let mut link = forming(turn, &self.add)?;
        demand(!link.admin_agrees, || Refusal::new("already-decided", "an admin of this side has agreed already"))?;
        link.admin_agrees = true;
        spread(turn, vec![followers()])?;
        go_on(actor, turn, &self.add, link)
    }
}
