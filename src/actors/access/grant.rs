//! The Grants a resource gave, and who collaborates on it.

use crate::access::{Role, Span, Term};
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
    /// The `Add` of the link it was given over, if it is to be passed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<ActId>,
    /// When it was given.
    pub since: Seconds,
    /// From when on and until when it holds.
    #[serde(default, skip_serializing_if = "Span::is_open")]
    pub span: Span,
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
    /// For how long.
    #[serde(default, skip_serializing_if = "Term::is_open")]
    pub term: Term,
}

impl Collaborator {
    /// Whether it is time for it.
    pub fn holds(&self, now: Seconds) -> bool {
        self.term.span().holds(now)
    }
}

/// Grants given, by address.
pub const GRANTS: Rows<ActId, Issued> = Rows::new("grants");
/// Collaborators.
pub const COLLABORATORS: Rows<ActorId, Collaborator> = Rows::new("collaborators");
