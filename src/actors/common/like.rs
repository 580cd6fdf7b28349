//! Like: a person gives a resource a star.

use crate::access::view::may_see;
use crate::access::{Role, require, wire};
use crate::common::resource::ResourceActor;
use pritchel_actor::{ActId, ActorId, Halt, Header, Look, Method, Page, Refusal, RowKey, Rows, Turn, View, demand};
use serde::{Deserialize, Serialize};

/// The `Like` of each actor that gave a star.
pub const LIKES: Rows<ActorId, ActId> = Rows::new("likes");

/// A resource that can be given stars.
pub trait Likeable: ResourceActor {
    /// How many stars it has.
    fn likes(&self) -> u64;
    /// The same, to be changed.
    fn likes_mut(&mut self) -> &mut u64;
}

/// Gives a star.
///
/// Source: ForgeFed, "Add a star".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Like {}

impl<A: Likeable> Method<A> for Like {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(actor, turn, Role::Visit)?;
        let fan = turn.caller().id().clone();
        // A star counts people: a server of scripts must not be able to make many with one actor of each kind.
        let found = turn.document(fan.as_str())?.found;
        demand(found.is_ok_and(|actor| wire::is_type(&actor, "Person")), || {
            Refusal::new("not-a-person", format!("{fan} could not be seen to be a Person"))
        })?;
        demand(!LIKES.has(turn, &fan)?, || Refusal::new("already-liked", format!("{fan} has given a star already")))?;
        let Some(act) = turn.act() else {
            return Err(Refusal::new("no-act", "a star is given by an act").into());
        };
        LIKES.put(turn, &fan, &act.id);
        *actor.likes_mut() += 1;
        Ok(())
    }
}

/// A page of stars.
#[derive(Clone, Debug)]
pub struct ViewLikes {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// Stars of actors after this one.
    pub after: Option<ActorId>,
    /// At most so many.
    pub limit: usize,
}

impl<A: Likeable> View<A> for ViewLikes {
    type Answer = (u64, Vec<(ActorId, ActId)>);

    fn look(&self, actor: &A, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        may_see(actor, look, self.viewer.as_ref())?;
        let after = self.after.as_ref().map(RowKey::encode).unwrap_or_default();
        let page = Page { prefix: &[], after: &after, limit: self.limit, newest_first: false };
        Ok((actor.likes(), LIKES.page(look, page)?))
    }
}
