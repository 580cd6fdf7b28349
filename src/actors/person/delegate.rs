//! The person lets a project or team pass access on to them.

use crate::limits::{DELEGATE_AGAIN_S, DELEGATE_TRIES_MAX};
use crate::link::evidence;
use crate::person::rows::{DELEGATIONS, PERMITS};
use crate::person::{Person, wire};
use pritchel_actor::{ActId, Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Private, called by the person's own box when a Grant was kept: a member of a project or team answers with a
/// delegate-Grant, by which more will come.
///
/// Source: ForgeFed, the Person's handler of `Grant`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delegate {
    /// The Grant that was kept.
    pub grant: ActId,
    /// How often it was tried before.
    pub tries: u32,
}

impl Method<Person> for Delegate {
    type Answer = ();

    fn turn(self, _person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let Some(mut permit) = PERMITS.get(turn, &self.grant)? else { return Ok(()) };
        if !permit.live || permit.renewed || permit.delegate.is_some() {
            return Ok(());
        }
        let types = match evidence::types(turn, &permit.resource) {
            Ok(types) => types,
            Err(Halt::Refuse(_)) if self.tries < DELEGATE_TRIES_MAX => {
                let again = Self { tries: self.tries + 1, ..self };
                turn.after::<Person>(DELEGATE_AGAIN_S << again.tries, again)?;
                return Ok(());
            }
            Err(Halt::Refuse(_)) => return Ok(()),
            Err(halt) => return Err(halt),
        };
        if !types.iter().any(|name| name == "Project" || name == "Team") {
            return Ok(());
        }
        let resource = permit.resource.clone();
        let delegate = wire::delegate(turn, &resource, &self.grant)?;
        DELEGATIONS.put(turn, &delegate, &resource);
        permit.delegate = Some(delegate);
        PERMITS.put(turn, &self.grant, &permit);
        Ok(())
    }
}
