//! The line of merges before a branch: one is at work, the others wait for it, first come, first served. So none is refused only because another
//! is being made, and each is made on top of what the one before it has left.
//!
//! Source: ours; ForgeFed, "Merge Requests", Apply, leaves open what becomes of two at once.

use crate::limits::{MERGE_AGAIN_S, MERGE_TRIES_MAX, MERGES_WAITING_MAX};
use crate::repository::Repository;
use crate::repository::merge::{MERGE_JOB, MergePrepared, MergeWork, Merging, work};
use pritchel_actor::rows::pair_prefix;
use pritchel_actor::{Halt, Method, Page, Refusal, RowKey, Rows, Turn, demand};
use serde::{Deserialize, Serialize};

/// Merges by the full name of their branch, in their order: the first is at work.
const MERGES: Rows<(String, u64), Merging> = Rows::new("merges");

/// Takes a merge in, and begins it where nothing is before it.
/// - errors: `too-many-merges`
pub fn join(turn: &mut Turn<'_>, merging: Merging) -> Result<(), Halt> {
    let branch = merging.merge.target.clone();
    let before = MERGES.page(turn, Page::first(&pair_prefix(&branch.encode()), MERGES_WAITING_MAX))?;
    demand(before.len() < MERGES_WAITING_MAX, || {
        Refusal::new(
            "too-many-merges",
            format!("{MERGES_WAITING_MAX} merges into {branch} wait already: try again later"),
        )
    })?;
    let place = before.last().map_or(0, |((_, last), _)| last + 1);
    MERGES.put(turn, &(branch, place), &merging);
    if before.is_empty() { prepare(turn, merging) } else { Ok(()) }
}

/// A merge has ended, however it did: the next begins.
pub fn leave(turn: &mut Turn<'_>, merging: &Merging) -> Result<(), Halt> {
    let mut line = MERGES.page(turn, Page::first(&pair_prefix(&merging.merge.target.encode()), 2))?.into_iter();
    let Some((place, _)) = line.next().filter(|(_, first)| first.merge.apply == merging.merge.apply) else {
        return Ok(());
    };
    MERGES.remove(turn, &place);
    match line.next() {
        Some((_, next)) => prepare(turn, next),
        None => Ok(()),
    }
}

/// Has the merge that is at work made anew: the branch was moved, or somebody is about to move it. The others wait on.
/// - errors: `why`, where it was tried often enough
pub fn again(turn: &mut Turn<'_>, merging: &Merging, why: Refusal) -> Result<Result<(), Refusal>, Halt> {
    let tries = merging.tries + 1;
    if tries >= MERGE_TRIES_MAX {
        return Ok(Err(why));
    }
    turn.after::<Repository>(MERGE_AGAIN_S, MergeAgain { merging: Merging { tries, ..merging.clone() } })?;
    Ok(Ok(()))
}

/// Private, by a timer of its own: makes the commits of a merge anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MergeAgain {
    /// The merge.
    pub merging: Merging,
}

impl Method<Repository> for MergeAgain {
    type Answer = ();

    fn turn(self, _: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand(turn.caller().id() == turn.me(), || {
            Refusal::new("not-itself", "only the repository itself can do this")
        })?;
        prepare(turn, self.merging)
    }
}

fn prepare(turn: &mut Turn<'_>, merging: Merging) -> Result<(), Halt> {
    let args = work(&MergeWork::Prepare(Box::new(merging.merge.clone())))?;
    turn.job::<Repository>(MERGE_JOB, args, MergePrepared { merging })
}
