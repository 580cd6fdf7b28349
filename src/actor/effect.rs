//! Effects: all that a turn can cause, as one enum. Nothing of it happens before the turn is durable.

use crate::act::Act;
use crate::errbox::OutboxItem;
use crate::key::{ActId, ActorId, Seconds};
use crate::message::{Arrival, Due, Message, PromiseId};
use crate::need::RowBytes;
use crate::state::Stored;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// Whom an act is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience {
    /// Actors named one by one, at most [`crate::limits::RECIPIENTS_MAX`].
    pub to: Vec<ActorId>,
    /// Groups: tables of the own box whose keys are, or end with, addresses of actors.
    pub groups: Vec<Group>,
}

impl Audience {
    /// One actor.
    pub fn one(actor: &ActorId) -> Self {
        Self { to: vec![actor.clone()], groups: Vec::new() }
    }

    /// Some actors.
    pub fn of<'a>(actors: impl IntoIterator<Item = &'a ActorId>) -> Self {
        Self { to: actors.into_iter().cloned().collect(), groups: Vec::new() }
    }

    /// This audience and another, each actor once.
    pub fn and(mut self, other: Self) -> Self {
        for actor in other.to {
            if !self.to.contains(&actor) {
                self.to.push(actor);
            }
        }
        for group in other.groups {
            if !self.groups.contains(&group) {
                self.groups.push(group);
            }
        }
        self
    }

    /// This audience and a group.
    pub fn and_group(self, group: Group) -> Self {
        self.and(Self { to: Vec::new(), groups: vec![group] })
    }
}

/// A group of actors: the rows of a table of the own box whose keys start with `prefix`; what follows it is an address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Group {
    /// The table.
    pub table: String,
    /// The prefix of its keys.
    pub prefix: Vec<u8>,
}

impl Group {
    /// All rows of a table.
    pub fn table(table: &str) -> Self {
        Self { table: table.to_owned(), prefix: Vec::new() }
    }
}

/// Something a turn causes.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// An act of this actor, with its outbox item, told to an audience.
    Publish {
        /// The act.
        act: Arc<Act>,
        /// Its outbox item.
        item: OutboxItem,
        /// Whom it is told.
        audience: Audience,
    },
    /// An act received from elsewhere, passed on unchanged.
    Forward {
        /// The act.
        act: ActId,
        /// Whom it is passed on to.
        audience: Audience,
        /// Its author, who need not be told his own act.
        author: ActorId,
    },
    /// A private message to a near actor.
    Send {
        /// The receiver.
        to: ActorId,
        /// The message.
        message: Message,
    },
    /// A new actor.
    Launch {
        /// Its address.
        id: ActorId,
        /// Its first state.
        state: Stored,
    },
    /// A reminder to this actor.
    Remind {
        /// When.
        at: Seconds,
        /// Of what.
        due: Due,
    },
    /// Work outside turns, such as a git operation. Its result comes back under the promise.
    Job {
        /// The promise.
        promise: PromiseId,
        /// Which worker does it.
        kind: String,
        /// What it is to do.
        args: Value,
    },
    /// A row of the node's shared directory.
    Directory {
        /// Which declared kind of row.
        kind: &'static str,
        /// Its key.
        key: String,
        /// Its value; `None` removes it.
        value: Option<Value>,
    },
    /// A document that a kept early act waits for is to be fetched and put into this actor's mailbox, once.
    Seek {
        /// The act.
        act: ActId,
    },
}

/// A turn as a value: what it leaves behind, and everything it causes. Committed as one batch, or not at all.
#[derive(Clone, Debug, PartialEq)]
pub struct TurnRecord {
    /// Whose turn.
    pub actor: ActorId,
    /// The state it leaves.
    pub stored: Stored,
    /// The rows it puts (`Some`) and removes (`None`).
    pub rows: Vec<RowWrite>,
    /// The message it consumed, if it came from the mailbox.
    pub consumed: Option<Arrival>,
    /// What it causes, in order.
    pub effects: Vec<Effect>,
    /// When it ran.
    pub at: Seconds,
}

impl TurnRecord {
    /// Rows of the boxes that it touches: the state, the message, its own rows, and what its effects put there. A group counts
    /// once: whom it stands for is paged when the turn is over.
    pub fn touches(&self) -> usize {
        let audience = |audience: &Audience| audience.to.len() + audience.groups.len();
        let effects = self.effects.iter().map(|effect| match effect {
            // The act and its outbox item.
            Effect::Publish { audience: whom, .. } => 2 + audience(whom),
            Effect::Forward { audience: whom, .. } => audience(whom),
            // The state and the number of its last turn.
            Effect::Launch { .. } => 2,
            Effect::Send { .. }
            | Effect::Remind { .. }
            | Effect::Job { .. }
            | Effect::Directory { .. }
            | Effect::Seek { .. } => 1,
        });
        2 + usize::from(self.consumed.is_some()) + self.rows.len() + effects.sum::<usize>()
    }
}

/// One row put or removed.
#[derive(Clone, Debug, PartialEq)]
pub struct RowWrite {
    /// The table.
    pub table: String,
    /// The key.
    pub key: Vec<u8>,
    /// The bytes, or `None` to remove the row.
    pub bytes: Option<RowBytes>,
}
