//! A shard: the directory of its part of the actors, and the ractor supervisor of those that are resident.
//!
//! An actor has an entry from when it is opened until it sleeps. While the entry is there nobody else opens the actor, so
//! there are never two activations of it; whoever calls it meanwhile finds the entry, under the directory's lock:
//! - *opening*, *retiring*, *held*: the call waits in the entry, for the activation that comes next
//! - *live*: the call is sent to the activation, which sees it before anything that is sent later, a `Retire` too
//!
//! Only the shard puts an actor to sleep. It marks the entry and sends `Retire`; the activation declines if it has work,
//! else it waits for its commits and stops. ractor tells the supervisor, which opens the actor anew if anything waits in
//! the entry, and else removes the entry and looks into the mailbox once more.

use super::CallError;
use super::activation::{Activation, Active, Letter};
use super::gauge::locked;
use super::machine::Machine;
use super::slot::{Ask, Phase, Slot};
use super::supervisor::{Order, Supervisor};
use crate::key::ActorId;
use crate::limits::{HOLD_MAX_S, HOLD_S, SHARDS, SWEEP_MAX_MS, SWEEP_MIN_MS};
use crate::port::BoxError;
use crate::resident::Resident;
use futures_util::FutureExt;
use ractor::{ActorRef, SpawnErr};
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

/// One part of the directory, and its supervisor.
#[derive(Default)]
pub(super) struct Shard {
    slots: Mutex<HashMap<ActorId, Slot>>,
    supervisor: OnceLock<ActorRef<Order>>,
    evicting: AtomicBool,
}

impl Shard {
    /// Starts the supervisor of this shard, which is number `at` of its node.
    pub(super) async fn start(&self, machine: &Arc<Machine>, at: usize) -> Result<(), SpawnErr> {
        let (supervisor, _) = ractor::Actor::spawn(None, Supervisor, (machine.clone(), at)).await?;
        let shortest = Duration::from_millis(SWEEP_MIN_MS);
        let period = (machine.parts.settings.idle / 4).clamp(shortest, Duration::from_millis(SWEEP_MAX_MS));
        supervisor.send_interval(period, || Order::Sweep);
        // A shard is started once.
        let _ = self.supervisor.set(supervisor);
        Ok(())
    }

    pub(super) async fn stop(&self) {
        if let Some(supervisor) = self.supervisor.get() {
            supervisor.stop_children_and_wait(None, None).await;
            if let Err(error) = supervisor.stop_and_wait(None, None).await {
                tracing::debug!("A shard had stopped already: {error}");
            }
        }
    }

    /// An actor has mail.
    pub(super) fn mail(&self, machine: &Arc<Machine>, actor: &ActorId) {
        let mut slots = locked(&self.slots);
        if machine.closed().is_some() {
            return;
        }
        match slots.get_mut(actor) {
            Some(slot) => slot.mail(machine),
            None if machine.take_room() => {
                let slot = slots.entry(actor.clone()).or_insert_with(Slot::new);
                slot.mail = true;
                machine.spawn(open(machine.clone(), actor.clone()));
            }
            None => {
                machine.wait(actor);
                machine.evict();
            }
        }
    }

    /// Somebody at the edge calls an actor.
    pub(super) fn call(&self, machine: &Arc<Machine>, actor: &ActorId, ask: Ask) -> Result<(), CallError> {
        let mut slots = locked(&self.slots);
        if let Some(error) = machine.closed() {
            return Err(error);
        }
        if !slots.contains_key(actor) {
            if machine.is_full() {
                machine.evict();
            }
            slots.insert(actor.clone(), Slot::new());
            machine.resident.fetch_add(1, Ordering::SeqCst);
            machine.spawn(open(machine.clone(), actor.clone()));
        }
        let Some(slot) = slots.get_mut(actor) else {
            return Err(CallError::NoActor);
        };
        slot.admit(machine, ask)
    }

    /// An activation has work and does not stop.
    pub(super) fn keep(&self, machine: &Arc<Machine>, actor: &ActorId) {
        if let Some(slot) = locked(&self.slots).get_mut(actor)
            && let Phase::Retiring(activation) = &slot.phase
        {
            let activation = activation.clone();
            slot.go_live(machine, activation);
        }
    }

    /// An activation stops because its turns are no longer true: what comes now waits for the next one.
    pub(super) fn leave(&self, actor: &ActorId) {
        if let Some(slot) = locked(&self.slots).get_mut(actor)
            && let Phase::Live(activation) = &slot.phase
        {
            slot.phase = Phase::Retiring(activation.clone());
        }
    }

    /// Has the supervisor put the longest idle actors to sleep.
    pub(super) fn evict(&self) {
        if !self.evicting.swap(true, Ordering::SeqCst) {
            self.order(Order::Evict);
        }
    }

    fn order(&self, order: Order) {
        if let Some(supervisor) = self.supervisor.get()
            && supervisor.send_message(order).is_err()
        {
            tracing::debug!("A shard has stopped");
        }
    }

    /// Forgets all entries. What waits in them is given up.
    pub(super) fn clear(&self, machine: &Machine) {
        let slots = std::mem::take(&mut *locked(&self.slots));
        machine.resident.fetch_sub(slots.len(), Ordering::SeqCst);
        for slot in slots.values() {
            if let Phase::Live(activation) | Phase::Retiring(activation) = &slot.phase {
                activation.stop(None);
            }
        }
    }

    pub(super) fn sweep(&self, machine: &Arc<Machine>) {
        let idle = machine.parts.settings.idle;
        for slot in locked(&self.slots).values_mut().filter(|slot| slot.used.elapsed() >= idle) {
            slot.retire(machine);
        }
        if machine.is_crowded() {
            self.evict();
        }
    }

    /// Puts this shard's share of what is too much to sleep, so that a sixteenth of the room is free.
    pub(super) fn retire_oldest(&self, machine: &Arc<Machine>) {
        self.evicting.store(false, Ordering::SeqCst);
        let max = machine.parts.settings.resident_max;
        let low = max - max.div_ceil(SHARDS);
        let share = machine.resident.load(Ordering::SeqCst).saturating_sub(low).div_ceil(SHARDS);
        let mut slots = locked(&self.slots);
        let retiring = slots.values().filter(|slot| matches!(slot.phase, Phase::Retiring(_))).count();
        let mut live: Vec<&mut Slot> = slots.values_mut().filter(|slot| matches!(slot.phase, Phase::Live(_))).collect();
        let count = share.saturating_sub(retiring).min(live.len());
        if count > 0 {
            live.select_nth_unstable_by_key(count - 1, |slot| slot.used);
            live.into_iter().take(count).for_each(|slot| slot.retire(machine));
        }
    }

    /// An activation is there.
    fn opened(&self, machine: &Arc<Machine>, actor: &ActorId, activation: ActorRef<Letter>) {
        match locked(&self.slots).get_mut(actor) {
            Some(slot) => {
                machine.counts.activations.fetch_add(1, Ordering::SeqCst);
                slot.go_live(machine, activation);
            }
            // The node was closed meanwhile.
            None => activation.stop(None),
        }
    }

    /// There is no such actor.
    fn nobody(&self, machine: &Arc<Machine>, actor: &ActorId) {
        let mut slots = locked(&self.slots);
        let Some(slot) = slots.get_mut(actor) else { return };
        if std::mem::take(&mut slot.mail_since) {
            // Mail came while the box was found empty: the actor may have been launched at the same time.
            machine.spawn(open(machine.clone(), actor.clone()));
            return;
        }
        if slot.mail {
            machine.spawn(send_back(machine.clone(), actor.clone()));
        }
        let calls = std::mem::take(&mut slot.calls);
        slots.remove(actor);
        drop(slots);
        calls.into_iter().for_each(|call| call.answer(Err(CallError::NoActor)));
        machine.vacated();
    }

    /// An actor failed, or could not be opened: it is held back, and each time longer.
    fn hold(&self, machine: &Arc<Machine>, actor: &ActorId, why: Option<BoxError>) {
        let mut slots = locked(&self.slots);
        let Some(slot) = slots.get_mut(actor) else { return };
        machine.counts.failures.fetch_add(1, Ordering::SeqCst);
        let pause = HOLD_S.saturating_mul(1 << slot.failures.min(16)).min(HOLD_MAX_S);
        slot.failures = slot.failures.saturating_add(1);
        if let Some(error) = &why {
            slot.calls.drain(..).for_each(|call| call.answer(Err(error.clone().into())));
        } else {
            // It was at work, so there may be more of it.
            slot.mail = true;
        }
        slot.phase = Phase::Held(why);
        let (machine, actor, commits) = (machine.clone(), actor.clone(), slot.commits.clone());
        machine.tokio.clone().spawn(async move {
            // What the failed activation handed over must be settled first: the next one begins with what is durable.
            commits.zero().await;
            tokio::time::sleep(Duration::from_secs(pause)).await;
            machine.shard(&actor).try_again(&machine, &actor);
        });
    }

    fn try_again(&self, machine: &Arc<Machine>, actor: &ActorId) {
        let mut slots = locked(&self.slots);
        let Some(slot) = slots.get_mut(actor) else { return };
        if slot.mail || !slot.calls.is_empty() {
            slot.phase = Phase::Opening;
            machine.spawn(open(machine.clone(), actor.clone()));
        } else {
            slots.remove(actor);
            drop(slots);
            machine.vacated();
        }
    }

    /// An activation has ended: by itself, with its last state, or with an error, which leaves none.
    pub(super) fn ended(
        &self,
        machine: &Arc<Machine>,
        activation: ractor::ActorId,
        active: Option<Active>,
        why: Option<String>,
    ) {
        let mut slots = locked(&self.slots);
        let actor = match &active {
            Some(active) => Some(active.id().clone()),
            None => slots.iter().find(|(_, slot)| slot.is(activation)).map(|(actor, _)| actor.clone()),
        };
        let Some(actor) = actor else { return };
        let Some(slot) = slots.get_mut(&actor).filter(|slot| slot.is(activation)) else { return };
        slot.calls.splice(0..0, active.map(Active::into_calls).unwrap_or_default());
        if let Some(why) = why {
            drop(slots);
            tracing::error!(%actor, "`{actor}` failed as a whole and is opened anew after a while: {why}");
            self.hold(machine, &actor, None);
            return;
        }
        machine.counts.passivations.fetch_add(1, Ordering::SeqCst);
        slot.failures = 0;
        if slot.mail || !slot.calls.is_empty() {
            slot.phase = Phase::Opening;
            machine.spawn(open(machine.clone(), actor));
            return;
        }
        slots.remove(&actor);
        drop(slots);
        machine.spawn(look_once_more(machine.clone(), actor));
        machine.vacated();
    }
}

/// Reads an actor's state and has its activation run.
async fn open(machine: Arc<Machine>, actor: ActorId) {
    let shard = machine.shard(&actor);
    if let Some(slot) = locked(&shard.slots).get_mut(&actor) {
        slot.mail_since = false;
    }
    let resident = match AssertUnwindSafe(read(&machine, &actor)).catch_unwind().await {
        Ok(Ok(Some(resident))) => resident,
        Ok(Ok(None)) => return shard.nobody(&machine, &actor),
        Ok(Err(BoxError::Unreadable(why))) => {
            tracing::error!(%actor, "`{actor}` cannot be opened: {why}");
            return shard.hold(&machine, &actor, Some(BoxError::Unreadable(why)));
        }
        Ok(Err(error)) => return machine.fail(error),
        Err(_) => {
            tracing::error!(%actor, "Opening `{actor}` panicked");
            let why = BoxError::Unreadable("its state makes this program panic".to_owned());
            return shard.hold(&machine, &actor, Some(why));
        }
    };
    let shared = |slot: &Slot| (slot.commits.clone(), slot.told_of_mail.clone());
    let (commits, told_of_mail) = locked(&shard.slots).get(&actor).map(shared).unwrap_or_default();
    let active = Active::new(machine.clone(), resident, commits, told_of_mail);
    let Some(supervisor) = shard.supervisor.get() else { return };
    match ractor::Actor::spawn_linked(None, Activation, active, supervisor.get_cell()).await {
        Ok((activation, _)) => shard.opened(&machine, &actor, activation),
        Err(error) => {
            if machine.closed().is_none() {
                tracing::error!(%actor, "`{actor}` has no supervisor, which must not happen: {error}");
            }
            shard.hold(&machine, &actor, None);
        }
    }
}

async fn read(machine: &Machine, actor: &ActorId) -> Result<Option<Resident>, BoxError> {
    let Some(stored) = machine.parts.boxes.open(actor).await? else {
        return Ok(None);
    };
    let resident = Resident::open(actor.clone(), stored, &machine.parts.kinds);
    resident.map(Some).map_err(|error| BoxError::Unreadable(error.to_string()))
}

/// Empties the mailbox of an address where there is nobody.
async fn send_back(machine: Arc<Machine>, actor: ActorId) {
    tracing::warn!(%actor, "Mail for `{actor}`, who is not here, is sent back");
    match machine.parts.boxes.send_back(&actor, machine.parts.clock.now()).await {
        Ok(left) => machine.follow(&left),
        // It was launched meanwhile.
        Err(BoxError::Taken { .. }) => machine.wake(&actor),
        Err(BoxError::Unreadable(why)) => tracing::error!(%actor, "The mailbox of `{actor}` cannot be read: {why}"),
        Err(error) => machine.fail(error),
    }
}

/// Looks into the mailbox of an actor that has just gone to sleep.
async fn look_once_more(machine: Arc<Machine>, actor: ActorId) {
    match machine.parts.boxes.mail(&actor, None, 1).await {
        Ok(mail) if mail.is_empty() => {}
        Ok(_) => machine.wake(&actor),
        Err(BoxError::Unreadable(why)) => tracing::error!(%actor, "The mailbox of `{actor}` cannot be read: {why}"),
        Err(error) => machine.fail(error),
    }
}
