//! Team: people who share access. What a team may do, its members may do, each in at most the role they have in the team.
//! - [`edit_filter`]: how far access is passed on, by the type of resource; [`wire`]: activities; [`view`]: what may be asked
//! - [`assignment`]: the tickets it is to take, has, or is to give back. [`assignment_offered`], [`assignment_authorised`],
//!   [`assignment_agreed`], [`assignment_declined`], [`assignment_listed`]: how one comes; [`unassignment_offered`],
//!   [`unassignment_authorised`], [`unassigned`], [`ticket_gone`]: how one goes
//! - [`list_approval`], [`approve_request`]: what it says of merge requests
//!
//! What it is besides is a resource with [links](crate::link).
//!
//! Source: ForgeFed, "Actor Interface and Behavior", Team; "Team membership and nesting".

pub mod approve_request;
pub mod assignment;
pub mod assignment_agreed;
pub mod assignment_authorised;
pub mod assignment_declined;
pub mod assignment_listed;
pub mod assignment_offered;
pub mod edit_filter;
pub mod list_approval;
pub mod ticket_gone;
pub mod unassigned;
pub mod unassignment_authorised;
pub mod unassignment_offered;
pub mod view;
pub mod wire;

pub use approve_request::ApproveRequest;
pub use assignment_agreed::AssignmentAgreed;
pub use assignment_authorised::AssignmentAuthorised;
pub use assignment_declined::AssignmentDeclined;
pub use assignment_listed::AssignmentListed;
pub use assignment_offered::AssignmentOffered;
pub use edit_filter::EditFilter;
pub use list_approval::ListApproval;
pub use ticket_gone::{DeletionSeen, TicketGone};
pub use unassigned::Unassigned;
pub use unassignment_authorised::UnassignmentAuthorised;
pub use unassignment_offered::UnassignmentOffered;

use crate::access::Role;
use crate::common::{Resource, ResourceActor};
use crate::link::End;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A team.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Team {
    /// What all resources share.
    pub resource: Resource,
    /// The greatest role passed on for each type of resource; `None` passes nothing on.
    #[serde(default)]
    pub role_filter: BTreeMap<String, Option<Role>>,
    /// How many tickets wait for an answer whether the team takes them, or gives them back.
    #[serde(default)]
    pub asked: u64,
}

impl Team {
    /// A team without members.
    pub fn new(resource: Resource) -> Self {
        Self { resource, role_filter: BTreeMap::new(), asked: 0 }
    }

    /// The filter in the words of the wire.
    pub fn role_words(&self) -> BTreeMap<String, Option<String>> {
        let word = |role: &Option<Role>| role.map(|role| role.as_str().to_owned());
        self.role_filter.iter().map(|(kind, role)| (kind.clone(), word(role))).collect()
    }
}

impl ResourceActor for Team {
    const TYPE: &'static str = "Team";
    const ENDS: &'static [End] = End::TEAM;
    const EDITED_BY: Role = Role::Admin;
    const OWN_TERMS: &'static [&'static str] = &["roleFilter"];
    fn resource(&self) -> &Resource {
        &self.resource
    }
    fn resource_mut(&mut self) -> &mut Resource {
        &mut self.resource
    }
    fn role_filter(&self) -> &BTreeMap<String, Option<Role>> {
        &self.role_filter
    }
}

crate::gate::resource_actor! { Team: TeamCall, schema 1, gate wire::gate, {
    EditFilter         wire "Edit",   "admin",    Accept;
    ListApproval       wire "Add",    "write",    Accept;
    ApproveRequest     wire "Resolve", "write",   Accept;
    AssignmentOffered  wire "Assign", "",         Told;
    AssignmentAuthorised wire "Accept", "the tracker", Told;
    AssignmentAgreed   wire "Accept", "triage",   Told;
    AssignmentDeclined wire "Reject", "triage",   Told;
    AssignmentListed   wire "Accept", "the tracker", Told;
    UnassignmentOffered wire "Undo",  "",         Told;
    UnassignmentAuthorised wire "Accept", "the tracker", Told;
    Unassigned         wire "Accept", "the tracker", Told;
    DeletionSeen       wire "Delete", "",         Told;
    TicketGone         wire "Accept", "the tracker", Told;
}}
