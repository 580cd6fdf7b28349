//! Patch tracker: keeps merge requests of the repositories it serves, and has them merged.
//! - [`merge_request`]: what a ticket offers to merge; [`patch`]: what is mailed
//! - [`versions`]: what was offered, as it was; [`version_kept`], [`origin_pushed`], [`look_again`], [`add_version`]: how a version comes
//!   [`kept_elsewhere`]: of what goes into a repository of another server
//! - [`review`]: what people think of it; [`submit_review`], [`approvals`], [`team_approvals`]: how they say so; [`review_wire`]: as activities;
//!   [`quotes`]: the lines they are about
//! - [`apply`], [`merge_proposed`], [`merge_ended`]: a merge, which the repository does; [`merged_elsewhere`]: one that git does here,
//!   into a repository of another server
//! - [`wire`]: activities; [`view`]: what may be asked
//!
//! What it does with tickets besides is [what all trackers do](crate::ticket_tracker). Which repositories it serves is said by
//! its [ties](crate::tie::TieKind::Patches) and by nothing else.
//!
//! Source: ForgeFed, "Actor Interface and Behavior", Patch Tracker; "Merge Requests".

pub mod add_version;
pub mod apply;
pub mod approvals;
pub mod kept_elsewhere;
pub mod look_again;
pub mod merge_ended;
pub mod merge_proposed;
pub mod merge_request;
pub mod merged_elsewhere;
pub mod origin_pushed;
pub mod patch;
pub mod quotes;
pub mod review;
pub mod review_wire;
pub mod submit_review;
pub mod team_approvals;
pub mod version_kept;
pub mod versions;
pub mod view;
pub mod wire;

pub use add_version::AddVersion;
pub use apply::Apply;
pub use approvals::{AnnounceReview, DismissReview, RequestReview, RequireApprovals, ResolveThread};
pub use kept_elsewhere::{ContinueDropping, QuotesFound, VersionBrought, VersionsDropped};
pub use look_again::LookAgain;
pub use merge_ended::MergeEnded;
pub use merge_proposed::MergeProposed;
pub use merge_request::MergeMethod;
pub use merged_elsewhere::MergedElsewhere;
pub use origin_pushed::{OfferPushed, OriginPushed};
pub use quotes::QuotesRead;
pub use submit_review::SubmitReview;
pub use team_approvals::{ApproveAsTeam, ListUnderTeam, ListedByTeam};
pub use version_kept::{VersionAsked, VersionKept};

use crate::common::{Resource, ResourceActor};
use crate::link::End;
use crate::patch_tracker::merge_request::{Answers, MergeOffer, MergeRequest};
use crate::patch_tracker::versions::{Contents, FOLLOWED};
use crate::ticket_tracker::TicketNo;
use crate::ticket_tracker::ticket::{Ticket, act_id};
use crate::ticket_tracker::tracks::Answer;
use crate::ticket_tracker::{
    AddDependency, Assign, AssignmentAccepted, AssignmentRefused, AssignmentSeconded, Close, Comment, DeleteComment,
    DeleteTicket, DependencyConfirmed, DependencyOffered, DependencyRemovalSeen, EditComment, EditFields, EditTicket,
    FieldGone, FollowTicket, ForgetField, ForgetFollower, ForgetFollowers, ForgetMilestone, ForgetTicket, ListAll,
    MilestoneDeletion, MilestoneGone, Open, RemoveDependency, Reopen, SetMilestone, TakeFile, TicketTracker, Tracks,
    Unassign, UnassignmentAccepted, UnfollowTicket,
};
use crate::tie::TieKind;
use crate::tie::rows::uses;
use pritchel_actor::{Actor, ActorId, Halt, Look, Refusal, Stored, Turn, Value, demand};
use serde::{Deserialize, Serialize};

/// A tracker of merge requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatchTracker {
    /// What it has in common with a tracker of tickets.
    pub tracked: TicketTracker,
    /// How many binding approvals of its newest version a merge request needs before it is merged.
    #[serde(default)]
    pub required_approvals: u32,
    /// Whether it has kept versions itself, of what goes into repositories of other servers: they are in a repository of its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keeps: bool,
}

impl PatchTracker {
    /// A tracker of no repository.
    pub fn new(resource: Resource) -> Self {
        Self { tracked: TicketTracker::new(resource), required_approvals: 0, keeps: false }
    }

    /// Whether this is the state of a tracker that has git data of its own, and has not ended.
    pub fn has_git_data(stored: &Stored) -> bool {
        let keeps = || stored.state.read::<Self>().is_ok_and(|tracker| tracker.keeps);
        stored.kind == Self::KIND && !stored.header.ended && keeps()
    }
}

/// Refuses a repository that the tracker does not serve: one it has no tie to.
fn serves(turn: &mut Turn<'_>, repository: &ActorId) -> Result<(), Halt> {
    if uses(turn, TieKind::Patches, repository)? {
        return Ok(());
    }
    let why = format!("this tracker takes no merge requests for {repository}");
    Err(Refusal::new("repository-not-tracked", why).into())
}

/// Refuses to change a merge request whose repository is tied to this tracker no more: until the two are tied anew it is only read
/// and talked about. What is merged has come to its end, and has nothing to wait for.
///
/// Source: ForgeFed, "Merge Requests", which has such ones frozen; protocol decision F-56.
pub(crate) fn not_frozen(turn: &mut Turn<'_>, ticket: &Ticket) -> Result<(), Halt> {
    let Some(merge) = ticket.merge.as_ref().filter(|merge| merge.merged.is_none()) else { return Ok(()) };
    let repository = &merge.offer.target.repository;
    demand(uses(turn, TieKind::Patches, repository)?, || {
        let why = format!("this tracker and {repository} have parted: until they are tied anew it is only read");
        Refusal::new("frozen", why)
    })?;
    Ok(())
}

impl ResourceActor for PatchTracker {
    const TYPE: &'static str = "PatchTracker";
    const OWN_TERMS: &'static [&'static str] = &["requiredApprovalsNeeded"];
    const ENDS: &'static [End] = End::COMPONENT;
    fn resource(&self) -> &Resource {
        self.tracked.resource()
    }
    fn resource_mut(&mut self) -> &mut Resource {
        self.tracked.resource_mut()
    }
    fn uses_now(&mut self, turn: &mut Turn<'_>, kind: TieKind, who: &ActorId) -> Result<(), Halt> {
        if kind == TieKind::Patches { look_again::look(turn, who, 0) } else { Ok(()) }
    }
    fn ends(&mut self, turn: &mut Turn<'_>) -> Result<(), Halt> {
        kept_elsewhere::remove_all(turn)
    }
    fn lost_access(&mut self, turn: &mut Turn<'_>, who: &ActorId) -> Result<(), Halt> {
        crate::ticket_tracker::lost_access(self, turn, who)
    }
    fn closes(&mut self, turn: &mut Turn<'_>) -> Result<(), Halt> {
        crate::ticket_tracker::forget_follower::forget::<Self>(turn, None, &[])
    }
}

impl Tracks for PatchTracker {
    fn tracked(&self) -> &TicketTracker {
        &self.tracked
    }
    fn tracked_mut(&mut self) -> &mut TicketTracker {
        &mut self.tracked
    }
    fn takes(&self, turn: &mut Turn<'_>, offer: Option<MergeOffer>) -> Result<Option<Box<MergeRequest>>, Halt> {
        let Some(offer) = offer else {
            let why = "a merge request is a Ticket with one `attachment` of the type Offer, which names two branches";
            return Err(Refusal::new("nothing-to-merge", why).into());
        };
        serves(turn, &offer.target.repository)?;
        demand(offer.origin.as_ref() != Some(&offer.target), || {
            Refusal::new("same-branch", "a branch is not merged into itself")
        })?;
        Ok(Some(Box::new(MergeRequest::new(offer))))
    }
    fn opens(&mut self, turn: &mut Turn<'_>, number: TicketNo, ticket: &mut Ticket) -> Result<Answer, Halt> {
        let Some(merge) = &mut ticket.merge else { return Ok(Answer::Now) };
        let patches = std::mem::take(&mut merge.offer.patches);
        match merge.offer.origin.clone() {
            Some(branch) => {
                versions::note_origin(turn, number, &branch)?;
                let from = &branch.repository;
                if !uses(turn, TieKind::Patches, from)? && !FOLLOWED.has(turn, from)? {
                    let follow = wire::follow(turn, from)?;
                    FOLLOWED.put(turn, from, &follow);
                }
                versions::ask(turn, number, ticket, Contents::Origin)?;
                Ok(Answer::Now)
            }
            None => {
                let answers = Answers { act: act_id(turn)?, by: ticket.author.clone(), opens: true };
                versions::ask(turn, number, ticket, Contents::Patches(patches, answers))?;
                let merge = ticket.merge.as_ref();
                let refused = merge.filter(|merge| merge.keeping.is_none()).and_then(|merge| merge.unkept.clone());
                refused.map_or(Ok(Answer::Later), |why| Err(why.into()))
            }
        }
    }
    fn reopens(&mut self, turn: &mut Turn<'_>, number: TicketNo, ticket: &mut Ticket) -> Result<(), Halt> {
        versions::ask(turn, number, ticket, Contents::Origin)
    }
    fn forgets(&mut self, turn: &mut Turn<'_>, number: TicketNo, ticket: &Ticket) -> Result<(), Halt> {
        ticket.merge.as_ref().map_or(Ok(()), |merge| versions::forget(turn, number, merge))
    }
    fn may_change(&self, turn: &mut Turn<'_>, ticket: &Ticket) -> Result<(), Halt> {
        not_frozen(turn, ticket)
    }
    fn kept(look: &mut Look<'_, '_>, uri: &str) -> Result<Option<Value>, Halt> {
        review_wire::kept(look, uri)
    }
}

crate::ticket_tracker::tracks::tracker_actor! { PatchTracker: PatchTrackerCall, schema 1, gate wire::gate, {
    Apply                 wire "Apply",   "write",    Fulfilled;
    MergeProposed         continuation,   "",         Told;
    MergeEnded            private,        "the repository", Told;
    MergedElsewhere       continuation,   "",         Told;
    AddVersion            wire "Add",     "report or write", AcceptWithResult;
    LookAgain             private,        "the tracker", Told;
    OfferPushed           private,        "the repository", Told;
    OriginPushed          wire "Push",    "the repository", Told;
    SubmitReview          wire "Offer",   "report or write", AcceptWithResult;
    ApproveAsTeam         wire "Offer",   "the team", AcceptWithResult;
    ListUnderTeam         wire "Add",     "",         Fulfilled;
    ListedByTeam          wire "Accept",  "the team", Told;
    RequestReview         wire "Invite",  "triage",   AcceptWithResult;
    AnnounceReview        wire "Announce", "report",  AcceptWithResult;
    DismissReview         wire "Undo",    "write",    Accept;
    ResolveThread         wire "Resolve", "write",    Accept;
    RequireApprovals      wire "Edit",    "admin",    Accept;
    VersionAsked          continuation,   "",         Told;
    VersionKept           private,        "the repository", Told;
    QuotesRead            private,        "the repository", Told;
    VersionBrought        continuation,   "",         Told;
    QuotesFound           continuation,   "",         Told;
    VersionsDropped       continuation,   "",         Told;
    ContinueDropping      private,        "the tracker", Told;
}}
