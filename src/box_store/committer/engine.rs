//! What a group commit stands on: reading, and writing durably. Each disk format implements it once.

use std::collections::HashMap;
use std::ops::ControlFlow;
#[cfg(any(test, feature = "testing"))]
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::contract::{Key, Value};

/// What an engine could not do, in the words an operator will see.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub String);

/// Sees the rows of a range one by one, and may break off.
pub type Visit<'a> = dyn FnMut(Key, Value) -> ControlFlow<()> + 'a;

/// The disk format under a [`GroupCommit`](super::GroupCommit). Only the committer's thread calls [`Engine::write`], and no other
/// process can open the same files: an engine that cannot lock them is none.
pub trait Engine: Send + Sync + 'static {
    /// The value of a key.
    fn get(&self, key: &[u8]) -> Result<Option<Value>, Fault>;

    /// Shows the rows with `from <= key < to`, upwards or downwards; `from < to` holds.
    fn range(&self, from: &[u8], to: &[u8], newest_first: bool, visit: &mut Visit<'_>) -> Result<(), Fault>;

    /// Writes all or nothing and returns when it is durable, with the time the sync took. `None` removes a key.
    fn write(&self, changes: HashMap<Key, Option<Value>>) -> Result<Duration, Fault>;

    /// Size of the files.
    fn disk_bytes(&self) -> u64;
}

/// An engine whose next write can be made to fail before anything of it is done.
#[cfg(any(test, feature = "testing"))]
pub struct Faulty<E> {
    engine: E,
    fail_next: AtomicBool,
}

#[cfg(any(test, feature = "testing"))]
impl<E> Faulty<E> {
    /// Wraps an engine.
    pub fn new(engine: E) -> Self {
        Self { engine, fail_next: AtomicBool::new(false) }
    }

    /// The next write fails.
    pub fn fail_next_write(&self) {
        self.fail_next.store(true, Ordering::SeqCst);
    }
}

#[cfg(any(test, feature = "testing"))]
impl<E: Engine> Engine for Faulty<E> {
    fn get(&self, key: &[u8]) -> Result<Option<Value>, Fault> {
        self.engine.get(key)
    }

    fn range(&self, from: &[u8], to: &[u8], newest_first: bool, visit: &mut Visit<'_>) -> Result<(), Fault> {
        self.engine.range(from, to, newest_first, visit)
    }

    fn write(&self, changes: HashMap<Key, Option<Value>>) -> Result<Duration, Fault> {
        // Swapped: a second write would succeed, so a store that tries again is found out.
        if self.fail_next.swap(false, Ordering::SeqCst) {
            return Err(Fault("a failure injected by its test".into()));
        }
        self.engine.write(changes)
    }

    fn disk_bytes(&self) -> u64 {
        self.engine.disk_bytes()
    }
}
