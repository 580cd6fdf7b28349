//! Provided: the Grant comes by which a tie stands.

use crate::access::{Lapse, Role, Span};
use crate::common::agenda;
use crate::common::resource::ResourceActor;
use crate::tie::form::{go_on_with, refuse_second, stand};
use crate::tie::rows::TIES;
use crate::tie::{TieState, wire};
use pritchel_actor::{ActId, ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Points at the provider, and follows it. If another has taken its place meanwhile, the Grant is given back. One that
/// fulfils what was fulfilled before takes the place of the Grant that the tie stands by.
///
/// Source: ForgeFed, the handlers of `Grant` of the trackers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Provided {
    /// The `Invite` or `Join` it fulfils.
    pub of: ActId,
    /// The Grant.
    pub grant: ActId,
    /// The resource it gives access to.
    pub context: ActorId,
    /// The role.
    pub role: Role,
    /// From when on and until when it holds.
    #[serde(default, skip_serializing_if = "Span::is_open")]
    pub span: Span,
}

impl<A: ResourceActor> Method<A> for Provided {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        let tie = TIES.get(turn, &self.of)?.filter(|tie| matches!(tie.state, TieState::Agreed | TieState::Tied));
        let waits = tie.filter(|tie| tie.provider.as_ref() == Some(&caller));
        let Some((mut tie, kind)) = waits.and_then(|tie| tie.kind.map(|kind| (tie, kind))) else {
            return Err(Refusal::new("no-such-tie", "nothing here waits for this Grant").into());
        };
        demand(self.context == caller && self.role == tie.role, || {
            let why = format!("asked for {} on {caller}, given {} on {}", tie.role, self.role, self.context);
            Refusal::new("not-as-asked", why)
        })?;
        if let Some(end) = self.span.end {
            agenda::note(actor, turn, (end, &self.grant), Lapse::Tie { grant: self.grant.clone() })?;
        }
        if tie.state == TieState::Tied {
            go_on_with(turn, &self.of, tie, self.grant);
            return Ok(());
        }
        match refuse_second(turn, kind, &caller) {
            Ok(()) => {
                stand(turn, &self.of, tie, &self.grant)?;
                actor.uses_now(turn, kind, &caller)
            }
            Err(Halt::Refuse(_)) => {
                tie.state = TieState::Ended;
                TIES.put(turn, &self.of, &tie);
                wire::leave(turn, &caller).map(drop)
            }
            Err(halt) => Err(halt),
        }
    }
}
