//! Facets: references made smaller, and taken back. A facet lets whoever holds it call one private method, with some of
//! its meaning already fixed, until a given time. It is the material form of a capability; between servers authority is
//! always told by an act.

use crate::key::Seconds;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Unguessable name of a facet, known to its issuer and to whoever holds the reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FacetToken(pub(crate) String);

/// What the issuer remembers of a facet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Facet {
    /// The one method that may be called.
    pub method: String,
    /// What the issuer fixed for the method to see.
    pub fixed: Value,
    /// Not usable from this time on.
    pub until: Seconds,
}
