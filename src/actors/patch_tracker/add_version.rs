//! AddVersion: patches that take the place of those before.

use crate::access::{Role, require};
use crate::patch_tracker::PatchTracker;
use crate::patch_tracker::merge_request::Answers;
use crate::patch_tracker::patch::Patch;
use crate::patch_tracker::versions::{self, Contents, version_uri};
use crate::ticket_tracker::listed;
use crate::ticket_tracker::ticket::{self, act_id};
use crate::ticket_tracker::{TicketNo, Tracks};
use pritchel_actor::{Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Has the repository make commits of these patches and keep them as the newest version. The answer comes when that has ended: an
/// `Accept` with the version's address, or a `Reject` if they do not fit.
///
/// Source: ForgeFed, "Merge Requests", Update (via web): its author by the role report, others by write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddVersion {
    /// Which merge request.
    pub ticket: TicketNo,
    /// The patches, oldest first.
    pub patches: Vec<Patch>,
}

impl Method<PatchTracker> for AddVersion {
    type Answer = String;

    fn turn(self, tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<String, Halt> {
        let (me, by, now) = (turn.me().clone(), turn.caller().id().clone(), turn.now());
        require(tracker, turn, Role::Report)?;
        let mut ticket = ticket::ticket(turn, self.ticket)?;
        if ticket.author != by {
            require(tracker, turn, Role::Write)?;
        }
        tracker.may_change(turn, &ticket)?;
        ticket.not_being_merged(now)?;
        demand(ticket.is_open(), || {
            Refusal::new("already-closed", format!("merge request {} is closed", self.ticket))
        })?;
        let Some(merge) = &mut ticket.merge else {
            return Err(Refusal::new("nothing-to-merge", "it offers nothing to merge").into());
        };
        if let Some(branch) = &merge.offer.origin {
            let why = format!("it comes from {} of {}: push there", branch.short(), branch.repository);
            return Err(Refusal::new("comes-from-a-branch", why).into());
        }
        demand(merge.keeping(now).is_none(), || {
            Refusal::new("being-kept", "another version of it is being kept: try again")
        })?;
        let answers = Answers { act: act_id(turn)?, by, opens: false };
        let version = merge.versions + 1;
        versions::ask(turn, self.ticket, &mut ticket, Contents::Patches(self.patches, answers))?;
        let merge = ticket.merge.as_ref();
        if let Some(why) = merge.filter(|merge| merge.keeping.is_none()).and_then(|merge| merge.unkept.clone()) {
            return Err(why.into());
        }
        listed::keep(turn, self.ticket, &mut ticket);
        turn.answer_none();
        Ok(version_uri(&me, self.ticket, version))
    }
}
