//! The resource says that an invitation stands.

use crate::person::Person;
use crate::person::rows::INVITED;
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Marks an invitation as one that the resource itself stands by. Only the resource can say so.
///
/// Source: ForgeFed, the handlers of `Invite`; the flow does not name this step, so an invitation can be accepted without.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InvitationConfirmed {
    /// The `Invite`.
    pub invite: ActId,
}

impl Method<Person> for InvitationConfirmed {
    type Answer = ();

    fn turn(self, _person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        let Some(mut invited) = INVITED.get(turn, &self.invite)?.filter(|invited| invited.resource == caller) else {
            return Err(Refusal::new("not-its-invite", format!("{} is no invitation to {caller}", self.invite)).into());
        };
        invited.confirmed = true;
        INVITED.put(turn, &self.invite, &invited);
        Ok(())
    }
}
