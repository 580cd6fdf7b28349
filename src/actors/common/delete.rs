//! Delete: a resource ends.

use crate::access::{COLLABORATORS, Role, require};
use crate::common::resource::{ResourceActor, followers, spread};
use crate::link::rows::peers;
use crate::tie::rows::{consumers, providers};
use crate::tie::{TieKind, TieSide};
use pritchel_actor::{Group, Halt, Method, Turn};
use serde::{Deserialize, Serialize};

/// Ends the resource. Its followers, all who collaborate and all linked or tied with it are told by the `Accept`; later its address and everything under it is gone, and so
/// are the Grants it gave.
///
/// Source: ForgeFed, "Deleting Resource Actors".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeleteResource {}

impl<A: ResourceActor> Method<A> for DeleteResource {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(actor, turn, Role::Admin)?;
        if let Some(handle) = &actor.resource().handle {
            let name = format!("{handle}@{}", crate::common::naming::host(turn.me()));
            turn.directory(crate::domain::NAME, name, None)?;
        }
        actor.ends(turn)?;
        turn.end();
        // Those linked or tied with it are told as followers are: what they have of it, and it of them, has ended.
        let linked = A::ENDS.iter().map(|end| peers(*end));
        let provides = TieKind::of(TieSide::Provider, A::TYPE).map(consumers);
        let uses = TieKind::of(TieSide::Consumer, A::TYPE).map(providers);
        // Who has a Grant of it learns that it is worth nothing any more.
        let holders = Group::table(COLLABORATORS.name());
        let told = [followers(), holders].into_iter().chain(linked).chain(provides).chain(uses);
        spread(turn, told.collect())
    }
}
