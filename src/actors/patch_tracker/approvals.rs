//! What is done about reviews besides writing them: they are asked for, announced, dismissed, and their threads settled.

use crate::access::{Role, require};
use crate::common::resource::{followers, spread};
use crate::limits::{ASKED_FOR_REVIEW_MAX, REQUIRED_APPROVALS_MAX};
use crate::link::evidence;
use crate::patch_tracker::PatchTracker;
use crate::patch_tracker::review::{APPROVALS, InItsName, REVIEWS, Standing, approval_at, approval_uri};
use crate::patch_tracker::submit_review::{approval, offered, only_individuals, open};
use crate::ticket_tracker::listed;
use crate::ticket_tracker::ticket::{self, Resolved, Ticket, act_id, ticket_followers};
use crate::ticket_tracker::{TicketNo, Tracks};
use pritchel_actor::{ActorId, Audience, Halt, Method, Need, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Asks people and teams for a review. Answers the addresses of their approvals, and tells them.
///
/// Source: ForgeFed, "Merge Requests", Request a review.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestReview {
    /// Of which merge request.
    pub ticket: TicketNo,
    /// Who is asked.
    pub reviewers: Vec<ActorId>,
}

impl Method<PatchTracker> for RequestReview {
    type Answer = Vec<String>;

    fn turn(self, tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<Vec<String>, Halt> {
        require(tracker, turn, Role::Triage)?;
        demand((1..=ASKED_FOR_REVIEW_MAX).contains(&self.reviewers.len()), || {
            Refusal::new("too-many-reviewers", format!("1 to {ASKED_FOR_REVIEW_MAX} are asked for a review at a time"))
        })?;
        let mut ticket = open(turn, self.ticket)?;
        turn.need_all(self.reviewers.iter().map(|who| Need::Document(who.to_string())).collect())?;
        let mut asked = Vec::new();
        for who in &self.reviewers {
            asked.push(request(turn, self.ticket, &mut ticket, who)?);
        }
        listed::keep(turn, self.ticket, &mut ticket);
        turn.answer_also(Audience { to: self.reviewers, groups: Vec::new() });
        spread(turn, vec![followers(), ticket_followers(self.ticket)])?;
        Ok(asked)
    }
}

/// Asks one, and answers the address of their approval.
fn request(turn: &mut Turn<'_>, number: TicketNo, ticket: &mut Ticket, who: &ActorId) -> Result<String, Halt> {
    let place = (number, who.clone());
    let known = APPROVALS.has(turn, &place)?;
    let is_team = !known && evidence::is_team(turn, who)?;
    let mut approval = approval(turn, number, offered(ticket)?, who)?;
    if is_team {
        approval.team = Some(InItsName::default());
    }
    match approval.standing {
        Standing::Dismissed => approval.standing = Standing::DismissedAwaiting,
        Standing::Awaiting if !known || !approval.requested => {}
        other => {
            let why = format!("the approval of {who} is {}: dismiss it first", other.as_str());
            return Err(Refusal::new("already-reviewed", why).into());
        }
    }
    (approval.requested, approval.since) = (true, turn.now());
    APPROVALS.put(turn, &place, &approval);
    Ok(approval_uri(turn.me(), number, approval.number))
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
        only_individuals(turn, self.ticket, &who)?;
        let mut ticket = open(turn, self.ticket)?;
        let mut approval = approval(turn, self.ticket, offered(&mut ticket)?, &who)?;
        approval.in_progress = true;
        APPROVALS.put(turn, &(self.ticket, who), &approval);
        listed::keep(turn, self.ticket, &mut ticket);
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
        let ticket = ticket::ticket(turn, self.ticket)?;
        tracker.may_change(turn, &ticket)?;
        let (who, mut approval) = approval_at(turn, self.ticket, self.approval)?;
        demand(matches!(approval.standing, Standing::Given(_)), || {
            let why = format!("it is {}: there is nothing to dismiss", approval.standing.as_str());
            Refusal::new("not-reviewed", why)
        })?;
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
        turn.case(if self.resolved { "settled" } else { "opened" });
        require(tracker, turn, Role::Write)?;
        let ticket = ticket::ticket(turn, self.ticket)?;
        tracker.may_change(turn, &ticket)?;
        let (by, at, act) = (turn.caller().id().clone(), turn.now(), act_id(turn)?);
        let mut review = REVIEWS.get(turn, &(self.ticket, self.review))?;
        let place = usize::try_from(self.thread).ok().and_then(|thread| thread.checked_sub(1));
        let thread = review.as_mut().zip(place).and_then(|(review, place)| review.threads.get_mut(place));
        let Some(thread) = thread else {
            return Err(Refusal::new("no-such-thread", "there is no such thread of a review").into());
        };
        demand(thread.resolved.is_some() != self.resolved, || {
            let why = if self.resolved { "the thread is settled already" } else { "the thread is not settled" };
            Refusal::new("already-so", why)
        })?;
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
