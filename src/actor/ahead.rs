//! Reading ahead: what messages that wait will lack is looked for in one go, before the first of them runs. A look at the store
//! waits for the sync that is under way, so one look for many messages is worth many.
//!
//! Only what can be told before a method runs is looked for: whether an act was handled before, and what its gate asks for.
//! What the method itself asks for besides stops its run, as ever. Nothing depends on what was read ahead but time.

use crate::act::Act;
use crate::errbox::SEEN;
use crate::message::{Mail, PromiseId, What};
use crate::need::{Found, Need};
use crate::outcome::Halt;
use crate::promise::PROMISES;
use crate::resident::TaskNo;
use crate::vat::Run;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What was read ahead, and for which tasks. As long as one of them is to come, what turns write lies over it and stays there.
#[derive(Default)]
pub(crate) struct Ahead {
    of: BTreeSet<TaskNo>,
    found: Found,
    /// It was asked for and has not come.
    pub(crate) awaited: bool,
}

impl Ahead {
    /// Of these tasks; what they lack is still to be found.
    pub(crate) fn of(tasks: BTreeSet<TaskNo>) -> Self {
        Self { of: tasks, ..Self::default() }
    }

    /// Takes what was found.
    pub(crate) fn take(&mut self, found: Found) {
        (self.found, self.awaited) = (found, false);
    }

    /// What is at hand for the tasks to come.
    pub(crate) fn found(&self) -> &Found {
        &self.found
    }

    pub(crate) fn is_for(&self, task: TaskNo) -> bool {
        self.of.contains(&task)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.of.is_empty()
    }

    /// A task has ended, or goes on by itself.
    pub(crate) fn leave(&mut self, task: TaskNo) {
        if self.of.remove(&task) && self.of.is_empty() {
            self.found = Found::default();
        }
    }
}

impl Run<'_> {
    /// What a message will lack, as far as that can be told without running its method.
    pub(crate) fn foresee(&self, mail: &Mail) -> Vec<Need> {
        match (&mail.message.what, &mail.act) {
            (What::Act { .. }, Some(act)) => self.foresee_act(act),
            (What::Answer { promise, .. }, _) => {
                lacking([PROMISES.has(&mut self.turn(&mail.message.from, None), promise).map(drop)])
            }
            _ => Vec::new(),
        }
    }

    fn foresee_act(&self, act: &Arc<Act>) -> Vec<Need> {
        let mut turn = self.turn(&act.author, Some(act.clone()));
        let seen = SEEN.has(&mut turn, &(act.id.clone(), act.author.clone())).map(drop);
        if self.header.ended {
            return lacking([seen]);
        }
        let settles = match self.held.answers(act) {
            Some(answering) => PROMISES.has(&mut turn, &PromiseId(answering.of.as_str().to_owned())).map(drop),
            None => Ok(()),
        };
        lacking([seen, settles, self.held.foresee(act, &mut turn)])
    }
}

/// What several looks lack together.
fn lacking<const N: usize>(looks: [Result<(), Halt>; N]) -> Vec<Need> {
    let lacks = |look| match look {
        Err(Halt::Need(needs)) => needs,
        _ => Vec::new(),
    };
    looks.into_iter().flat_map(lacks).collect()
}
