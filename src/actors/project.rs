//! Project: components and smaller projects under one roof. Access to them comes together here and goes on to members,
//! teams and parent projects.
//! - [`set_tracker`]: where tickets about the project go; [`wire`]: activities; [`view`]: what may be asked
//!
//! What it is besides is a resource with [links](crate::link).
//!
//! Source: ForgeFed, "Actor Interface and Behavior", Project; "Projects".

pub mod set_tracker;
pub mod view;
pub mod wire;

pub use set_tracker::SetTracker;

use crate::common::like::Likeable;
use crate::common::{Like, Resource, ResourceActor, Unlike};
use crate::link::End;
use pritchel_actor::ActorId;
use serde::{Deserialize, Serialize};

/// A project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Project {
    /// What all resources share.
    pub resource: Resource,
    /// How many stars it has.
    pub likes: u64,
    /// Where tickets about it go: one of its components.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracker: Option<ActorId>,
}

impl Project {
    /// A project without components.
    pub fn new(resource: Resource) -> Self {
        Self { resource, likes: 0, tracker: None }
    }
}

impl ResourceActor for Project {
    const TYPE: &'static str = "Project";
    const ENDS: &'static [End] = End::PROJECT;
    const OWN_TERMS: &'static [&'static str] = &["ticketsTrackedBy"];
    fn resource(&self) -> &Resource {
        &self.resource
    }
    fn resource_mut(&mut self) -> &mut Resource {
        &mut self.resource
    }
}

impl Likeable for Project {
    fn likes(&self) -> u64 {
        self.likes
    }
    fn likes_mut(&mut self) -> &mut u64 {
        &mut self.likes
    }
}

crate::gate::resource_actor! { Project: ProjectCall, schema 1, gate wire::gate, {
    Like               wire "Like",   "visit",    Accept;
    Unlike             wire "Undo",   "",         Accept;
    SetTracker         wire "Edit",   "admin",    Accept;
}}
