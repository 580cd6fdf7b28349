//! An entry of the directory: one actor that is resident, about to be, or held back, and what waits for it.

use super::CallError;
use super::activation::{Letter, Signal};
use super::gauge::{Gauge, Place};
use super::machine::Machine;
use crate::key::ActorId;
use crate::limits::CALLS_WAITING_MAX;
use crate::outcome::Outcome;
use crate::port::BoxError;
use ractor::ActorRef;
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::oneshot;
use tokio::time::Instant;

/// A call from the edge, as it comes.
pub(super) struct Ask {
    pub(super) caller: ActorId,
    pub(super) kind: &'static str,
    pub(super) call: Value,
    pub(super) reply: oneshot::Sender<Result<Outcome<Value>, CallError>>,
}

/// A call that was admitted. Its place is free again when it is answered or given up.
pub(super) struct Call {
    pub(super) ask: Ask,
    _of_actor: Place,
    _of_node: Place,
}

impl Call {
    pub(super) fn answer(self, answer: Result<Outcome<Value>, CallError>) {
        // Nobody need be there to hear it.
        let _ = self.ask.reply.send(answer);
    }
}

pub(super) enum Phase {
    /// Its state is being read.
    Opening,
    Live(ActorRef<Letter>),
    /// Told to stop when it has nothing to do.
    Retiring(ActorRef<Letter>),
    /// It has failed, or could not be opened for this reason, and is opened again after a while.
    Held(Option<BoxError>),
}

/// The entry of one actor.
pub(super) struct Slot {
    pub(super) phase: Phase,
    /// It has been told of mail, and no activation knows.
    pub(super) mail: bool,
    /// The same, since its state began to be read.
    pub(super) mail_since: bool,
    /// Calls for the next activation.
    pub(super) calls: Vec<Call>,
    /// All its calls that are not answered.
    waiting: Arc<Gauge>,
    /// Its turns that are handed over and not settled.
    pub(super) commits: Arc<Gauge>,
    /// Whether its activation has been told of mail and has not yet heard it.
    pub(super) told_of_mail: Arc<AtomicBool>,
    pub(super) used: Instant,
    pub(super) failures: u32,
}

impl Slot {
    pub(super) fn new() -> Self {
        Self {
            phase: Phase::Opening,
            mail: false,
            mail_since: false,
            calls: Vec::new(),
            waiting: Arc::default(),
            commits: Arc::default(),
            told_of_mail: Arc::default(),
            used: Instant::now(),
            failures: 0,
        }
    }

    /// Sends what waits to the activation.
    pub(super) fn go_live(&mut self, machine: &Machine, actor: ActorRef<Letter>) {
        self.mail = false;
        self.told_of_mail.store(false, Ordering::SeqCst);
        self.phase = Phase::Live(actor);
        self.mail(machine);
        for call in std::mem::take(&mut self.calls) {
            self.call(machine, call);
        }
    }

    /// Tells the activation of mail; if there is none to tell, the next one will read it.
    pub(super) fn mail(&mut self, machine: &Machine) {
        self.used = Instant::now();
        match &self.phase {
            Phase::Live(_) if self.told_of_mail.swap(true, Ordering::SeqCst) => {}
            Phase::Live(actor) if Letter::send(machine, actor, Signal::Mail).is_none() => {}
            _ => (self.mail, self.mail_since) = (true, true),
        }
    }

    /// Takes a call from the edge, if it may wait here.
    pub(super) fn admit(&mut self, machine: &Machine, ask: Ask) -> Result<(), CallError> {
        if let Phase::Held(Some(error)) = &self.phase {
            return Err(error.clone().into());
        }
        if self.waiting.count() >= CALLS_WAITING_MAX {
            return Err(CallError::Busy);
        }
        self.call(machine, Call { ask, _of_actor: self.waiting.enter(), _of_node: machine.calls.enter() });
        Ok(())
    }

    /// Gives the activation a call; if there is none to take it, it is kept for the next one.
    fn call(&mut self, machine: &Machine, call: Call) {
        self.used = Instant::now();
        let back = match &self.phase {
            Phase::Live(actor) => Letter::send(machine, actor, Signal::Call(Box::new(call))),
            _ => Some(Signal::Call(Box::new(call))),
        };
        if let Some(Signal::Call(call)) = back {
            self.calls.push(*call);
        }
    }

    pub(super) fn retire(&mut self, machine: &Machine) {
        if let Phase::Live(actor) = &self.phase {
            let actor = actor.clone();
            // One that has ended already is found by its supervisor.
            if Letter::send(machine, &actor, Signal::Retire).is_none() {
                self.phase = Phase::Retiring(actor);
            }
        }
    }

    pub(super) fn is(&self, activation: ractor::ActorId) -> bool {
        matches!(&self.phase, Phase::Live(actor) | Phase::Retiring(actor) if actor.get_id() == activation)
    }
}
