//! Whom the person follows is no more.

use crate::person::{Person, publish};
use pritchel_actor::{Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Ends the follow of the caller, who has said that it was deleted; it is no matter if there is none.
///
/// Source: protocol decision F-54; ActivityPub, "Delete Activity".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FollowedEnded {}

impl Method<Person> for FollowedEnded {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let whom = turn.caller().id().clone();
        publish::forget_followed(person, turn, &whom)
    }
}
