//! Workflow: what fields the tickets of trackers have, and the values of their enumerations.
//! - [`wire`]: its methods as activities
//!
//! Trackers use it by a [tie](crate::tie).
//!
//! Source: ForgeFed, "Actor Interface and Behavior", Workflow.

pub mod wire;

use crate::access::Role;
use crate::common::{Resource, ResourceActor};
use crate::link::End;
use serde::{Deserialize, Serialize};

/// A workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workflow {
    /// What all resources share.
    pub resource: Resource,
}

impl Workflow {
    /// A workflow without fields.
    pub fn new(resource: Resource) -> Self {
        Self { resource }
    }
}

impl ResourceActor for Workflow {
    const TYPE: &'static str = "Workflow";
    const ENDS: &'static [End] = End::COMPONENT;
    /// Source: ForgeFed, the Workflow's handler of `Edit`.
    const EDITED_BY: Role = Role::Admin;
    fn resource(&self) -> &Resource {
        &self.resource
    }
    fn resource_mut(&mut self) -> &mut Resource {
        &mut self.resource
    }
}

crate::gate::resource_actor! { Workflow: WorkflowCall, schema 1, gate wire::gate, {
}}
