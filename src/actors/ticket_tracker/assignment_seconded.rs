//! Somebody says yes in the name of a team that a ticket is given to.

use crate::common::resource::followers;
use crate::link::evidence;
use crate::ticket_tracker::ticket::{ASSIGNING, TICKETS, ticket_followers};
use crate::ticket_tracker::{TicketNo, Tracks, wire};
use pritchel_actor::{ActId, ActorId, Halt, Method, Refusal, Turn, demand};
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
        let Some((ticket, who)) = self.asked(turn)? else {
            return Err(Refusal::new("not-the-assignee", format!("{} asks nobody", self.assign)).into());
        };
        demand(evidence::is_team(turn, &who)?, || {
            Refusal::new("not-the-assignee", format!("{who} is asked, and is no team"))
        })?;
        turn.forward(vec![followers(), ticket_followers(ticket)])
    }
}

impl AssignmentSeconded {
    /// Which ticket is given, and to whom. The member's yes and the team's own come from two senders, so in either order:
    /// where the team's was first the ticket is the team's already.
    fn asked(&self, turn: &mut Turn<'_>) -> Result<Option<(TicketNo, ActorId)>, Halt> {
        if let Some(pending) = ASSIGNING.get(turn, &self.assign)? {
            return Ok(Some((pending.ticket, pending.who)));
        }
        let me = turn.me().clone();
        let number = turn.known_act(&self.assign)?.as_deref().and_then(|assign| wire::assigned(assign, &me));
        let Some(number) = number else { return Ok(None) };
        let ticket = TICKETS.get(turn, &number)?;
        let given = ticket.as_ref().and_then(|ticket| ticket.given_by(&self.assign));
        Ok(given.map(|given| (number, given.who.clone())))
    }
}
