//! SetPatches: to which tracker merge requests for the repository go.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::repository::Repository;
use pritchel_actor::{ActorId, Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Names the tracker of merge requests for this repository, or none. Whom it names it lets merge: the tracker asks for the role
/// write of whoever applies a merge request.
///
/// Source: ForgeFed, `sendPatchesTo`. Which activity sets it the text leaves open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetPatches {
    /// Which tracker; `None` for none.
    pub tracker: Option<ActorId>,
}

impl Method<Repository> for SetPatches {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(repository, turn, Role::Admin)?;
        repository.patches = self.tracker;
        spread(turn, vec![followers()])
    }
}
