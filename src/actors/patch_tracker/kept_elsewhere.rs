//! Versions of what goes into a repository of another server, which cannot be asked to keep them: this tracker has git keep them here,
//! in a repository of its own that has what it needs of the other one. Git's part is that of a [repository of this
//! server](crate::repository::versions), and what comes of it is written down in the same way; only the place is another.
//! - `keep`, [`VersionBrought`]: one version; `look_up`, [`QuotesFound`]: the lines that a review quotes
//! - `forget`, [`VersionsDropped`], [`ContinueDropping`]: all of a merge request that is deleted; `remove_all`: when the tracker ends
//!
//! Source: ours; ForgeFed leaves open where a tracker has its patches.

use crate::limits::MERGE_RETRY_S;
use crate::patch_tracker::version_kept::{KeptCommits, ended};
use crate::patch_tracker::{PatchTracker, QuotesRead, VersionKept, quotes};
use crate::repository::merge::{MERGE_JOB, MergeWork, work};
use crate::repository::quotes::{QuoteRead, ReadQuotes};
use crate::repository::versions::{KeepVersion, version_ref, versions_prefix};
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::forget_ticket::only_itself;
use pritchel_actor::{ActorId, Halt, Method, Outcome, Refusal, Turn, Value};
use serde::{Deserialize, Serialize};

/// Has git keep a version of what goes into a repository of another server.
pub(super) fn keep(turn: &mut Turn<'_>, repository: ActorId, keep: KeepVersion) -> Result<(), Halt> {
    let then = VersionBrought { ticket: keep.number, version: keep.version };
    let under = version_ref(turn.me(), keep.number, keep.version);
    let args = work(&MergeWork::Keep { under, keep: Box::new(keep), of: Some(repository) })?;
    turn.job::<PatchTracker>(MERGE_JOB, args, then)
}

/// Git has kept it, or could not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionBrought {
    /// The merge request.
    pub ticket: TicketNo,
    /// The number of the version.
    pub version: u64,
}

impl Method<PatchTracker> for VersionBrought {
    type Answer = ();

    fn turn(self, tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let outcome = match turn.outcome::<Option<KeptCommits>>()? {
            Outcome::Done(kept) => Ok(kept),
            Outcome::Refused(why) => Err(why),
            Outcome::Unknown => {
                let why = "git could not keep it, for some reason of this server or of one that it was to be had from";
                Err(Refusal::new("merge-failed", why))
            }
        };
        tracker.keeps |= matches!(outcome, Ok(Some(_)));
        ended(tracker, turn, VersionKept { ticket: self.ticket, version: self.version, outcome })
    }
}

/// Has git look up the lines that a review quotes.
pub(super) fn look_up(turn: &mut Turn<'_>, quotes: ReadQuotes) -> Result<(), Halt> {
    let later = quotes.now.as_ref().map(|(version, _)| *version);
    let then = QuotesFound { ticket: quotes.ticket, review: quotes.review, later };
    turn.job::<PatchTracker>(MERGE_JOB, work(&MergeWork::Quote(Box::new(quotes)))?, then)
}

/// Git has looked, or could not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuotesFound {
    /// The merge request.
    pub ticket: TicketNo,
    /// The number of the review.
    pub review: u64,
    /// The later version, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later: Option<u64>,
}

impl Method<PatchTracker> for QuotesFound {
    type Answer = ();

    fn turn(self, _: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let found = match turn.outcome::<Vec<QuoteRead>>()? {
            Outcome::Done(found) => found,
            // What is said of the lines stands without them as well.
            Outcome::Refused(_) | Outcome::Unknown => Vec::new(),
        };
        let QuotesFound { ticket, review, later } = self;
        // Of another server nothing is kept but what everybody may fetch there.
        quotes::read(turn, QuotesRead { ticket, review, later, found, public: true })
    }
}

/// Lets go of all versions of a merge request.
pub(super) fn forget(turn: &mut Turn<'_>, number: TicketNo) -> Result<(), Halt> {
    let prefix = versions_prefix(turn.me(), number);
    drop_below(turn, prefix)
}

fn drop_below(turn: &mut Turn<'_>, prefix: String) -> Result<(), Halt> {
    let args = work(&MergeWork::Forget { prefix: prefix.clone() })?;
    turn.job::<PatchTracker>(MERGE_JOB, args, VersionsDropped { prefix: Some(prefix) })
}

/// Lets go of everything, since the tracker ends. Nobody hears how that ends: it is told to nobody but the tracker.
pub(super) fn remove_all(turn: &mut Turn<'_>) -> Result<(), Halt> {
    turn.job::<PatchTracker>(MERGE_JOB, work(&MergeWork::Remove {})?, VersionsDropped { prefix: None })
}

/// Git has let go of some, or could not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionsDropped {
    /// What their references begin with; none of all that there was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
}

impl Method<PatchTracker> for VersionsDropped {
    type Answer = ();

    fn turn(self, _: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        match (turn.outcome::<Value>()?, self.prefix) {
            (Outcome::Done(Value::Bool(false)), Some(prefix)) => drop_below(turn, prefix),
            (Outcome::Unknown, Some(prefix)) => {
                turn.after::<PatchTracker>(MERGE_RETRY_S, ContinueDropping { prefix }).map(drop)
            }
            _ => Ok(()),
        }
    }
}

/// Private, by a timer of its own: lets go of versions where that has failed for long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContinueDropping {
    /// What their references begin with.
    pub prefix: String,
}

impl Method<PatchTracker> for ContinueDropping {
    type Answer = ();

    fn turn(self, _: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        only_itself(turn)?;
        drop_below(turn, self.prefix)
    }
}
