//! ListApproval: somebody's approval is to speak for the team.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::team::{Team, wire};
use pritchel_actor::{Audience, Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Says that the approval of an individual is given in the team's name. The tracker, which is told too, lists it under the
/// team's own.
///
/// Source: ForgeFed, "Merge Requests", List a review under a team, step 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListApproval {
    /// The individual's approval: its address.
    pub approval: String,
    /// The team's.
    pub under: String,
}

impl Method<Team> for ListApproval {
    type Answer = ();

    fn turn(self, team: &mut Team, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(team, turn, Role::Write)?;
        wire::by_an_individual(turn, &self.approval)?;
        wire::our_approval(turn, &self.under)?;
        if let Some(tracker) = wire::told_of(turn, &self.under)? {
            turn.answer_also(Audience::one(&tracker));
        }
        spread(turn, vec![followers()])
    }
}
