//! Versions of merge requests: the repository keeps what its patch tracker names, so that it stays when its branch has gone on.
//! Git does it in a job, which may be done twice. No branch moves and nothing is told to anybody but the tracker.

use crate::common::naming::key;
use crate::common::text::Line;
use crate::limits::MERGE_RETRY_S;
use crate::patch_tracker::merge_request::Branch;
use crate::patch_tracker::patch::Patch;
use crate::patch_tracker::version_kept::KeptCommits;
use crate::patch_tracker::{PatchTracker, VersionKept};
use crate::repository::merge::{MERGE_JOB, MergeWork, work};
use crate::repository::{Repository, sends_patches_to};
use crate::ticket_tracker::TicketNo;
use pritchel_actor::{ActorId, Halt, Method, Outcome, Ref, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Where the commits of a version come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Brings {
    /// From what stands at a branch now.
    Branch(Branch),
    /// From these patches, oldest first, on top of the target.
    Patches(Vec<Patch>),
}

/// The reference under which a version is kept. Its first part is the tracker: another one, later, counts from 1 as well.
pub fn version_ref(tracker: &ActorId, number: TicketNo, version: u64) -> String {
    format!("{}v{version}", versions_prefix(tracker, number))
}

/// What the references of all versions of one merge request begin with.
pub fn versions_prefix(tracker: &ActorId, number: TicketNo) -> String {
    format!("refs/merge/{}/{number}/", key(tracker))
}

/// The reference under which a tracker has the target of a merge request into a repository of another server, as it was last fetched:
/// it goes with the versions.
pub fn target_ref(tracker: &ActorId, number: TicketNo) -> String {
    format!("{}target", versions_prefix(tracker, number))
}

/// Private, from the patch tracker this repository is tied to: keep a version of a merge request.
///
/// Source: ours; ForgeFed leaves open where a tracker has its patches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeepVersion {
    /// The merge request's address.
    pub request: String,
    /// Its number at its tracker.
    pub number: TicketNo,
    /// The number of the version.
    pub version: u64,
    /// The merge request's title.
    pub title: Line,
    /// Who opened it: only what this person may see is kept.
    pub author: ActorId,
    /// Where its commits come from.
    pub brings: Brings,
    /// Into which branch they are to go: its full name.
    pub target: String,
    /// The newest commit of the version before, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
}

impl Method<Repository> for KeepVersion {
    type Answer = ();

    fn turn(self, _: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let tracker = turn.caller().id().clone();
        sends_patches_to(turn, &tracker)?;
        let (ticket, version) = (self.number, self.version);
        let under = version_ref(&tracker, ticket, version);
        let args = work(&MergeWork::Keep { under, keep: Box::new(self), of: None })?;
        turn.job::<Repository>(MERGE_JOB, args, VersionMade { tracker, ticket, version })
    }
}

/// Git has kept it, or could not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionMade {
    /// The patch tracker.
    pub tracker: ActorId,
    /// The merge request.
    pub ticket: TicketNo,
    /// The number of the version.
    pub version: u64,
}

impl Method<Repository> for VersionMade {
    type Answer = ();

    fn turn(self, _: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let outcome = match turn.outcome::<Option<KeptCommits>>()? {
            Outcome::Done(kept) => Ok(kept),
            Outcome::Refused(why) => Err(why),
            Outcome::Unknown => {
                Err(Refusal::new("merge-failed", "git could not keep it, for some reason of this server"))
            }
        };
        let tracker: Ref<PatchTracker> = turn.look().introduce(&self.tracker);
        turn.call(&tracker, VersionKept { ticket: self.ticket, version: self.version, outcome })
    }
}

/// Private, from a patch tracker: let go of all versions of a merge request of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForgetVersions {
    /// The merge request's number at its tracker.
    pub number: TicketNo,
}

impl Method<Repository> for ForgetVersions {
    type Answer = ();

    fn turn(self, _: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        // Whoever calls can only name what lies under its own key: there is nothing to refuse.
        let prefix = versions_prefix(turn.caller().id(), self.number);
        forget(turn, prefix)
    }
}

/// Git has let go of some, or could not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionsForgotten {
    /// What their references begin with.
    pub prefix: String,
}

impl Method<Repository> for VersionsForgotten {
    type Answer = ();

    fn turn(self, _: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        match turn.outcome::<bool>()? {
            Outcome::Done(true) | Outcome::Refused(_) => Ok(()),
            Outcome::Done(false) => forget(turn, self.prefix),
            Outcome::Unknown => {
                let again = ContinueForgetting { prefix: self.prefix };
                turn.after::<Repository>(MERGE_RETRY_S, again).map(drop)
            }
        }
    }
}

/// Private, by a timer of its own: lets go of versions where that has failed for long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContinueForgetting {
    /// What their references begin with.
    pub prefix: String,
}

impl Method<Repository> for ContinueForgetting {
    type Answer = ();

    fn turn(self, _: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand(turn.caller().id() == turn.me(), || {
            Refusal::new("not-itself", "only the repository itself can do this")
        })?;
        forget(turn, self.prefix)
    }
}

fn forget(turn: &mut Turn<'_>, prefix: String) -> Result<(), Halt> {
    let args = work(&MergeWork::Forget { prefix: prefix.clone() })?;
    turn.job::<Repository>(MERGE_JOB, args, VersionsForgotten { prefix })
}
