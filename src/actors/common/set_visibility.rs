//! SetVisibility: who may see a resource, and what everybody may do there, is another from now on.
//! - [`wire`]: the same as an activity; [`forget_strangers`]: who may see it no more is told no more

pub mod forget_strangers;
pub mod wire;

use crate::access::{Role, issue, require, take_back, wire as access_wire};
use crate::common::resource::{ResourceActor, Visibility, followers, spread};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Shows the resource to more, or to fewer. The Grants for everybody are given and taken back as that asks for; of what is private
/// only those who collaborate are told from then on, beginning with this. Whoever may see it by a Grant that came over a team
/// follows it anew. Those who follow no more are not told so.
///
/// Source: protocol decision F-50; on the wire it is an `Edit` of `visibility`, a term of ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetVisibility {
    /// Who may see it.
    pub visibility: Visibility,
}

impl<A: ResourceActor> Method<A> for SetVisibility {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(actor, turn, Role::Admin)?;
        let (was, is) = (actor.resource().visibility, self.visibility);
        demand(is != was, || Refusal::new("already-so", format!("its visibility is {} already", is.as_str())))?;
        actor.resource_mut().visibility = is;
        for_everybody(actor, turn)?;
        if is == Visibility::Private {
            forget_strangers::forget(actor, turn, None)?;
            actor.closes(turn)?;
        }
        spread(turn, vec![followers()])
    }
}

/// Gives everybody the Grants that are due by now, and takes back those that are not.
fn for_everybody<A: ResourceActor>(actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
    let visibility = actor.resource().visibility;
    let due = visibility.implicit_roles();
    let given = std::mem::take(&mut actor.resource_mut().public_grants);
    let (mut kept, over): (Vec<_>, Vec<_>) = given.into_iter().partition(|(role, _)| due.contains(role));
    let over: Vec<ActId> = over.into_iter().map(|(_, grant)| grant).collect();
    for grant in &over {
        take_back::disable(turn, grant)?;
    }
    if !over.is_empty() {
        // What something private says is for its members only.
        access_wire::revoke_public(turn, &over, visibility != Visibility::Private)?;
    }
    for role in due {
        if kept.iter().all(|(other, _)| other != role) {
            kept.push((*role, issue::public(turn, *role)?));
        }
    }
    kept.sort_by_key(|(role, _)| *role);
    actor.resource_mut().public_grants = kept;
    Ok(())
}
