//! Unlike: a person takes a star back.

use crate::access::{Role, require};
use crate::common::like::{LIKES, Likeable};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes one's own star back.
///
/// Source: ForgeFed, "Remove a star".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unlike {}

impl<A: Likeable> Method<A> for Unlike {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(actor, turn, Role::Visit)?;
        let fan = turn.caller().id().clone();
        demand(LIKES.has(turn, &fan)?, || Refusal::new("not-liked", format!("{fan} has given no star")))?;
        LIKES.remove(turn, &fan);
        let likes = actor.likes_mut();
        *likes = likes.saturating_sub(1);
        Ok(())
    }
}
