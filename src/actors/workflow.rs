//! Workflow: what fields the tickets of trackers have, and the values of their enumerations.
//! - [`make_enum`], [`edit_enum`], [`delete_enum`], [`add_value`], [`edit_value`], [`remove_value`], [`move_value`]: the life of
//!   an enumeration, one method a file
//! - [`make_field`], [`edit_field`], [`delete_field`], [`move_field`]: that of a field
//! - [`enumeration`], [`field`]: what is kept; [`place`]: places in a list; [`color`]: colours
//! - [`wire`]: its methods as activities, and its documents; [`view`]: what may be asked
//!
//! Trackers use it by a [tie](crate::tie); what they make of a field is [theirs](crate::ticket_tracker::fields).
//!
//! Source: ForgeFed, "Actor Interface and Behavior", Workflow; "Workflows".

pub mod add_value;
pub mod color;
pub mod delete_enum;
pub mod delete_field;
pub mod edit_enum;
pub mod edit_field;
pub mod edit_value;
pub mod enumeration;
pub mod field;
pub mod make_enum;
pub mod make_field;
pub mod move_field;
pub mod move_value;
pub mod place;
pub mod remove_value;
pub mod view;
pub mod wire;

pub use add_value::AddValue;
pub use color::Color;
pub use delete_enum::DeleteEnum;
pub use delete_field::DeleteField;
pub use edit_enum::EditEnum;
pub use edit_field::EditField;
pub use edit_value::EditValue;
pub use enumeration::{Enum, EnumNo, EnumValue, ValueNo};
pub use field::{Field, FieldKind, FieldNo};
pub use make_enum::MakeEnum;
pub use make_field::MakeField;
pub use move_field::MoveField;
pub use move_value::MoveValue;
pub use remove_value::RemoveValue;

use crate::access::Role;
use crate::common::{Resource, ResourceActor};
use crate::link::End;
use serde::{Deserialize, Serialize};

/// A workflow. Its enumerations and fields are rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workflow {
    /// What all resources share.
    pub resource: Resource,
    /// The number of the last enumeration. A number is used once, even when its enumeration is deleted.
    #[serde(default)]
    pub last_enum: EnumNo,
    /// The number of the last field. A number is used once, too.
    #[serde(default)]
    pub last_field: FieldNo,
    /// The fields in their order: [`FIELDS_MAX`](crate::limits::FIELDS_MAX) at most.
    #[serde(default)]
    pub order: Vec<FieldNo>,
}

impl Workflow {
    /// A workflow without fields.
    pub fn new(resource: Resource) -> Self {
        Self { resource, last_enum: 0, last_field: 0, order: Vec::new() }
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
    MakeEnum           wire "Offer",   "maintain", AcceptWithResult;
    EditEnum           wire "Edit",    "maintain", Accept;
    DeleteEnum         wire "Delete",  "maintain", Accept;
    AddValue           wire "Add",     "maintain", AcceptWithResult;
    EditValue          wire "Edit",    "maintain", Accept;
    RemoveValue        wire "Remove",  "maintain", Accept;
    MoveValue          wire "Move",    "maintain", Accept;
    MakeField          wire "Offer",   "maintain", AcceptWithResult;
    EditField          wire "Edit",    "maintain", Accept;
    DeleteField        wire "Delete",  "maintain", Accept;
    MoveField          wire "Move",    "maintain", Accept;
}}
