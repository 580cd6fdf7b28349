//! The ractor supervisor of a shard: ractor tells it how its activations end.

use super::activation::Active;
use super::machine::Machine;
use ractor::{ActorProcessingErr, ActorRef, SupervisionEvent};
use std::sync::Arc;

/// What a supervisor is told to do.
pub(super) enum Order {
    Sweep,
    Evict,
}

/// The ractor actor of a shard: told by ractor how its children end.
pub(super) struct Supervisor;

impl ractor::Actor for Supervisor {
    type Msg = Order;
    type State = (Arc<Machine>, usize);
    type Arguments = (Arc<Machine>, usize);

    async fn pre_start(
        &self,
        _: ActorRef<Order>,
        arguments: Self::Arguments,
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok(arguments)
    }

    async fn handle(
        &self,
        _: ActorRef<Order>,
        order: Order,
        (machine, at): &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        match order {
            Order::Sweep => machine.shards[*at].sweep(machine),
            Order::Evict => machine.shards[*at].retire_oldest(machine),
        }
        // Somebody may have begun to wait just after the last room was given away.
        if machine.parts.settings.background {
            machine.admit();
        }
        Ok(())
    }

    async fn handle_supervisor_evt(
        &self,
        _: ActorRef<Order>,
        event: SupervisionEvent,
        (machine, at): &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        let shard = &machine.shards[*at];
        match event {
            SupervisionEvent::ActorTerminated(activation, state, reason) => {
                let active = state.and_then(|mut state| state.take::<Active>().ok());
                shard.ended(machine, activation.get_id(), active, reason);
            }
            SupervisionEvent::ActorFailed(activation, error) => {
                shard.ended(machine, activation.get_id(), None, Some(error.to_string()));
            }
            SupervisionEvent::ActorStarted(_) | SupervisionEvent::ProcessGroupChanged(_) => {}
        }
        Ok(())
    }
}
