//! CloseByPush: what the commits of a push close is closed by whoever pushed them.

use crate::access::Role;
use crate::client;
use crate::limits::CLOSED_BY_PUSH_MAX;
use crate::person::suspension::not_suspended;
use crate::person::view::live_permits;
use crate::person::{Person, publish};
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// A ticket that a commit says it closes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// The tracker that keeps it, here or elsewhere.
    pub tracker: ActorId,
    /// Its address.
    pub ticket: String,
    /// The address of the commit; none if not everybody may know of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
}

/// Private, from a repository of this server that this person has pushed to: publishes a `Resolve` for each ticket whose tracker has
/// given them a Grant for that; without one nothing is said. Whether it is enough the tracker decides, as of every other `Resolve`.
///
/// Source: ours. ForgeFed has a `Resolve` by whoever may, and no word for why: `instrument` is the commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CloseByPush {
    /// The tickets, at most [`CLOSED_BY_PUSH_MAX`].
    pub closes: Vec<Closing>,
}

impl Method<Person> for CloseByPush {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        not_suspended(person)?;
        demand(self.closes.len() <= CLOSED_BY_PUSH_MAX, || {
            let why = format!("a push closes at most {CLOSED_BY_PUSH_MAX} tickets, this one {}", self.closes.len());
            Refusal::new("too-many-tickets", why)
        })?;
        for closing in self.closes {
            let permits = live_permits(&mut turn.look(), &closing.tracker)?;
            let Some((grant, _)) = permits.into_iter().find(|(_, permit)| permit.role >= Role::Triage) else {
                continue;
            };
            let commit = closing.commit.as_deref();
            let resolve = client::close_by_commit(&closing.tracker, &closing.ticket, commit, &grant);
            publish::say(person, turn, resolve)?;
        }
        Ok(())
    }
}
