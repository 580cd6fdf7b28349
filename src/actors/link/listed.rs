//! Listed: the other actor says that it lists this one.

use crate::common::naming::{origin, origin_of};
use crate::common::resource::{ResourceActor, followers, spread};
use crate::link::LinkState;
use crate::link::form::{refuse_second, stand};
use crate::link::rows::LINKS;
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// The last step of a link over which no access comes: where others give a delegate-Grant, the destination has listed this
/// actor, and says where.
///
/// Source: ForgeFed, "Organizations", adding a project, steps 6 and 7.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    /// The `Add`.
    pub add: ActId,
    /// The address of the relationship that lists this actor.
    pub relationship: String,
}

impl<A: ResourceActor> Method<A> for Listed {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        let link = LINKS.get(turn, &self.add)?;
        let Some(mut link) = link.filter(|link| link.peer == caller && link.state == LinkState::Agreed) else {
            return Err(Refusal::new("no-such-link", "nothing here waits to be listed by the caller").into());
        };
        refuse_second(turn, link.end, &link.peer)?;
        // A relationship elsewhere is not the other actor's to have made.
        link.relationship = Some(self.relationship).filter(|uri| origin_of(uri) == origin(&caller));
        stand(actor, turn, &self.add, &mut link, None)?;
        LINKS.put(turn, &self.add, &link);
        spread(turn, vec![followers()])
    }
}
