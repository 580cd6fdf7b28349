//! A merge that the repository's patch tracker asks for. As with a push it is first found out what would move, then the branch
//! is held, then it is moved, and then that is told. Git does its part in jobs: the first makes the commits, the second moves
//! the branch from where the first has found it, so that either may be done twice.
//! - [`ProposeMerge`], [`MergePrepared`], [`MergeMoved`]: the turns, one merge a branch at a time ([`merge_queue`]); [`ContinueMerge`]: for a
//!   disk that failed
//! - [`MERGE_JOB`], [`MergeWork`]: what the worker is told

use crate::common::Visibility;
use crate::common::text::Line;
use crate::hooks::news;
use crate::limits::MERGE_RETRY_S;
use crate::patch_tracker::merge_request::Branch;
use crate::patch_tracker::{MergeEnded, MergeMethod, PatchTracker};
use crate::person::Closing;
use crate::repository::quotes::ReadQuotes;
use crate::repository::refs::{HELD, Held, RefUpdate};
use crate::repository::report_push::{MovedRef, close};
use crate::repository::versions::KeepVersion;
use crate::repository::wire::Pushed;
use crate::repository::{Repository, copy, merge_queue, protection, sends_patches_to, wire};
use crate::ticket_tracker::TicketNo;
use pritchel_actor::{ActId, ActorId, Halt, Method, Outcome, Ref, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// The kind of job that git's part of a merge is.
pub const MERGE_JOB: &str = "merge";

/// What git is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum MergeWork {
    /// Make the commits and move nothing. Brings a [`RefUpdate`]; refuses what is not clean.
    Prepare(Box<ProposeMerge>),
    /// Move the branch from its old commit to its new one. Brings a [`MergedRef`].
    Move {
        /// From where to where.
        update: RefUpdate,
        /// Who had it merged: what comes to the default branch closes tickets in their name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<ActorId>,
        /// See [`ProposeMerge::closes`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        closes: Vec<(String, u64)>,
    },
    /// Keep a version of a merge request. Brings [`KeptCommits`](crate::patch_tracker::version_kept::KeptCommits), or nothing if it is the one before.
    Keep {
        /// The reference that keeps it.
        under: String,
        /// The version.
        keep: Box<KeepVersion>,
        /// The repository of another server that it goes into, whose target is fetched first. None: this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<ActorId>,
    },
    /// Look up the lines that a review quotes. Brings a [`QuoteRead`](crate::repository::quotes::QuoteRead) for each.
    Quote(Box<ReadQuotes>),
    /// Make this branch the default one. Brings nothing.
    Point {
        /// Its full name.
        branch: String,
    },
    /// Let go of what is kept. Brings whether all is gone.
    Forget {
        /// What its references begin with.
        prefix: String,
    },
    /// Remove all git data of a patch tracker that has ended. Brings nothing.
    Remove {},
}

/// Private, from the patch tracker this repository is tied to: merge one branch into another.
///
/// Source: ForgeFed, "Merge Requests", Apply, step 3, where the tracker pushes; on one server it asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProposeMerge {
    /// The merge request's address.
    pub request: String,
    /// Its number at its tracker.
    pub number: TicketNo,
    /// Its title.
    pub title: Line,
    /// Who opened it: only what this person may see is merged.
    pub author: ActorId,
    /// The `Apply`.
    pub apply: ActId,
    /// Who applies it.
    pub by: ActorId,
    /// The newest commit of the version that is merged, hexadecimal. Merge requests of before versions were kept have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
    /// The branch it came from; none if it came as patches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Branch>,
    /// Into which branch: its full name.
    pub target: String,
    /// In which way.
    pub method: MergeMethod,
    /// How many binding approvals its newest version has; none, as long as one of them wants it changed.
    #[serde(default, skip_serializing_if = "no_approvals")]
    pub approvals: u32,
    /// The tickets that its text says it closes, as [`ticket_named`](crate::common::references::ticket_named) has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closes: Vec<(String, u64)>,
}

/// A branch that a merge has moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MergedRef {
    /// From where to where, with its commits.
    #[serde(flatten)]
    pub moved: MovedRef,
    /// What its commits close and the merge request itself, if it is the default branch and a person of this server had it merged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closes: Vec<Closing>,
}

fn no_approvals(approvals: &u32) -> bool {
    *approvals == 0
}

/// A merge and who asked for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Merging {
    /// The patch tracker.
    pub tracker: ActorId,
    /// What it asked for.
    pub merge: ProposeMerge,
    /// How often it was made anew.
    #[serde(default, skip_serializing_if = "none_yet")]
    pub tries: u32,
}

fn none_yet(tries: &u32) -> bool {
    *tries == 0
}

impl Method<Repository> for ProposeMerge {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let tracker = turn.caller().id().clone();
        sends_patches_to(turn, &tracker)?;
        copy::may_move(repository)?;
        protection::may_merge(repository, turn, &self)?;
        merge_queue::join(turn, Merging { tracker, merge: self, tries: 0 })
    }
}

/// Git has made the commits, or has found that it cannot be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MergePrepared {
    /// The merge.
    pub merging: Merging,
}

impl Method<Repository> for MergePrepared {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let update = match turn.outcome::<RefUpdate>()? {
            Outcome::Done(update) => update,
            Outcome::Refused(why) => return tell(turn, self.merging, Err(why)),
            Outcome::Unknown => {
                let why = Refusal::new("merge-failed", "git could not do it, for some reason of this server");
                return tell(turn, self.merging, Err(why));
            }
        };
        if let Some(held) = HELD.get(turn, &update.name)? {
            // A push moves it in a moment, or lets go of it.
            let why = format!("{} is held by a push since {}", update.name, held.since);
            return once_more(turn, self.merging, Refusal::new("ref-held", why));
        }
        // The rules are those of this moment: it took git some time.
        match protection::may_merge(repository, turn, &self.merging.merge) {
            Err(Halt::Refuse(why)) => return tell(turn, self.merging, Err(why)),
            judged => judged?,
        }
        let push = self.merging.merge.apply.as_str().to_owned();
        let (by, name) = (self.merging.merge.by.clone(), update.name.clone());
        HELD.put(turn, &name, &Held { update: update.clone(), push, by, since: turn.now(), job: true });
        move_branch(turn, self.merging, update)
    }
}

/// Git has moved the branch, or somebody else has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MergeMoved {
    /// The merge.
    pub merging: Merging,
    /// From where to where.
    pub update: RefUpdate,
}

impl Method<Repository> for MergeMoved {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let outcome = match turn.outcome::<MergedRef>()? {
            // The branch may have moved or not: it stays held until that is known.
            Outcome::Unknown => {
                let again = ContinueMerge { merging: self.merging, update: self.update };
                turn.after::<Repository>(MERGE_RETRY_S, again)?;
                return Ok(());
            }
            Outcome::Refused(why) => Err(why),
            Outcome::Done(moved) => Ok(moved),
        };
        HELD.remove(turn, &self.update.name);
        let outcome = match outcome {
            Err(why) if why.code == "branch-moved" => return once_more(turn, self.merging, why),
            outcome => outcome,
        };
        let outcome = match outcome {
            Err(why) => Err(why),
            Ok(MergedRef { moved, closes }) => {
                let public = repository.resource.visibility != Visibility::Private;
                let Merging { merge, tracker, .. } = &self.merging;
                // The tracker pushes, for whoever applied.
                let pushed = Pushed { by: Some(tracker), told: Some(&merge.by), fulfills: Some(&merge.apply) };
                wire::push(turn, &pushed, &moved, public)?;
                news::moved(repository, turn, Some(&self.merging.merge.by), std::slice::from_ref(&moved))?;
                repository.pushes += 1;
                repository.pushed = Some(turn.now());
                close(repository, turn, &self.merging.merge.by, closes)?;
                Ok(moved.update.new.unwrap_or_default())
            }
        };
        tell(turn, self.merging, outcome)
    }
}

/// Private, by a timer of its own: moves the branch where that has failed for long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContinueMerge {
    /// The merge.
    pub merging: Merging,
    /// From where to where.
    pub update: RefUpdate,
}

impl Method<Repository> for ContinueMerge {
    type Answer = ();

    fn turn(self, _: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand(turn.caller().id() == turn.me(), || {
            Refusal::new("not-itself", "only the repository itself can do this")
        })?;
        move_branch(turn, self.merging, self.update)
    }
}

fn move_branch(turn: &mut Turn<'_>, merging: Merging, update: RefUpdate) -> Result<(), Halt> {
    let (by, closes) = (Some(merging.merge.by.clone()), merging.merge.closes.clone());
    let work = work(&MergeWork::Move { update: update.clone(), by, closes })?;
    turn.job::<Repository>(MERGE_JOB, work, MergeMoved { merging, update })
}

pub(crate) fn work(work: &MergeWork) -> Result<serde_json::Value, Halt> {
    serde_json::to_value(work).map_err(|error| Halt::Broken(error.to_string()))
}

/// Makes the commits anew on top of where the branch is by then; tells `why` where that was done often enough.
fn once_more(turn: &mut Turn<'_>, merging: Merging, why: Refusal) -> Result<(), Halt> {
    match merge_queue::again(turn, &merging, why)? {
        Ok(()) => Ok(()),
        Err(why) => tell(turn, merging, Err(why)),
    }
}

/// Tells the tracker how it ended, and begins the next.
fn tell(turn: &mut Turn<'_>, merging: Merging, outcome: Result<String, Refusal>) -> Result<(), Halt> {
    merge_queue::leave(turn, &merging)?;
    let tracker: Ref<PatchTracker> = turn.look().introduce(&merging.tracker);
    let merge = merging.merge;
    turn.call(&tracker, MergeEnded { ticket: merge.number, apply: merge.apply, outcome })
}
