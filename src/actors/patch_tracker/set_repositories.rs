//! SetRepositories: whose merge requests the tracker takes.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::limits::REPOSITORIES_MAX;
use crate::patch_tracker::PatchTracker;
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Names the repositories this tracker takes merge requests for, all at once. Each repository itself says to which tracker it
/// listens.
///
/// Source: ForgeFed, `tracksPatchesFor`. Which activity sets it the text leaves open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetRepositories {
    /// The repositories.
    pub repositories: Vec<ActorId>,
}

impl Method<PatchTracker> for SetRepositories {
    type Answer = ();

    fn turn(self, tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(tracker, turn, Role::Admin)?;
        if self.repositories.len() > REPOSITORIES_MAX {
            let why = format!("a tracker serves at most {REPOSITORIES_MAX} repositories");
            return Err(Refusal::new("too-many-repositories", why).into());
        }
        tracker.repositories = self.repositories;
        tracker.repositories.sort();
        tracker.repositories.dedup();
        spread(turn, vec![followers()])
    }
}
