//! What the worker is told, and what it brings: pieces in the order of the page, each before what answers it.

use crate::common::text::{Html, Line};
use crate::ticket_tracker::ticket::Source;
use pritchel_actor::{Refusal, Seconds};
use serde::{Deserialize, Serialize};

/// What the worker is to do: bring what comes next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MigrateWork {
    /// Where.
    pub place: Place,
}

/// A place in what the other server tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The address of a page.
    pub page: String,
    /// The issue whose comments it has; `None`: it is of the tracker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<String>,
    /// How many of its items are here.
    pub done: u64,
}

/// What the worker brings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Brought {
    /// The pieces.
    pub pieces: Vec<Piece>,
    /// How many items of the page these were.
    pub read: u64,
    /// Whether the page has no more.
    pub ended: bool,
    /// The next page, if this one has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// An issue and a further page of its comments, which comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<(String, String)>,
    /// How many tickets there are in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// A piece.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    /// A ticket.
    Ticket(Box<TicketPiece>),
    /// A comment.
    Comment(Box<CommentPiece>),
    /// Something that could not be read.
    Skipped(Skipped),
}

/// A ticket as it is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TicketPiece {
    /// Its address there.
    pub origin: String,
    /// Its number there, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// What its author is called there.
    pub author: Line,
    /// One line.
    pub title: Line,
    /// What it says.
    pub content: Html,
    /// What its author typed, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// When it was opened.
    pub created: Seconds,
    /// When it was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Seconds>,
    /// When it was closed, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Seconds>,
    /// Its labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Line>,
    /// Its milestone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub milestone: Option<Line>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignees: Vec<Line>,
}

/// A comment as it is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommentPiece {
    /// Its address there.
    pub origin: String,
    /// The ticket's.
    pub ticket: String,
    /// That of the comment it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<String>,
    /// What its author is called there.
    pub author: Line,
    /// What it says.
    pub content: Html,
    /// What its author typed, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// When it was written.
    pub created: Seconds,
    /// When it was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated: Option<Seconds>,
    /// Whether only its place is left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
}

/// Something that was passed over, for who looks after the tracker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Which thing.
    pub what: String,
    /// Why.
    pub why: String,
}

/// Why nothing is brought: what the other server tells is no tracker that is read.
pub fn not_f3(why: impl Into<String>) -> Refusal {
    Refusal::new("not-f3", why)
}

/// Characters kept of each.
pub(super) const SKIPPED_CHARS: usize = 200;

impl Skipped {
    /// Cut to what is kept.
    pub fn new(what: &str, why: &str) -> Self {
        let cut = |text: &str| text.chars().filter(|letter| !letter.is_control()).take(SKIPPED_CHARS).collect();
        Self { what: cut(what), why: cut(why) }
    }
}
