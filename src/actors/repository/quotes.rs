//! Lines that reviews quote: git finds the hunk they stand in, and whether a later version has changed them. Nothing moves.

use crate::common::Visibility;
use crate::patch_tracker::review::Quote;
use crate::patch_tracker::{PatchTracker, QuotesRead};
use crate::repository::merge::{MERGE_JOB, MergeWork, work};
use crate::repository::{Repository, sends_patches_to};
use crate::ticket_tracker::TicketNo;
use pritchel_actor::{ActorId, Halt, Method, Outcome, Ref, Turn};
use serde::{Deserialize, Serialize};

/// What a version changes: all between two commits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Where it left the target, hexadecimal; none if the two have nothing in common.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// Its newest commit, hexadecimal.
    pub head: String,
}

/// What git makes of one quote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteRead {
    /// The part of the difference that has its lines; none if none has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hunk: Option<String>,
    /// Whether a later version has others in their place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub changed: bool,
}

/// Private, from the patch tracker this repository is tied to: look up the lines that a review quotes.
///
/// Source: ours; ForgeFed leaves open where a tracker has its patches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadQuotes {
    /// The merge request's number at its tracker.
    pub ticket: TicketNo,
    /// The number of the review.
    pub review: u64,
    /// The lines.
    pub quotes: Vec<Quote>,
    /// The version they are of.
    pub of: Span,
    /// A later one, and its number, if it is to be found out what that has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<(u64, Span)>,
}

impl Method<Repository> for ReadQuotes {
    type Answer = ();

    fn turn(self, _: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let tracker = turn.caller().id().clone();
        sends_patches_to(turn, &tracker)?;
        let later = self.now.as_ref().map(|(version, _)| *version);
        let then = QuotesLookedUp { tracker, ticket: self.ticket, review: self.review, later };
        let args = work(&MergeWork::Quote(Box::new(self)))?;
        turn.job::<Repository>(MERGE_JOB, args, then)
    }
}

/// Git has looked, or could not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuotesLookedUp {
    /// The patch tracker.
    pub tracker: ActorId,
    /// The merge request.
    pub ticket: TicketNo,
    /// The number of the review.
    pub review: u64,
    /// The later version, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later: Option<u64>,
}

impl Method<Repository> for QuotesLookedUp {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let found = match turn.outcome::<Vec<QuoteRead>>()? {
            Outcome::Done(found) => found,
            // What is said of the lines stands without them as well, and the other reviews are looked at all the same.
            Outcome::Refused(_) | Outcome::Unknown => Vec::new(),
        };
        let public = repository.resource.visibility != Visibility::Private;
        let tracker: Ref<PatchTracker> = turn.look().introduce(&self.tracker);
        let QuotesLookedUp { ticket, review, later, .. } = self;
        turn.call(&tracker, QuotesRead { ticket, review, later, found, public })
    }
}
