//! The boxes of all near actors, durable, over any [`Store`]; and the work their turns leave behind.
//!
//! A turn is one batch: state, rows, the consumed message, acts, messages to near actors, deliveries, reminders, jobs, launched
//! actors and directory rows. The batch requires that the actor's last turn was the one before it; so of two turns run on the
//! same state one is refused, and after a refused turn those that were run on its result are refused too. The number of the
//! last turn is a small row of its own: requiring it costs one look-up of a few bytes, whatever the size of the state.
//!
//! - [`BoxStore`]: this; it is the [`Boxes`](pritchel_actor::Boxes) of the actor model
//! - `inside`: the one lock, numbers, and the batches; `effects`: a turn's effects as operations
//! - `receive`: acts from far, messages from the node itself, planted actors; `reading`: what turns and views read
//! - `mailboxes`: admission; `present`: who is known to be here; `open`: what is found at the start
//! - `codec`, `large`: values of rows; `acts`: recent acts in memory
//!
//! One process at a time opens a store; within it a `BoxStore` is opened once, and cloned.

mod acts;
pub(crate) mod codec;
mod effects;
pub(crate) mod inside;
pub(crate) mod large;
mod mailboxes;
mod open;
mod present;
pub(crate) mod reading;
mod receive;

use std::fmt;
use std::sync::Arc;

use pritchel_actor::{ActorId, BoxError};

use crate::contract::CommitError;
use crate::keys;
use inside::Shared;

pub use receive::ReceiveError;

#[cfg(doc)]
use crate::contract::Store;

/// What the boxes know of addresses: nothing but this.
pub trait Addresses: Send + Sync + 'static {
    /// Whether the actor of this address lives, or would live, on this node.
    fn is_near(&self, id: &ActorId) -> bool;
    /// Where a far actor lives, such as `https://forge.example:8443`: deliveries wait in lanes by origin and sender. Of a text
    /// that is no address it is the text itself.
    fn origin(&self, id: &ActorId) -> String;
}

/// The durable boxes of all near actors. A clone is another handle on the same boxes.
#[derive(Clone)]
pub struct BoxStore {
    pub(crate) shared: Arc<Shared>,
}

impl fmt::Debug for BoxStore {
    /// Says nothing of what is inside.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoxStore")
    }
}

/// The error of a batch. What a turn requires of its own actor is told apart by [`turn_error`]; nothing else is required of the
/// number of a turn than that there is none.
pub(crate) fn commit_error(error: CommitError) -> BoxError {
    match &error {
        CommitError::Conflict { key } if keys::kind(key) == Some(keys::Kind::Turn) => match keys::actor_of(key) {
            Some(address) => BoxError::Taken { address },
            None => BoxError::Failed(error.to_string()),
        },
        _ => BoxError::Failed(error.to_string()),
    }
}

/// The error of a turn's batch.
fn turn_error(error: CommitError, me: &ActorId) -> BoxError {
    match commit_error(error) {
        BoxError::Taken { address } if address == *me => BoxError::Overtaken { actor: address },
        other => other,
    }
}
