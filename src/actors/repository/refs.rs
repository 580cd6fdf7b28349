//! Refs between the two turns of a push.

use pritchel_actor::{ActorId, Halt, Need, RowKey, Rows, Seconds, Turn};
use serde::{Deserialize, Serialize};

/// One ref that is to move, or has moved. Object names are hexadecimal; `None` is no object: the ref is new, or goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefUpdate {
    /// The ref's full name, such as `refs/heads/main`.
    pub name: String,
    /// Where it was.
    pub old: Option<String>,
    /// Where it goes.
    pub new: Option<String>,
}

/// A ref held for a push that git is about to make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// The update.
    pub update: RefUpdate,
    /// Which push.
    pub push: String,
    /// Who pushes.
    pub by: ActorId,
    /// Since when.
    pub since: Seconds,
    /// Whether a job moves it, which goes on by itself after a crash.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub job: bool,
}

/// Held refs by name.
pub const HELD: Rows<String, Held> = Rows::new("held");

/// Has the rows of all these refs at hand, with one look: a turn that asked for each by itself would begin anew for each.
pub fn need_held<'a>(turn: &Turn<'_>, names: impl IntoIterator<Item = &'a String>) -> Result<(), Halt> {
    let need = |name: &String| Need::Row { table: HELD.name().to_owned(), key: name.encode() };
    turn.need_all(names.into_iter().map(need).collect())
}
