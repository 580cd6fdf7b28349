//! Factory: makes resources on its own server for whoever may write to it.
//! - [`create`], [`edit_kinds`]: one method a file; [`wire`]: the same as activities; [`view`]: what may be asked
//!
//! Source: ForgeFed, "Actor Interface and Behavior", Factory; "Creating Resource Actors".

pub mod create;
pub mod edit_kinds;
pub mod view;
pub mod wire;

pub use create::Create;
pub use edit_kinds::EditKinds;

use crate::ResourceKind;
use crate::common::{Resource, ResourceActor};
use crate::link::End;
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

impl ResourceActor for Factory {
    const TYPE: &'static str = "Factory";
    const ENDS: &'static [End] = End::FACTORY;
    const OWN_TERMS: &'static [&'static str] = &["availableActorTypes"];
    fn resource(&self) -> &Resource {
        &self.resource
    }
    fn resource_mut(&mut self) -> &mut Resource {
        &mut self.resource
    }
}

crate::gate::resource_actor! { Factory: FactoryCall, schema 1, gate wire::gate, {
    Create             wire "Create", "write",    AcceptWithResult;
    EditKinds          wire "Edit",   "admin",    Accept;
}}
