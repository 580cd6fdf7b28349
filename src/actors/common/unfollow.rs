//! Unfollow: a follower wants to be told no more.

use crate::common::resource::{FOLLOWERS, ResourceActor};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes a follow back. Needs no Grant: it is the follower's own.
///
/// Source: ForgeFed, "Following".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unfollow {}

impl<A: ResourceActor> Method<A> for Unfollow {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let follower = turn.caller().id().clone();
        demand(FOLLOWERS.has(turn, &follower)?, || Refusal::new("no-follower", format!("{follower} does not follow")))?;
        FOLLOWERS.remove(turn, &follower);
        actor.resource_mut().followers = actor.resource().followers.saturating_sub(1);
        Ok(())
    }
}
