//! A dependency elsewhere on one of our tickets is to go: seen, not yet confirmed.

use crate::common::resource::followers;
use crate::ticket_tracker::TicketTracker;
use crate::ticket_tracker::ticket::{DEPENDANT_IDS, DEPENDANT_REMOVALS, act_id};
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Remembers the removal until the tracker that keeps the dependency confirms it: also of a dependency whose own
/// confirmation has yet to come, since the two come by different ways. Not answered.
///
/// Source: ForgeFed, "Issue and MR Dependencies".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DependencyRemovalSeen {
    /// The dependency's address.
    pub dependency: String,
}

impl Method<TicketTracker> for DependencyRemovalSeen {
    type Answer = ();

    fn turn(self, _tracker: &mut TicketTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let removal = act_id(turn)?;
        DEPENDANT_REMOVALS.put(turn, &removal, &self.dependency);
        if DEPENDANT_IDS.has(turn, &self.dependency)? {
            turn.forward(vec![followers()])?;
        }
        Ok(())
    }
}
