//! SubmitReview: what somebody thinks of the newest version.

use crate::access::{Role, require};
use crate::common::naming::origin_of;
use crate::common::resource::{followers, spread};
use crate::limits::{REVIEWERS_MAX, REVIEWS_MAX, THREADS_MAX};
use crate::link::evidence;
use crate::patch_tracker::merge_request::MergeRequest;
use crate::patch_tracker::review::{
    APPROVALS, Approval, Noted, Quote, REVIEWS, Review, Said, Standing, Thread, Verdict, approvals, review_uri,
};
use crate::patch_tracker::{PatchTracker, not_frozen, quotes, review_wire};
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::listed;
use crate::ticket_tracker::ticket::{self, Ticket, act_id, ticket_followers};
use pritchel_actor::{ActorId, Halt, Method, Need, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Takes a review of the newest version, sets its author's approval, and answers the review's address.
///
/// The hunk that each thread is about is found by git, after the answer: see [`quotes`]. What a review says of that itself is not
/// believed.
///
/// Source: ForgeFed, "Merge Requests", Review: report, and write where it is binding. Ours: nobody approves what they offer
/// themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SubmitReview {
    /// Which merge request.
    pub ticket: TicketNo,
    /// Which version it is of: must be the newest.
    pub version: u64,
    /// What it comes to.
    pub verdict: Verdict,
    /// Whether it is to count.
    pub binding: bool,
    /// What it says of all of it.
    pub summary: Said,
    /// What it says of some lines.
    pub threads: Vec<(Quote, Said)>,
}

impl Method<PatchTracker> for SubmitReview {
    type Answer = String;

    fn turn(self, tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<String, Halt> {
        turn.case(if self.binding { "binding" } else { "not-binding" });
        require(tracker, turn, if self.binding { Role::Write } else { Role::Report })?;
        let (author, now) = (turn.caller().id().clone(), turn.now());
        only_individuals(turn, self.ticket, &author)?;
        let mut ticket = open(turn, self.ticket)?;
        let own = ticket.author == author;
        let merge = offered(&mut ticket)?;
        is_newest(merge, self.version)?;
        demand(!own || self.verdict != Verdict::Approve, || {
            Refusal::new("own-merge-request", "nobody approves what they offer themselves")
        })?;
        demand(merge.reviews < REVIEWS_MAX && self.threads.len() <= THREADS_MAX, || {
            let why = format!("at most {REVIEWS_MAX} reviews of one merge request, with at most {THREADS_MAX} threads");
            Refusal::new("too-many-reviews", why)
        })?;
        let (summary, threads) = heard(turn, self.summary, self.threads, &author)?;
        merge.reviews += 1;
        let (number, repository) = (merge.reviews, merge.offer.target.repository.clone());
        let mut approval = approval(turn, self.ticket, merge, &author)?;
        approval.standing = Standing::Given(self.verdict);
        approval.binding = self.binding;
        approval.version = Some(self.version);
        approval.review = Some(number);
        (approval.in_progress, approval.since) = (false, now);
        let review = Review {
            author: author.clone(),
            verdict: self.verdict,
            binding: self.binding,
            version: self.version,
            summary: summary.text,
            note: summary.id,
            threads,
            at: now,
            act: act_id(turn)?,
        };
        REVIEWS.put(turn, &(self.ticket, number), &review);
        APPROVALS.put(turn, &(self.ticket, author), &approval);
        if !review.threads.is_empty() {
            quotes::ask(turn, &repository, self.ticket, (number, &review), None)?;
        }
        listed::keep(turn, self.ticket, &mut ticket);
        spread(turn, vec![followers(), ticket_followers(self.ticket)])?;
        Ok(review_uri(turn.me(), self.ticket, number))
    }
}

/// What the notes of a review say. Those that are named by their addresses alone are had from their author's server, all at
/// the same time.
fn heard(
    turn: &mut Turn<'_>,
    summary: Said,
    threads: Vec<(Quote, Said)>,
    author: &ActorId,
) -> Result<(Noted, Vec<Thread>), Halt> {
    let all = std::iter::once(&summary).chain(threads.iter().map(|(_, said)| said));
    let elsewhere = all.filter_map(|said| match said {
        Said::At(uri) => Some(Need::Document(uri.clone())),
        Said::Here(_) => None,
    });
    turn.need_all(elsewhere.collect())?;
    let summary = noted(turn, summary, author)?;
    let mut heard = Vec::new();
    for (quote, said) in threads {
        let Noted { id, text, suggestions, .. } = noted(turn, said, author)?;
        heard.push(Thread { quote, hunk: None, outdated: false, text, note: id, suggestions, resolved: None });
    }
    Ok((summary, heard))
}

/// A note, which is its reviewer's own.
fn noted(turn: &mut Turn<'_>, said: Said, author: &ActorId) -> Result<Noted, Halt> {
    let noted = match said {
        Said::Here(noted) => noted,
        Said::At(uri) => review_wire::noted_at(turn, &uri)?,
    };
    let own = |id: &String| origin_of(id) == origin_of(author.as_str());
    demand(noted.author.as_ref().is_none_or(|by| by == author) && noted.id.as_ref().is_none_or(own), || {
        let id = noted.id.as_deref().unwrap_or("a note");
        Refusal::new("not-the-author", format!("{id} of a review by {author} is another's"))
    })?;
    Ok(noted)
}

/// Refuses what is said of another version than the newest.
pub(super) fn is_newest(merge: &MergeRequest, version: u64) -> Result<(), Halt> {
    demand(version == merge.versions && version > 0, || {
        let why = format!("a review is of the newest version, {}, this one of {version}", merge.versions);
        Refusal::new("not-the-newest-version", why)
    })?;
    Ok(())
}

/// A merge request that is open, and not frozen.
pub(super) fn open(turn: &mut Turn<'_>, number: TicketNo) -> Result<Ticket, Halt> {
    let ticket = ticket::ticket(turn, number)?;
    not_frozen(turn, &ticket)?;
    if ticket.is_open() {
        return Ok(ticket);
    }
    Err(Refusal::new("already-closed", format!("merge request {number} is closed")).into())
}

pub(super) fn offered(ticket: &mut Ticket) -> Result<&mut MergeRequest, Refusal> {
    ticket.merge.as_deref_mut().ok_or_else(|| Refusal::new("nothing-to-merge", "it offers nothing to merge"))
}

/// Refuses a team: it is spoken for by its members, and has an approval of its own only where one was asked for.
pub(super) fn only_individuals(turn: &mut Turn<'_>, ticket: TicketNo, who: &ActorId) -> Result<(), Halt> {
    let known = APPROVALS.has(turn, &(ticket, who.clone()))?;
    demand(known || !evidence::is_team(turn, who)?, || {
        Refusal::new("no-such-approval", format!("{who} is a team that was not asked for its approval"))
    })?;
    Ok(())
}

/// The approval of a reviewer, or a new one that awaits their review.
/// - errors: a refusal if there are too many reviewers
pub(super) fn approval(
    turn: &mut Turn<'_>,
    ticket: TicketNo,
    merge: &mut MergeRequest,
    who: &ActorId,
) -> Result<Approval, Halt> {
    if let Some(approval) = APPROVALS.get(turn, &(ticket, who.clone()))? {
        return Ok(approval);
    }
    demand(approvals(turn, ticket)?.len() < REVIEWERS_MAX, || {
        let why = format!("a merge request has at most {REVIEWERS_MAX} reviewers");
        Refusal::new("too-many-reviewers", why)
    })?;
    merge.approvals += 1;
    Ok(Approval {
        number: merge.approvals,
        standing: Standing::Awaiting,
        binding: false,
        version: None,
        review: None,
        requested: false,
        in_progress: false,
        since: turn.now(),
        team: None,
    })
}
