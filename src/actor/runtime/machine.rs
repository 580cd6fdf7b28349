//! What a node shares, and what becomes of a turn that was handed over.

use super::activation::Signal;
use super::gauge::{Gauge, Place, Woken};
use super::shard::Shard;
use super::slot::Call;
use super::{CallError, NodeParts, Stats};
use crate::key::ActorId;
use crate::limits::SHARDS;
use crate::outcome::Outcome;
use crate::port::{BoxError, Left};
use crate::turn::address_taken;
use serde_json::Value;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::runtime::Handle;

/// Numbers for whoever watches the node.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) turns: AtomicU64,
    pub(super) activations: AtomicU64,
    pub(super) passivations: AtomicU64,
    pub(super) panics: AtomicU64,
    pub(super) failures: AtomicU64,
}

/// What all parts of a node share.
pub(super) struct Machine {
    pub(super) parts: NodeParts,
    pub(super) tokio: Handle,
    pub(super) shards: Vec<Shard>,
    /// Entries of all directories.
    pub(super) resident: AtomicUsize,
    /// Whoever lets turns run: always none is needed when they run by themselves.
    pub(super) drivers: Arc<Gauge>,
    /// Messages to activations and tasks whose result will be one: while there are any, something may yet move.
    pub(super) busy: Arc<Gauge>,
    /// Turns handed over and not yet settled.
    pub(super) commits: Arc<Gauge>,
    /// Calls from the edge not yet answered.
    pub(super) calls: Arc<Gauge>,
    pub(super) woken: Woken,
    pub(super) failed: OnceLock<BoxError>,
    stopping: AtomicBool,
    pub(super) counts: Counts,
}

impl Machine {
    pub(super) fn new(mut parts: NodeParts, tokio: Handle) -> Arc<Self> {
        // With no room at all mail would wait for ever.
        parts.settings.resident_max = parts.settings.resident_max.max(1);
        Arc::new(Self {
            parts,
            tokio,
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            resident: AtomicUsize::new(0),
            drivers: Arc::default(),
            busy: Arc::default(),
            commits: Arc::default(),
            calls: Arc::default(),
            woken: Woken::default(),
            failed: OnceLock::new(),
            stopping: AtomicBool::new(false),
            counts: Counts::default(),
        })
    }

    /// The shard whose directory has this actor.
    pub(super) fn shard(&self, actor: &ActorId) -> &Shard {
        let mut hasher = DefaultHasher::new();
        actor.hash(&mut hasher);
        &self.shards[(hasher.finish() % SHARDS as u64) as usize]
    }

    /// Why nothing more is accepted, if so.
    pub(super) fn closed(&self) -> Option<CallError> {
        match self.failed.get() {
            Some(error) => Some(CallError::Failed(error.clone())),
            None => self.stopping.load(Ordering::SeqCst).then_some(CallError::Stopping),
        }
    }

    /// Whether turns may run now.
    pub(super) fn may_run(&self) -> bool {
        (self.parts.settings.background || self.drivers.count() > 0) && self.closed().is_none()
    }

    pub(super) fn is_full(&self) -> bool {
        self.resident.load(Ordering::SeqCst) >= self.parts.settings.resident_max
    }

    /// Takes the room of one actor in memory, if there is some. Looking and taking are one: two shards that look at the
    /// same time do not both take the last.
    pub(super) fn take_room(&self) -> bool {
        let max = self.parts.settings.resident_max;
        let more = |resident: usize| (resident < max).then_some(resident + 1);
        self.resident.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_ok()
    }

    /// Whether nothing moves and nobody waits to.
    pub(super) fn is_quiet(&self) -> bool {
        self.busy.count() == 0 && self.woken.is_empty()
    }

    /// An actor has mail.
    pub(super) fn wake(self: &Arc<Self>, actor: &ActorId) {
        if self.parts.settings.background {
            self.shard(actor).mail(self, actor);
        } else {
            self.wait(actor);
        }
    }

    /// An actor has mail, and is not to be opened now.
    pub(super) fn wait(&self, actor: &ActorId) {
        self.woken.wait(actor);
        self.busy.nudge();
    }

    /// A resident actor has something to do, and nobody drives the node.
    pub(super) fn pause(&self, actor: &ActorId) {
        self.woken.pause(actor);
        self.busy.nudge();
    }

    /// Has those run that wait to, as far as there is room.
    pub(super) fn admit(self: &Arc<Self>) {
        for actor in self.woken.take_paused() {
            self.shard(&actor).mail(self, &actor);
        }
        while !self.is_full() {
            let Some(actor) = self.woken.take_waiting() else {
                return;
            };
            self.shard(&actor).mail(self, &actor);
        }
    }

    /// Whether somebody waits for room in memory.
    pub(super) fn is_crowded(&self) -> bool {
        self.is_full() && self.woken.is_waiting()
    }

    /// There is one actor less in memory.
    pub(super) fn vacated(self: &Arc<Self>) {
        self.resident.fetch_sub(1, Ordering::SeqCst);
        if self.parts.settings.background {
            self.admit();
        }
        self.busy.nudge();
    }

    /// Has every shard put its longest idle actors to sleep.
    pub(super) fn evict(&self) {
        self.shards.iter().for_each(Shard::evict);
    }

    /// Does what follows from a receipt, and says what the actor is to be told. Answers leave from here alone.
    pub(super) fn receipt(
        self: &Arc<Self>,
        result: Result<Left, BoxError>,
        answer: Option<(Call, Outcome<Value>)>,
        seq: u64,
    ) -> Signal {
        match result {
            Ok(left) => {
                self.follow(&left);
                if let Some((call, outcome)) = answer {
                    call.answer(Ok(outcome));
                }
                Signal::Committed(seq)
            }
            Err(BoxError::Taken { address }) => {
                // Whoever is at the edge is told. A message is run again, and is then refused for what it finds.
                if let Some((call, _)) = answer {
                    call.answer(Ok(Outcome::Refused(address_taken(&address))));
                }
                Signal::Overtaken
            }
            Err(error) => {
                let overtaken = matches!(error, BoxError::Overtaken { .. });
                if overtaken {
                    tracing::error!("A turn is dropped: {error}. This must not happen; the actor is opened anew");
                } else {
                    self.fail(error.clone());
                }
                if let Some((call, _)) = answer {
                    call.answer(Err(error.into()));
                }
                if overtaken { Signal::Overtaken } else { Signal::Go }
            }
        }
    }

    /// Does what a durable batch left to do.
    pub(super) fn follow(self: &Arc<Self>, left: &Left) {
        for actor in &left.mail_for {
            self.wake(actor);
        }
        if *left != Left::default() {
            (self.parts.on_left)(left);
        }
    }

    /// Fail-stop. The first error counts.
    pub(super) fn fail(&self, error: BoxError) {
        if self.failed.set(error.clone()).is_ok() {
            tracing::error!("The node accepts nothing more: {error}");
            self.shards.iter().for_each(|shard| shard.clear(self));
            self.busy.nudge();
        }
    }

    /// Runs `work` beside the actors. While it runs the node is not quiet.
    pub(super) fn spawn(self: &Arc<Self>, work: impl Future<Output = ()> + Send + 'static) {
        let place: Place = self.busy.enter();
        self.tokio.spawn(async move {
            work.await;
            drop(place);
        });
    }

    pub(super) async fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.busy.nudge();
        // A turn is handed over only by who has entered this gauge before asking whether the node is closed.
        self.commits.zero().await;
        for shard in &self.shards {
            shard.clear(self);
            shard.stop().await;
        }
    }

    pub(super) fn turns(&self) -> u64 {
        self.counts.turns.load(Ordering::SeqCst)
    }

    pub(super) fn stats(&self) -> Stats {
        Stats {
            resident: self.resident.load(Ordering::SeqCst),
            calls: self.calls.count(),
            committing: self.commits.count(),
            turns: self.turns(),
            activations: self.counts.activations.load(Ordering::SeqCst),
            passivations: self.counts.passivations.load(Ordering::SeqCst),
            panics: self.counts.panics.load(Ordering::SeqCst),
            failures: self.counts.failures.load(Ordering::SeqCst),
        }
    }
}
