//! A follower leaves.

use crate::common::resource::FOLLOWERS;
use crate::person::Person;
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Drops a follower who took the follow back.
///
/// Source: ForgeFed, "Following".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeUnfollowed {}

impl Method<Person> for BeUnfollowed {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let follower = turn.caller().id().clone();
        demand(FOLLOWERS.has(turn, &follower)?, || Refusal::new("no-follower", format!("{follower} does not follow")))?;
        FOLLOWERS.remove(turn, &follower);
        person.followers = person.followers.saturating_sub(1);
        Ok(())
    }
}
