//! RemoveDependency: a ticket no longer waits for another.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::ticket_tracker::TicketTracker;
use crate::ticket_tracker::ticket::{
    DEPENDANT_OFFERS, DEPENDANTS, DEPENDENCIES, DEPENDENCY_NUMBERS, TICKETS, ticket_followers, ticket_no, ticket_uri,
};
use pritchel_actor::{ActorId, Audience, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Removes a dependency. The other ticket's tracker is told by the answer.
///
/// Source: ForgeFed, "Issue and MR Dependencies".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RemoveDependency {
    /// Its number.
    pub dependency: u64,
    /// The others the `Delete` was addressed to, who also get the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<ActorId>,
}

impl Method<TicketTracker> for RemoveDependency {
    type Answer = ();

    fn turn(self, tracker: &mut TicketTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(tracker, turn, Role::Triage)?;
        let Some(dependency) = DEPENDENCIES.get(turn, &self.dependency)? else {
            return Err(
                Refusal::new("no-such-dependency", format!("there is no dependency {}", self.dependency)).into()
            );
        };
        DEPENDENCIES.remove(turn, &self.dependency);
        let me = turn.me().clone();
        if let Some(other) = ticket_no(&me, &dependency.on) {
            let place = (other, ticket_uri(&me, dependency.ticket));
            if let Some(offer) = DEPENDANT_OFFERS.get(turn, &place)? {
                DEPENDANTS.remove(turn, &offer);
            }
            DEPENDANT_OFFERS.remove(turn, &place);
        }
        DEPENDENCY_NUMBERS.remove(turn, &(dependency.ticket, dependency.on));
        if let Some(mut ticket) = TICKETS.get(turn, &dependency.ticket)? {
            ticket.dependencies = ticket.dependencies.saturating_sub(1);
            TICKETS.put(turn, &dependency.ticket, &ticket);
        }
        turn.answer_also(Audience::of(&self.told));
        spread(turn, vec![followers(), ticket_followers(dependency.ticket)])
    }
}
