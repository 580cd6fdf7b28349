//! How git asks the server about a push. Git holds the pushed objects in quarantine and runs `pre-receive`; the hook is
//! this server's own program ([`run_client`]), which sends one line over a Unix socket and gets one line back:
//!
//! ```text
//! > {"token":"…","updates":[{"ref":"refs/heads/main","old":"…","new":"…"}],"quarantine":"…","options":[]}
//! < {"allow":false,"reason":"main is protected"}
//! ```
//!
//! The token is made for one push and works once: it tells which push this is, and that the hook was started by us. A push that
//! also offers something to be merged is asked about once more, when its objects are in place: see [`Offers`].
//! - [`Listener`]: the server's side; hands each proposal to the callback of its push
//! - [`run_client`], [`run_offers`]: the sides of the two hooks
//!
//! Source: git, `githooks`, section pre-receive.

mod client;
mod listener;
mod offers;

pub(crate) use client::ENV_WAIT;
pub use client::{run_client, run_client_in_process};
pub use listener::DecisionFuture;
pub(crate) use listener::Record;
pub use listener::{HookError, Listener};
pub use offers::{OFFERS, Offered, Offers, OffersFuture, run_offers, run_offers_in_process};

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::limits::REASON_LENGTH_MAX;
use crate::names::RefUpdate;

/// Environment of the hook: the program to run.
pub const ENV_EXE: &str = "PRITCHEL_HOOK_EXE";
/// Environment of the hook: path of the socket.
pub const ENV_SOCKET: &str = "PRITCHEL_HOOK_SOCKET";
/// Environment of the hook: the secret of this push.
pub const ENV_TOKEN: &str = "PRITCHEL_HOOK_TOKEN";

/// What a push wants to do, while its objects are in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// 1 to [`PUSH_UPDATES_MAX`](crate::limits::PUSH_UPDATES_MAX) updates of different references. Each `old` is what
    /// the reference pointed at when the proposal was taken; an update from anything else was refused already.
    pub updates: Vec<RefUpdate>,
    /// Where the pushed objects are: inside the repository's `objects`, for
    /// [`Reader::open_quarantined`](crate::read::Reader::open_quarantined). `None` if git brought no objects along.
    pub quarantine: Option<PathBuf>,
    /// Push options (`git push -o`), bounded.
    pub options: Vec<String>,
}

/// What is to become of a push. It is all or nothing: git's `pre-receive` knows no other way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Git may move the references.
    Allow,
    /// Nothing moves, and the pusher reads the reason.
    Refuse {
        /// Plain text; control characters other than line feeds are replaced, and it is cut at [`REASON_LENGTH_MAX`]
        /// characters.
        reason: String,
    },
}

impl Decision {
    /// A refusal with its reason.
    pub fn refuse(reason: impl Into<String>) -> Decision {
        Decision::Refuse { reason: reason.into() }
    }
}

/// The line a hook sends.
#[derive(Debug, Serialize, Deserialize)]
struct Question {
    token: String,
    updates: Vec<RefUpdate>,
    quarantine: Option<PathBuf>,
    #[serde(default)]
    options: Vec<String>,
    /// Whether it asks what becomes of offers, after the push was allowed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    offers: bool,
}

/// The line a hook gets back.
#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    allow: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl From<&Decision> for Answer {
    fn from(decision: &Decision) -> Answer {
        match decision {
            Decision::Allow => Answer { allow: true, reason: None },
            Decision::Refuse { reason } => Answer { allow: false, reason: Some(printable(reason)) },
        }
    }
}

/// A reason fit for a stranger's terminal.
fn printable(reason: &str) -> String {
    let clean = |c: char| if c.is_control() && c != '\n' { '\u{fffd}' } else { c };
    reason.chars().take(REASON_LENGTH_MAX).map(clean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_cannot_steer_the_pushers_terminal_nor_flood_it() {
        assert_eq!(printable("no\x1b[31m\r\nwhy"), "no\u{fffd}[31m\u{fffd}\nwhy");
        assert_eq!(printable(&"a".repeat(REASON_LENGTH_MAX + 1)).len(), REASON_LENGTH_MAX);
    }
}
