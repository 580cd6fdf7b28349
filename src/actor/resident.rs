//! A resident actor: one actor in memory, its waiting messages, its turns that are not yet durable. It does nothing by
//! itself: whoever drives it (the runtime, the simulator) asks for the next step, does what it says, and reports back.
//! - one turn at a time; messages of one sender in their order; a message that waits for a document holds only its sender
//! - a turn may run on the uncommitted result of the last one; what it causes waits for its own commit
//! - a method that panics is tried again after a pause, and set aside after the third time

use crate::ahead::Ahead;
use crate::effect::TurnRecord;
use crate::key::{ActorId, Naming, Seconds};
use crate::kind::{Held, Kind, Kinds, OpenError};
use crate::limits::{AHEAD_MAX, AHEAD_NEEDS_MAX, ATTEMPTS_MAX, DOCUMENTS_MAX, DOCUMENTS_S, PIPELINED_MAX, RUNS_MAX};
use crate::look::Overlay;
use crate::message::{Arrival, Mail};
use crate::need::{Evidence, Found, Need};
use crate::outcome::{Outcome, Refusal};
use crate::state::{Header, Stored};
use crate::vat::{Done, Run, Stop};
use serde_json::Value;
use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Names a task to whoever drives the actor.
pub type TaskNo = u64;

/// What is to be done for a resident actor.
pub enum Do {
    /// Find these rows and acts, then report [`Resident::loaded`]. Nothing else runs meanwhile.
    Load {
        /// For which task.
        task: TaskNo,
        /// What to find.
        needs: Vec<Need>,
    },
    /// Fetch these documents, then report [`Resident::fetched`] for each. Messages of other senders go on.
    Fetch {
        /// For which task.
        task: TaskNo,
        /// What to fetch.
        needs: Vec<Need>,
    },
    /// Commit this turn, then report [`Resident::committed`]; only then tell the edge its answer.
    Commit {
        /// Number of the commit.
        seq: u64,
        /// The turn.
        record: Box<TurnRecord>,
        /// The task at the edge that waits for the answer.
        answer: Option<(TaskNo, Outcome<Value>)>,
    },
    /// Tell the edge this now: its call left no trace.
    Tell {
        /// The task at the edge.
        task: TaskNo,
        /// The answer.
        answer: Outcome<Value>,
    },
    /// Nothing can be done until this time, or until something is reported.
    Rest {
        /// When a held message may be tried again.
        until: Option<Seconds>,
    },
}

enum Origin {
    Mail(Mail),
    Edge { caller: ActorId, call: Value },
}

struct Task {
    no: TaskNo,
    origin: Origin,
    found: Found,
    seed: [u8; 32],
    runs: usize,
    panics: u32,
    not_before: Seconds,
    fetching_since: Option<Seconds>,
    awaited: BTreeSet<Need>,
    asks_too_much: bool,
    unreadable: Option<String>,
    /// Its rows are looked for apart from those of others: one of them could not be read.
    apart: bool,
}

impl Task {
    fn sender(&self) -> &ActorId {
        match &self.origin {
            Origin::Mail(mail) => &mail.message.from,
            Origin::Edge { caller, .. } => caller,
        }
    }

    fn mail(&self) -> Option<&Mail> {
        match &self.origin {
            Origin::Mail(mail) => Some(mail),
            Origin::Edge { .. } => None,
        }
    }
}

/// One actor in memory.
pub struct Resident {
    id: ActorId,
    kind: Arc<dyn Kind>,
    held: Box<dyn Held>,
    header: Header,
    overlay: Overlay,
    ahead: Ahead,
    queue: VecDeque<Task>,
    loading: Option<TaskNo>,
    loaded: Option<TaskNo>,
    cursor: Option<Arrival>,
    next_task: TaskNo,
    next_commit: u64,
    durable: u64,
    shortened: u64,
    panics: u64,
}

impl Resident {
    /// The actor of a stored state.
    pub fn open(id: ActorId, stored: Stored, kinds: &Kinds) -> Result<Self, OpenError> {
        let held = kinds.open(&stored)?;
        let kind = kinds.get(&stored.kind).cloned().ok_or(OpenError::UnknownKind { found: stored.kind })?;
        Ok(Self {
            id,
            kind,
            held,
            header: stored.header,
            overlay: Overlay::new(),
            ahead: Ahead::default(),
            queue: VecDeque::new(),
            loading: None,
            loaded: None,
            cursor: None,
            next_task: 0,
            next_commit: 0,
            durable: 0,
            shortened: 0,
            panics: 0,
        })
    }

    /// Its address.
    pub fn id(&self) -> &ActorId {
        &self.id
    }

    /// The name of its kind.
    pub fn kind(&self) -> &'static str {
        self.kind.name()
    }

    /// How often one of its methods has panicked since it was opened.
    pub fn panics(&self) -> u64 {
        self.panics
    }

    /// The last message taken from the mailbox: later ones are to be read.
    pub fn cursor(&self) -> Option<Arrival> {
        self.cursor
    }

    /// How many messages wait in memory.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Whether it neither has nor awaits anything, so that it may be put to sleep.
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.durable == self.next_commit
    }

    /// Takes messages read from the mailbox. Ones it already has are left out.
    pub fn mail(&mut self, mail: Vec<Mail>, mut seed: impl FnMut() -> [u8; 32]) {
        for mail in mail {
            if self.cursor.is_some_and(|cursor| mail.arrival <= cursor) {
                continue;
            }
            self.cursor = Some(mail.arrival);
            self.push(Origin::Mail(mail), seed());
        }
    }

    /// Takes a call from the edge. Its answer is told under the number returned.
    pub fn edge(&mut self, caller: ActorId, call: Value, seed: [u8; 32]) -> TaskNo {
        self.push(Origin::Edge { caller, call }, seed)
    }

    fn push(&mut self, origin: Origin, seed: [u8; 32]) -> TaskNo {
        let no = self.next_task;
        self.next_task += 1;
        self.queue.push_back(Task {
            no,
            origin,
            found: Found::default(),
            seed,
            runs: 0,
            panics: 0,
            not_before: Seconds::MIN,
            fetching_since: None,
            awaited: BTreeSet::new(),
            asks_too_much: false,
            unreadable: None,
            apart: false,
        });
        no
    }

    /// Reports the rows and acts found for a task.
    pub fn loaded(&mut self, task: TaskNo, found: Found) {
        self.loading = None;
        self.loaded = Some(task);
        if self.ahead.awaited {
            self.ahead.take(found);
        } else if let Some(task) = self.queue.iter_mut().find(|waiting| waiting.no == task) {
            task.found.extend(found);
        }
    }

    /// Reports that the rows and acts wanted for a task cannot be read: it is set aside.
    pub fn not_loaded(&mut self, task: TaskNo, why: &str) {
        self.loading = None;
        if self.ahead.awaited {
            let ahead = std::mem::take(&mut self.ahead);
            self.queue.iter_mut().filter(|waiting| ahead.is_for(waiting.no)).for_each(|waiting| waiting.apart = true);
        } else if let Some(task) = self.queue.iter_mut().find(|waiting| waiting.no == task) {
            task.unreadable = Some(why.to_owned());
        }
    }

    /// Reports one fetched document or liveness check.
    pub fn fetched(&mut self, task: TaskNo, need: &Need, evidence: Evidence) {
        if let Some(task) = self.queue.iter_mut().find(|waiting| waiting.no == task) {
            task.awaited.remove(need);
            match need {
                Need::Document(uri) => task.found.document(uri.clone(), evidence),
                Need::Alive { uri, .. } => task.found.alive(uri.clone(), evidence),
                Need::Row { .. } | Need::Page(_) | Need::Act(_) | Need::Vacancy(_) => {}
            }
        }
    }

    /// Reports that a commit, and all before it, are durable.
    pub fn committed(&mut self, seq: u64) {
        self.durable = self.durable.max(seq);
        if self.is_idle() {
            self.overlay = Overlay::new();
        }
    }

    /// The next thing to do.
    pub fn step(&mut self, now: Seconds, naming: &dyn Naming) -> Do {
        if self.loading.is_some() || self.next_commit - self.durable >= PIPELINED_MAX as u64 {
            return Do::Rest { until: None };
        }
        loop {
            // Rows just read are used at once: an earlier turn's rows, laid over them, are let go when they are durable.
            let loaded = self.loaded.take().and_then(|no| self.queue.iter().position(|task| task.no == no));
            let Some(at) = loaded.or_else(|| self.runnable(now)) else {
                let until = self.queue.iter().map(|task| task.not_before).filter(|at| *at > now).min();
                return Do::Rest { until };
            };
            if let Some(load) = self.read_ahead(at, now, naming) {
                return load;
            }
            let Some(mut task) = self.queue.remove(at) else {
                return Do::Rest { until: None };
            };
            let next = self.run(&mut task, now, naming);
            if !matches!(next, Some(Do::Load { .. })) {
                self.ahead.leave(task.no);
            }
            if matches!(next, None | Some(Do::Load { .. } | Do::Fetch { .. })) {
                self.queue.insert(at, task);
            }
            if let Some(next) = next {
                return next;
            }
        }
    }

    /// The first task that may run: none of the same sender before it is held, and it awaits nothing.
    fn runnable(&self, now: Seconds) -> Option<usize> {
        let mut held: BTreeSet<&ActorId> = BTreeSet::new();
        for (at, task) in self.queue.iter().enumerate() {
            if held.contains(task.sender()) {
                continue;
            }
            if task.awaited.is_empty() && task.not_before <= now {
                return Some(at);
            }
            held.insert(task.sender());
        }
        None
    }

    /// Has what the messages from this one on will lack looked for in one go, if that was not done for this one. `None`: they
    /// lack nothing that can be told before they run.
    fn read_ahead(&mut self, at: usize, now: Seconds, naming: &dyn Naming) -> Option<Do> {
        let first = self.queue.get(at).filter(|task| task.runs == 0 && !task.apart && !self.ahead.is_for(task.no))?.no;
        self.ahead = Ahead::default();
        self.shorten_overlay();
        let (mut of, mut needs) = (BTreeSet::new(), BTreeSet::new());
        for task in self.queue.iter().skip(at).take(AHEAD_MAX).filter(|task| task.runs == 0 && !task.apart) {
            if needs.len() >= AHEAD_NEEDS_MAX {
                break;
            }
            of.insert(task.no);
            let foreseen = task.mail().map(|mail| {
                // A gate that panics does so again when its message runs, and is dealt with there.
                catch_unwind(AssertUnwindSafe(|| self.machine(task, now, naming).foresee(mail)))
            });
            needs.extend(foreseen.and_then(Result::ok).unwrap_or_default());
        }
        needs.retain(is_near);
        self.ahead = Ahead::of(of);
        if needs.is_empty() {
            return None;
        }
        (self.loading, self.ahead.awaited) = (Some(first), true);
        Some(Do::Load { task: first, needs: needs.into_iter().collect() })
    }

    /// Runs a task once. `None`: it is to be tried again later.
    fn run(&mut self, task: &mut Task, now: Seconds, naming: &dyn Naming) -> Option<Do> {
        if self.ahead.is_over() && task.found.rows.is_empty() && task.found.pages.is_empty() {
            // Rows found earlier must not lose what was laid over them, so only without such is the overlay shortened.
            self.shorten_overlay();
        }
        if let Some(why) = task.unreadable.take() {
            return Some(self.set_aside(task, &why, now, naming));
        }
        task.runs += 1;
        let late = task.fetching_since.is_some_and(|since| now - since > DOCUMENTS_S);
        let run = self.machine(task, now, naming);
        let result = if late || task.asks_too_much {
            let why = Refusal::new("evidence-unavailable", "the documents needed could not be had within the limits");
            match &task.origin {
                Origin::Mail(mail) => catch_unwind(AssertUnwindSafe(|| run.refuse(mail, &why))),
                Origin::Edge { .. } => {
                    return Some(Do::Tell { task: task.no, answer: Outcome::Refused(why) });
                }
            }
        } else if task.runs > RUNS_MAX {
            Ok(Err(Stop::Broken(format!("a method that asked for more {RUNS_MAX} times"))))
        } else {
            catch_unwind(AssertUnwindSafe(|| match &task.origin {
                Origin::Mail(mail) => run.mail(mail),
                Origin::Edge { caller, call } => run.edge(caller, call),
            }))
        };
        match result {
            Ok(Ok(done)) => Some(self.finish(task, done)),
            Ok(Err(Stop::Needs(needs))) => self.need(task, needs, now),
            Ok(Err(Stop::Broken(why))) => Some(self.set_aside(task, &why, now, naming)),
            Err(panic) => {
                task.panics += 1;
                self.panics += 1;
                let why = panic_text(panic.as_ref());
                tracing::error!(actor = %self.id, panics = task.panics, "A method of `{}` panicked: {why}", self.id);
                if task.panics >= ATTEMPTS_MAX {
                    return Some(self.set_aside(task, &why, now, naming));
                }
                task.found.forget_rows();
                task.not_before = now + (1 << (2 * (task.panics - 1)));
                None
            }
        }
    }

    /// Lets go of rows that are durable: seldom while turns are pipelined, since it goes through all of them.
    fn shorten_overlay(&mut self) {
        let durable = self.durable;
        if durable == self.next_commit || durable - self.shortened >= PIPELINED_MAX as u64 / 4 {
            self.overlay.retain(|_, (seq, _)| *seq > durable);
            self.shortened = durable;
        }
    }

    fn machine<'r>(&'r self, task: &'r Task, now: Seconds, naming: &'r dyn Naming) -> Run<'r> {
        Run {
            me: &self.id,
            kind: self.kind.name(),
            schema: self.kind.schema(),
            held: self.held.as_ref(),
            header: &self.header,
            found: &task.found,
            ahead: self.ahead.found(),
            overlay: &self.overlay,
            now,
            seed: task.seed,
            naming,
        }
    }

    /// Has the needs of a task met. `None`: it is to be run again, to be refused.
    fn need(&mut self, task: &mut Task, needs: Vec<Need>, now: Seconds) -> Option<Do> {
        let (near, far): (BTreeSet<Need>, BTreeSet<Need>) = needs.into_iter().partition(is_near);
        if far.is_empty() {
            self.loading = Some(task.no);
            return Some(Do::Load { task: task.no, needs: near.into_iter().collect() });
        }
        if task.found.documents_asked() + far.len() > DOCUMENTS_MAX {
            task.asks_too_much = true;
            return None;
        }
        // While documents are fetched other turns run, so the rows are to be read anew.
        task.found.forget_rows();
        task.fetching_since.get_or_insert(now);
        task.awaited = far.clone();
        Some(Do::Fetch { task: task.no, needs: far.into_iter().collect() })
    }

    fn set_aside(&mut self, task: &Task, why: &str, now: Seconds, naming: &dyn Naming) -> Do {
        tracing::error!(actor = %self.id, from = %task.sender(), "A message to `{}` is set aside: {why}", self.id);
        let done = task.mail().map(|mail| self.machine(task, now, naming).set_aside(mail, why));
        match done {
            Some(Ok(done)) => self.finish(task, done),
            _ => {
                let why = Refusal::new("broken", "the actor cannot do this now; the operator has been told");
                Do::Tell { task: task.no, answer: Outcome::Refused(why) }
            }
        }
    }

    fn finish(&mut self, task: &Task, done: Done) -> Do {
        self.next_commit += 1;
        let seq = self.next_commit;
        for row in &done.record.rows {
            self.overlay.insert((row.table.clone(), row.key.clone()), (seq, row.bytes.clone()));
        }
        self.held = done.held;
        self.header = done.record.stored.header.clone();
        let answer = matches!(task.origin, Origin::Edge { .. }).then_some((task.no, done.answer));
        Do::Commit { seq, record: Box::new(done.record), answer }
    }
}

/// Whether something is found in the boxes, and not fetched.
fn is_near(need: &Need) -> bool {
    !matches!(need, Need::Document(_) | Need::Alive { .. })
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".to_owned())
}

#[cfg(test)]
mod tests;
