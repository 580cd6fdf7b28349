//! Patch tracker: keeps merge requests of the repositories it serves, and has them merged.
//! - [`merge_request`]: what a ticket offers to merge
//! - [`apply`], [`merge_proposed`], [`merge_ended`]: a merge, which the repository does
//! - [`wire`](self::wire): activities
//!
//! What it does with tickets besides is [what all trackers do](crate::ticket_tracker). Which repositories it serves is said by
//! its [ties](crate::tie::TieKind::Patches) and by nothing else.
//!
//! Source: ForgeFed, "Actor Interface and Behavior", Patch Tracker; "Merge Requests".

pub mod apply;
pub mod merge_ended;
pub mod merge_proposed;
pub mod merge_request;
pub mod wire;

pub use apply::Apply;
pub use merge_ended::MergeEnded;
pub use merge_proposed::MergeProposed;
pub use merge_request::MergeMethod;

use crate::common::{Resource, ResourceActor};
use crate::link::End;
use crate::patch_tracker::merge_request::{MergeOffer, MergeRequest};
use crate::ticket_tracker::{
    AddDependency, Assign, AssignmentAccepted, Close, Comment, DeleteComment, DeleteTicket, DependencyConfirmed,
    DependencyOffered, DependencyRemovalSeen, EditComment, EditTicket, FollowTicket, ForgetFollower, ForgetFollowers,
    ForgetTicket, Open, RemoveDependency, Reopen, TicketTracker, Tracks, Unassign, UnassignmentAccepted,
    UnfollowTicket,
};
use crate::tie::TieKind;
use crate::tie::rows::uses;
use pritchel_actor::{ActorId, Halt, Refusal, Turn};
use serde::{Deserialize, Serialize};

/// A tracker of merge requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PatchTracker {
    /// What it has in common with a tracker of tickets.
    pub tracked: TicketTracker,
}

impl PatchTracker {
    /// A tracker of no repository.
    pub fn new(resource: Resource) -> Self {
        Self { tracked: TicketTracker::new(resource) }
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

impl ResourceActor for PatchTracker {
    const TYPE: &'static str = "PatchTracker";
    const ENDS: &'static [End] = End::COMPONENT;
    fn resource(&self) -> &Resource {
        self.tracked.resource()
    }
    fn resource_mut(&mut self) -> &mut Resource {
        self.tracked.resource_mut()
    }
    fn lost_access(&mut self, turn: &mut Turn<'_>, who: &ActorId) -> Result<(), Halt> {
        crate::ticket_tracker::lost_access(self, turn, who)
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
        if offer.origin == offer.target {
            return Err(Refusal::new("same-branch", "a branch is not merged into itself").into());
        }
        Ok(Some(Box::new(MergeRequest { offer, applying: None, merged: None })))
    }
}

crate::ticket_tracker::tracks::tracker_actor! { PatchTracker: PatchTrackerCall, schema 1, gate wire::gate, {
    Apply                 wire "Apply",   "write",    Fulfilled;
    MergeProposed         continuation,   "",         Told;
    MergeEnded            private,        "the repository", Told;
}}
