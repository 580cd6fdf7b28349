//! Somebody wants to follow the person.

use crate::common::resource::FOLLOWERS;
use crate::common::wire::is_limited;
use crate::person::Person;
use crate::person::rows::FOLLOW_REQUESTS;
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes a follower, or keeps the wish until the person approves it.
///
/// Source: ForgeFed, "Following"; a person may hold it for approval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeFollowed {}

impl Method<Person> for BeFollowed {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let follower = turn.caller().id().clone();
        let Some(act) = turn.act() else {
            return Err(Refusal::new("no-act", "a follow is an act").into());
        };
        demand(follower != *turn.me(), || Refusal::new("not-oneself", "nobody follows themselves"))?;
        if FOLLOWERS.has(turn, &follower)? {
            // Servers that lost track follow again and wait for an Accept: they get it.
            return Ok(());
        }
        // Of whoever is limited here each person decides for themselves.
        if person.approves_followers || is_limited(turn) {
            FOLLOW_REQUESTS.put(turn, &act.id, &follower);
            turn.answer_none();
            return Ok(());
        }
        let now = turn.now();
        FOLLOWERS.put(turn, &follower, &now);
        person.followers += 1;
        Ok(())
    }
}
