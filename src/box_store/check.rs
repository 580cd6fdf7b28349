//! Walks all rows and tells what is off; repairs what can be rebuilt.
//!
//! The walk reads page by page. On boxes in use it may report what changed between two pages: what it still reports when
//! nothing runs is off. A repair requires of each batch that what it saw is still so, and is safe at any time.
//! - `walk`: the walk; [`owner`]: what other rooms say of the rows that are theirs
//! - `repair`: the due index, and pieces that no value has

pub mod owner;
mod repair;
mod walk;

use std::collections::BTreeMap;

use pritchel_actor::message::Arrival;
use pritchel_actor::{ActId, ActorId, Kinds, Seconds};

use crate::contract::Key;
use crate::keys::Kind;

pub use owner::{NamedRow, Names, Owner};
pub use repair::Repaired;

/// The kinds of actors this program knows, with the version of their states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known(pub BTreeMap<String, u16>);

impl From<&Kinds> for Known {
    fn from(kinds: &Kinds) -> Self {
        Self(kinds.iter().map(|kind| (kind.name().to_owned(), kind.schema())).collect())
    }
}

/// What a walk found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows and their bytes, by kind.
    pub rows: BTreeMap<Kind, Count>,
    /// Actors by kind.
    pub actors: BTreeMap<String, u64>,
    /// What is off, the first [`crate::limits::PROBLEMS_MAX`].
    pub problems: Vec<Problem>,
    /// How many more there are.
    pub more: u64,
}

/// Rows and their bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Rows.
    pub rows: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
}

impl Report {
    /// Whether nothing is off.
    pub fn is_clean(&self) -> bool {
        self.problems.is_empty()
    }
}

/// One line for each problem, then the counts.
impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for problem in &self.problems {
            writeln!(f, "{problem}")?;
        }
        if self.more > 0 {
            writeln!(f, "and {} more", self.more)?;
        }
        for (kind, Count { rows, bytes }) in &self.rows {
            writeln!(f, "{kind:?}: {rows} rows, {bytes} bytes")?;
        }
        for (kind, count) in &self.actors {
            writeln!(f, "{kind}: {count} actors")?;
        }
        Ok(())
    }
}

/// Something that is off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A row whose key is none of ours.
    #[error("the key `{}` is none of ours", key.escape_ascii())]
    ForeignKey {
        /// The key.
        key: Key,
    },
    /// A row that cannot be read.
    #[error("{why}")]
    Unreadable {
        /// Its key.
        key: Key,
        /// Why not; names the key.
        why: String,
    },
    /// A state of a kind this program does not know.
    #[error("{actor} is a {found:?}, which this program does not know")]
    UnknownKind {
        /// The actor.
        actor: ActorId,
        /// Its kind.
        found: String,
    },
    /// A state of a later version.
    #[error("{actor} is a {kind} of version {found}, this program knows up to {known}")]
    Newer {
        /// The actor.
        actor: ActorId,
        /// Its kind.
        kind: String,
        /// The version found.
        found: u16,
        /// The newest version known.
        known: u16,
    },
    /// The number of the last turn is not the state's.
    #[error("the state of {actor} is of turn {state:?}, its last turn is {turn:?}")]
    TurnDiffers {
        /// The actor.
        actor: ActorId,
        /// The state's, if there is one.
        state: Option<u64>,
        /// The turn row's, if there is one.
        turn: Option<u64>,
    },
    /// Rows of an actor that does not exist.
    #[error("there is no actor {actor}, but rows of it")]
    RowsOfNobody {
        /// The address.
        actor: ActorId,
    },
    /// Mail for an actor that does not exist; it goes back when it is next looked for.
    #[error("there is no actor {actor}, but mail for it, such as message {arrival}")]
    MailForNobody {
        /// The address.
        actor: ActorId,
        /// The place of one of the messages.
        arrival: Arrival,
    },
    /// An act that is named but not there.
    #[error("the act {act} is missing, which the row `{}` names", named_by.escape_ascii())]
    MissingAct {
        /// The act.
        act: ActId,
        /// The key of the row that names it.
        named_by: Key,
    },
    /// A row that is not as its owner keeps it.
    #[error("the row `{}` is not as it is kept: {why}", key.escape_ascii())]
    Odd {
        /// Its key.
        key: Key,
        /// What was expected, what was found.
        why: String,
    },
    /// An actor of this node that is named but not there.
    #[error("there is no actor {actor}, which the row `{}` names", named_by.escape_ascii())]
    MissingActor {
        /// The actor.
        actor: ActorId,
        /// The key of the row that names it.
        named_by: Key,
    },
    /// A row of an actor that another row of it names, and means nothing without.
    #[error("the row `{}` is missing, which the row `{}` names", missing.escape_ascii(), named_by.escape_ascii())]
    MissingRow {
        /// The key of the row that is missing.
        missing: Key,
        /// The key of the row that names it.
        named_by: Key,
    },
    /// A lane with items that has no entry in the due index: its work would never be found. Can be repaired.
    #[error("the lane `{}` has no entry in the due index", lane.escape_debug())]
    NoEntry {
        /// The lane.
        lane: String,
        /// When its head is due.
        due: Seconds,
    },
    /// An entry of a lane without items. Can be repaired.
    #[error("the lane `{}` has an entry in the due index and no items", lane.escape_debug())]
    NoItems {
        /// The lane.
        lane: String,
        /// The time of the entry.
        due: Seconds,
    },
    /// A second entry of a lane. Can be repaired.
    #[error("the lane `{}` has a second entry in the due index, at {due}", lane.escape_debug())]
    SecondEntry {
        /// The lane.
        lane: String,
        /// The time of the entry that is kept.
        kept: Seconds,
        /// The time of the second entry.
        due: Seconds,
    },
    /// A row about the pieces of a value that has no such pieces. Can be repaired.
    #[error("the row `{}` belongs to no value", key.escape_ascii())]
    StrayPiece {
        /// The key of the row.
        key: Key,
    },
}
