//! The Grants a resource gave, and who collaborates on it.

use crate::access::Role;
use pritchel_actor::{ActId, ActorId, Rows, Seconds};
use serde::{Deserialize, Serialize};

/// Whom a Grant is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// One actor.
    Actor(ActorId),
    /// Everybody.
    Public,
}

/// A Grant this resource gave. It holds while, and only while, it is active here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Issued {
    /// Whom it is for.
    pub target: Target,
    /// The role it gives.
    pub role: Role,
    /// What it fulfils.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fulfills: Option<ActId>,
    /// When it was given.
    pub since: Seconds,
    /// Whether it still holds.
    pub active: bool,
}

/// Somebody with a role of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Collaborator {
    /// The role.
    pub role: Role,
    /// The Grants that give it.
    pub grants: Vec<ActId>,
    /// Since when.
    pub since: Seconds,
}

/// Grants given, by address.
pub const GRANTS: Rows<ActId, Issued> = Rows::new("grants");
/// Collaborators.
pub const COLLABORATORS: Rows<ActorId, Collaborator> = Rows::new("collaborators");
