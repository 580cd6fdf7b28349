//! An activation: the ractor actor of one resident actor. It does what its [`Resident`] says, and never waits: what is
//! not there at once is awaited in a task that sends a [`Signal`].

use super::gauge::{Gauge, Place};
use super::machine::Machine;
use super::receipts::{Handed, Receipts};
use super::slot::Call;
use crate::effect::TurnRecord;
use crate::key::{ActorId, Seconds};
use crate::limits::{MAIL_PAGE, MAILBOX_MAX, STEPS_MAX};
use crate::message::Mail;
use crate::need::{Evidence, Found, Need};
use crate::outcome::Outcome;
use crate::port::{BoxError, Later};
use crate::resident::{Do, Resident, TaskNo};
use futures_util::FutureExt;
use ractor::{ActorProcessingErr, ActorRef, MessagingErr};
use serde_json::Value;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What an activation is told.
pub(super) enum Signal {
    /// There is mail.
    Mail,
    /// Somebody at the edge calls.
    Call(Box<Call>),
    /// Go on.
    Go,
    /// The time may have come for what is held back.
    Alarm,
    /// A page of the mailbox.
    Page(Result<Vec<Mail>, BoxError>),
    /// Rows and acts for a task.
    Loaded(TaskNo, Result<Found, BoxError>),
    /// A document for a task.
    Fetched(TaskNo, Need, Evidence),
    /// A turn, and all before it, are durable.
    Committed(u64),
    /// A turn was refused because another came in between.
    Overtaken,
    /// The last one, after [`Signal::Overtaken`].
    Leave,
    /// What was awaited panicked.
    Lost,
    /// Stop if there is nothing to do.
    Retire,
}

/// A signal under way. While there are any the node is not quiet.
pub(super) struct Letter {
    signal: Signal,
    _under_way: Place,
}

impl Letter {
    /// Sends a signal. It comes back if the activation has ended, which its supervisor is being told.
    pub(super) fn send(machine: &Machine, to: &ActorRef<Self>, signal: Signal) -> Option<Signal> {
        match to.send_message(Self { signal, _under_way: machine.busy.enter() }) {
            Err(MessagingErr::SendErr(letter)) => Some(letter.signal),
            // The other errors are about actors of another type or of another process: there are none.
            Err(_) | Ok(()) => None,
        }
    }

    /// Sends a signal that means nothing to an activation that has ended.
    pub(super) fn tell(machine: &Machine, to: &ActorRef<Self>, signal: Signal) {
        drop(Self::send(machine, to, signal));
    }
}

/// The state of an activation.
pub(super) struct Active {
    machine: Arc<Machine>,
    resident: Resident,
    /// Calls whose turn has not run.
    calls: BTreeMap<TaskNo, Call>,
    /// Its turns under way, known to the directory too.
    commits: Arc<Gauge>,
    receipts: Receipts,
    /// Whether a [`Signal::Mail`] is under way to it, known to the directory too.
    told_of_mail: Arc<AtomicBool>,
    /// The mailbox may hold what was not read.
    unread: bool,
    reading: bool,
    retiring: bool,
    leaving: bool,
    alarm: Option<Seconds>,
    panics: u64,
}

type Handled = Result<(), ActorProcessingErr>;

impl Active {
    pub(super) fn new(
        machine: Arc<Machine>,
        resident: Resident,
        commits: Arc<Gauge>,
        told_of_mail: Arc<AtomicBool>,
    ) -> Self {
        Self {
            machine,
            resident,
            calls: BTreeMap::new(),
            commits,
            receipts: Receipts::default(),
            told_of_mail,
            unread: true,
            reading: false,
            retiring: false,
            leaving: false,
            alarm: None,
            panics: 0,
        }
    }

    pub(super) fn id(&self) -> &ActorId {
        self.resident.id()
    }

    /// The calls whose turn has not run.
    pub(super) fn into_calls(self) -> Vec<Call> {
        self.calls.into_values().collect()
    }

    fn take(&mut self, me: &ActorRef<Letter>, signal: Signal) -> Handled {
        match signal {
            Signal::Mail => {
                // What comes from now on is told anew; what came before is read after this.
                self.told_of_mail.store(false, Ordering::SeqCst);
                self.unread = true;
            }
            Signal::Call(call) => self.call(*call),
            Signal::Go => {}
            Signal::Alarm => self.alarm = None,
            Signal::Page(page) => self.page(page)?,
            Signal::Loaded(task, Ok(found)) => self.resident.loaded(task, found),
            Signal::Loaded(task, Err(BoxError::Unreadable(why))) => self.resident.not_loaded(task, &why),
            Signal::Loaded(_, Err(error)) => self.machine.fail(error),
            Signal::Fetched(task, need, evidence) => self.resident.fetched(task, &need, evidence),
            Signal::Committed(seq) => self.resident.committed(seq),
            Signal::Overtaken => {
                // Nothing is sent after this but what was sent before is still to be taken, for the next activation.
                self.machine.shard(self.id()).leave(self.id());
                self.leaving = true;
                Letter::tell(&self.machine, me, Signal::Leave);
            }
            Signal::Leave => me.stop(Some("its turns were overtaken".to_owned())),
            Signal::Lost => return Err("something it waited for panicked".into()),
            Signal::Retire => self.retire(),
        }
        Ok(())
    }

    fn call(&mut self, call: Call) {
        if call.ask.kind != self.resident.kind() {
            return call.answer(Err(super::CallError::NoActor));
        }
        let seed = self.machine.parts.clock.seed();
        let task = self.resident.edge(call.ask.caller.clone(), call.ask.call.clone(), seed);
        self.calls.insert(task, call);
    }

    fn page(&mut self, page: Result<Vec<Mail>, BoxError>) -> Handled {
        self.reading = false;
        match page {
            Ok(mail) => {
                self.unread |= mail.len() >= MAIL_PAGE;
                let clock = &self.machine.parts.clock;
                self.resident.mail(mail, || clock.seed());
            }
            Err(error @ BoxError::Unreadable(_)) => return Err(Box::new(error)),
            Err(error) => self.machine.fail(error),
        }
        Ok(())
    }

    fn retire(&mut self) {
        if self.leaving {
            return;
        }
        if self.resident.waiting() == 0 && !self.unread && !self.reading {
            self.retiring = true;
        } else {
            self.machine.shard(self.id()).keep(&self.machine, self.id());
        }
    }

    /// Does what there is to do.
    fn drive(&mut self, me: &ActorRef<Letter>) -> Handled {
        for _ in 0..STEPS_MAX {
            if self.leaving {
                return Ok(());
            }
            if self.retiring {
                if self.resident.is_idle() {
                    me.stop(None);
                }
                return Ok(());
            }
            if !self.machine.may_run() {
                if self.unread || self.resident.waiting() > 0 {
                    self.machine.pause(self.id());
                }
                return Ok(());
            }
            if !self.step(me)? {
                return Ok(());
            }
        }
        Letter::tell(&self.machine, me, Signal::Go);
        Ok(())
    }

    /// Does one thing. `false`: there is nothing to do until the next signal.
    fn step(&mut self, me: &ActorRef<Letter>) -> Result<bool, ActorProcessingErr> {
        let next = self.resident.step(self.machine.parts.clock.now(), self.machine.parts.naming.as_ref());
        self.count_panics();
        match next {
            Do::Load { task, needs } => {
                let found = self.machine.parts.boxes.find(self.id(), needs);
                self.soon(me, found, move |found| Signal::Loaded(task, found))?;
            }
            Do::Fetch { task, needs } => {
                for need in needs {
                    let evidence = self.machine.parts.documents.fetch(need.clone());
                    self.soon(me, evidence, move |evidence| Signal::Fetched(task, need, evidence))?;
                }
            }
            Do::Commit { seq, record, answer } => self.commit(me, seq, *record, answer),
            Do::Tell { task, answer } => {
                if let Some(call) = self.calls.remove(&task) {
                    call.answer(Ok(answer));
                }
            }
            Do::Rest { until } => return self.rest(me, until),
        }
        Ok(true)
    }

    fn rest(&mut self, me: &ActorRef<Letter>, until: Option<Seconds>) -> Result<bool, ActorProcessingErr> {
        if self.unread && !self.reading && self.resident.waiting() < MAILBOX_MAX {
            (self.unread, self.reading) = (false, true);
            let mail = self.machine.parts.boxes.mail(self.id(), self.resident.cursor(), MAIL_PAGE);
            self.soon(me, mail, Signal::Page)?;
            return Ok(!self.reading);
        }
        if let Some(at) = until.filter(|at| self.alarm.is_none_or(|alarm| *at < alarm)) {
            self.alarm = Some(at);
            let wait = u64::try_from(at - self.machine.parts.clock.now()).unwrap_or(0).max(1);
            let (machine, me) = (self.machine.clone(), me.clone());
            self.machine.tokio.spawn(async move {
                tokio::time::sleep(Duration::from_secs(wait)).await;
                Letter::tell(&machine, &me, Signal::Alarm);
            });
        }
        if self.resident.is_idle() && self.machine.is_crowded() {
            self.machine.shard(self.id()).evict();
        }
        Ok(false)
    }

    /// Hands a turn over. Its answer leaves with the receipt.
    fn commit(
        &mut self,
        me: &ActorRef<Letter>,
        seq: u64,
        record: TurnRecord,
        answer: Option<(TaskNo, Outcome<Value>)>,
    ) {
        let places = [self.machine.commits.enter(), self.commits.enter()];
        if self.machine.closed().is_some() {
            return;
        }
        self.machine.counts.turns.fetch_add(1, Ordering::SeqCst);
        let answer = answer.and_then(|(task, outcome)| Some((self.calls.remove(&task)?, outcome)));
        let receipt = self.machine.parts.boxes.commit(record);
        self.receipts.await_one(&self.machine, me, Handed { seq, receipt, answer, places });
    }

    /// Takes what a future brings: now if it is there, else as a signal.
    fn soon<T: Send + 'static>(
        &mut self,
        me: &ActorRef<Letter>,
        mut future: Later<T>,
        signal: impl FnOnce(T) -> Signal + Send + 'static,
    ) -> Handled {
        if let Some(value) = (&mut future).now_or_never() {
            return self.take(me, signal(value));
        }
        let (machine, me) = (self.machine.clone(), me.clone());
        self.machine.spawn(async move {
            let signal = AssertUnwindSafe(future.map(signal)).catch_unwind().await.unwrap_or(Signal::Lost);
            Letter::tell(&machine, &me, signal);
        });
        Ok(())
    }

    fn count_panics(&mut self) {
        let panics = self.resident.panics();
        self.machine.counts.panics.fetch_add(panics - self.panics, Ordering::SeqCst);
        self.panics = panics;
    }
}

/// The ractor actor: all it has is its state.
pub(super) struct Activation;

impl ractor::Actor for Activation {
    type Msg = Letter;
    type State = Active;
    type Arguments = Active;

    async fn pre_start(&self, _: ActorRef<Letter>, active: Active) -> Result<Active, ActorProcessingErr> {
        Ok(active)
    }

    async fn handle(&self, me: ActorRef<Letter>, letter: Letter, active: &mut Active) -> Handled {
        active.take(&me, letter.signal)?;
        active.drive(&me)
    }
}
