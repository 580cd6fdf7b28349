//! OriginPushed: a repository tells that a branch has moved.

use crate::patch_tracker::PatchTracker;
use crate::patch_tracker::merge_request::Branch;
use crate::patch_tracker::versions::{self, Contents, FOLLOWED};
use crate::ticket_tracker::ticket::TICKETS;
use crate::tie::wire;
use pritchel_actor::{Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Has each open merge request that comes from the branch look at it anew. A repository that none comes from any more is followed
/// no longer. Nobody is answered.
///
/// Source: ForgeFed, "Merge Requests", Update by a push, steps 2 and 3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OriginPushed {
    /// The branch.
    pub branch: Branch,
}

impl Method<PatchTracker> for OriginPushed {
    type Answer = ();

    fn turn(self, _: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        if self.branch.repository != *turn.caller().id() {
            let why = format!("only {} tells of its branches", self.branch.repository);
            return Err(Refusal::new("not-the-repository", why).into());
        }
        if let Some(follow) = FOLLOWED.get(turn, &self.branch.repository)?
            && !versions::any_from(turn, &self.branch.repository)?
        {
            FOLLOWED.remove(turn, &self.branch.repository);
            wire::unfollow(turn, &self.branch.repository, &follow)?;
            return Ok(());
        }
        for number in versions::from_branch(turn, &self.branch)? {
            let Some(mut ticket) = TICKETS.get(turn, &number)?.filter(|ticket| ticket.is_open()) else { continue };
            versions::ask(turn, number, &mut ticket, Contents::Origin)?;
            TICKETS.put(turn, &number, &ticket);
        }
        Ok(())
    }
}
