//! ProposePush: git has the objects and asks whether these refs may move.

use crate::access::{COLLABORATORS, Role};
use crate::limits::PUSHED_REFS_MAX;
use crate::repository::Repository;
use crate::repository::refs::{HELD, Held, RefUpdate};
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Private, from the node that runs git: decides whether a push may happen, and holds its refs until it is reported.
/// Either all refs may move or none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProposePush {
    /// Name of this push, unique and unguessable.
    pub push: String,
    /// Who pushes, as the node has authenticated them.
    pub by: ActorId,
    /// The refs that are to move.
    pub updates: Vec<RefUpdate>,
}

impl Method<Repository> for ProposePush {
    type Answer = ();

    fn turn(self, _repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let role = COLLABORATORS.get(turn, &self.by)?.map(|collaborator| collaborator.role);
        if role.is_none_or(|role| role < Role::Write) {
            let why = format!("pushing needs the role {}, {} has {role:?}", Role::Write, self.by);
            return Err(Refusal::new("role-too-small", why).into());
        }
        if self.updates.is_empty() || self.updates.len() > PUSHED_REFS_MAX {
            let why = format!("a push moves between 1 and {PUSHED_REFS_MAX} refs, this one {}", self.updates.len());
            return Err(Refusal::new("too-many-refs", why).into());
        }
        for update in self.updates {
            if !["refs/heads/", "refs/tags/", "refs/notes/"].iter().any(|prefix| update.name.starts_with(prefix)) {
                let why =
                    format!("refs are pushed below refs/heads/, refs/tags/ and refs/notes/, found {}", update.name);
                return Err(Refusal::new("ref-not-allowed", why).into());
            }
            if let Some(held) = HELD.get(turn, &update.name)?.filter(|held| held.push != self.push) {
                let why = format!("{} is held by another push, since {}", update.name, held.since);
                return Err(Refusal::new("ref-held", why).into());
            }
            let held = Held { push: self.push.clone(), by: self.by.clone(), since: turn.now(), update, job: false };
            let name = held.update.name.clone();
            HELD.put(turn, &name, &held);
        }
        Ok(())
    }
}
