//! The promises of a store. sled, memory and later PostgreSQL keep the same ones.
//!
//! 1. **Atomic.** A batch is there wholly or not at all, also after a crash.
//! 2. **Durable.** A receipt resolves to `Ok` only when the batch survives a power cut.
//! 3. **Ordered.** Batches take effect in the order in which `commit` was called.
//! 4. **Guarded.** A batch whose `require` does not hold changes nothing and is told the key.
//! 5. **Committed reads.** A read sees whole batches, and only durable ones: what it saw cannot be lost. It sees every
//!    batch whose receipt had resolved when `read` was called.
//! 6. **Fail-stop.** After one failed write every later commit and read fails with the same cause; nothing is tried again,
//!    since after a failed sync the kernel may have dropped the pages while calling them clean. A failed batch may or may
//!    not be found after a restart.
//! 7. **Bounded.** Keys, values, batches, queries and queues have the bounds of [`crate::limits`].
//!
//! A store says of itself whether one process alone can have it open ([`Store::is_exclusive`]). All else is as true for a store
//! that many nodes write to.
//!
//! - [`receipt`]: the future of a commit
//! - `suite`: the test of all this, run by every store; there with the feature `testing`

pub mod receipt;
#[cfg(any(test, feature = "testing"))]
pub mod suite;

#[cfg(test)]
pub(crate) mod model;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

use crate::limits::{BATCH_BYTES_MAX, BATCH_OPS_MAX, KEY_BYTES_MAX, QUERIES_MAX, RANGE_ROWS_MAX, VALUE_BYTES_MAX};

pub use receipt::{Receipt, Settle};

/// A key: 1 to [`KEY_BYTES_MAX`] bytes, ordered as bytes.
pub type Key = Vec<u8>;

/// A value: 0 to [`VALUE_BYTES_MAX`] bytes; a clone shares the bytes.
pub type Value = Bytes;

/// One row of an answer.
pub type Row = (Key, Value);

/// One change of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Sets the value of a key.
    Put {
        /// Where.
        key: Key,
        /// What.
        value: Value,
    },
    /// Removes a key; one that is absent is no error.
    Delete {
        /// Where.
        key: Key,
    },
}

impl Op {
    /// Sets the value of a key.
    pub fn put(key: impl Into<Key>, value: impl Into<Value>) -> Self {
        Self::Put { key: key.into(), value: value.into() }
    }

    /// Removes a key.
    pub fn delete(key: impl Into<Key>) -> Self {
        Self::Delete { key: key.into() }
    }

    /// The key this changes.
    pub fn key(&self) -> &Key {
        match self {
            Self::Put { key, .. } | Self::Delete { key } => key,
        }
    }

    fn value_bytes(&self) -> usize {
        match self {
            Self::Put { value, .. } => value.len(),
            Self::Delete { .. } => 0,
        }
    }
}

/// Changes that happen together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Each key must hold exactly this value (`None`: be absent) just before the batch, else it is refused.
    pub require: Vec<(Key, Option<Value>)>,
    /// The changes, in order; of two on the same key the later counts.
    pub ops: Vec<Op>,
}

impl Batch {
    /// A batch without requirements.
    pub fn of(ops: Vec<Op>) -> Self {
        Self { require: Vec::new(), ops }
    }

    /// Bytes of all keys and values, which the bounds count.
    pub fn size_bytes(&self) -> usize {
        let required = self.require.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Bytes::len));
        let changed = self.ops.iter().map(|op| op.key().len() + op.value_bytes());
        required.sum::<usize>() + changed.sum::<usize>()
    }

    /// Checks the bounds; a store does so before it queues a batch.
    pub fn check(&self) -> Result<(), CommitError> {
        let keys = self.require.iter().map(|(key, _)| key).chain(self.ops.iter().map(Op::key));
        for key in keys {
            if key.is_empty() {
                return Err(CommitError::EmptyKey);
            }
            within(Bound::KeyBytes, KEY_BYTES_MAX, key.len())?;
        }
        for op in &self.ops {
            within(Bound::ValueBytes, VALUE_BYTES_MAX, op.value_bytes())?;
        }
        within(Bound::BatchOps, BATCH_OPS_MAX, self.ops.len())?;
        within(Bound::BatchRequirements, BATCH_OPS_MAX, self.require.len())?;
        Ok(within(Bound::BatchBytes, BATCH_BYTES_MAX, self.size_bytes())?)
    }
}

/// One question of a read. Its answer is a list of rows: at most one for `Get`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// The row of one key.
    Get(Key),
    /// The rows with `from <= key < to`; none when `from >= to`.
    Range {
        /// First key; empty for the start of the store.
        from: Key,
        /// First key no longer wanted; see [`prefix_end`] and [`keys_end`].
        to: Key,
        /// Most rows, 1 to [`RANGE_ROWS_MAX`].
        limit: usize,
        /// `true`: from the highest key downwards.
        newest_first: bool,
    },
}

impl Query {
    /// The first rows whose key starts with `prefix`, in key order.
    pub fn prefix(prefix: &[u8], limit: usize) -> Self {
        Self::Range { from: prefix.to_vec(), to: prefix_end(prefix), limit, newest_first: false }
    }

    /// The rows after the key `last` and before `to`, in key order: the next page.
    pub fn after(last: &[u8], to: Key, limit: usize) -> Self {
        let mut from = last.to_vec();
        from.push(0);
        Self::Range { from, to, limit, newest_first: false }
    }

    fn check(&self) -> Result<(), ReadError> {
        match self {
            Self::Get(key) if key.is_empty() => Err(ReadError::EmptyKey),
            Self::Get(key) => Ok(within(Bound::KeyBytes, KEY_BYTES_MAX, key.len())?),
            Self::Range { from, to, limit, .. } => {
                // One byte more than a key may have, so that "after this key" and "end of keys" can be said.
                within(Bound::KeyBytes, KEY_BYTES_MAX + 1, from.len().max(to.len()))?;
                Ok(within(Bound::RangeRows, RANGE_ROWS_MAX, *limit)?)
            }
        }
    }

    /// Checks the bounds of a whole read; a store does so before it answers.
    pub fn check_all(queries: &[Self]) -> Result<(), ReadError> {
        within(Bound::Queries, QUERIES_MAX, queries.len())?;
        queries.iter().try_for_each(Self::check)
    }
}

/// The first key after all keys that start with `prefix`.
pub fn prefix_end(prefix: &[u8]) -> Key {
    // A trailing 0xff cannot be raised: the next greater prefix is a shorter one.
    match prefix.iter().rposition(|byte| *byte != 0xff) {
        Some(last) => {
            let mut end = prefix[..=last].to_vec();
            end[last] += 1;
            end
        }
        None => keys_end(),
    }
}

/// A bound above every key a store can hold.
pub fn keys_end() -> Key {
    vec![0xff; KEY_BYTES_MAX + 1]
}

/// What was too large. The text is part of the error shown to a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// [`KEY_BYTES_MAX`]
    KeyBytes,
    /// [`VALUE_BYTES_MAX`]
    ValueBytes,
    /// [`BATCH_OPS_MAX`], operations
    BatchOps,
    /// [`BATCH_OPS_MAX`], requirements
    BatchRequirements,
    /// [`BATCH_BYTES_MAX`]
    BatchBytes,
    /// [`QUERIES_MAX`]
    Queries,
    /// [`RANGE_ROWS_MAX`]
    RangeRows,
    /// [`crate::limits::READ_BYTES_MAX`]
    ReadBytes,
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::KeyBytes => "bytes in a key",
            Self::ValueBytes => "bytes in a value",
            Self::BatchOps => "operations in a batch",
            Self::BatchRequirements => "requirements in a batch",
            Self::BatchBytes => "bytes in a batch",
            Self::Queries => "queries in a read",
            Self::RangeRows => "rows in a range",
            Self::ReadBytes => "bytes in an answer",
        })
    }
}

/// A bound that was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at most {limit} {what}, found {found}")]
pub struct TooLarge {
    /// Which bound.
    pub what: Bound,
    /// The most it allows.
    pub limit: usize,
    /// What was found.
    pub found: usize,
}

/// Holds a number against its bound.
pub(crate) fn within(what: Bound, limit: usize, found: usize) -> Result<(), TooLarge> {
    if found <= limit { Ok(()) } else { Err(TooLarge { what, limit, found }) }
}

/// Why a batch was not committed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// A requirement did not hold. Nothing was changed; the store goes on.
    #[error("the key `{}` does not hold what the batch requires", key.escape_ascii())]
    Conflict {
        /// The first such key, in the batch's order.
        key: Key,
    },
    /// A key was empty. Nothing was changed.
    #[error("a key of the batch is empty")]
    EmptyKey,
    /// A bound was passed. Nothing was changed.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The queue is full. Nothing was changed. Later batches may be taken again, so a caller that builds one batch on
    /// another names it in `require`; [`Store::room`] waits beforehand.
    #[error("{queued} batches of {queued_bytes} bytes are waiting for the disk, no more are taken")]
    Busy {
        /// Batches waiting.
        queued: usize,
        /// Their bytes.
        queued_bytes: usize,
    },
    /// The store has stopped; the cause is the first failure. This batch may or may not be found after a restart.
    #[error("the store has stopped: {0}")]
    Failed(String),
}

/// Why a read was not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// `Get` of an empty key.
    #[error("the key to read is empty")]
    EmptyKey,
    /// A bound was passed.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// Too many reads are waiting for the disk.
    #[error("{waiting} reads are waiting for the disk, no more are taken")]
    Busy {
        /// Reads waiting.
        waiting: usize,
    },
    /// The store has stopped, or these rows could not be read.
    #[error("the store cannot read: {0}")]
    Failed(String),
}

/// The future of a read: one list of rows for each query, in the order of the queries.
pub type Reading = Pin<Box<dyn Future<Output = Result<Vec<Vec<Row>>, ReadError>> + Send>>;

/// The future of [`Store::room`].
pub type Room = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An ordered key space with durable batches. See the promises at the top of this module.
pub trait Store: Send + Sync + 'static {
    /// Answers all queries from one moment between batches.
    fn read(&self, queries: Vec<Query>) -> Reading;

    /// Hands a batch over. Never blocks; the batch has its place in the order when this returns, and the receipt resolves
    /// when it is durable. Dropping the receipt does not cancel it.
    fn commit(&self, batch: Batch) -> Receipt;

    /// Resolves when the queue is at most half full. Who waits here before each batch is not answered `Busy`.
    fn room(&self) -> Room {
        Box::pin(std::future::ready(()))
    }

    /// Figures for an operator. May touch the disk's directory, so not for every request.
    fn health(&self) -> Health;

    /// Whether nobody else can read or write what is stored as long as this store is open. The boxes then know that a lease
    /// found at opening is that of a process which has ended, and that nobody else puts mail into their mailboxes.
    fn is_exclusive(&self) -> bool {
        false
    }
}

impl<S: Store + ?Sized> Store for Arc<S> {
    fn read(&self, queries: Vec<Query>) -> Reading {
        (**self).read(queries)
    }

    fn commit(&self, batch: Batch) -> Receipt {
        (**self).commit(batch)
    }

    fn room(&self) -> Room {
        (**self).room()
    }

    fn health(&self) -> Health {
        (**self).health()
    }

    fn is_exclusive(&self) -> bool {
        (**self).is_exclusive()
    }
}

/// Reads one value. For a caller with several questions one [`Store::read`] is cheaper, and one moment.
pub async fn get(store: &impl Store, key: impl Into<Key>) -> Result<Option<Value>, ReadError> {
    let mut answers = store.read(vec![Query::Get(key.into())]).await?;
    Ok(answers.pop().and_then(|mut rows| rows.pop()).map(|(_, value)| value))
}

/// Reads the rows of one query.
pub async fn rows(store: &impl Store, query: Query) -> Result<Vec<Row>, ReadError> {
    Ok(store.read(vec![query]).await?.pop().unwrap_or_default())
}

/// How a store is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Batches handed over and not yet durable or refused, without the group being written.
    pub queued: usize,
    /// Their bytes.
    pub queued_bytes: usize,
    /// Batches committed since the store was opened.
    pub batches: u64,
    /// Groups they were committed in: one sync each.
    pub groups: u64,
    /// Duration of the last sync, in microseconds.
    pub sync_last_us: u64,
    /// 99th percentile of the last [`crate::limits::SYNC_SAMPLES`] syncs, in microseconds.
    pub sync_p99_us: u64,
    /// Size of the store's files, or of its keys and values where it has none.
    pub disk_bytes: u64,
    /// Why the store has stopped, if it has.
    pub failed: Option<String>,
}

impl Health {
    /// How many batches shared a sync, on average; 0 before the first.
    pub fn batches_per_group(&self) -> f64 {
        if self.groups == 0 { 0.0 } else { self.batches as f64 / self.groups as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_the_next_greater_one() {
        assert_eq!(prefix_end(b"ab"), b"ac");
        assert_eq!(prefix_end(b"a\xff"), b"b");
        assert_eq!(prefix_end(b"a\xfe\xff\xff"), b"a\xff");
        assert_eq!(prefix_end(b""), keys_end());
        assert_eq!(prefix_end(b"\xff\xff"), keys_end());
    }

    #[test]
    fn the_end_of_keys_is_above_the_greatest_key() {
        assert!(keys_end() > vec![0xff; KEY_BYTES_MAX]);
    }

    #[test]
    fn an_error_names_the_bound_and_what_was_found() {
        let refused = Batch::of(vec![Op::put("k", vec![0; VALUE_BYTES_MAX + 1])]).check();
        assert_eq!(refused.unwrap_err().to_string(), "at most 65536 bytes in a value, found 65537");
        let conflict = CommitError::Conflict { key: b"n\x01".to_vec() };
        assert_eq!(conflict.to_string(), "the key `n\\x01` does not hold what the batch requires");
    }
}
