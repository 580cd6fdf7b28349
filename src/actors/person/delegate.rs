//! The person lets a project or team pass access on to them.

use crate::common::wire::{Tell, publish, uri};
use crate::link::evidence;
use crate::person::Person;
use crate::person::rows::{DELEGATIONS, PERMITS};
use pritchel_actor::{ActId, Halt, Method, Turn};
use pritchel_vocab::ActivityType;
use serde::{Deserialize, Serialize};

/// Tries to find out what kind of actor gave a Grant.
const TRIES_MAX: u32 = 6;
/// Seconds before it is tried again; doubled each time.
const AGAIN_S: i64 = 600;

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
        if !permit.live || permit.delegate.is_some() {
            return Ok(());
        }
        let types = match evidence::types(turn, &permit.resource) {
            Ok(types) => types,
            Err(Halt::Refuse(_)) if self.tries < TRIES_MAX => {
                let again = Self { tries: self.tries + 1, ..self };
                turn.after::<Person>(AGAIN_S << again.tries, again)?;
                return Ok(());
            }
            Err(Halt::Refuse(_)) => return Ok(()),
            Err(halt) => return Err(halt),
        };
        if !types.iter().any(|name| name == "Project" || name == "Team") {
            return Ok(());
        }
        let me = turn.me().clone();
        let resource = permit.resource.clone();
        let membership = uri(self.grant.as_str())?;
        let delegate = publish(turn, ActivityType::Grant, &Tell::to([&resource]), |draft| {
            let draft = draft.object("delegate").context(me.as_str()).target(resource.as_str());
            draft.capability(&membership).term("allows", "invoke")
        })?;
        DELEGATIONS.put(turn, &delegate, &resource);
        permit.delegate = Some(delegate);
        PERMITS.put(turn, &self.grant, &permit);
        Ok(())
    }
}
