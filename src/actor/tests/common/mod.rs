//! What the tests of the runtime share: a counter, boxes whose commits a test lets through, a clock on tokio's time.

use pritchel_actor::sim::toy::{NoDocuments, ToyBoxes, ToyNaming};
use pritchel_actor::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

pub const MARKS: Rows<u64, u64> = Rows::new("marks");

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counter {
    pub count: u64,
}

methods! { Counter: CounterCall {
    Add     private, "", Told;
    Tell    private, "", Told;
    Mark    private, "", Told;
    Crash   private, "", Told;
    Consult private, "", Told;
    Launch  private, "", Told;
}}

/// Counts, and answers the count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Add {
    pub by: u64,
}

impl Method<Counter> for Add {
    type Answer = u64;
    fn turn(self, counter: &mut Counter, _: &mut Turn<'_>) -> Result<u64, Halt> {
        counter.count += self.by;
        Ok(counter.count)
    }
}

/// Has another counter count by one, so many times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tell {
    pub to: ActorId,
    pub times: u64,
}

impl Method<Counter> for Tell {
    type Answer = ();
    fn turn(self, _: &mut Counter, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let to = turn.look().introduce::<Counter>(&self.to);
        for _ in 0..self.times {
            turn.call(&to, Add { by: 1 })?;
        }
        Ok(())
    }
}

/// Writes the next row, and answers how many there are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {}

impl Method<Counter> for Mark {
    type Answer = u64;
    fn turn(self, _: &mut Counter, turn: &mut Turn<'_>) -> Result<u64, Halt> {
        let last = MARKS.page(turn, Page::last(&[], 1))?.last().map_or(0, |(number, _)| *number);
        MARKS.put(turn, &(last + 1), &last);
        Ok(last + 1)
    }
}

/// Panics, as a method with a mistake in it does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crash {}

impl Method<Counter> for Crash {
    type Answer = ();
    fn turn(self, _: &mut Counter, _: &mut Turn<'_>) -> Result<(), Halt> {
        panic!("a mistake");
    }
}

/// Launches a counter at a given address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Launch {
    pub at: ActorId,
}

impl Method<Counter> for Launch {
    type Answer = ();
    fn turn(self, _: &mut Counter, turn: &mut Turn<'_>) -> Result<(), Halt> {
        turn.launch_as(self.at, &Counter::default()).map(drop)
    }
}

/// Reads documents, and answers when the first of them was had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Consult {
    pub uris: Vec<String>,
}

impl Method<Counter> for Consult {
    type Answer = Seconds;
    fn turn(self, _: &mut Counter, turn: &mut Turn<'_>) -> Result<Seconds, Halt> {
        turn.need_all(self.uris.iter().cloned().map(Need::Document).collect())?;
        Ok(turn.document(&self.uris[0])?.at)
    }
}

impl Actor for Counter {
    const KIND: &'static str = "Counter";
    const SCHEMA: u16 = 1;
    type Call = CounterCall;
    fn gate(&self, _: &Act, _: &mut Look<'_, '_>) -> Result<Verdict<CounterCall>, Halt> {
        Ok(Verdict::Unsupported("a counter hears no acts".to_owned()))
    }
}

/// An actor of another kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Clerk {}

methods! { Clerk: ClerkCall { File private, "", Told; }}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct File {}

impl Method<Clerk> for File {
    type Answer = ();
    fn turn(self, _: &mut Clerk, _: &mut Turn<'_>) -> Result<(), Halt> {
        Ok(())
    }
}

impl Actor for Clerk {
    const KIND: &'static str = "Clerk";
    const SCHEMA: u16 = 1;
    type Call = ClerkCall;
    fn gate(&self, _: &Act, _: &mut Look<'_, '_>) -> Result<Verdict<ClerkCall>, Halt> {
        Ok(Verdict::Note)
    }
}

/// The count, and the rows, as committed.
pub struct Seen;

impl View<Counter> for Seen {
    type Answer = u64;
    fn look(&self, counter: &Counter, _: &Header, _: &mut Look<'_, '_>) -> Result<u64, Halt> {
        Ok(counter.count)
    }
}

type Receipt = oneshot::Sender<Result<Left, BoxError>>;

#[derive(Default)]
struct Inside {
    waiting: VecDeque<(TurnRecord, Receipt)>,
    broken: Option<BoxError>,
    next_error: Option<BoxError>,
    handed_over: BTreeMap<ActorId, u64>,
    opened: BTreeMap<ActorId, usize>,
    commits: usize,
    wrong: Vec<String>,
}

/// Toy boxes whose commits wait, in order, until the test lets them through. They notice what a node must not do.
pub struct SlowBoxes {
    pub toy: ToyBoxes,
    inside: Mutex<Inside>,
    /// Whether commits wait.
    pub held: AtomicBool,
    /// Whether reading a state takes a second.
    pub slow_to_open: AtomicBool,
    /// Whether the next reading of rows panics.
    pub panics: AtomicBool,
    /// Whether the next reading of rows finds them unreadable.
    pub unreadable: AtomicBool,
}

impl SlowBoxes {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Commits that wait.
    pub fn waiting(&self) -> usize {
        self.inside().waiting.len()
    }

    /// Commits handed over so far.
    pub fn commits(&self) -> usize {
        self.inside().commits
    }

    /// How often this actor's state was read.
    pub fn opened(&self, actor: &ActorId) -> usize {
        self.inside().opened.get(actor).copied().unwrap_or_default()
    }

    /// Everything that must not happen and did.
    pub fn wrong(&self) -> Vec<String> {
        self.inside().wrong.clone()
    }

    /// Lets the oldest commits through.
    pub fn release(&self, count: usize) {
        for _ in 0..count {
            let mut inside = self.inside();
            let Some((record, receipt)) = inside.waiting.pop_front() else { return };
            // A batch is readable before its receipt resolves, and before the next one is taken up.
            let result = self.apply(&mut inside, record);
            drop(inside);
            let _ = receipt.send(result);
        }
    }

    fn apply(&self, inside: &mut Inside, record: TurnRecord) -> Result<Left, BoxError> {
        if let Some(error) = &inside.broken {
            return Err(error.clone());
        }
        if let Some(error) = inside.next_error.take() {
            if !matches!(error, BoxError::Overtaken { .. }) {
                inside.broken = Some(error.clone());
            }
            return Err(error);
        }
        futures_util::FutureExt::now_or_never(self.toy.commit(record)).unwrap()
    }

    /// The next commit to be let through fails.
    pub fn fail_next(&self, error: BoxError) {
        self.inside().next_error = Some(error);
    }

    /// Puts a call into a mailbox, as if `from` had sent it.
    pub fn post<A: Actor>(&self, to: &ActorId, from: &str, method: impl Into<A::Call>) {
        let call = call_value::<A>(&method.into()).unwrap();
        self.toy.post(
            to,
            Message { from: ActorId::from(from), at: 0, what: What::Call { call, facet: None, promise: None } },
        );
    }

    pub fn count(&self, actor: &ActorId) -> u64 {
        self.toy.states()[actor].state.value()["count"].as_u64().unwrap()
    }
}

impl Boxes for SlowBoxes {
    fn open(&self, actor: &ActorId) -> Later<Result<Option<Stored>, BoxError>> {
        let mut inside = self.inside();
        *inside.opened.entry(actor.clone()).or_default() += 1;
        if inside.waiting.iter().any(|(record, _)| record.actor == *actor) {
            inside.wrong.push(format!("{actor} is opened while a commit of it is under way"));
        }
        let stored = self.toy.open(actor);
        let turn = self.toy.states().get(actor).map_or(0, |stored| stored.header.turn);
        inside.handed_over.insert(actor.clone(), turn);
        if !self.slow_to_open.load(Ordering::SeqCst) {
            return stored;
        }
        Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            stored.await
        })
    }

    fn find(&self, actor: &ActorId, needs: Vec<Need>) -> Later<Result<need::Found, BoxError>> {
        assert!(!self.panics.swap(false, Ordering::SeqCst), "a mistake in the boxes");
        if self.unreadable.swap(false, Ordering::SeqCst) {
            return Box::pin(async { Err(BoxError::Unreadable("a torn row".to_owned())) });
        }
        let found = self.toy.find(actor, needs);
        // Never there at once, so that reading is awaited too.
        Box::pin(async move {
            tokio::task::yield_now().await;
            found.await
        })
    }

    fn mail(&self, actor: &ActorId, after: Option<u64>, limit: usize) -> Later<Result<Vec<Mail>, BoxError>> {
        self.toy.mail(actor, after, limit)
    }

    fn send_back(&self, nobody: &ActorId, at: Seconds) -> Later<Result<Left, BoxError>> {
        self.toy.send_back(nobody, at)
    }

    fn commit(&self, record: TurnRecord) -> Later<Result<Left, BoxError>> {
        let (receipt, resolved) = oneshot::channel();
        let mut inside = self.inside();
        inside.commits += 1;
        let turn = record.stored.header.turn;
        let last = inside.handed_over.insert(record.actor.clone(), turn);
        if last.is_some_and(|last| last + 1 != turn) {
            inside.wrong.push(format!("{} hands over turn {turn} after {last:?}", record.actor));
        }
        if self.held.load(Ordering::SeqCst) || !inside.waiting.is_empty() {
            inside.waiting.push_back((record, receipt));
        } else {
            let _ = receipt.send(self.apply(&mut inside, record));
        }
        Box::pin(async move { resolved.await.unwrap_or_else(|_| Err(BoxError::Failed("no receipt".to_owned()))) })
    }
}

/// A clock that goes with tokio's time, which a test may pause.
pub struct TokioClock {
    began: Instant,
    seeds: AtomicU64,
}

pub const NOON: Seconds = 1_000_000;

impl Clock for TokioClock {
    fn now(&self) -> Seconds {
        NOON + self.began.elapsed().as_secs() as Seconds
    }
    fn seed(&self) -> [u8; 32] {
        let mut seed = [0; 32];
        seed[..8].copy_from_slice(&self.seeds.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        seed
    }
}

/// Documents that take a second each.
pub struct SlowDocuments;

impl Documents for SlowDocuments {
    fn fetch(&self, need: Need) -> Later<Evidence> {
        let found = NoDocuments.fetch(need);
        Box::pin(async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            Evidence { at: NOON, ..found.await }
        })
    }
}

/// A node over slow boxes, and what its runner was told.
pub struct Scene {
    pub boxes: Arc<SlowBoxes>,
    pub node: Node,
    pub left: Arc<Mutex<Vec<Left>>>,
}

impl Scene {
    pub async fn new(settings: Settings) -> Self {
        let boxes = Arc::new(SlowBoxes {
            toy: ToyBoxes::new(|_| true),
            inside: Mutex::default(),
            held: AtomicBool::new(false),
            slow_to_open: AtomicBool::new(false),
            panics: AtomicBool::new(false),
            unreadable: AtomicBool::new(false),
        });
        let left = Arc::<Mutex<Vec<Left>>>::default();
        let told = left.clone();
        let node = Node::start(NodeParts {
            boxes: boxes.clone(),
            documents: Arc::new(SlowDocuments),
            clock: Arc::new(TokioClock { began: Instant::now(), seeds: AtomicU64::new(0) }),
            naming: Arc::new(ToyNaming),
            kinds: Kinds::new().with::<Counter>().with::<Clerk>(),
            on_left: Arc::new(move |left| told.lock().unwrap().push(left.clone())),
            settings,
        });
        Self { boxes, node: node.await.unwrap(), left }
    }

    pub fn counter(&self, id: &str) -> ActorId {
        let id = ActorId::from(id);
        self.boxes.toy.plant(&id, &Counter::default());
        id
    }

    pub fn hold(&self) {
        self.boxes.held.store(true, Ordering::SeqCst);
    }

    /// Lets all commits through, from now on at once.
    pub fn let_go(&self) {
        self.boxes.held.store(false, Ordering::SeqCst);
        self.boxes.release(usize::MAX);
    }

    /// Calls from a task of its own.
    pub fn calls<M>(&self, actor: &ActorId, method: M) -> tokio::task::JoinHandle<Result<Outcome<M::Answer>, CallError>>
    where
        M: Method<Counter>,
        CounterCall: From<M>,
    {
        self.calls_as(actor, "edge", method)
    }

    /// Calls from a task of its own, as `caller`.
    pub fn calls_as<M>(
        &self,
        actor: &ActorId,
        caller: &str,
        method: M,
    ) -> tokio::task::JoinHandle<Result<Outcome<M::Answer>, CallError>>
    where
        M: Method<Counter>,
        CounterCall: From<M>,
    {
        let (node, actor, caller) = (self.node.clone(), actor.clone(), ActorId::from(caller));
        tokio::spawn(async move { node.call::<Counter, M>(&actor, &caller, method).await })
    }

    pub async fn add(&self, actor: &ActorId, by: u64) -> Result<Outcome<u64>, CallError> {
        self.node.call::<Counter, Add>(actor, &"edge".into(), Add { by }).await
    }
}

/// Waits until `done` holds; a minute is for ever.
pub async fn until(what: &str, mut done: impl FnMut() -> bool) {
    let waiting = async {
        while !done() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waiting).await.unwrap_or_else(|_| panic!("never came: {what}"));
}
