//! MergedElsewhere: a merge into a repository of another server. Its own actor cannot be asked for it, so git does it here, in a
//! repository that is thrown away, and pushes it there over SSH: with the tracker's own key, and the Grant that the repository
//! gave it for their tie. Where the branch has it all already it is merged: a push may have happened of whose end nothing was heard.
//!
//! Source: ForgeFed, "Remote Push"; "Merge Requests", Apply.

use crate::patch_tracker::merge_ended::ended;
use crate::patch_tracker::{MergeEnded, PatchTracker};
use crate::repository::ProposeMerge;
use crate::ticket_tracker::TicketNo;
use crate::tie::TieKind;
use crate::tie::rows::grant_by;
use pritchel_actor::{ActId, ActorId, Halt, Method, Outcome, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// The kind of job that merges into a repository of another server. Its outcome is the commit the branch is at then.
pub const ELSEWHERE_JOB: &str = "merge_elsewhere";

/// What git is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MergeElsewhere {
    /// The merge, as a repository here would be asked for it.
    pub merge: ProposeMerge,
    /// The repository.
    pub repository: ActorId,
    /// The Grant it is pushed by.
    pub grant: ActId,
}

/// Asks for the job.
/// - errors: a refusal, if the tie stands without a Grant
pub(super) fn ask(turn: &mut Turn<'_>, repository: ActorId, merge: ProposeMerge) -> Result<(), Halt> {
    let Some(grant) = grant_by(turn, TieKind::Patches, &repository)? else {
        let why = format!("this tracker holds no Grant by which it could push to {repository}");
        return Err(Refusal::new("repository-not-tracked", why).into());
    };
    let then = MergedElsewhere { ticket: merge.number, apply: merge.apply.clone() };
    let work = serde_json::to_value(MergeElsewhere { merge, repository, grant });
    turn.job::<PatchTracker>(ELSEWHERE_JOB, work.map_err(|error| Halt::Broken(error.to_string()))?, then)
}

/// Git has pushed, or could not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MergedElsewhere {
    /// The merge request.
    pub ticket: TicketNo,
    /// The `Apply`.
    pub apply: ActId,
}

impl Method<PatchTracker> for MergedElsewhere {
    type Answer = ();

    fn turn(self, tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let outcome = match turn.outcome::<String>()? {
            Outcome::Done(commit) => Ok(commit),
            Outcome::Refused(why) => Err(why),
            Outcome::Unknown => {
                let why = "the repository's server could not be reached, or did not say how it ended";
                Err(Refusal::new("merge-failed", why))
            }
        };
        ended(tracker, turn, MergeEnded { ticket: self.ticket, apply: self.apply, outcome })
    }
}
