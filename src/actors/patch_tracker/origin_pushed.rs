//! OriginPushed and OfferPushed: a repository tells that a branch has moved, or what stands for one.

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
        only_its_own(turn, &self.branch)?;
        if let Some(follow) = FOLLOWED.get(turn, &self.branch.repository)?
            && !versions::any_from(turn, &self.branch.repository)?
        {
            FOLLOWED.remove(turn, &self.branch.repository);
            wire::unfollow(turn, &self.branch.repository, &follow)?;
            return Ok(());
        }
        look_anew(turn, &self.branch)
    }
}

/// Private, from the repository: somebody has pushed another version of what they offer. Nobody else hears of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OfferPushed {
    /// What stands for a branch.
    pub branch: Branch,
}

impl Method<PatchTracker> for OfferPushed {
    type Answer = ();

    fn turn(self, _: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_its_own(turn, &self.branch)?;
        look_anew(turn, &self.branch)
    }
}

fn only_its_own(turn: &Turn<'_>, branch: &Branch) -> Result<(), Refusal> {
    if branch.repository == *turn.caller().id() {
        return Ok(());
    }
    Err(Refusal::new("not-the-repository", format!("only {} tells of its branches", branch.repository)))
}

fn look_anew(turn: &mut Turn<'_>, branch: &Branch) -> Result<(), Halt> {
    for number in versions::from_branch(turn, branch)? {
        let Some(mut ticket) = TICKETS.get(turn, &number)?.filter(|ticket| ticket.is_open()) else { continue };
        versions::ask(turn, number, &mut ticket, Contents::Origin)?;
        TICKETS.put(turn, &number, &ticket);
    }
    Ok(())
}
