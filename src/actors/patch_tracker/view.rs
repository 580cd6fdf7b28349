//! What may be asked about a tracker of patches, beyond what all trackers show.

use crate::access::view::{may_see, not_shown};
use crate::limits::{MERGE_VERSIONS_MAX, REVIEWS_MAX, THREAD_COMMENTS_SHOWN};
use crate::patch_tracker::PatchTracker;
use crate::patch_tracker::merge_request::Branch;
use crate::patch_tracker::review::{Approval, REVIEWS, Review, approvals};
use crate::patch_tracker::versions::{self, VERSIONS, Version};
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::ticket::{COMMENTS, Comment, THREADED, TICKETS, Ticket};
use pritchel_actor::{ActorId, Halt, Header, Look, Page, RowKey, View};

/// A merge request with its versions, oldest first.
#[derive(Clone, Debug)]
pub struct ViewVersions {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// The merge request.
    pub number: TicketNo,
}

impl View<PatchTracker> for ViewVersions {
    type Answer = (Ticket, Vec<(u64, Version)>);

    fn look(&self, tracker: &PatchTracker, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        may_see(tracker, look, self.viewer.as_ref())?;
        let Some(ticket) = TICKETS.get(look, &self.number)? else { return Err(not_shown()) };
        let most = usize::try_from(MERGE_VERSIONS_MAX).unwrap_or(usize::MAX);
        let versions = VERSIONS.page(look, Page::first(&self.number.encode(), most))?;
        Ok((ticket, versions.into_iter().map(|((_, version), kept)| (version, kept)).collect()))
    }
}

/// The reviews of a merge request, oldest first, and its approvals.
#[derive(Clone, Debug)]
pub struct ViewReviews {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// The merge request.
    pub number: TicketNo,
}

/// What [`ViewReviews`] shows.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviewsShown {
    /// The reviews by number.
    pub reviews: Vec<(u64, Review)>,
    /// The approvals by reviewer.
    pub approvals: Vec<(ActorId, Approval)>,
    /// How many binding approvals a merge needs.
    pub needed: u32,
    /// What is said in the threads of all reviews, each with its place among the comments.
    pub answers: Vec<(u64, Comment)>,
}

impl View<PatchTracker> for ViewReviews {
    type Answer = ReviewsShown;

    fn look(&self, tracker: &PatchTracker, _: &Header, look: &mut Look<'_, '_>) -> Result<ReviewsShown, Halt> {
        may_see(tracker, look, self.viewer.as_ref())?;
        if !TICKETS.has(look, &self.number)? {
            return Err(not_shown());
        }
        let most = usize::try_from(REVIEWS_MAX).unwrap_or(usize::MAX);
        let reviews = REVIEWS.page(look, Page::first(&self.number.encode(), most))?;
        let mut answers = Vec::new();
        for ((number, place), ()) in THREADED.page(look, Page::first(&self.number.encode(), THREAD_COMMENTS_SHOWN))? {
            answers.extend(COMMENTS.get(look, &(number, place))?.map(|comment| (place, comment)));
        }
        Ok(ReviewsShown {
            answers,
            reviews: reviews.into_iter().map(|((_, number), review)| (number, review)).collect(),
            approvals: approvals(look, self.number)?,
            needed: tracker.required_approvals,
        })
    }
}

/// The merge requests that come from a branch and are not merged: their numbers, and whether each is open.
#[derive(Clone, Debug)]
pub struct ViewFromBranch {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// The branch.
    pub branch: Branch,
}

impl View<PatchTracker> for ViewFromBranch {
    type Answer = Vec<(TicketNo, bool)>;

    fn look(&self, tracker: &PatchTracker, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        may_see(tracker, look, self.viewer.as_ref())?;
        let mut found = Vec::new();
        for number in versions::from_branch(look, &self.branch)? {
            if let Some(ticket) = TICKETS.get(look, &number)? {
                found.push((number, ticket.is_open()));
            }
        }
        Ok(found)
    }
}

/// How many binding approvals a merge needs.
#[derive(Clone, Debug)]
pub struct ViewRequired {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
}

impl View<PatchTracker> for ViewRequired {
    type Answer = u32;

    fn look(&self, tracker: &PatchTracker, _: &Header, look: &mut Look<'_, '_>) -> Result<u32, Halt> {
        may_see(tracker, look, self.viewer.as_ref())?;
        Ok(tracker.required_approvals)
    }
}
