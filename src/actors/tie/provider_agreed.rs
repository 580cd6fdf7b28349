//! ProviderAgreed: the provider itself says that the invitation stands.

use crate::common::resource::ResourceActor;
use crate::link::evidence;
use crate::tie::TieKind;
use crate::tie::form::{forming, go_on};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes the provider's own `Accept` of the `Invite` down: now it is known who the provider is, and what it provides.
///
/// Source: ForgeFed, the handlers of `Accept` of the trackers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProviderAgreed {
    /// The `Invite`.
    pub of: ActId,
}

impl<A: ResourceActor> Method<A> for ProviderAgreed {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let mut tie = forming(turn, &self.of)?;
        demand(tie.provider.is_none(), || Refusal::new("already-decided", "the provider has agreed already"))?;
        let caller = turn.caller().id().clone();
        let its_own = tie.target == caller.as_str()
            || evidence::collaborators(turn, &caller)?.is_some_and(|collection| collection == tie.target);
        demand(its_own, || {
            let why = format!("{} is not the caller's, who is {caller}", tie.target);
            Refusal::new("not-the-provider", why)
        })?;
        let types = evidence::types(turn, &caller)?;
        let Some(kind) = TieKind::between(&types, A::TYPE, tie.role) else {
            let why = format!("a {} is tied to nothing that is {types:?} by the role {}", A::TYPE, tie.role);
            return Err(Refusal::new("wrong-kind", why).into());
        };
        (tie.kind, tie.provider) = (Some(kind), Some(caller));
        go_on(actor, turn, &self.of, tie)
    }
}
