//! ProposePush: git has the objects and asks whether these refs may move.

use crate::access::{Role, proved};
use crate::common::Visibility;
use crate::limits::PUSHED_REFS_MAX;
use crate::repository::refs::{HELD, Held, RefUpdate, need_held};
use crate::repository::{Repository, copy, protection};
use crate::tie::TieKind;
use crate::tie::rows::CONSUMERS;
use pritchel_actor::{ActId, ActorId, Halt, Method, Page, Refusal, RowKey, Turn, demand};
use serde::{Deserialize, Serialize};

/// What begins the names that are no refs, but offer a commit to be merged.
pub const OFFERS: &str = "refs/for/";

/// Private, from the node that runs git: decides whether a push may happen, and holds its refs until it is reported.
/// Either all refs may move or none. What is pushed below [`OFFERS`] moves no ref: everybody who sees the repository may offer
/// something to be merged, and its patch tracker decides about that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProposePush {
    /// Name of this push, unique and unguessable.
    pub push: String,
    /// Who pushes, as the node has authenticated them.
    pub by: ActorId,
    /// The refs that are to move.
    pub updates: Vec<RefUpdate>,
    /// The Grant that was shown, if the push is by one: then it is what counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<ActId>,
    /// Names of those refs that would give up what they had: branches that are moved back or aside, tags that are put elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forced: Vec<String>,
}

impl Method<Repository> for ProposePush {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        // Whoever sees it may offer something. What moves refs is asked for below.
        let role = proved(turn, &self.by, self.capability.as_ref(), Role::Visit)?;
        let (offers, updates): (Vec<_>, Vec<_>) =
            self.updates.iter().cloned().partition(|update| update.name.starts_with(OFFERS));
        demand(updates.is_empty() || role.is_some_and(|role| role >= Role::Write), || {
            let why = format!("pushing needs the role {}, {} has {role:?}", Role::Write, self.by);
            Refusal::new("role-too-small", why)
        })?;
        copy::may_move(repository)?;
        if !offers.is_empty() {
            may_offer(repository, turn, role, &offers)?;
        }
        demand((1..=PUSHED_REFS_MAX).contains(&self.updates.len()), || {
            let why = format!("a push moves between 1 and {PUSHED_REFS_MAX} refs, this one {}", self.updates.len());
            Refusal::new("too-many-refs", why)
        })?;
        protection::may_push(repository, turn, (&self.by, role), &updates, &self.forced)?;
        need_held(turn, updates.iter().map(|update| &update.name))?;
        for update in updates {
            let allowed = ["refs/heads/", "refs/tags/", "refs/notes/"];
            demand(allowed.iter().any(|prefix| update.name.starts_with(prefix)), || {
                let why =
                    format!("refs are pushed below refs/heads/, refs/tags/ and refs/notes/, found {}", update.name);
                Refusal::new("ref-not-allowed", why)
            })?;
            let other = HELD.get(turn, &update.name)?.filter(|held| held.push != self.push);
            demand(other.is_none(), || {
                let since = other.as_ref().map(|held| held.since.to_string()).unwrap_or_default();
                Refusal::new("ref-held", format!("{} is held by another push, since {since}", update.name))
            })?;
            let held = Held { push: self.push.clone(), by: self.by.clone(), since: turn.now(), update, job: false };
            let name = held.update.name.clone();
            HELD.put(turn, &name, &held);
        }
        Ok(())
    }
}

/// Whether something may be offered here: it needs a tracker that takes it. What the offer is worth is the tracker's to say.
fn may_offer(
    repository: &Repository,
    turn: &mut Turn<'_>,
    role: Option<Role>,
    offers: &[RefUpdate],
) -> Result<(), Halt> {
    demand(repository.resource.visibility != Visibility::Private || role.is_some(), || {
        Refusal::new("not-shown", "there is no such repository")
    })?;
    let trackers = CONSUMERS.page(turn, Page::first(&TieKind::Patches.code().encode(), 1))?;
    demand(!trackers.is_empty(), || {
        let why = "this repository sends its patches to no tracker: nothing can be offered to it";
        Refusal::new("no-patch-tracker", why)
    })?;
    let removed = offers.iter().find(|offer| offer.new.is_none());
    demand(removed.is_none(), || {
        let name = removed.map_or(OFFERS, |offer| offer.name.as_str());
        let why = format!("{name} is an offer, and nothing that can be removed: close the merge request");
        Refusal::new("ref-not-allowed", why)
    })
}
