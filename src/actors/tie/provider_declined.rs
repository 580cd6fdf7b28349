//! ProviderDeclined: the provider takes its offer back, or denies the `Join`.

use crate::common::resource::{ResourceActor, is_mine};
use crate::tie::TieState;
use crate::tie::form::{forming, no_longer_waits};
use crate::tie::rows::TIES;
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes the provider's `Reject` down: nothing comes of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProviderDeclined {
    /// The `Invite` or `Join`.
    pub of: ActId,
}

impl<A: ResourceActor> Method<A> for ProviderDeclined {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let mut tie = forming(turn, &self.of)?;
        let caller = turn.caller().id();
        let its_own = tie.provider.as_ref().map_or_else(|| is_mine(caller, &tie.target), |provider| provider == caller);
        demand(its_own, || {
            let why = format!("{} is not the caller's, who is {caller}", tie.target);
            Refusal::new("not-the-provider", why)
        })?;
        no_longer_waits(actor, turn, &mut tie);
        tie.state = TieState::Declined;
        TIES.put(turn, &self.of, &tie);
        Ok(())
    }
}
