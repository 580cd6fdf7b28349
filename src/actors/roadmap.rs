//! Roadmap: milestones, by which issues and merge requests are grouped and progress is seen.
//! - [`open_milestone`], [`edit_milestone`], [`close_milestone`], [`reopen_milestone`], [`delete_milestone`]: the life of a
//!   milestone, one method a file
//! - [`follow_milestone`], [`unfollow_milestone`], [`forget_followers`]: who is told of one milestone
//! - [`plan_seen`]: what trackers are asked to plan; [`release_planned`], [`brought`]: which releases bring a milestone
//! - [`ticket_planned`], [`progress`]: which tickets of its trackers are planned for a milestone, and how many of them are done;
//!   [`forget_milestone`], [`forget_tracker`]: what is left behind goes, a bounded number of rows a turn
//! - [`milestone`]: what is kept; [`wire`]: activities and documents; [`view`]: what may be asked
//!
//! What it is besides is a component with [links](crate::link).
//!
//! Source: ForgeFed, "Actor Interface and Behavior", Roadmap; "Roadmaps".

pub mod brought;
pub mod close_milestone;
pub mod delete_milestone;
pub mod edit_milestone;
pub mod follow_milestone;
pub mod forget_followers;
pub mod forget_milestone;
pub mod forget_tracker;
pub mod milestone;
pub mod open_milestone;
pub mod plan_seen;
pub mod progress;
pub mod release_planned;
pub mod reopen_milestone;
pub mod ticket_planned;
pub mod unfollow_milestone;
pub mod view;
pub mod wire;

pub use close_milestone::CloseMilestone;
pub use delete_milestone::DeleteMilestone;
pub use edit_milestone::EditMilestone;
pub use follow_milestone::FollowMilestone;
pub use forget_followers::ForgetMilestoneFollowers;
pub use forget_milestone::ForgetMilestoneRows;
pub use forget_tracker::ForgetTracker;
pub use milestone::{Milestone, MilestoneNo};
pub use open_milestone::OpenMilestone;
pub use plan_seen::{Asked, PlanSeen};
pub use release_planned::{ReleaseChange, ReleasePlanned};
pub use reopen_milestone::ReopenMilestone;
pub use ticket_planned::{TicketChange, TicketPlanned};
pub use unfollow_milestone::UnfollowMilestone;

use crate::access::Role;
use crate::common::{Resource, ResourceActor};
use crate::link::End;
use crate::tie::TieKind;
use pritchel_actor::{ActorId, Halt, Turn};
use serde::{Deserialize, Serialize};

/// A roadmap. Its milestones are rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Roadmap {
    /// What all resources share.
    pub resource: Resource,
    /// The number of the last milestone. A number is used once, even when its milestone is deleted.
    pub last: MilestoneNo,
    /// How many milestones are open.
    pub open: u64,
    /// How many are closed.
    pub closed: u64,
}

impl Roadmap {
    /// A roadmap without milestones.
    pub fn new(resource: Resource) -> Self {
        Self { resource, last: 0, open: 0, closed: 0 }
    }
}

impl ResourceActor for Roadmap {
    const TYPE: &'static str = "Roadmap";
    const ENDS: &'static [End] = End::COMPONENT;
    const EDITED_BY: Role = Role::Admin;
    fn resource(&self) -> &Resource {
        &self.resource
    }
    fn resource_mut(&mut self) -> &mut Resource {
        &mut self.resource
    }
    fn provides_no_more(&mut self, turn: &mut Turn<'_>, kind: TieKind, who: &ActorId) -> Result<(), Halt> {
        if kind == TieKind::Roadmap { forget_tracker::forget(turn, who) } else { Ok(()) }
    }
    fn lost_access(&mut self, turn: &mut Turn<'_>, who: &ActorId) -> Result<(), Halt> {
        follow_milestone::lost_access(self, turn, who)
    }
    fn closes(&mut self, turn: &mut Turn<'_>) -> Result<(), Halt> {
        forget_followers::forget(turn, &[])
    }
}

crate::gate::resource_actor! { Roadmap: RoadmapCall, schema 1, gate wire::gate, {
    OpenMilestone      wire "Offer",   "write",   AcceptWithResult;
    EditMilestone      wire "Edit",    "write",   Accept;
    CloseMilestone     wire "Resolve", "write",   Accept;
    ReopenMilestone    wire "Undo",    "write",   Accept;
    DeleteMilestone    wire "Delete",  "write",   Accept;
    FollowMilestone    wire "Follow",  "visit",   Accept;
    UnfollowMilestone  wire "Undo",    "",        Accept;
    TicketPlanned      wire "Accept",  "a tracker", Told;
    ReleasePlanned     wire "Accept",  "a tracker", Told;
    PlanSeen           wire "Edit",    "",        Told;
    ForgetMilestoneRows private,       "the roadmap", Told;
    ForgetTracker      private,        "the roadmap", Told;
    ForgetMilestoneFollowers private,  "the roadmap", Told;
}}
