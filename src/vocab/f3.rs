//! F3, the Friendly Forge Format, as a tracker is told in it: its issues, and below each the tree of its comments.
//! - [`mod@write`]: what we tell, a page at a time; [`read`]: what others tell, flat, each thing by itself
//!
//! Source: F3, the schemas of an issue and of a comment (<https://f3.forgefriends.org>). The object `IssueTracker`, `comments` of an issue,
//! `children` of a comment and the media type are those of Vervis. `id`, `poster_name`, `media_type`, `total`, `next`, `comments_next`,
//! `in_reply_to` and `deleted` are ours, for what one document cannot hold: docs/decisions/0010.

pub mod read;
pub mod write;

use crate::json::ParseError;
use crate::object::Wrong;

/// Why a document tells of no tracker that we read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum F3Error {
    /// It is no JSON object, or more than is read.
    #[error(transparent)]
    Json(#[from] ParseError),
    /// It is an object, and not this one.
    #[error(transparent)]
    Wrong(#[from] Wrong),
    /// It goes on at another server, which has no say in what this one tells.
    #[error("expected the next page on {origin}, found {found}")]
    Elsewhere {
        /// Where the document came from.
        origin: String,
        /// Where it leads.
        found: String,
    },
}
