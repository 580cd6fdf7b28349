//! Suspension: what administrators decide about a person. Whoever is suspended cannot sign in, publish or use git: sessions,
//! tokens and keys are no longer found, and are found again when it ends. What was said before stays. A suspension may end with the
//! account itself: until that day it is undone as any other.

use crate::domain::{Domain, SuspendedLeft};
use crate::person::Person;
use crate::person::close_account::close;
use pritchel_actor::{ActorId, Halt, Method, Ref, Refusal, Seconds, TimerId, Turn, demand};
use serde::{Deserialize, Serialize};

/// That a person is suspended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// Since when.
    pub since: Seconds,
    /// Whether what they have said is not shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// That the account ends with it, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
}

/// That an account will end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// When.
    pub at: Seconds,
    /// The timer that is set.
    pub timer: TimerId,
    /// The domain that keeps moderation, which is told.
    pub keeper: ActorId,
}

/// Private, from the domain that keeps moderation. What it says takes the place of what was said before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeSuspended {
    /// Whether what they have said is not shown.
    #[serde(default)]
    pub hidden: bool,
    /// When the account ends, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Seconds>,
}

impl Method<Person> for BeSuspended {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let since = person.suspended.as_ref().map_or(turn.now(), |before| before.since);
        forget_ending(person, turn)?;
        let ending = match self.ends {
            Some(at) => {
                let timer = turn.after::<Person>(at.saturating_sub(turn.now()), EndSuspended {})?;
                Some(Ending { at, timer, keeper: turn.caller().id().clone() })
            }
            None => None,
        };
        person.suspended = Some(Suspension { since, hidden: self.hidden, ending });
        Ok(())
    }
}

/// Private, from the domain that keeps moderation: the suspension is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeReinstated {}

impl Method<Person> for BeReinstated {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        forget_ending(person, turn)?;
        person.suspended = None;
        Ok(())
    }
}

fn forget_ending(person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
    let ending = person.suspended.as_mut().and_then(|suspended| suspended.ending.take());
    ending.map_or(Ok(()), |ending| turn.cancel(ending.timer))
}

/// Private, by the person's own timer: the account of whoever is suspended ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndSuspended {}

impl Method<Person> for EndSuspended {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand(turn.caller().id() == turn.me(), || {
            Refusal::new("not-itself", "only the person's own timer can do this")
        })?;
        let ending = person.suspended.as_ref().and_then(|suspended| suspended.ending.clone());
        // Whoever was reinstated, or has more time, goes on.
        let Some(ending) = ending.filter(|ending| ending.at <= turn.now()) else { return Ok(()) };
        let keeper: Ref<Domain> = turn.look().introduce(&ending.keeper);
        turn.call(&keeper, SuspendedLeft {})?;
        close(person, turn)
    }
}

/// Refuses whoever is suspended.
pub(crate) fn not_suspended(person: &Person) -> Result<(), Halt> {
    demand(person.suspended.is_none(), || {
        Refusal::new("suspended", "this account is suspended; ask whoever runs this server")
    })
}
