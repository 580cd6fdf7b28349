//! A dependency elsewhere on one of our tickets is to go: seen, not yet confirmed.

use crate::common::resource::followers;
use crate::ticket_tracker::TicketTracker;
use crate::ticket_tracker::ticket::{DEPENDANT_REMOVALS, DEPENDANTS, act_id};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Remembers the removal until the tracker that keeps the dependency confirms it. Not answered.
///
/// Source: ForgeFed, "Issue and MR Dependencies".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DependencyRemovalSeen {
    /// The `Offer` by which we know the dependency.
    pub offer: ActId,
}

impl Method<TicketTracker> for DependencyRemovalSeen {
    type Answer = ();

    fn turn(self, _tracker: &mut TicketTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        if !DEPENDANTS.has(turn, &self.offer)? {
            return Err(Refusal::new("no-such-dependant", format!("{} told of no dependant", self.offer)).into());
        }
        let removal = act_id(turn)?;
        DEPENDANT_REMOVALS.put(turn, &removal, &self.offer);
        turn.forward(vec![followers()])
    }
}
