//! A resident actor: one actor in memory, its waiting messages, its turns that are not yet durable. It does nothing by
//! itself: whoever drives it (the runtime, the simulator) asks for the next step, does what it says, and reports back.
//! - one turn at a time; messages of one sender in their order; a message that waits for a document holds only its sender
//! - a turn may run on the uncommitted result of the last one; what it causes waits for its own commit
//! - a method that panics is tried again after a pause, and set aside after the third time

use crate::effect::TurnRecord;
use crate::key::{ActorId, Naming, Seconds};
use crate::kind::{Held, Kind, Kinds, OpenError};
use crate::limits::{ATTEMPTS_MAX, DOCUMENTS_MAX, DOCUMENTS_S, PIPELINED_MAX, RUNS_MAX};
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
        });
        no
    }

    /// Reports the rows and acts found for a task.
    pub fn loaded(&mut self, task: TaskNo, found: Found) {
        self.loading = None;
        self.loaded = Some(task);
        if let Some(task) = self.queue.iter_mut().find(|waiting| waiting.no == task) {
            task.found.extend(found);
        }
    }

    /// Reports that the rows and acts wanted for a task cannot be read: it is set aside.
    pub fn not_loaded(&mut self, task: TaskNo, why: &str) {
        self.loading = None;
        if let Some(task) = self.queue.iter_mut().find(|waiting| waiting.no == task) {
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
            let Some(mut task) = self.queue.remove(at) else {
                return Do::Rest { until: None };
            };
            if let Some(next) = self.run(&mut task, now, naming) {
                if matches!(next, Do::Load { .. } | Do::Fetch { .. }) {
                    self.queue.insert(at, task);
                }
                return next;
            }
            self.queue.insert(at, task);
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

    /// Runs a task once. `None`: it is to be tried again later.
    fn run(&mut self, task: &mut Task, now: Seconds, naming: &dyn Naming) -> Option<Do> {
        if task.found.rows.is_empty() && task.found.pages.is_empty() {
            // Rows found earlier in this run must not lose what was laid over them, so only here is the overlay shortened.
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
            overlay: &self.overlay,
            now,
            seed: task.seed,
            naming,
        }
    }

    /// Has the needs of a task met. `None`: it is to be run again, to be refused.
    fn need(&mut self, task: &mut Task, needs: Vec<Need>, now: Seconds) -> Option<Do> {
        let outside = |need: &Need| matches!(need, Need::Document(_) | Need::Alive { .. });
        let (far, near): (BTreeSet<Need>, BTreeSet<Need>) = needs.into_iter().partition(outside);
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

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::act::Act;
    use crate::look::Look;
    use crate::method::{Actor, Method, Verdict};
    use crate::outcome::Halt;
    use crate::rows::{Page, Rows};
    use crate::sim::toy::ToyNaming;
    use crate::turn::{Turn, call_value};
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    const LINES: Rows<u64, u64> = Rows::new("lines");

    #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
    pub struct Book {}

    crate::methods! { Book: BookCall {
        Write private, "", Told;
        Cite  private, "", Told;
    }}

    /// Adds a line and answers its number.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Write {}

    impl Method<Book> for Write {
        type Answer = u64;
        fn turn(self, _: &mut Book, turn: &mut Turn<'_>) -> Result<u64, Halt> {
            let number = LINES.page(turn, Page::last(&[], 1))?.first().map_or(1, |(last, _)| last + 1);
            LINES.put(turn, &number, &number);
            Ok(number)
        }
    }

    /// Reads documents.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Cite {
        pub uris: Vec<String>,
    }

    impl Method<Book> for Cite {
        type Answer = usize;
        fn turn(self, _: &mut Book, turn: &mut Turn<'_>) -> Result<usize, Halt> {
            turn.need_all(self.uris.iter().cloned().map(Need::Document).collect())?;
            Ok(self.uris.len())
        }
    }

    impl Actor for Book {
        const KIND: &'static str = "Book";
        const SCHEMA: u16 = 1;
        type Call = BookCall;
        fn gate(&self, _: &Act, _: &mut Look<'_, '_>) -> Result<Verdict<BookCall>, Halt> {
            Ok(Verdict::Note)
        }
    }

    fn book() -> Resident {
        Resident::open("book".into(), Stored::new(&Book {}).unwrap(), &Kinds::new().with::<Book>()).unwrap()
    }

    fn ask(book: &mut Resident, caller: &str, call: impl Into<BookCall>) -> TaskNo {
        book.edge(caller.into(), call_value::<Book>(&call.into()).unwrap(), [0; 32])
    }

    fn cite(uris: usize) -> Cite {
        Cite { uris: (0..uris).map(|number| number.to_string()).collect() }
    }

    fn step(book: &mut Resident) -> Do {
        book.step(0, &ToyNaming)
    }

    /// Loads what the next task wants from an empty box.
    fn load_nothing(book: &mut Resident) -> (TaskNo, Found) {
        let Do::Load { task, needs } = step(book) else { panic!("expected a load") };
        let mut found = Found::default();
        for need in needs {
            let Need::Page(want) = need else { panic!("expected a page, found {need:?}") };
            found.page(want, Vec::new());
        }
        (task, found)
    }

    fn answer(book: &mut Resident) -> (u64, TaskNo, Value) {
        match step(book) {
            Do::Commit { seq, answer: Some((task, Outcome::Done(answer))), .. } => (seq, task, answer),
            _ => panic!("expected a commit"),
        }
    }

    fn fetched(book: &mut Resident, task: TaskNo, needs: &[Need]) {
        for need in needs {
            let evidence = Evidence { found: Ok(Arc::new(json!({}))), at: 0 };
            book.fetched(task, need, evidence);
        }
    }

    #[test]
    fn rows_read_before_a_turn_became_durable_do_not_hide_what_that_turn_wrote() {
        let mut book = book();
        let cited = ask(&mut book, "x", cite(1));
        let Do::Fetch { needs, .. } = step(&mut book) else { panic!("expected a fetch") };
        ask(&mut book, "y", Write {});
        let (task, nothing) = load_nothing(&mut book);
        book.loaded(task, nothing);
        assert_eq!(answer(&mut book).2, json!(1));
        // The second line's page is read while the first line is not yet durable. Then all happens at once.
        let second = ask(&mut book, "z", Write {});
        let (task, nothing) = load_nothing(&mut book);
        book.committed(1);
        fetched(&mut book, cited, &needs);
        book.loaded(task, nothing);
        assert_eq!(answer(&mut book), (2, second, json!(2)));
        assert_eq!(answer(&mut book), (3, cited, json!(1)));
    }

    #[test]
    fn a_message_that_waits_holds_its_sender_alone_and_then_goes_first() {
        let mut book = book();
        let first = ask(&mut book, "x", cite(2));
        let Do::Fetch { needs, .. } = step(&mut book) else { panic!("expected a fetch") };
        let second = ask(&mut book, "x", cite(0));
        let other = ask(&mut book, "y", cite(0));
        assert_eq!(answer(&mut book).1, other);
        fetched(&mut book, first, &needs[..1]);
        assert!(matches!(step(&mut book), Do::Rest { until: None }));
        fetched(&mut book, first, &needs[1..]);
        assert_eq!((answer(&mut book).1, answer(&mut book).1), (first, second));
    }

    #[test]
    fn a_call_fetches_as_many_documents_as_it_may_and_not_one_more() {
        let mut book = book();
        ask(&mut book, "x", cite(DOCUMENTS_MAX));
        assert!(matches!(step(&mut book), Do::Fetch { needs, .. } if needs.len() == DOCUMENTS_MAX));
        let greedy = ask(&mut book, "y", cite(DOCUMENTS_MAX + 1));
        let Do::Tell { task, answer: Outcome::Refused(why) } = step(&mut book) else { panic!("expected a refusal") };
        assert_eq!((task, why.code.as_str()), (greedy, "evidence-unavailable"));
    }

    #[test]
    fn a_document_asked_for_twice_is_fetched_once() {
        let mut book = book();
        ask(&mut book, "x", Cite { uris: vec!["a".to_owned(), "a".to_owned()] });
        assert!(matches!(step(&mut book), Do::Fetch { needs, .. } if needs.len() == 1));
    }

    #[test]
    fn documents_that_come_too_late_are_no_evidence() {
        let mut book = book();
        let cited = ask(&mut book, "x", cite(1));
        let Do::Fetch { needs, .. } = step(&mut book) else { panic!("expected a fetch") };
        fetched(&mut book, cited, &needs);
        let late = book.step(DOCUMENTS_S + 1, &ToyNaming);
        assert!(matches!(late, Do::Tell { answer: Outcome::Refused(why), .. } if why.code == "evidence-unavailable"));
    }

    #[test]
    fn rows_that_cannot_be_read_set_their_message_aside_and_no_other() {
        let mut book = book();
        let broken = ask(&mut book, "x", Write {});
        let (task, _) = load_nothing(&mut book);
        book.not_loaded(task, "a torn row");
        let Do::Tell { task, answer: Outcome::Refused(why) } = step(&mut book) else { panic!("expected a refusal") };
        assert_eq!((task, why.code.as_str()), (broken, "broken"));
        ask(&mut book, "x", cite(0));
        assert_eq!(answer(&mut book).0, 1);
    }

    #[test]
    fn no_more_turns_are_handed_over_than_may_be_under_way() {
        let mut book = book();
        for _ in 0..=PIPELINED_MAX {
            ask(&mut book, "x", cite(0));
        }
        for _ in 0..PIPELINED_MAX {
            answer(&mut book);
        }
        assert!(matches!(step(&mut book), Do::Rest { until: None }));
        assert!(!book.is_idle());
        book.committed(1);
        assert_eq!(answer(&mut book).0, PIPELINED_MAX as u64 + 1);
        book.committed(PIPELINED_MAX as u64 + 1);
        assert!(book.is_idle());
    }
}
