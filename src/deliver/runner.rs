//! The one runner of everything that has to move: deliveries, fan-outs, reminders, messages to mailboxes that were full, jobs,
//! acts sought. All of it lies in the store as lanes; the runner claims what is due, does one step, and says what becomes of
//! it. It keeps nothing that it could not find again.
//!
//! In the background it sleeps until something becomes due or a turn leaves something. Without background tasks a pump makes
//! the same progress, and any number of pumps and workers may run at once: each lane is leased to one of them.
//!
//! - [`Runner`]: this; [`Bell`]: how it learns that a turn left something; `desks`: which kinds share a bound
//! - [`PumpReport`]: what a pump moved

mod desks;
mod keeping;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pritchel_actor::{Clock, Left, Seconds};
use pritchel_box_store::work::{Extra, Lease, Next, WorkError};
use pritchel_box_store::{BoxStore, keys};
use serde::Serialize;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::keys::KeyRing;
use crate::lanes::delivery::Deliveries;
use crate::lanes::job::Jobs;
use crate::lanes::seek::Seeker;
use crate::limits::{BUSY_S, LANES_PER_ORIGIN_MAX, REST_MAX_MS, REST_MIN_MS};
use crate::turns::Turns;
use desks::{DESKS, Desk};
use keeping::Keeping;

/// Mailboxes that are woken at once.
const WOKEN_PAGE: usize = 1024;
/// How long a pump lets the actors run before it looks after its steps again.
const PUMP_TURNS: Duration = Duration::from_millis(200);

/// Rings when a turn left something to do. It is made before the node and before the runner, and given to both.
#[derive(Clone, Default)]
pub struct Bell(Arc<[Notify; DESKS.len()]>);

impl Bell {
    /// What a node is to call after a turn.
    pub fn hook(&self) -> Arc<dyn Fn(&Left) + Send + Sync> {
        let bell = self.clone();
        Arc::new(move |left| {
            if left.work || left.remind_at.is_some() {
                bell.ring();
            }
        })
    }

    /// Wakes every desk.
    pub fn ring(&self) {
        self.0.iter().for_each(Notify::notify_one);
    }
}

/// What a pump moved.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PumpReport {
    /// Turns run.
    pub turns: u64,
    /// Steps done, by kind of lane.
    pub moved: BTreeMap<String, u64>,
    /// Lanes that are still due, by kind.
    pub still_due: BTreeMap<String, u64>,
    /// When the next thing becomes due; in the past if something is due now.
    pub next_due: Option<Seconds>,
    /// Milliseconds it took.
    pub took_ms: u64,
}

/// What a runner is made of.
pub(crate) struct Parts {
    pub boxes: BoxStore,
    pub deliveries: Deliveries,
    pub jobs: Jobs,
    pub seeker: Seeker,
    pub keys: KeyRing,
    pub clock: Arc<dyn Clock>,
    pub turns: Arc<dyn Turns>,
    pub bell: Bell,
}

/// The runner. Cheap to clone.
#[derive(Clone)]
pub struct Runner(Arc<Inner>);

struct Inner {
    parts: Parts,
    slots: [Arc<Semaphore>; DESKS.len()],
    /// Lanes of deliveries at work, by origin.
    busy: Mutex<HashMap<String, u32>>,
    keeping: Keeping,
}

/// What messages in mailboxes are called among what is still due.
const MAIL: &str = "mail";

impl Runner {
    pub(crate) fn new(parts: Parts) -> Self {
        let slots = DESKS.map(|desk| Arc::new(Semaphore::new(desk.most)));
        Self(Arc::new(Inner { parts, slots, busy: Mutex::default(), keeping: Keeping::default() }))
    }

    /// What is being done at this moment, by what it is, and how much may be.
    pub fn in_use(&self) -> [(&'static str, usize, usize); DESKS.len()] {
        let mut slots = self.0.slots.iter();
        DESKS.map(|desk| {
            let free = slots.next().map_or(desk.most, |slots| slots.available_permits());
            (desk.name, desk.most.saturating_sub(free), desk.most)
        })
    }

    /// Moves what is due, as it becomes due, until `stop` says so; then waits for the steps under way.
    pub async fn run_background(&self, stop: watch::Receiver<bool>) {
        self.wake_all();
        let mut tasks = JoinSet::new();
        for at in 0..DESKS.len() {
            let (runner, stop) = (self.clone(), stop.clone());
            tasks.spawn(async move { runner.run_desk(at, stop).await });
        }
        let (runner, halt) = (self.clone(), stop.clone());
        tasks.spawn(async move { runner.0.keeping.run(&runner.0.parts, halt).await });
        let keys = self.0.parts.keys.clone();
        tasks.spawn(async move { keys.keep_filled(stop).await });
        while tasks.join_next().await.is_some() {}
    }

    /// Moves what is due now, turns included, until nothing moves or the budget ends. Steps begun are not broken off.
    pub async fn pump(&self, budget: Duration) -> PumpReport {
        let (begun, mut report) = (Instant::now(), PumpReport::default());
        let deadline = begun + budget;
        let mut steps = JoinSet::new();
        loop {
            self.wake_all();
            let mut claimed = 0;
            for at in 0..DESKS.len() {
                claimed += self.claim(at, &mut steps).await;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let share = if steps.is_empty() { left } else { left.min(PUMP_TURNS) };
            let turns = self.0.parts.turns.run_waiting(share).await;
            report.turns += u64::try_from(turns).unwrap_or_default();
            while let Some(done) = steps.try_join_next() {
                report.count(done.ok());
            }
            if Instant::now() >= deadline || self.0.parts.turns.has_failed() {
                break;
            }
            if claimed > 0 || turns > 0 {
                continue;
            }
            match tokio::time::timeout_at(deadline, steps.join_next()).await {
                Ok(Some(done)) => report.count(done.ok()),
                Ok(None) | Err(_) => break,
            }
        }
        // What was begun ends by itself; if this process ends first, the leases run out.
        steps.detach_all();
        self.0.keeping.step(&self.0.parts).await;
        let now = self.0.parts.clock.now();
        for (kind, count) in self.0.parts.boxes.work_counts(now) {
            if count.due > 0 {
                report.still_due.insert(kind, u64::try_from(count.due).unwrap_or_default());
            }
        }
        let mail = self.0.parts.boxes.mail_waiting();
        if mail > 0 {
            report.still_due.insert(MAIL.to_owned(), u64::try_from(mail).unwrap_or_default());
        }
        report.next_due = self.0.parts.boxes.next_due();
        report.took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        report
    }

    /// Wakes every actor that has mail.
    pub fn wake_all(&self) {
        let mut after = None;
        loop {
            let page = self.0.parts.boxes.actors_with_mail(after.as_ref(), WOKEN_PAGE);
            page.iter().for_each(|actor| self.0.parts.turns.wake(actor));
            match page.into_iter().nth(WOKEN_PAGE - 1) {
                Some(last) => after = Some(last),
                None => return,
            }
        }
    }

    async fn run_desk(&self, at: usize, mut stop: watch::Receiver<bool>) {
        let mut steps = JoinSet::new();
        while !*stop.borrow() && !self.0.parts.turns.has_failed() {
            while steps.try_join_next().is_some() {}
            if self.claim(at, &mut steps).await > 0 {
                continue;
            }
            let rest = self.rest();
            tokio::select! {
                () = self.0.parts.bell.0[at].notified() => {}
                () = tokio::time::sleep(rest) => {}
                // A slot is free again, or a lane goes on.
                Some(_) = steps.join_next() => {}
                _ = stop.wait_for(|stop| *stop) => {}
            }
        }
        while steps.join_next().await.is_some() {}
    }

    /// How long to sleep if nobody rings.
    fn rest(&self) -> Duration {
        let now = self.0.parts.clock.now();
        let until = self.0.parts.boxes.next_due().map(|due| due.saturating_sub(now).max(0));
        let wait =
            until.and_then(|wait| u64::try_from(wait).ok()).map_or(REST_MAX_MS, |wait| wait.saturating_mul(1000));
        Duration::from_millis(wait.clamp(REST_MIN_MS, REST_MAX_MS))
    }

    /// Claims what is due at a desk, as far as it has room, and begins a step for each. Answers how many.
    async fn claim(&self, at: usize, steps: &mut JoinSet<Option<String>>) -> usize {
        let Desk { kinds, .. } = DESKS[at];
        let mut slots = Vec::new();
        while slots.len() < WOKEN_PAGE
            && let Ok(slot) = self.0.slots[at].clone().try_acquire_owned()
        {
            slots.push(slot);
        }
        if slots.is_empty() {
            return 0;
        }
        let now = self.0.parts.clock.now();
        let leases = match self.0.parts.boxes.due(now, kinds, slots.len()).await {
            Ok(leases) => leases,
            Err(error) => {
                tracing::error!("What is due cannot be found: {error}");
                return 0;
            }
        };
        let claimed = leases.len();
        for (lease, slot) in leases.into_iter().zip(slots) {
            let runner = self.clone();
            steps.spawn(async move {
                let kind = keys::lane_kind(&lease.item.lane).to_owned();
                let moved = Box::pin(runner.step(lease)).await;
                drop(slot);
                moved.then_some(kind)
            });
        }
        claimed
    }

    /// Does one step. Answers whether something moved.
    async fn step(&self, lease: Lease) -> bool {
        let lane = lease.item.lane.clone();
        match Box::pin(self.stepped(lease)).await {
            Ok(left) => {
                left.mail_for.iter().for_each(|actor| self.0.parts.turns.wake(actor));
                if left.work || left.remind_at.is_some() {
                    self.0.parts.bell.ring();
                }
                true
            }
            // Somebody else has it: nothing was changed.
            Err(WorkError::Lost { .. }) => false,
            Err(error) => {
                tracing::error!(lane = %lane.escape_debug(), "A step failed, the lane goes on when its lease has run out: {error}");
                false
            }
        }
    }

    async fn stepped(&self, mut lease: Lease) -> Result<Left, WorkError> {
        let parts = &self.0.parts;
        let (next, extra, mut left) = match keys::lane_kind(&lease.item.lane) {
            "delivery" => {
                let Some(_busy) = self.busy(&lease.item.lane) else {
                    let at = parts.clock.now() + BUSY_S;
                    let next = Next::Again { at, data: lease.item.data.clone() };
                    return parts.boxes.finish(lease, next, Extra::default()).await;
                };
                let (next, extra) = parts.deliveries.step(&lease).await?;
                (next, extra, Left::default())
            }
            "job" => {
                let (next, extra) = parts.jobs.step(&mut lease).await?;
                (next, extra, Left::default())
            }
            "seek" => parts.seeker.step(&lease).await?,
            _ => return parts.boxes.advance(lease, parts.clock.now()).await,
        };
        let more = parts.boxes.finish(lease, next, extra).await?;
        left.mail_for.extend(more.mail_for);
        left.work |= more.work;
        Ok(left)
    }

    /// Takes one of the places of the lane's origin, if there is one.
    fn busy(&self, lane: &str) -> Option<Busy<'_>> {
        let origin = lane.split('\0').next().unwrap_or(lane).to_owned();
        let mut busy = self.0.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let count = busy.entry(origin.clone()).or_default();
        if *count >= LANES_PER_ORIGIN_MAX {
            return None;
        }
        *count += 1;
        Some(Busy { busy: &self.0.busy, origin })
    }
}

/// A place of an origin, given back when it is dropped.
struct Busy<'r> {
    busy: &'r Mutex<HashMap<String, u32>>,
    origin: String,
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        let mut busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = busy.get_mut(&self.origin) {
            *count -= 1;
            if *count == 0 {
                busy.remove(&self.origin);
            }
        }
    }
}

impl PumpReport {
    fn count(&mut self, kind: Option<Option<String>>) {
        if let Some(kind) = kind.flatten() {
            *self.moved.entry(kind).or_default() += 1;
        }
    }
}
