//! The same machine on a seeded scheduler. One thread, no clock, no disk: what runs next is drawn from a seed, so a run
//! can be had again, byte for byte.
//! - [`Sim`]: the residents of one node, driven step by step over any [`Boxes`]
//! - [`toy`]: boxes in memory for the library's own tests and example, with a far side that the test carries by hand

pub mod toy;

use crate::key::{ActorId, Naming, Seconds};
use crate::kind::Kinds;
use crate::method::Actor;
use crate::need::{Evidence, Need};
use crate::outcome::Outcome;
use crate::port::{BoxError, Boxes, Documents, Later, Left};
use crate::resident::{Do, Resident, TaskNo};
use crate::turn::{address_taken, call_value};
use futures_util::FutureExt;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Names a call made at the edge.
pub type Ticket = u64;

struct Commit {
    actor: ActorId,
    seq: u64,
    answer: Option<(TaskNo, Outcome<Value>)>,
    receipt: Later<Result<Left, BoxError>>,
}

struct Fetch {
    actor: ActorId,
    task: TaskNo,
    need: Need,
    found: Later<Evidence>,
}

/// A node's actors on a seeded scheduler.
pub struct Sim {
    boxes: Arc<dyn Boxes>,
    documents: Arc<dyn Documents>,
    kinds: Kinds,
    naming: Arc<dyn Naming>,
    entropy: ChaCha20Rng,
    residents: BTreeMap<ActorId, Resident>,
    awake: BTreeSet<ActorId>,
    /// Actors one of whose turns was not taken: opened anew when all their turns are settled.
    leaving: BTreeSet<ActorId>,
    commits: Vec<Commit>,
    fetches: Vec<Fetch>,
    calls: BTreeMap<(ActorId, TaskNo), Ticket>,
    answers: BTreeMap<Ticket, Outcome<Value>>,
    next_ticket: Ticket,
    left: Left,
    failed: Option<BoxError>,
}

impl Sim {
    /// A node over `boxes`. Everything it draws comes from `seed`.
    pub fn new(
        boxes: Arc<dyn Boxes>,
        documents: Arc<dyn Documents>,
        kinds: Kinds,
        naming: Arc<dyn Naming>,
        seed: u64,
    ) -> Self {
        Self {
            boxes,
            documents,
            kinds,
            naming,
            entropy: ChaCha20Rng::seed_from_u64(seed),
            residents: BTreeMap::new(),
            awake: BTreeSet::new(),
            leaving: BTreeSet::new(),
            commits: Vec::new(),
            fetches: Vec::new(),
            calls: BTreeMap::new(),
            answers: BTreeMap::new(),
            next_ticket: 0,
            left: Left::default(),
            failed: None,
        }
    }

    /// Tells the node that an actor has mail.
    pub fn wake(&mut self, actor: &ActorId) {
        self.awake.insert(actor.clone());
    }

    /// Calls a private method from the edge, as `caller`.
    pub fn call<A: Actor>(&mut self, actor: &ActorId, caller: &ActorId, method: impl Into<A::Call>) -> Ticket {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let Ok(call) = call_value::<A>(&method.into()) else {
            return ticket;
        };
        if !self.open(actor) {
            let why = crate::outcome::Refusal::new("no-such-actor", format!("{actor} is not here"));
            self.answers.insert(ticket, Outcome::Refused(why));
            return ticket;
        }
        let seed = self.seed();
        if let Some(resident) = self.residents.get_mut(actor) {
            let task = resident.edge(caller.clone(), call, seed);
            self.calls.insert((actor.clone(), task), ticket);
        }
        ticket
    }

    /// The answer to a call, once it is durable.
    pub fn answer(&mut self, ticket: Ticket) -> Option<Outcome<Value>> {
        self.answers.remove(&ticket)
    }

    /// What committed turns left for a runner since this was last asked.
    pub fn left(&mut self) -> Left {
        std::mem::take(&mut self.left)
    }

    /// Why the store failed, if it did. The node does nothing more.
    pub fn failed(&self) -> Option<&BoxError> {
        self.failed.as_ref()
    }

    /// Forgets all that is only in memory, as a crash does. Calls at the edge are never answered.
    pub fn crash(&mut self) {
        self.residents.clear();
        self.awake.clear();
        self.leaving.clear();
        self.commits.clear();
        self.fetches.clear();
        self.calls.clear();
        self.failed = None;
    }

    /// Puts idle actors to sleep.
    pub fn passivate(&mut self) {
        self.residents.retain(|_, resident| !resident.is_idle());
    }

    /// Does one thing, drawn at random among those possible. `false`: nothing is possible now.
    pub fn step(&mut self, now: Seconds) -> bool {
        if self.failed.is_some() {
            return false;
        }
        let mut order: Vec<u8> = vec![0, 1, 2];
        if self.draw(2) == 0 {
            order.reverse();
        }
        order.into_iter().any(|what| match what {
            0 => self.step_commit(),
            1 => self.step_fetch(),
            _ => self.step_actor(now),
        })
    }

    /// Steps until nothing is possible. Returns how many steps that took.
    pub fn settle(&mut self, now: Seconds) -> usize {
        let mut steps = 0;
        while self.step(now) {
            steps += 1;
        }
        steps
    }

    /// A number below `bound`, from the seed.
    pub fn draw(&mut self, bound: usize) -> usize {
        (self.entropy.next_u64() % bound.max(1) as u64) as usize
    }

    fn seed(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.entropy.fill_bytes(&mut seed);
        seed
    }

    fn step_commit(&mut self) -> bool {
        // Commits become durable in the order of their submission.
        let mut any = false;
        while let Some(commit) = self.commits.first_mut() {
            let Some(result) = commit.receipt.as_mut().now_or_never() else {
                break;
            };
            let commit = self.commits.remove(0);
            any = true;
            match result {
                Ok(left) => {
                    if let Some(resident) = self.residents.get_mut(&commit.actor) {
                        resident.committed(commit.seq);
                    }
                    if let Some((task, answer)) = commit.answer {
                        self.tell(&commit.actor, task, answer);
                    }
                    self.awake.extend(left.mail_for.iter().cloned());
                    self.left.work |= left.work;
                    self.left.mail_for.extend(left.mail_for);
                }
                Err(BoxError::Taken { address }) => {
                    let why = Outcome::Refused(address_taken(&address));
                    commit.answer.into_iter().for_each(|(task, _)| self.tell(&commit.actor, task, why.clone()));
                    self.leave(&commit.actor);
                }
                // It was run on the result of one that was not taken.
                Err(BoxError::Overtaken { .. }) if self.leaving.contains(&commit.actor) => {}
                Err(error) => {
                    self.failed = Some(error);
                    return true;
                }
            }
            if self.leaving.contains(&commit.actor) && self.is_settled(&commit.actor) {
                self.leaving.remove(&commit.actor);
                self.awake.insert(commit.actor);
            }
            if self.draw(2) == 0 {
                break;
            }
        }
        any
    }

    /// Forgets an actor in memory. Calls from the edge that have not run are never answered.
    fn leave(&mut self, actor: &ActorId) {
        self.residents.remove(actor);
        self.fetches.retain(|fetch| fetch.actor != *actor);
        self.calls.retain(|(of, _), _| of != actor);
        self.leaving.insert(actor.clone());
    }

    fn is_settled(&self, actor: &ActorId) -> bool {
        self.commits.iter().all(|commit| commit.actor != *actor)
    }

    fn step_fetch(&mut self) -> bool {
        if self.fetches.is_empty() {
            return false;
        }
        let at = self.draw(self.fetches.len());
        let Some(evidence) = self.fetches[at].found.as_mut().now_or_never() else {
            return false;
        };
        let fetch = self.fetches.remove(at);
        if let Some(resident) = self.residents.get_mut(&fetch.actor) {
            resident.fetched(fetch.task, &fetch.need, evidence);
        }
        true
    }

    fn step_actor(&mut self, now: Seconds) -> bool {
        let waiting = self.residents.iter().filter(|(_, resident)| resident.waiting() > 0).map(|(id, _)| id);
        let mut able: Vec<ActorId> = self.awake.iter().chain(waiting).cloned().collect();
        able.sort();
        able.dedup();
        while !able.is_empty() {
            let at = self.draw(able.len());
            let actor = able.swap_remove(at);
            if self.step_one(&actor, now) {
                return true;
            }
        }
        false
    }

    fn step_one(&mut self, actor: &ActorId, now: Seconds) -> bool {
        let woken = self.awake.remove(actor);
        if !self.open(actor) {
            if woken && !self.leaving.contains(actor) && self.is_settled(actor) {
                let nobody = matches!(self.boxes.open(actor).now_or_never(), Some(Ok(None)));
                let send_back = || self.boxes.send_back(actor, now);
                let receipt = nobody.then(send_back).into_iter();
                self.commits.extend(receipt.map(|receipt| Commit {
                    actor: actor.clone(),
                    seq: 0,
                    answer: None,
                    receipt,
                }));
            }
            return woken;
        }
        if woken {
            self.read_mail(actor);
        }
        let Some(resident) = self.residents.get_mut(actor) else {
            return woken;
        };
        match resident.step(now, self.naming.as_ref()) {
            Do::Rest { .. } => woken,
            Do::Load { task, needs } => {
                if let Some(Ok(found)) = self.boxes.find(actor, needs).now_or_never() {
                    resident.loaded(task, found);
                }
                true
            }
            Do::Fetch { task, needs } => {
                for need in needs {
                    let found = self.documents.fetch(need.clone());
                    self.fetches.push(Fetch { actor: actor.clone(), task, need, found });
                }
                true
            }
            Do::Commit { seq, record, answer } => {
                let receipt = self.boxes.commit(*record);
                self.commits.push(Commit { actor: actor.clone(), seq, answer, receipt });
                true
            }
            Do::Tell { task, answer } => {
                let actor = actor.clone();
                self.tell(&actor, task, answer);
                true
            }
        }
    }

    fn read_mail(&mut self, actor: &ActorId) {
        let after = self.residents.get(actor).and_then(Resident::cursor);
        let Some(Ok(mail)) = self.boxes.mail(actor, after, usize::MAX).now_or_never() else {
            return;
        };
        let seeds: Vec<[u8; 32]> = mail.iter().map(|_| self.seed()).collect();
        let mut seeds = seeds.into_iter();
        if let Some(resident) = self.residents.get_mut(actor) {
            resident.mail(mail, || seeds.next().unwrap_or_default());
        }
    }

    fn open(&mut self, actor: &ActorId) -> bool {
        if self.residents.contains_key(actor) {
            return true;
        }
        if self.leaving.contains(actor) {
            return false;
        }
        let Some(Ok(Some(stored))) = self.boxes.open(actor).now_or_never() else {
            return false;
        };
        let Ok(resident) = Resident::open(actor.clone(), stored, &self.kinds) else {
            return false;
        };
        self.residents.insert(actor.clone(), resident);
        self.awake.insert(actor.clone());
        true
    }

    fn tell(&mut self, actor: &ActorId, task: TaskNo, answer: Outcome<Value>) {
        if let Some(ticket) = self.calls.remove(&(actor.clone(), task)) {
            self.answers.insert(ticket, answer);
        }
    }
}
