//! What is done about reviews besides writing them: they are asked for, announced, dismissed, and their threads settled.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::limits::REQUIRED_APPROVALS_MAX;
use crate::patch_tracker::PatchTracker;
use crate::patch_tracker::review::{APPROVALS, REVIEWS, Standing, approval_uri, approvals};
use crate::patch_tracker::submit_review::{approval, offered, open};
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::ticket::{Resolved, TICKETS, act_id, ticket_followers};
use pritchel_actor::{ActorId, Audience, Halt, Method, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// Asks somebody for a review. Answers their approval's address, and tells them.
///
/// Source: ForgeFed, "Merge Requests", Request a review. One person an act: an `Accept` of ours names one result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestReview {
    /// Of which merge request.
    pub ticket: TicketNo,
    /// Who is asked.
    pub reviewer: ActorId,
}

impl Method<PatchTracker> for RequestReview {
    type Answer = String;

    fn turn(self, tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<String, Halt> {
        require(tracker, turn, Role::Triage)?;
        let mut ticket = open(turn, self.ticket)?;
        let known = APPROVALS.has(turn, &(self.ticket, self.reviewer.clone()))?;
        let mut approval = approval(turn, self.ticket, offered(&mut ticket)?, &self.reviewer)?;
        match approval.standing {
            Standing::Dismissed => approval.standing = Standing::DismissedAwaiting,
            Standing::Awaiting if !known || !approval.requested => {}
            other => {
                let why = format!("the approval of {} is {}: dismiss it first", self.reviewer, other.as_str());
                return Err(Refusal::new("already-reviewed", why).into());
            }
        }
        (approval.requested, approval.since) = (true, turn.now());
        APPROVALS.put(turn, &(self.ticket, self.reviewer.clone()), &approval);
        TICKETS.put(turn, &self.ticket, &ticket);
        turn.answer_also(Audience::one(&self.reviewer));
        spread(turn, vec![followers(), ticket_followers(self.ticket)])?;
        Ok(approval_uri(turn.me(), self.ticket, approval.number))
    }
}

/// Somebody is writing a review. Answers their approval's address.
///
/// Source: ForgeFed, "Merge Requests", Indicate a pending review.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnnounceReview {
    /// Of which merge request.
    pub ticket: TicketNo,
}

impl Method<PatchTracker> for AnnounceReview {
    type Answer = String;

    fn turn(self, tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<String, Halt> {
        require(tracker, turn, Role::Report)?;
        let who = turn.caller().id().clone();
        let mut ticket = open(turn, self.ticket)?;
        let mut approval = approval(turn, self.ticket, offered(&mut ticket)?, &who)?;
        approval.in_progress = true;
        APPROVALS.put(turn, &(self.ticket, who), &approval);
        TICKETS.put(turn, &self.ticket, &ticket);
        Ok(approval_uri(turn.me(), self.ticket, approval.number))
    }
}

/// Dismisses what a reviewer has said: it stands, and counts no longer.
///
/// Source: ForgeFed, "Merge Requests", Dismiss a review.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DismissReview {
    /// Of which merge request.
    pub ticket: TicketNo,
    /// The number of the approval.
    pub approval: u64,
}

impl Method<PatchTracker> for DismissReview {
    type Answer = ();

    fn turn(self, tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(tracker, turn, Role::Write)?;
        let all = approvals(turn, self.ticket)?;
        let found = all.into_iter().find(|(_, approval)| approval.number == self.approval);
        let Some((who, mut approval)) = found else {
            return Err(Refusal::new("no-such-approval", format!("there is no approval {}", self.approval)).into());
        };
        if !matches!(approval.standing, Standing::Given(_)) {
            let why = format!("it is {}: there is nothing to dismiss", approval.standing.as_str());
            return Err(Refusal::new("not-reviewed", why).into());
        }
        (approval.standing, approval.since) = (Standing::Dismissed, turn.now());
        APPROVALS.put(turn, &(self.ticket, who.clone()), &approval);
        turn.answer_also(Audience::one(&who));
        spread(turn, vec![followers(), ticket_followers(self.ticket)])
    }
}

/// Settles a thread of a review, or opens it again.
///
/// Source: ForgeFed, "Merge Requests", Resolve a review thread, Unresolve a review thread.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResolveThread {
    /// Of which merge request.
    pub ticket: TicketNo,
    /// The number of the review.
    pub review: u64,
    /// The number of the thread, from 1.
    pub thread: u64,
    /// Whether it is to be settled.
    pub resolved: bool,
}

impl Method<PatchTracker> for ResolveThread {
    type Answer = ();

    fn turn(self, tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(tracker, turn, Role::Write)?;
        let (by, at, act) = (turn.caller().id().clone(), turn.now(), act_id(turn)?);
        let mut review = REVIEWS.get(turn, &(self.ticket, self.review))?;
        let place = usize::try_from(self.thread).ok().and_then(|thread| thread.checked_sub(1));
        let thread = review.as_mut().zip(place).and_then(|(review, place)| review.threads.get_mut(place));
        let Some(thread) = thread else {
            return Err(Refusal::new("no-such-thread", "there is no such thread of a review").into());
        };
        if thread.resolved.is_some() == self.resolved {
            let why = if self.resolved { "the thread is settled already" } else { "the thread is not settled" };
            return Err(Refusal::new("already-so", why).into());
        }
        thread.resolved = self.resolved.then_some(Resolved { by, at, act });
        if let Some(review) = &review {
            REVIEWS.put(turn, &(self.ticket, self.review), review);
        }
        spread(turn, vec![followers(), ticket_followers(self.ticket)])
    }
}

/// Says how many binding approvals a merge needs.
///
/// Source: ours. ForgeFed has `requiredApprovalsNeeded` at each merge request, and leaves open who says so; here it is the
/// tracker's, for all of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequireApprovals {
    /// How many; 0 for none.
    pub needed: u64,
}

impl Method<PatchTracker> for RequireApprovals {
    type Answer = ();

    fn turn(self, tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(tracker, turn, Role::Admin)?;
        let needed = u32::try_from(self.needed).ok().filter(|needed| *needed <= REQUIRED_APPROVALS_MAX);
        let Some(needed) = needed else {
            let why = format!("a merge needs at most {REQUIRED_APPROVALS_MAX} approvals");
            return Err(Refusal::new("too-many-approvals", why).into());
        };
        tracker.required_approvals = needed;
        spread(turn, vec![followers()])
    }
}
