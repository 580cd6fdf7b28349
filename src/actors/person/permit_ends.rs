//! A Grant the person holds is over.

use crate::person::Person;
use crate::person::rows::{DELEGATIONS, NEWEST_PERMITS, PERMITS};
use pritchel_actor::{ActId, Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Private, from the person's own agenda: a Grant that was given anew is forgotten; one that was not stays in the list, as one
/// that is over.
///
/// Source: ForgeFed, "Time Bounds"; protocol decision F-53.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PermitEnds {
    /// The Grant.
    pub grant: ActId,
}

impl Method<Person> for PermitEnds {
    type Answer = ();

    fn turn(self, _person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let now = turn.now();
        let Some(mut permit) = PERMITS.get(turn, &self.grant)?.filter(|permit| permit.span.is_over(now)) else {
            return Ok(());
        };
        if permit.renewed {
            PERMITS.remove(turn, &self.grant);
            return Ok(());
        }
        let place = (permit.giver.clone(), permit.resource.clone());
        if NEWEST_PERMITS.get(turn, &place)?.as_ref() == Some(&self.grant) {
            NEWEST_PERMITS.remove(turn, &place);
        }
        permit.live = false;
        if let Some(delegate) = permit.delegate.take() {
            DELEGATIONS.remove(turn, &delegate);
        }
        PERMITS.put(turn, &self.grant, &permit);
        Ok(())
    }
}
