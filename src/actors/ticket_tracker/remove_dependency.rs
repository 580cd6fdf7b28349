//! RemoveDependency: a ticket no longer waits for another.

use crate::access::{Role, require};
use crate::common::resource::{Visibility, followers, spread};
use crate::ticket_tracker::ticket::{DEPENDENCIES, ticket_followers};
use crate::ticket_tracker::{Tracks, relations};
use pritchel_actor::{ActorId, Audience, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Removes a dependency. The other ticket's tracker is told by the answer. It needs no Grant to do so itself, when its ticket
/// is deleted.
///
/// Source: ForgeFed, "Issue and MR Dependencies".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RemoveDependency {
    /// Its number.
    pub dependency: u64,
    /// The others the `Delete` was addressed to, who also get the answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub told: Vec<ActorId>,
}

impl<A: Tracks> Method<A> for RemoveDependency {
    type Answer = ();

    fn turn(self, tracker: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let dependency = DEPENDENCIES.get(turn, &self.dependency)?;
        let caller = turn.caller().id();
        if dependency.as_ref().and_then(|dependency| dependency.tracker.as_ref()) != Some(caller) {
            require(tracker, turn, Role::Triage)?;
        }
        let Some(dependency) = dependency else {
            return Err(
                Refusal::new("no-such-dependency", format!("there is no dependency {}", self.dependency)).into()
            );
        };
        relations::drop_dependency(turn, self.dependency, &dependency)?;
        // What is private keeps to itself: the other's tracker was told nothing of it, and is told nothing now.
        if tracker.resource().visibility != Visibility::Private {
            turn.answer_also(Audience::of(&self.told));
        }
        spread(turn, vec![followers(), ticket_followers(dependency.ticket)])
    }
}
