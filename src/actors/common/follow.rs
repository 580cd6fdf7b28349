//! Follow: somebody wants to be told of what a resource does.

use crate::access::{Role, followings, require};
use crate::common::resource::{FOLLOWERS, ResourceActor};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Follows the resource. Answered by an `Accept`.
///
/// Source: ForgeFed, "Following".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Follow {}

impl<A: ResourceActor> Method<A> for Follow {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let shown = require(actor, turn, Role::Visit)?;
        let follower = turn.caller().id().clone();
        demand(!FOLLOWERS.has(turn, &follower)?, || {
            Refusal::new("already-follower", format!("{follower} follows already"))
        })?;
        let now = turn.now();
        FOLLOWERS.put(turn, &follower, &now);
        actor.resource_mut().followers += 1;
        followings::note(actor, turn, &shown)
    }
}
