//! QuotesRead: what git makes of the lines that reviews quote. Whoever keeps the versions is asked when a review has come: then each of its
//! threads is given the hunk it is about; and again for one review after the other when another version is kept: then threads whose
//! lines that version has changed are outdated.
//! - `ask`: of one review; `ask_anew`: of all, from one on
//!
//! Source: ForgeFed, "Code Quote", `cqHunk`, `cqOutdated`; "Merge Requests", Review.

use crate::limits::REVIEWS_PAGE;
use crate::patch_tracker::review::{Hunk, REVIEWS, Review};
use crate::patch_tracker::versions::{VERSIONS, is_kept_there};
use crate::patch_tracker::{PatchTracker, kept_elsewhere};
use crate::repository::Repository;
use crate::repository::quotes::{QuoteRead, ReadQuotes, Span};
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::ticket::TICKETS;
use pritchel_actor::{ActorId, Halt, Method, Page, Ref, Refusal, RowKey, Turn, demand};
use serde::{Deserialize, Serialize};

/// Has whoever keeps the versions look at the lines that a review quotes.
/// - `repository`: where the merge request goes
/// - `later`: the newest version, if it is to be found out what that has changed
pub(super) fn ask(
    turn: &mut Turn<'_>,
    repository: &ActorId,
    ticket: TicketNo,
    (number, review): (u64, &Review),
    later: Option<u64>,
) -> Result<(), Halt> {
    let Some(of) = span(turn, ticket, review.version)? else { return Ok(()) };
    let now = match later {
        Some(version) => span(turn, ticket, version)?.map(|span| (version, span)),
        None => None,
    };
    let quotes = review.threads.iter().map(|thread| thread.quote.clone()).collect();
    let asked = ReadQuotes { ticket, review: number, quotes, of, now };
    if !is_kept_there(turn.me(), repository) {
        return kept_elsewhere::look_up(turn, asked);
    }
    let repository: Ref<Repository> = turn.look().introduce(repository);
    turn.call(&repository, asked)
}

/// Has the repository look at the next review whose threads a newer version may have changed. When it has, it goes on from there.
/// - `from`: the number of the first that is looked at
pub(super) fn ask_anew(
    turn: &mut Turn<'_>,
    repository: &ActorId,
    ticket: TicketNo,
    version: u64,
    from: u64,
) -> Result<(), Halt> {
    let mut after = (ticket, from.saturating_sub(1));
    loop {
        let (prefix, last) = (ticket.encode(), after.encode());
        let reviews = REVIEWS.page(turn, Page { after: &last, ..Page::first(&prefix, REVIEWS_PAGE) })?;
        let Some((last, _)) = reviews.last() else { return Ok(()) };
        after = *last;
        for ((_, number), review) in &reviews {
            if review.version < version && review.threads.iter().any(|thread| !thread.outdated) {
                return ask(turn, repository, ticket, (*number, review), Some(version));
            }
        }
    }
}

fn span(turn: &mut Turn<'_>, ticket: TicketNo, version: u64) -> Result<Option<Span>, Halt> {
    let version = VERSIONS.get(turn, &(ticket, version))?;
    Ok(version.map(|version| Span { base: version.base, head: version.head }))
}

/// Private, from the repository: what git makes of the lines that one review quotes, in their order; nothing where it could not
/// look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuotesRead {
    /// The merge request.
    pub ticket: TicketNo,
    /// The number of the review.
    pub review: u64,
    /// With which later version its own was compared, if with any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub later: Option<u64>,
    /// What was found.
    pub found: Vec<QuoteRead>,
    /// Whether everybody may see the repository.
    pub public: bool,
}

impl Method<PatchTracker> for QuotesRead {
    type Answer = ();

    fn turn(self, _: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        // It may have been deleted meanwhile.
        let Some(merge) = TICKETS.get(turn, &self.ticket)?.and_then(|ticket| ticket.merge) else { return Ok(()) };
        demand(merge.offer.target.repository == caller, || {
            Refusal::new("not-the-repository", "lines are looked up by the repository they are of")
        })?;
        read(turn, self)
    }
}

/// Writes down what was found, and has the next review looked at.
pub(super) fn read(turn: &mut Turn<'_>, read: QuotesRead) -> Result<(), Halt> {
    let Some(merge) = TICKETS.get(turn, &read.ticket)?.and_then(|ticket| ticket.merge) else { return Ok(()) };
    let (key, public) = ((read.ticket, read.review), read.public);
    if let Some(mut review) = REVIEWS.get(turn, &key)? {
        for (thread, found) in review.threads.iter_mut().zip(read.found) {
            if thread.hunk.is_none() {
                thread.hunk = found.hunk.map(|text| Hunk { text, public });
            }
            thread.outdated |= found.changed;
        }
        REVIEWS.put(turn, &key, &review);
    }
    match read.later.filter(|version| *version == merge.versions) {
        Some(version) => ask_anew(turn, &merge.offer.target.repository, read.ticket, version, read.review + 1),
        // Where a newer version has come meanwhile, that has begun anew.
        None => Ok(()),
    }
}
