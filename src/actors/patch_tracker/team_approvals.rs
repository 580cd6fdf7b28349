//! What teams say of a merge request: each has an approval where one was asked for; members have theirs listed under it, and
//! have the team approve.

use crate::common::resource::{followers, spread};
use crate::limits::{REVIEWS_MAX, TEAM_LISTINGS_MAX};
use crate::patch_tracker::review::{
    APPROVALS, Listing, REVIEWS, Review, Standing, TEAM_LISTINGS, Verdict, approval_at, approval_uri, review_uri,
};
use crate::patch_tracker::submit_review::{is_newest, offered, open};
use crate::patch_tracker::{PatchTracker, wire};
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::ticket::{TICKETS, act_id, ticket_followers};
use pritchel_actor::{ActId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// A team approves the newest version. That it was asked for its approval is authority enough; a team's approval does not
/// count before a merge, those of its members may. Answers the review's address.
///
/// Source: ForgeFed, "Merge Requests", Send a team approval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApproveAsTeam {
    /// Which merge request.
    pub ticket: TicketNo,
    /// Which version it is of: must be the newest.
    pub version: u64,
    /// What it comes to: teams only approve.
    pub verdict: Verdict,
}

impl Method<PatchTracker> for ApproveAsTeam {
    type Answer = String;

    fn turn(self, _tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<String, Halt> {
        let (team, now) = (turn.caller().id().clone(), turn.now());
        let mut ticket = open(turn, self.ticket)?;
        let merge = offered(&mut ticket)?;
        demand(self.verdict == Verdict::Approve, || {
            Refusal::new("only-approves", format!("a team approves or says nothing, found {}", self.verdict.as_str()))
        })?;
        is_newest(merge, self.version)?;
        demand(merge.reviews < REVIEWS_MAX, || {
            Refusal::new("too-many-reviews", format!("at most {REVIEWS_MAX} reviews of one merge request"))
        })?;
        merge.reviews += 1;
        let (number, place) = (merge.reviews, (self.ticket, team.clone()));
        let Some(mut approval) = APPROVALS.get(turn, &place)?.filter(|approval| approval.team.is_some()) else {
            return Err(Refusal::new("no-such-approval", format!("{team} was not asked for its approval")).into());
        };
        approval.standing = Standing::Given(Verdict::Approve);
        (approval.version, approval.review, approval.since) = (Some(self.version), Some(number), now);
        let review = Review {
            author: team,
            verdict: Verdict::Approve,
            binding: false,
            version: self.version,
            summary: Default::default(),
            note: None,
            threads: Vec::new(),
            at: now,
            act: act_id(turn)?,
        };
        REVIEWS.put(turn, &(self.ticket, number), &review);
        APPROVALS.put(turn, &place, &approval);
        TICKETS.put(turn, &self.ticket, &ticket);
        spread(turn, vec![followers(), ticket_followers(self.ticket)])?;
        Ok(review_uri(turn.me(), self.ticket, number))
    }
}

/// Somebody's approval is to be listed under a team's. The team says whether it may; then it is answered.
///
/// Source: ForgeFed, "Merge Requests", List a review under a team, step 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListUnderTeam {
    /// The approval: its merge request and number.
    pub approval: (TicketNo, u64),
    /// The team's approval, in the same way.
    pub under: (TicketNo, u64),
}

impl Method<PatchTracker> for ListUnderTeam {
    type Answer = ();

    fn turn(self, _tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let ((ticket, individual), (other, under)) = (self.approval, self.under);
        demand(ticket == other, || Refusal::new("no-such-approval", "both are approvals of one merge request"))?;
        let (who, approval) = approval_at(turn, ticket, individual)?;
        demand(approval.team.is_none(), || {
            Refusal::new("not-an-individual", format!("approval {individual} is that of the team {who}"))
        })?;
        let (team, mut shared) = approval_at(turn, ticket, under)?;
        let Some(said) = &mut shared.team else {
            return Err(
                Refusal::new("not-a-team", format!("approval {under} is that of {team}, who is no team")).into()
            );
        };
        demand(!said.listed.contains(&individual), || {
            Refusal::new("already-listed", format!("approval {individual} is listed under that of {team} already"))
        })?;
        let act = act_id(turn)?;
        said.waiting.push(act.clone());
        // Anybody can ask, so only so many wait: the oldest makes room.
        if said.waiting.len() > TEAM_LISTINGS_MAX {
            TEAM_LISTINGS.remove(turn, &said.waiting.remove(0));
        }
        let by = turn.caller().id().clone();
        TEAM_LISTINGS.put(turn, &act, &Listing { ticket, individual, team: team.clone(), by });
        APPROVALS.put(turn, &(ticket, team), &shared);
        Ok(())
    }
}

/// The team says that an approval speaks for it: it is listed, and the `Add` is answered.
///
/// Source: ForgeFed, "Merge Requests", List a review under a team, steps 2 to 4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ListedByTeam {
    /// The `Add`.
    pub add: ActId,
}

impl Method<PatchTracker> for ListedByTeam {
    type Answer = ();

    fn turn(self, _tracker: &mut PatchTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        let Some(listing) = TEAM_LISTINGS.get(turn, &self.add)? else {
            return Err(Refusal::new("no-such-approval", format!("{} lists nothing here", self.add)).into());
        };
        demand(listing.team == caller, || {
            Refusal::new("not-the-team", format!("{} is asked, not {caller}", listing.team))
        })?;
        let place = (listing.ticket, caller.clone());
        TEAM_LISTINGS.remove(turn, &self.add);
        let Some(mut approval) = APPROVALS.get(turn, &place)? else { return Ok(()) };
        let Some(said) = &mut approval.team else { return Ok(()) };
        said.waiting.retain(|waiting| *waiting != self.add);
        if !said.listed.contains(&listing.individual) {
            said.listed.push(listing.individual);
        }
        let result = approval_uri(turn.me(), listing.ticket, approval.number);
        APPROVALS.put(turn, &place, &approval);
        wire::listed(turn, &self.add, &listing, &result)
    }
}
