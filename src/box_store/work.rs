//! Durable work: ordered lanes of items, on which every state machine of the node stands.
//!
//! A lane is a queue of items, done one after the other; different lanes do not wait for each other. Its name begins with its
//! kind and a `/`. A lane that is not empty has exactly one entry in the due index, at the time when its head is due, so
//! finding due work is a scan of the index, and an append to a lane that is not empty writes only the item.
//!
//! Who claims a lane moves its entry to the time when the lease runs out and marks it held, on condition that the entry is
//! still the one it read: of several pumps and workers one gets it. Who finishes requires the entry it got. A worker that
//! died leaves a lease that runs out; a step may thus be done twice, so steps are idempotent.
//!
//! - [`task`]: what the items of this room's own lanes say
//! - `claim`: [`BoxStore::due`]; `finish`: [`BoxStore::finish`] and leases; `pages`: what an operator sees, and cancelling
//! - `steps`: [`BoxStore::advance`], for lanes that concern the boxes alone: reminders, full mailboxes, fan-outs
//! - `lanes`: what is known of the lanes in memory
//!
//! One [`BoxStore`] writes a store that only one process can open; leases found in it at opening are given up. In a store that
//! others may have open they run out.

pub(crate) mod claim;
mod finish;
pub(crate) mod lanes;
mod pages;
mod steps;
pub mod task;

use std::sync::Arc;

use pritchel_actor::message::Message;
use pritchel_actor::{Act, ActId, ActorId, BoxError, Seconds, Value};
use serde::{Deserialize, Serialize};

use crate::directory::{DirectoryWrite, RecordWrite};
use crate::keys;
use crate::limits::{LANE_BYTES_MAX, LANE_KIND_BYTES_MAX};

pub use pages::{KindCount, LaneInfo};
pub use steps::OWN_KINDS;

#[cfg(doc)]
use crate::BoxStore;
pub use task::{Task, TaskError};

/// The name of a lane. Parts that are long or odd are cut and end with their hash.
/// - `kind`: 1 to [`LANE_KIND_BYTES_MAX`] lower-case letters
/// - `parts`: at most two, so that the name stays within [`LANE_BYTES_MAX`]
pub fn lane(kind: &str, parts: &[&str]) -> String {
    let parts: Vec<_> = parts.iter().map(|part| keys::part(part)).collect();
    format!("{kind}/{}", parts.join("\0"))
}

/// Checks the name of a lane.
pub(crate) fn check_lane(name: &str) -> Result<(), WorkError> {
    let kind = keys::lane_kind(name);
    let good = (1..=LANE_KIND_BYTES_MAX).contains(&kind.len())
        && kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        && name.len() > kind.len() + 1
        && name.len() <= LANE_BYTES_MAX
        && !name.contains("\0\0")
        && !name.ends_with('\0');
    if good { Ok(()) } else { Err(WorkError::Lane { found: name.to_owned() }) }
}

/// An item of a lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its lane.
    pub lane: String,
    /// Its place: items of a lane are done in this order.
    pub seq: u64,
    /// How often it has failed.
    pub attempt: u32,
    /// When it failed first since it last got on.
    pub first_failed: Option<Seconds>,
    /// Not before this time.
    pub at: Seconds,
    /// What is to be done; kind and version are inside.
    pub data: Value,
}

/// An item as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ItemRow {
    pub at: Seconds,
    #[serde(default)]
    pub attempt: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_failed: Option<Seconds>,
    pub data: Value,
}

impl ItemRow {
    /// The item of this row in its lane.
    pub fn item(self, lane: &str, seq: u64) -> Item {
        let Self { at, attempt, first_failed, data } = self;
        Item { lane: lane.to_owned(), seq, attempt, first_failed, at, data }
    }
}

/// The right to do the head of a lane, until the lease runs out.
#[derive(Debug)]
pub struct Lease {
    /// The item.
    pub item: Item,
    /// When the lease runs out. Later than this it can still be finished, unless somebody else has claimed the lane.
    pub until: Seconds,
    /// When it was claimed.
    pub claimed: Seconds,
    /// The number of the entry.
    pub(crate) n: u64,
}

/// What becomes of an item that was worked on.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// It is done.
    Done,
    /// It failed, and is tried again at this time. Its lane waits.
    Again {
        /// When.
        at: Seconds,
        /// Its data from now on.
        data: Value,
    },
    /// It got on, and goes on at once with this data. It begins anew to count failures.
    On {
        /// Its data from now on.
        data: Value,
    },
    /// It failed, and is tried again in a lane of its own, so that the rest of its lane goes on.
    Aside {
        /// When.
        at: Seconds,
        /// Its data from now on.
        data: Value,
    },
}

/// More that happens in the same batch as the end of a step.
#[derive(Clone, Debug, Default)]
pub struct Extra {
    /// New work.
    pub work: Vec<NewItem>,
    /// Acts that come to be known.
    pub acts: Vec<Arc<Act>>,
    /// Acts told to actors, near or far.
    pub tell: Vec<Tell>,
    /// Messages to near actors which always fit: results of jobs, reminders.
    pub post: Vec<(ActorId, Message)>,
    /// Records of the node.
    pub records: Vec<RecordWrite>,
    /// Rows of the shared directory.
    pub directory: Vec<DirectoryWrite>,
}

/// New work at the end of a lane.
#[derive(Clone, Debug, PartialEq)]
pub struct NewItem {
    /// The lane; see [`lane`].
    pub lane: String,
    /// Not before this time.
    pub at: Seconds,
    /// What is to be done; kind and version are inside.
    pub data: Value,
}

/// An act that is told to an actor: put into its mailbox if it is near, else into the lane of deliveries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tell {
    /// The act.
    pub act: ActId,
    /// Its author.
    pub author: ActorId,
    /// The near actor that tells it.
    pub sender: ActorId,
    /// Who is told.
    pub to: ActorId,
    /// When.
    pub at: Seconds,
}

/// Why work did not go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkError {
    /// The lease ran out and the lane was claimed by somebody else, or cancelled. Nothing was changed.
    #[error("the lease on `{}` is lost", lane.escape_debug())]
    Lost {
        /// The lane.
        lane: String,
    },
    /// Not the name of a lane.
    #[error(
        "expected the name of a lane, a kind and `/` and at most {LANE_BYTES_MAX} bytes in all, found `{}`",
        found.escape_debug()
    )]
    Lane {
        /// What was found.
        found: String,
    },
    /// The item's data is not what its lane's kind says.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The boxes failed.
    #[error(transparent)]
    Box(#[from] BoxError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_lanes_are_checked() {
        let long = "é".repeat(3000);
        for good in [lane("job", &["a", "b"]), lane("near", &[&long, &long]), lane("seek", &["", "\0\0"]), "a/b".into()]
        {
            assert_eq!(check_lane(&good), Ok(()));
        }
        for bad in ["", "job", "job/", "/a", "Job/a", "job/a\0\0b", "job/a\0", &format!("job/{long}")] {
            assert!(matches!(check_lane(bad), Err(WorkError::Lane { .. })), "{bad}");
        }
    }
}
