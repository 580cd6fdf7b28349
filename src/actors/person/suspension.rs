//! Suspension: what administrators decide about a person. Whoever is suspended cannot sign in, publish or use git: sessions,
//! tokens and keys are no longer found, and are found again when it ends. What was said before stays.

use crate::person::Person;
use pritchel_actor::{Halt, Method, Refusal, Seconds, Turn, demand};
use serde::{Deserialize, Serialize};

/// That a person is suspended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// Since when.
    pub since: Seconds,
    /// Whether what they have said is not shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
}

/// Private, from the domain that keeps moderation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeSuspended {
    /// Whether what they have said is not shown.
    #[serde(default)]
    pub hidden: bool,
}

impl Method<Person> for BeSuspended {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let since = person.suspended.as_ref().map_or(turn.now(), |before| before.since);
        person.suspended = Some(Suspension { since, hidden: self.hidden });
        Ok(())
    }
}

/// Private, from the domain that keeps moderation: the suspension is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeReinstated {}

impl Method<Person> for BeReinstated {
    type Answer = ();

    fn turn(self, person: &mut Person, _turn: &mut Turn<'_>) -> Result<(), Halt> {
        person.suspended = None;
        Ok(())
    }
}

/// Refuses whoever is suspended.
pub(crate) fn not_suspended(person: &Person) -> Result<(), Halt> {
    demand(person.suspended.is_none(), || {
        Refusal::new("suspended", "this account is suspended; ask whoever runs this server")
    })
}
