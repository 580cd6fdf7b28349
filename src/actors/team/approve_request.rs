//! ApproveRequest: the team approves a merge request.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::team::{Team, wire};
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Has the team approve the newest version of the merge request to which this approval of the team's belongs: the team offers
/// a review to its tracker.
///
/// Source: ForgeFed, "Merge Requests", Send a team approval, steps 1 and 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApproveRequest {
    /// The team's approval: its address.
    pub approval: String,
}

impl Method<Team> for ApproveRequest {
    type Answer = ();

    fn turn(self, team: &mut Team, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(team, turn, Role::Write)?;
        wire::approve(turn, &self.approval)?;
        spread(turn, vec![followers()])
    }
}
