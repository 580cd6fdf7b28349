//! SetDefaultBranch: which branch a repository shows first, and clones begin with. That is `HEAD`, which only git moves: so it does
//! that in a job, and the `Edit` is answered when that has ended.

use crate::access::{Role, require};
use crate::common::resource::followers;
use crate::limits::BRANCH_BYTES_MAX;
use crate::repository::merge::{MERGE_JOB, MergeWork, work};
use crate::repository::{Repository, wire};
use crate::ticket_tracker::ticket::act_id;
use pritchel_actor::{ActId, ActorId, Halt, Method, Outcome, Refusal, Turn, Value, demand};
use serde::{Deserialize, Serialize};

/// Makes another branch the default one. Nothing is kept of it here: what `HEAD` names git knows.
///
/// Source: protocol decision F-50; on the wire it is an `Edit` of `defaultBranch`, a term of ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetDefaultBranch {
    /// The branch: its full name.
    pub branch: String,
}

impl Method<Repository> for SetDefaultBranch {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(repository, turn, Role::Admin)?;
        demand(self.branch.len() <= BRANCH_BYTES_MAX, || {
            Refusal::new("no-such-branch", format!("the name of a branch has at most {BRANCH_BYTES_MAX} bytes"))
        })?;
        let then = BranchPointed { edit: act_id(turn)?, by: turn.caller().id().clone() };
        let args = work(&MergeWork::Point { branch: self.branch })?;
        turn.job::<Repository>(MERGE_JOB, args, then)?;
        turn.forward(vec![followers()])
    }
}

/// Git has done so, or could not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BranchPointed {
    /// The `Edit`.
    pub edit: ActId,
    /// Who asked for it.
    pub by: ActorId,
}

impl Method<Repository> for BranchPointed {
    type Answer = ();

    fn turn(self, _: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        match turn.outcome::<Value>()? {
            Outcome::Done(_) => wire::answer_edit(turn, &self.edit, &self.by, None),
            Outcome::Refused(why) => wire::answer_edit(turn, &self.edit, &self.by, Some(&why)),
            // It may have moved or not: a late answer says so.
            Outcome::Unknown => Ok(()),
        }
    }
}
