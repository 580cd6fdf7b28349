//! The machine on ractor and tokio: a [`Node`] keeps the actors of one server running, over the ports of
//! [`crate::port`]. The only module that knows ractor.
//!
//! **What is ractor's part.** A resident actor is a ractor actor: one task, one message at a time, stop before messages,
//! a panic caught at its edge. It is linked to the supervisor of its shard, which is told how it ended, with its last
//! state. That is all we take from it. ractor has no bounds on mailboxes, no way to put an actor to sleep, no restart
//! policy, and its registry and groups are one for the whole process; so admission, passivation, back-off and the
//! directory are ours, and several nodes live in one process without knowing of each other.
//!
//! **What is tokio's part.** Whatever is not there at once (rows, documents, receipts of commits) is awaited in a task
//! that sends the result to the actor; an actor itself never waits, so it runs its next turn meanwhile.
//!
//! - [`Node`]: calls from the edge, views, waking, driving by hand, stopping
//! - `machine`: what a node shares; what happens when a commit is durable, and when one has failed
//! - `shard`, `slot`, `supervisor`: the directory: who is resident, who sleeps, who is held back; never two activations
//!   of one actor
//! - `activation`: one resident actor: does what [`crate::resident::Resident`] says
//! - `receipts`: waits for the receipts of an activation's turns
//! - `gauge`: counts that can be waited on
//!
//! **Order of things.** A turn is handed to the boxes, the next one runs on its result. When its receipt says that it is
//! durable, the receivers of its messages are woken, the runner is told what is left, and the caller at the edge gets its
//! answer, in this order; nothing of this happens before. If a commit fails, the node fails: nothing more is committed,
//! what is resident is dropped, and the failed commit is never tried again.

mod activation;
mod gauge;
mod machine;
mod receipts;
mod shard;
mod slot;
mod supervisor;

use crate::key::{ActorId, Naming};
use crate::kind::Kinds;
use crate::limits::{IDLE_S, RESIDENT_MAX};
use crate::method::{Actor, Method};
use crate::outcome::Outcome;
use crate::port::{BoxError, Boxes, Clock, Documents, Left};
use crate::turn::call_value;
use crate::view::{Brought, Vantage, View, ViewError, look_from};
use machine::Machine;
use slot::Ask;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// What a node is made of.
#[derive(Clone)]
pub struct NodeParts {
    /// The durable boxes.
    pub boxes: Arc<dyn Boxes>,
    /// Where documents come from.
    pub documents: Arc<dyn Documents>,
    /// Time and entropy.
    pub clock: Arc<dyn Clock>,
    /// How actors and acts are named.
    pub naming: Arc<dyn Naming>,
    /// The kinds of actors.
    pub kinds: Kinds,
    /// Told, after each durable turn that left something, what it left. Called on the actor's own thread: it hands on and
    /// returns, and does not panic.
    pub on_left: Arc<dyn Fn(&Left) + Send + Sync>,
    /// How the node runs.
    pub settings: Settings,
}

/// How a node runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long an actor without messages stays in memory.
    pub idle: Duration,
    /// Actors in memory. Above it the longest idle are put to sleep, and actors that have only mail wait; a call from the
    /// edge is admitted all the same.
    pub resident_max: usize,
    /// Whether turns run by themselves. If not, they run only while [`Node::run_waiting`] or [`Node::call`] waits.
    pub background: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { idle: Duration::from_secs(IDLE_S), resident_max: RESIDENT_MAX, background: true }
    }
}

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It was not started on a tokio runtime.
    #[error("a node is started on a tokio runtime, there is none here")]
    NoRuntime,
    /// A shard did not start.
    #[error("a shard did not start: {0}")]
    Shard(String),
}

/// Why a call from the edge has no outcome. Save for [`CallError::Failed`], nothing has happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// There is no such actor here, or it is of another kind.
    #[error("there is no such actor here")]
    NoActor,
    /// As many calls wait for this actor as may: to be tried again later.
    #[error("too many calls wait for this actor")]
    Busy,
    /// The node is being stopped.
    #[error("the node is stopping")]
    Stopping,
    /// The call or its answer is not of the shape its method gives it.
    #[error("a call or an answer of another shape: {0}")]
    Malformed(String),
    /// The store has failed, or this actor cannot be opened. If the call's own commit failed, it may have happened or not.
    #[error(transparent)]
    Failed(#[from] BoxError),
}

/// How a node is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Actors in memory, being opened or held back.
    pub resident: usize,
    /// Calls from the edge that are not yet answered.
    pub calls: usize,
    /// Turns handed over and not yet durable.
    pub committing: usize,
    /// Turns handed over since the node started.
    pub turns: u64,
    /// Actors opened.
    pub activations: u64,
    /// Actors put to sleep.
    pub passivations: u64,
    /// Methods that panicked.
    pub panics: u64,
    /// Actors that failed as a whole, or could not be opened, and were held back.
    pub failures: u64,
}

/// The actors of one server. A clone is the same node. It lives until it is stopped.
#[derive(Clone)]
pub struct Node(Arc<Machine>, Option<Arc<Brought>>);

impl Node {
    /// Starts a node. Nobody is woken: whoever knows which mailboxes hold mail does that.
    pub async fn start(parts: NodeParts) -> Result<Self, StartError> {
        let tokio = tokio::runtime::Handle::try_current().map_err(|_| StartError::NoRuntime)?;
        let machine = Machine::new(parts, tokio);
        for (at, shard) in machine.shards.iter().enumerate() {
            shard.start(&machine, at).await.map_err(|error| StartError::Shard(error.to_string()))?;
        }
        Ok(Self(machine, None))
    }

    /// Tells that an actor has mail. It may be called from any thread.
    pub fn wake(&self, actor: &ActorId) {
        self.0.wake(actor);
    }

    /// Calls a private method from the edge, as `caller`, and waits until its turn is durable.
    /// - [`Outcome::Unknown`]: the actor failed as a whole before the answer was known
    pub async fn call<A: Actor, M: Method<A>>(
        &self,
        actor: &ActorId,
        caller: &ActorId,
        method: M,
    ) -> Result<Outcome<M::Answer>, CallError>
    where
        A::Call: From<M>,
    {
        let call = call_value::<A>(&method.into()).map_err(|halt| CallError::Malformed(format!("{halt:?}")))?;
        let _driving = self.0.drivers.enter();
        let (reply, answer) = oneshot::channel();
        let ask = Ask { caller: caller.clone(), kind: A::KIND, call, reply };
        self.0.shard(actor).call(&self.0, actor, ask)?;
        let outcome = match answer.await {
            Ok(answer) => answer?,
            // Whoever held the call is gone, and the call with it.
            Err(_) => match self.0.closed() {
                Some(error) => return Err(error),
                None => return Ok(Outcome::Unknown),
            },
        };
        Ok(match outcome {
            Outcome::Done(value) => {
                Outcome::Done(serde_json::from_value(value).map_err(|e| CallError::Malformed(e.to_string()))?)
            }
            Outcome::Refused(why) => Outcome::Refused(why),
            Outcome::Unknown => Outcome::Unknown,
        })
    }

    /// Looks at what an actor has committed. Wakes nobody.
    pub async fn look<A: Actor, V: View<A>>(&self, actor: &ActorId, view: &V) -> Result<V::Answer, ViewError> {
        if let Some(error) = self.failed() {
            // A store that has failed may show what is not durable.
            return Err(error.into());
        }
        let parts = &self.0.parts;
        let brought = self.1.as_ref().and_then(|brought| brought.of(actor)).flatten();
        let vantage = Vantage {
            boxes: parts.boxes.as_ref(),
            kinds: &parts.kinds,
            naming: parts.naming.as_ref(),
            now: parts.clock.now(),
            brought: brought.as_ref(),
        };
        look_from(vantage, actor, view).await
    }

    /// The same node for one request, whose looks bring what is put there.
    #[must_use]
    pub fn bringing(&self) -> Self {
        Self(self.0.clone(), Some(Arc::default()))
    }

    /// What the looks of this request bring; `None`: it is the node itself, whose looks bring nothing.
    pub fn brought(&self) -> Option<&Brought> {
        self.1.as_deref()
    }

    /// Looks at an actor that has ended, as it was then.
    pub async fn look_back<A: Actor, V: View<A>>(&self, actor: &ActorId, view: &V) -> Result<V::Answer, ViewError> {
        if let Some(error) = self.failed() {
            return Err(error.into());
        }
        let parts = &self.0.parts;
        let (boxes, naming) = (parts.boxes.as_ref(), parts.naming.as_ref());
        crate::view::look_back(boxes, &parts.kinds, naming, parts.clock.now(), actor, view).await
    }

    /// Has all woken actors run until nothing moves or the budget ends, and answers how many turns the node ran
    /// meanwhile. Several may do this at once. What is held back until a later time is not waited for.
    pub async fn run_waiting(&self, budget: Duration) -> usize {
        let machine = &self.0;
        let before = machine.turns();
        let _driving = machine.drivers.enter();
        let quiet = machine.busy.until(|_| {
            machine.closed().is_some() || {
                machine.admit();
                machine.is_quiet()
            }
        });
        // Running out of budget is no error: what is left is still in the mailboxes.
        let _ = tokio::time::timeout(budget, quiet).await;
        usize::try_from(machine.turns() - before).unwrap_or(usize::MAX)
    }

    /// How the node is doing.
    pub fn stats(&self) -> Stats {
        self.0.stats()
    }

    /// Why the store failed, if it did. The node accepts nothing more.
    pub fn failed(&self) -> Option<BoxError> {
        self.0.failed.get().cloned()
    }

    /// Stops: accepts nothing more, waits until every turn handed over is durable and its caller told, then ends all
    /// actors. Calls whose turn has not run get [`CallError::Stopping`]; mail stays in the mailboxes.
    pub async fn stop(&self) {
        self.0.stop().await;
    }
}
