//! Ports: what the machine wants of a store and of the outside. It knows neither.

use crate::effect::TurnRecord;
use crate::key::{ActorId, Seconds};
use crate::message::{Arrival, Mail};
use crate::need::{Evidence, Found, Need};
use crate::state::Stored;
use std::future::Future;
use std::pin::Pin;

/// A future that can be held and sent.
pub type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Why the boxes did not do what they were asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BoxError {
    /// Another turn of the same actor came in between: this one ran on a state that is no longer true.
    #[error("{actor} has had another turn since")]
    Overtaken {
        /// The actor.
        actor: ActorId,
    },
    /// An actor was to be launched at an address where there is one, or was. Nothing of the turn happened. Run again it
    /// learns so, see [`Need::Vacancy`].
    #[error("there is an actor at {address}, or has been one")]
    Taken {
        /// The address.
        address: ActorId,
    },
    /// Something in the store cannot be read.
    #[error("the store holds what cannot be read: {0}")]
    Unreadable(String),
    /// The store has failed. It stays failed until the node is started anew.
    #[error("the store has failed: {0}")]
    Failed(String),
}

/// The boxes of all near actors, durable.
pub trait Boxes: Send + Sync + 'static {
    /// The stored state of a near actor; `None` if there is no such actor.
    fn open(&self, actor: &ActorId) -> Later<Result<Option<Stored>, BoxError>>;

    /// Finds rows, pages, acts and vacancies. Documents and liveness are not asked for here.
    fn find(&self, actor: &ActorId, needs: Vec<Need>) -> Later<Result<Found, BoxError>>;

    /// Messages that came after `after`, oldest first.
    fn mail(&self, actor: &ActorId, after: Option<Arrival>, limit: usize) -> Later<Result<Vec<Mail>, BoxError>>;

    /// Commits a turn as one durable batch. Turns are ordered by the calls of this function, not by when the futures are
    /// polled. Resolves when the batch is durable.
    fn commit(&self, record: TurnRecord) -> Later<Result<Left, BoxError>>;

    /// Empties the mailbox of an address where there is no actor. Whoever asked something of it is told that it is refused, as
    /// `no-such-actor`; what asks nothing is dropped. Answered [`BoxError::Taken`] if an actor was launched there meanwhile.
    fn send_back(&self, nobody: &ActorId, at: Seconds) -> Later<Result<Left, BoxError>>;
}

/// What a committed turn left to do outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Near actors with new mail.
    pub mail_for: Vec<ActorId>,
    /// Whether something is now due that a runner moves: deliveries, fan-outs, jobs.
    pub work: bool,
    /// The earliest reminder set.
    pub remind_at: Option<Seconds>,
}

/// Where documents come from: an own actor's committed view, or another server.
pub trait Documents: Send + Sync + 'static {
    /// Fetches what is needed. Bounded in time; a failure is evidence too.
    fn fetch(&self, need: Need) -> Later<Evidence>;
}

/// The one clock and the one source of entropy of a node.
pub trait Clock: Send + Sync + 'static {
    /// The time.
    fn now(&self) -> Seconds;
    /// 32 bytes nobody can guess.
    fn seed(&self) -> [u8; 32];
}
