//! A dependency elsewhere on one of our tickets is to go, or has gone.

use crate::common::resource::{followers, is_mine};
use crate::ticket_tracker::Tracks;
use crate::ticket_tracker::relations;
use crate::ticket_tracker::ticket::{DEPENDANT_IDS, DEPENDANT_REMOVALS, DEPENDANTS, act_id};
use pritchel_actor::heeded;
use pritchel_actor::{ActId, Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Remembers the removal until the tracker that keeps the dependency confirms it: also of a dependency whose own
/// confirmation has yet to come, since the two come by different ways. What that tracker itself says, it has confirmed: its
/// ticket was deleted. Not answered.
///
/// Source: ForgeFed, "Issue and MR Dependencies". That a tracker takes back the dependencies of a ticket it deletes is ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DependencyRemovalSeen {
    /// The dependency's address.
    pub dependency: String,
}

impl<A: Tracks> Method<A> for DependencyRemovalSeen {
    type Answer = ();

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        let offer = DEPENDANT_IDS.get(turn, &self.dependency)?;
        let dependant = match &offer {
            Some(offer) => DEPENDANTS.get(turn, offer)?,
            None => None,
        };
        match (offer, dependant) {
            (Some(offer), Some(dependant)) if dependant.tracker == caller => {
                relations::drop_dependant(turn, &offer, &dependant);
            }
            (None, _) if is_mine(&caller, &self.dependency) => {
                let removal = ActId::new(self.dependency.as_str());
                DEPENDANT_REMOVALS.put(turn, &removal, &self.dependency);
                relations::await_word(tracker, turn, &removal)?;
                return Ok(());
            }
            _ => {
                let removal = act_id(turn)?;
                DEPENDANT_REMOVALS.put(turn, &removal, &self.dependency);
                relations::await_word(tracker, turn, &removal)?;
            }
        }
        if heeded("no-such-dependency", DEPENDANT_IDS.has(turn, &self.dependency)?) {
            turn.forward(vec![followers()])?;
        }
        Ok(())
    }
}
