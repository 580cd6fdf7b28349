//! Relocate: work goes on at another actor.

use crate::access::{Role, require};
use crate::common::archived::Archived;
use crate::common::resource::{ResourceActor, followers, spread};
use crate::link::evidence;
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Archives the resource, and has it point at the one where work goes on. Only this resource says so: the other is not asked, and
/// nothing of it changes.
///
/// Source: ForgeFed, "Forks and Migrations"; the handlers of `Move`; protocol decision F-41 has it for all kinds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relocate {
    /// Where: an actor of the same kind, of this server or another.
    pub target: ActorId,
}

impl<A: ResourceActor> Method<A> for Relocate {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(actor, turn, Role::Admin)?;
        demand(self.target != *turn.me(), || Refusal::new("moves-to-itself", "it cannot move to itself"))?;
        let archived = actor.resource().archived.clone();
        let place = archived.as_ref().and_then(|archived| archived.moved_to.clone());
        demand(place.is_none(), || {
            let place = place.map(|place| format!(" to {place}")).unwrap_or_default();
            Refusal::new(
                "already-moved",
                format!("it has moved{place}: take it out of the archive to move it elsewhere"),
            )
        })?;
        let types = evidence::types(turn, &self.target)?;
        demand(types.iter().any(|name| name == A::TYPE), || {
            Refusal::new("wrong-kind", format!("expected a {} as `target`, {} is {types:?}", A::TYPE, self.target))
        })?;
        let since = archived.map_or(turn.now(), |archived| archived.since);
        actor.resource_mut().archived = Some(Archived { since, moved_to: Some(self.target) });
        spread(turn, vec![followers()])
    }
}
