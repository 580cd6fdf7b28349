//! VersionAsked and VersionKept: what the repository says to a version it was asked to keep.

use crate::hooks::{TicketAction, news};
use crate::patch_tracker::merge_request::MergeRequest;
use crate::patch_tracker::versions::{self, Contents, VERSIONS, Version};
use crate::patch_tracker::{PatchTracker, quotes, wire};
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::delete_ticket::remove;
use crate::ticket_tracker::listed;
use crate::ticket_tracker::mentioned::mentioned;
use crate::ticket_tracker::ticket::TICKETS;
use pritchel_actor::{Halt, Method, Outcome, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// The repository has taken it up, and will tell how it ends; or it will not do it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionAsked {
    /// The merge request.
    pub ticket: TicketNo,
    /// The number the version would have.
    pub version: u64,
}

impl Method<PatchTracker> for VersionAsked {
    type Answer = ();

    fn turn(self, tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let refused = match turn.outcome::<()>()? {
            Outcome::Done(()) => return Ok(()),
            Outcome::Refused(why) => why,
            Outcome::Unknown => Refusal::new("merge-failed", "the repository did not answer"),
        };
        ended(tracker, turn, VersionKept { ticket: self.ticket, version: self.version, outcome: Err(refused) })
    }
}

/// What git has kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptCommits {
    /// The commit where it left the target, hexadecimal; none if the two have nothing in common.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// The newest commit, hexadecimal.
    pub head: String,
    /// How many commits it has that the target has not.
    pub commits: u64,
}

/// Private, from the repository: a version is kept, or why it is not. `None` is the one that was kept last: nothing has come.
///
/// Source: ForgeFed, "Merge Requests", Update, steps 2 and 3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionKept {
    /// The merge request.
    pub ticket: TicketNo,
    /// The number it was asked for.
    pub version: u64,
    /// What is kept; or why it is not.
    pub outcome: Result<Option<KeptCommits>, Refusal>,
}

impl Method<PatchTracker> for VersionKept {
    type Answer = ();

    fn turn(self, tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        let ticket = TICKETS.get(turn, &self.ticket)?;
        let target = ticket.and_then(|ticket| ticket.merge).map(|merge| merge.offer.target.repository);
        demand(target == Some(caller), || {
            Refusal::new("not-the-repository", "a version is kept by the repository it goes into")
        })?;
        ended(tracker, turn, self)
    }
}

/// Writes down what is kept, and answers what waited for it. What is no longer waited for changes nothing.
pub(super) fn ended(tracker: &mut PatchTracker, turn: &mut Turn<'_>, end: VersionKept) -> Result<(), Halt> {
    let number = end.ticket;
    let Some(mut ticket) = TICKETS.get(turn, &number)? else { return Ok(()) };
    let Some(merge) = ticket.merge.as_deref_mut().filter(|merge| merge.versions + 1 == end.version) else {
        return Ok(());
    };
    let Some(keeping) = merge.keeping.take() else { return Ok(()) };
    let refused = note(turn, number, merge, end.outcome);
    let kept = merge.versions == end.version;
    let opens = keeping.answers.as_ref().is_some_and(|answers| answers.opens);
    if let Some(answers) = &keeping.answers {
        let also = if opens { mentioned(tracker, turn, &ticket)? } else { Vec::new() };
        let kept = if kept { Ok(end.version) } else { Err(&refused) };
        wire::answer_version(turn, (number, &ticket), answers, &also, kept)?;
    }
    if opens && !kept {
        // Patches that git cannot apply have never been a merge request.
        return remove(tracker, turn, number, &ticket);
    }
    if kept && keeping.answers.is_none() && end.version > 1 {
        wire::tell_of_version(turn, number, &ticket)?;
    }
    if let Some(merge) = ticket.merge.as_ref().filter(|merge| kept && merge.reviews > 0) {
        quotes::ask_anew(turn, &merge.offer.target.repository, number, end.version, 1)?;
    }
    if kept {
        let action = if end.version == 1 { TicketAction::Opened } else { TicketAction::Synchronized };
        news::ticket(tracker, turn, (&ticket.author, action), (number, &ticket, None))?;
    }
    if keeping.again {
        versions::ask(turn, number, &mut ticket, Contents::Origin)?;
    }
    listed::keep(turn, number, &mut ticket);
    Ok(())
}

/// Answers why nothing was kept, if so.
fn note(
    turn: &mut Turn<'_>,
    number: TicketNo,
    merge: &mut MergeRequest,
    outcome: Result<Option<KeptCommits>, Refusal>,
) -> Refusal {
    let nothing = || Refusal::new("nothing-new", "this is what was kept last");
    match outcome {
        Ok(None) => {
            merge.unkept = None;
            nothing()
        }
        Err(why) => {
            merge.unkept = Some(why.clone());
            why
        }
        Ok(Some(KeptCommits { base, head, commits })) => {
            merge.versions += 1;
            merge.unkept = None;
            let at = turn.now();
            VERSIONS.put(turn, &(number, merge.versions), &Version { base, head, commits, at });
            nothing()
        }
    }
}
