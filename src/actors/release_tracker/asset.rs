//! A file that belongs to a release and lies somewhere on the web.

use crate::common::text::Line;
use serde::{Deserialize, Serialize};

/// A file by its address.
///
/// Source: ForgeFed, "Release", `attachment`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// Where it lies.
    pub href: String,
    /// Its media type.
    pub media_type: String,
    /// What it is called.
    pub name: Line,
}
