//! The person is invited.

use crate::access::{Role, Term};
use crate::person::Person;
use crate::person::rows::{CONSENTS, INVITED, Invited};
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Keeps an invitation for the person to answer. Not answered by itself.
///
/// Source: ForgeFed, "Offering access using Invite activities"; "Organizations", adding a member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeInvited {
    /// To which resource.
    pub resource: ActorId,
    /// Into which role; `None` to be a member in name, which gives none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// For how long.
    #[serde(default, skip_serializing_if = "Term::is_open")]
    pub term: Term,
}

impl Method<Person> for BeInvited {
    type Answer = ();

    fn turn(self, _person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let Some(act) = turn.act() else {
            return Err(Refusal::new("no-act", "an invitation is an act").into());
        };
        let answered = CONSENTS.get(turn, &act.id)?;
        CONSENTS.remove(turn, &act.id);
        let invited = Invited {
            resource: self.resource,
            role: self.role,
            term: self.term,
            by: turn.caller().id().clone(),
            at: turn.now(),
            confirmed: false,
            answered,
        };
        INVITED.put(turn, &act.id, &invited);
        Ok(())
    }
}
