//! The person's Grants are taken back.

use crate::limits::UNDONE_MAX;
use crate::person::Person;
use crate::person::rows::{DELEGATIONS, PERMITS, REVOKED_EARLY};
use pritchel_actor::{ActId, Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Marks Grants as dead. Only who gave them can; others in the list are left alone.
///
/// Source: ForgeFed, the Person's handler of `Revoke`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DropPermits {
    /// The Grants.
    pub grants: Vec<ActId>,
}

impl Method<Person> for DropPermits {
    type Answer = ();

    fn turn(self, _person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        self.drop_all(turn)
    }
}

impl DropPermits {
    /// Marks those of the Grants as dead that the caller gave.
    pub fn drop_all(self, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let giver = turn.caller().id().clone();
        for grant in self.grants.iter().take(UNDONE_MAX) {
            match PERMITS.get(turn, grant)? {
                Some(mut permit) if permit.giver == giver => {
                    permit.live = false;
                    if let Some(delegate) = permit.delegate.take() {
                        DELEGATIONS.remove(turn, &delegate);
                    }
                    PERMITS.put(turn, grant, &permit);
                }
                // A delivery that failed for long is sent again by itself: the Grant may come after its Revoke.
                None if turn.look().seen(grant)?.is_none() => REVOKED_EARLY.put(turn, grant, &giver),
                _ => {}
            }
        }
        Ok(())
    }
}
