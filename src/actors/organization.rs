//! Organization: people, projects and components under one name. Who belongs to it is said and agreed to, and no access comes
//! of it: a member may do no more than anybody.
//! - [`leave_members`]: a member goes; [`wire`]: activities; [`view`]: what may be asked
//!
//! What it is besides is a resource with [links](crate::link): those of its members and assets carry no Grants.
//!
//! Source: ForgeFed, "Actor Interface and Behavior", Organization; "Organizations".

pub mod leave_members;
pub mod view;
pub mod wire;

pub use leave_members::LeaveMembers;

use crate::access::Role;
use crate::common::{Resource, ResourceActor};
use crate::link::{End, LinkKind, Side};
use serde::{Deserialize, Serialize};

/// The end of links at which members stand.
pub const MEMBERS: End = End { kind: LinkKind::Member, side: Side::Destination };

/// An organization.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Organization {
    /// What all resources share.
    pub resource: Resource,
}

impl Organization {
    /// An organization without members.
    pub fn new(resource: Resource) -> Self {
        Self { resource }
    }
}

impl ResourceActor for Organization {
    const TYPE: &'static str = "Organization";
    const ENDS: &'static [End] = End::ORGANIZATION;
    const EDITED_BY: Role = Role::Admin;
    fn resource(&self) -> &Resource {
        &self.resource
    }
    fn resource_mut(&mut self) -> &mut Resource {
        &mut self.resource
    }
}

crate::gate::resource_actor! { Organization: OrganizationCall, schema 1, gate wire::gate, {
    LeaveMembers       wire "Leave",  "a member", Accept;
}}
