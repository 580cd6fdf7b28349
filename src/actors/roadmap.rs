//! Roadmap: milestones, by which issues and merge requests are grouped and progress is seen.
//! - [`open_milestone`], [`edit_milestone`], [`close_milestone`], [`reopen_milestone`], [`delete_milestone`]: the life of a
//!   milestone, one method a file
//! - [`milestone`]: what is kept; [`wire`]: activities and documents; [`view`]: what may be asked
//!
//! What it is besides is a component with [links](crate::link).
//!
//! Source: ForgeFed, "Actor Interface and Behavior", Roadmap; "Roadmaps".

pub mod close_milestone;
pub mod delete_milestone;
pub mod edit_milestone;
pub mod milestone;
pub mod open_milestone;
pub mod reopen_milestone;
pub mod view;
pub mod wire;

pub use close_milestone::CloseMilestone;
pub use delete_milestone::DeleteMilestone;
pub use edit_milestone::EditMilestone;
pub use milestone::{Milestone, MilestoneNo};
pub use open_milestone::OpenMilestone;
pub use reopen_milestone::ReopenMilestone;

use crate::access::Role;
use crate::common::{Resource, ResourceActor};
use crate::link::End;
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
}

crate::gate::resource_actor! { Roadmap: RoadmapCall, schema 1, gate wire::gate, {
    OpenMilestone      wire "Offer",   "write",   AcceptWithResult;
    EditMilestone      wire "Edit",    "write",   Accept;
    CloseMilestone     wire "Resolve", "write",   Accept;
    ReopenMilestone    wire "Undo",    "write",   Accept;
    DeleteMilestone    wire "Delete",  "write",   Accept;
}}
