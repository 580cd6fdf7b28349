//! LeaveMembers: a member goes.

use crate::common::resource::{followers, spread};
use crate::link::rows::PEERS;
use crate::link::unlink;
use crate::organization::{MEMBERS, Organization};
use pritchel_actor::{Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Ends the caller's own membership. Needs no Grant: there is none to give back.
///
/// Source: ForgeFed, "Organizations", removing oneself; protocol decision F-40.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LeaveMembers {}

impl Method<Organization> for LeaveMembers {
    type Answer = ();

    fn turn(self, _organization: &mut Organization, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let member = turn.caller().id().clone();
        let Some(add) = PEERS.get(turn, &(MEMBERS.code(), member.clone()))? else {
            return Err(Refusal::new("not-linked", format!("{member} does not stand in `members`")).into());
        };
        unlink::end::<Organization>(turn, &add, None)?;
        spread(turn, vec![followers()])
    }
}
