//! Factory: makes resources on its own server for whoever may write to it.
//! - [`create`], [`edit_kinds`]: one method a file; [`wire`]: the same as activities
//!
//! Source: ForgeFed, "Actor Interface and Behavior", Factory; "Creating Resource Actors".

pub mod create;
pub mod edit_kinds;
pub mod wire;

pub use create::{Create, ResourceKind};
pub use edit_kinds::EditKinds;

use crate::access::{
    InvitationAccepted, InvitationRejected, Invite, Join, JoinApproved, JoinDenied, Leave, Remove, UndoGrants,
};
use crate::common::{Begin, DeleteResource, EditResource, Follow, Named, Resource, ResourceActor, Unfollow};
use pritchel_actor::methods;
use serde::{Deserialize, Serialize};

/// A factory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Factory {
    /// What all resources share.
    pub resource: Resource,
    /// The kinds it makes.
    pub available: Vec<ResourceKind>,
    /// How many it has made.
    pub made: u64,
}

methods! { Factory: FactoryCall {
    Create             wire "Create", "write",    AcceptWithResult;
    EditKinds          wire "Edit",   "admin",    Accept;
    Follow             wire "Follow", "visit",    Accept;
    Unfollow           wire "Undo",   "",         Accept;
    EditResource       wire "Edit",   "maintain", Accept;
    DeleteResource     wire "Delete", "admin",    Accept;
    Invite             wire "Invite", "admin",    Accept;
    InvitationAccepted wire "Accept", "",         Fulfilled;
    InvitationRejected wire "Reject", "",         Told;
    Join               wire "Join",   "visit",    Fulfilled;
    JoinApproved       wire "Accept", "admin",    Fulfilled;
    JoinDenied         wire "Reject", "admin",    Told;
    Remove             wire "Remove", "admin",    Fulfilled;
    Leave              wire "Leave",  "",         Fulfilled;
    UndoGrants         wire "Undo",   "",         Fulfilled;
    Begin              private,       "",         Told;
    Named              continuation,  "",         Told;
}}

impl ResourceActor for Factory {
    const TYPE: &'static str = "Factory";
    fn resource(&self) -> &Resource {
        &self.resource
    }
    fn resource_mut(&mut self) -> &mut Resource {
        &mut self.resource
    }
}

crate::gate::resource_actor!(Factory, FactoryCall, "Factory", 1, wire::gate);
