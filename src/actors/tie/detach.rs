//! Detach: an admin of this side ends a tie.

use crate::access::{Role, require};
use crate::common::resource::{ResourceActor, followers, spread};
use crate::tie::rows::{PROVIDERS, TIES};
use crate::tie::{TieKind, TieSide, form, wire};
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Ends a tie at once, and gives the Grant back: this actor publishes a `Leave`. The provider cannot hinder it.
///
/// Source: ForgeFed, "Waiving access using Leave activities".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detach {
    /// The kind of tie.
    pub kind: TieKind,
    /// Who provides.
    pub provider: ActorId,
}

impl<A: ResourceActor> Method<A> for Detach {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(actor, turn, Role::Admin)?;
        let of = PROVIDERS.get(turn, &(self.kind.code(), self.provider.clone()))?;
        let tie = match &of {
            Some(of) => TIES.get(turn, of)?,
            None => None,
        };
        let Some((of, tie)) = of.zip(tie) else {
            let property = self.kind.property(TieSide::Consumer);
            return Err(Refusal::new("not-tied", format!("`{property}` is not {}", self.provider)).into());
        };
        form::end(turn, &of, tie)?;
        wire::leave(turn, &self.provider)?;
        spread(turn, vec![followers()])
    }
}
