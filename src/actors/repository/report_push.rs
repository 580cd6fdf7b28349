//! ReportPush: git has ended, and these refs have moved.

use crate::common::Visibility;
use crate::hooks::news;
use crate::limits::REPORTED_REFS_MAX;
use crate::person::{CloseByPush, Closing, Person};
use crate::repository::refs::{HELD, RefUpdate, need_held};
use crate::repository::wire::Pushed;
use crate::repository::{Repository, copy, wire};
use pritchel_actor::{ActorId, Halt, Method, Ref, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A commit as a `Push` tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PushedCommit {
    /// Its name, hexadecimal.
    pub hash: String,
    /// Its author's name and mail address.
    pub author: (String, String),
    /// When it was written, seconds since 1970 UTC.
    pub created: i64,
    /// Its committer's name and mail address.
    pub committer: (String, String),
    /// When it was committed.
    pub committed: i64,
    /// The first line of its message.
    pub title: String,
    /// The rest of its message.
    pub description: String,
}

/// A ref that has moved, with the commits to tell of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MovedRef {
    /// From where to where.
    pub update: RefUpdate,
    /// The newest commits, newest first.
    pub newest: Vec<PushedCommit>,
    /// How many commits came in all; `None` if they were too many to count.
    pub total: Option<u64>,
    /// Whether it no longer has all that it had before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forced: bool,
}

/// Private, from the node that runs git, whichever way git ended: publishes one `Push` for each ref that has moved and
/// lets go of the refs that were held. Saying it twice does nothing more. A large push is reported part by part, each with some of
/// its refs: what is not reported yet stays held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportPush {
    /// Name of the push.
    pub push: String,
    /// Who pushed.
    pub by: ActorId,
    /// Those of them that have moved.
    pub moved: Vec<MovedRef>,
    /// Names of refs that were proposed, at most [`REPORTED_REFS_MAX`].
    pub proposed: Vec<String>,
    /// What the commits close that have come to the default branch, if a person of this server has pushed them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closes: Vec<Closing>,
}

impl Method<Repository> for ReportPush {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand(self.proposed.len() <= REPORTED_REFS_MAX, || {
            let why = format!("a report is of at most {REPORTED_REFS_MAX} refs, this one of {}", self.proposed.len());
            Refusal::new("too-many-refs", why)
        })?;
        need_held(turn, &self.proposed)?;
        let mut held = BTreeSet::new();
        for name in self.proposed {
            if HELD.get(turn, &name)?.is_some_and(|held| held.push == self.push) {
                HELD.remove(turn, &name);
                held.insert(name);
            }
        }
        let mut told = Vec::new();
        for moved in self.moved {
            // Only what this push held can have been moved by it; a second report holds nothing any more.
            if !held.contains(&moved.update.name) {
                continue;
            }
            demand(moved.update.old != moved.update.new, || {
                Refusal::new("not-moved", format!("{} has not moved", moved.update.name))
            })?;
            let public = repository.resource.visibility != Visibility::Private;
            wire::push(turn, &Pushed::by(&self.by), &moved, public)?;
            repository.pushes += 1;
            repository.pushed = Some(turn.now());
            told.push(moved);
        }
        if !told.is_empty() {
            news::moved(repository, turn, Some(&self.by), &told)?;
            copy::pushed(repository, turn)?;
            repository.upkeep.pushed(turn)?;
            close(repository, turn, &self.by, self.closes)?;
        }
        Ok(())
    }
}

/// Has whoever pushed, or had it merged, close what the commits close. Of a private repository no commit is named.
pub(super) fn close(
    repository: &Repository,
    turn: &mut Turn<'_>,
    by: &ActorId,
    mut closes: Vec<Closing>,
) -> Result<(), Halt> {
    if closes.is_empty() {
        return Ok(());
    }
    if repository.resource.visibility == Visibility::Private {
        closes.iter_mut().for_each(|closing| closing.commit = None);
    }
    let by: Ref<Person> = turn.look().introduce(by);
    turn.call(&by, CloseByPush { closes })
}
