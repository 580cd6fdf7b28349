//! The tracker of a dependant has said yes, to the dependency or to its removal.

use crate::ticket_tracker::ticket::{DEPENDANT_IDS, DEPENDANT_OFFERS, DEPENDANT_REMOVALS, DEPENDANTS};
use crate::ticket_tracker::{Tracks, relations};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Lists the dependant, or drops it. Only the tracker it was offered to can say so. Not answered.
///
/// Source: ForgeFed, "Issue and MR Dependencies".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DependencyConfirmed {
    /// The `Offer` or the `Delete` that it says yes to.
    pub of: ActId,
    /// The address it gave the dependency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl<A: Tracks> Method<A> for DependencyConfirmed {
    type Answer = ();

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        let removal = DEPENDANT_REMOVALS.get(turn, &self.of)?;
        turn.case(if removal.is_some() { "removed" } else { "offered" });
        let offer = match &removal {
            Some(dependency) => DEPENDANT_IDS.get(turn, dependency)?,
            None => Some(self.of.clone()),
        };
        let Some(offer) = offer else {
            return Err(Refusal::new("no-such-dependant", format!("{} removes no dependant of ours", self.of)).into());
        };
        let Some(mut dependant) = DEPENDANTS.get(turn, &offer)?.filter(|dependant| dependant.tracker == caller) else {
            return Err(Refusal::new("not-its-tracker", format!("{caller} cannot confirm {}", self.of)).into());
        };
        relations::has_word(tracker, turn, &self.of)?;
        if removal.is_some() {
            DEPENDANT_REMOVALS.remove(turn, &self.of);
            relations::drop_dependant(turn, &offer, &dependant);
        } else if let Some(ended) = ended(turn, self.id.as_deref())? {
            DEPENDANT_REMOVALS.remove(turn, &ended);
            relations::has_word(tracker, turn, &ended)?;
            relations::drop_dependant(turn, &offer, &dependant);
        } else {
            if let Some(id) = &self.id {
                DEPENDANT_IDS.put(turn, id, &offer);
            }
            dependant.id = self.id;
            DEPENDANT_OFFERS.put(turn, &(dependant.ticket, dependant.of.clone()), &offer);
            DEPENDANTS.put(turn, &offer, &dependant);
        }
        Ok(())
    }
}

/// The removal of a dependency by its own tracker, if that has come before the dependency.
fn ended(turn: &mut Turn<'_>, id: Option<&str>) -> Result<Option<ActId>, Halt> {
    let Some(removal) = id.map(ActId::new) else { return Ok(None) };
    Ok(DEPENDANT_REMOVALS.has(turn, &removal)?.then_some(removal))
}
