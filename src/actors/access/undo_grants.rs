//! Undo of Grants: exactly these are to be taken back.

use crate::access::{COLLABORATORS, GRANTS, Role, Target, require, take_back, wire};
use crate::common::resource::ResourceActor;
use crate::limits::UNDONE_MAX;
use crate::link::member_delegates;
use crate::tie::provide;
use pritchel_actor::{ActId, ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes back the Grants named, which all have the same holder. The holder needs no Grant for it, others the admin role.
/// A collaborator left without any Grant is one no more.
///
/// Source: ForgeFed, "Requesting to disable specific Grants using Undo".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UndoGrants {
    /// The Grants.
    pub grants: Vec<ActId>,
}

impl<A: ResourceActor> Method<A> for UndoGrants {
    type Answer = ();

    fn turn(self, actor: &mut A, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let holder = holder(turn, &self.grants)?;
        if *turn.caller().id() != holder {
            require(actor, turn, Role::Admin)?;
        }
        for grant in &self.grants {
            take_back::disable(turn, grant)?;
        }
        if let Some(mut collaborator) = COLLABORATORS.get(turn, &holder)? {
            collaborator.grants.retain(|grant| !self.grants.contains(grant));
            if collaborator.grants.is_empty() {
                COLLABORATORS.remove(turn, &holder);
                provide::end(actor, turn, &holder)?;
                actor.lost_access(turn, &holder)?;
                member_delegates::end::<A>(turn, &holder)?;
            } else {
                COLLABORATORS.put(turn, &holder, &collaborator);
            }
        }
        let act = turn.act().map(|act| act.id.clone());
        wire::revoke(turn, &self.grants, &[&holder], act.as_ref())?;
        Ok(())
    }
}

/// The one actor all these active Grants are for.
fn holder(turn: &mut Turn<'_>, grants: &[ActId]) -> Result<ActorId, Halt> {
    demand((1..=UNDONE_MAX).contains(&grants.len()), || {
        Refusal::new("no-grants", format!("between 1 and {UNDONE_MAX} Grants are undone at once"))
    })?;
    let mut holder: Option<ActorId> = None;
    for grant in grants {
        let issued = GRANTS.get(turn, grant)?.filter(|issued| issued.active);
        let Some(Target::Actor(target)) = issued.map(|issued| issued.target) else {
            return Err(Refusal::new("no-such-grant", format!("{grant} is no active Grant to an actor")).into());
        };
        match &holder {
            Some(other) if *other != target => {
                return Err(
                    Refusal::new("several-holders", format!("{grant} is for {target}, others for {other}")).into()
                );
            }
            _ => holder = Some(target),
        }
    }
    holder.ok_or_else(|| Refusal::new("no-grants", "no Grants were named").into())
}
