//! Who belongs to an audience that is named by a collection: an act told to the followers is theirs to read.

use crate::access::view::must_administer;
use crate::common::resource::FOLLOWERS;
use pritchel_actor::{Actor, ActorId, Halt, Header, Look, View};

/// What an actor is to another, as far as it decides which acts are shown.
#[derive(Clone, Debug)]
pub struct ViewStanding {
    /// Who looks.
    pub viewer: ActorId,
}

/// What a viewer is to an actor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether the viewer follows it: what is told to its followers is shown.
    pub follows: bool,
    /// Whether the viewer administers it, or is it: everything it published is shown.
    pub administers: bool,
}

/// Every kind keeps followers and collaborators in the same tables, or has none.
impl<A: Actor> View<A> for ViewStanding {
    type Answer = Standing;

    fn look(&self, _: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Standing, Halt> {
        let follows = FOLLOWERS.has(look, &self.viewer)?;
        let administers = match must_administer(look, Some(&self.viewer)) {
            Ok(()) => true,
            Err(Halt::Refuse(_)) => self.viewer == *look.me(),
            Err(halt) => return Err(halt),
        };
        Ok(Standing { follows, administers })
    }
}
