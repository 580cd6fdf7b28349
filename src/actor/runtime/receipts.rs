//! Receipts of the turns of one activation. They come in the order of the turns, and those of one sync all at once: so one task
//! waits for the first of them, and tells the activation once of all that have come with it.

use super::activation::{Letter, Signal};
use super::gauge::{Place, locked};
use super::machine::Machine;
use super::slot::Call;
use crate::outcome::Outcome;
use crate::port::{BoxError, Later, Left};
use futures_util::FutureExt;
use ractor::ActorRef;
use serde_json::Value;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

/// A turn that was handed over.
pub(super) struct Handed {
    /// Its number.
    pub(super) seq: u64,
    pub(super) receipt: Later<Result<Left, BoxError>>,
    /// Who is told at the edge when it is durable.
    pub(super) answer: Option<(Call, Outcome<Value>)>,
    /// It counts as under way until its receipt has been seen to.
    pub(super) places: [Place; 2],
}

/// Those of one activation that were not seen to. They are, even if the activation ends before.
#[derive(Clone, Default)]
pub(super) struct Receipts(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    handed: VecDeque<Handed>,
    /// A task sees to them.
    attended: bool,
}

impl Receipts {
    /// Sees to the receipt of a turn when it comes.
    pub(super) fn await_one(&self, machine: &Arc<Machine>, me: &ActorRef<Letter>, handed: Handed) {
        let mut waiting = locked(&self.0);
        waiting.handed.push_back(handed);
        if !std::mem::replace(&mut waiting.attended, true) {
            machine.spawn(self.clone().attend(machine.clone(), me.clone()));
        }
    }

    fn next(&self) -> Option<Handed> {
        let mut waiting = locked(&self.0);
        let next = waiting.handed.pop_front();
        waiting.attended = next.is_some();
        next
    }

    async fn attend(self, machine: Arc<Machine>, me: ActorRef<Letter>) {
        let mut durable = None;
        while let Some(Handed { seq, mut receipt, answer, places }) = self.next() {
            let result = match (&mut receipt).now_or_never() {
                Some(result) => Ok(result),
                None => {
                    tell(&machine, &me, durable.take());
                    AssertUnwindSafe(receipt).catch_unwind().await
                }
            };
            let signal = result.map_or(Signal::Lost, |result| machine.receipt(result, answer, seq));
            drop(places);
            let earlier = match signal {
                Signal::Committed(_) => durable.replace(signal).and(None),
                other => durable.replace(other),
            };
            tell(&machine, &me, earlier);
        }
        tell(&machine, &me, durable);
    }
}

fn tell(machine: &Machine, me: &ActorRef<Letter>, signal: Option<Signal>) {
    if let Some(signal) = signal {
        Letter::tell(machine, me, signal);
    }
}
