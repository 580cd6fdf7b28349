//! Somebody says yes in the name of a team that a ticket is given to.

use crate::common::resource::followers;
use crate::link::evidence;
use crate::ticket_tracker::Tracks;
use crate::ticket_tracker::ticket::{ASSIGNING, ticket_followers};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Passes the `Accept` on to those who follow: it may be a member of the team, whose word the team judges. Nothing else is
/// done, and of an assignment to anybody but a team nothing at all.
///
/// Source: ForgeFed, the handlers of `Accept` of the trackers, of an `Assign`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AssignmentSeconded {
    /// The `Assign`.
    pub assign: ActId,
}

impl<A: Tracks> Method<A> for AssignmentSeconded {
    type Answer = ();

    fn turn(self, _tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let Some(pending) = ASSIGNING.get(turn, &self.assign)? else {
            return Err(Refusal::new("not-the-assignee", format!("{} asks nobody", self.assign)).into());
        };
        demand(evidence::is_team(turn, &pending.who)?, || {
            Refusal::new("not-the-assignee", format!("{} is asked, and is no team", pending.who))
        })?;
        turn.forward(vec![followers(), ticket_followers(pending.ticket)])
    }
}
