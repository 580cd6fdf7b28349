//! A backup of a store that is in use: the rows of one moment, as an export writes them, while batches go on.
//!
//! [`Watched`] stands before a store and, while a backup is made, notes the keys that batches change. All pages are written
//! first, each of a moment of its own; then what has changed meanwhile is read again, and again, until so little is left that one
//! read has it: that read is the moment. No batch waits for any of it.
//!
//! A batch is noted before it has its place in the order, and the last read has its own before any later batch: the lock around
//! both sees to that. An empty batch is awaited before each reading again: then all that was noted before it is durable.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::contract::{Batch, CommitError, Health, Key, Op, Query, ReadError, Reading, Receipt, Room, Store, Value};
use crate::export::{Class, ExportError, Exported, ImportError, Merge, export};
use crate::limits::{BACKUP_CHANGED_BYTES_MAX, BACKUP_PASSES_MAX, QUERIES_MAX};

/// A store whose changes can be noted while it is backed up.
pub struct Watched {
    store: Arc<dyn Store>,
    /// The keys changed since they were last read; `None` while no backup is made.
    changed: Mutex<Option<BTreeSet<Key>>>,
}

/// Why a backup was not made. What was written is of no use.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// One is being made.
    #[error("another backup of this store is being made")]
    Busy,
    /// More is changed than can be held.
    #[error(
        "more than {BACKUP_CHANGED_BYTES_MAX} bytes were changed while the backup was made: try again when less is done"
    )]
    TooMuch,
    /// Faster than it can be read.
    #[error("after {BACKUP_PASSES_MAX} readings there are still too many changes: try again when less is done")]
    TooFast,
    /// The store did not answer.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The store takes nothing.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// The pages could not be written.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// What was written could not be read again.
    #[error(transparent)]
    Again(#[from] ImportError),
    /// The file did not take it.
    #[error("writing the backup: {0}")]
    Write(#[from] std::io::Error),
}

impl Watched {
    /// A store that can be backed up while it is in use.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, changed: Mutex::new(None) }
    }

    fn changed(&self) -> MutexGuard<'_, Option<BTreeSet<Key>>> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes all rows of one moment, secrets among them, as an export that an import reads.
    /// - `scratch`: an empty file for the pages, as large as the export
    pub async fn backup(
        &self,
        scratch: &mut (impl Read + Write + Seek),
        out: &mut impl Write,
    ) -> Result<Exported, BackupError> {
        {
            let mut changed = self.changed();
            if changed.is_some() {
                return Err(BackupError::Busy);
            }
            *changed = Some(BTreeSet::new());
        }
        // Whatever becomes of it, nothing is noted after it.
        let _watch = Watch(self);
        let mut pages = BufWriter::new(&mut *scratch);
        export(&self.store, &mut pages, |_, _| Class::Public, true).await?;
        pages.flush()?;
        drop(pages);
        let changes = self.settle().await?;
        scratch.seek(SeekFrom::Start(0))?;
        merged(&mut BufReader::new(scratch), changes, out)
    }

    /// Reads what has changed until nothing is left: the rows as they are at one moment, `None` of those that are gone.
    async fn settle(&self) -> Result<BTreeMap<Key, Option<Value>>, BackupError> {
        let mut changes = BTreeMap::new();
        let mut bytes = 0;
        for _ in 0..BACKUP_PASSES_MAX {
            // All that was noted by now is durable once this is.
            let noted = self.changed().as_mut().map(std::mem::take).unwrap_or_default();
            self.store.commit(Batch::of(Vec::new())).await?;
            for keys in noted.into_iter().collect::<Vec<_>>().chunks(QUERIES_MAX) {
                let rows = self.store.read(keys.iter().cloned().map(Query::Get).collect()).await?;
                bytes += keep(&mut changes, keys, rows);
            }
            if bytes > BACKUP_CHANGED_BYTES_MAX {
                return Err(BackupError::TooMuch);
            }
            let (last, reading) = {
                let mut changed = self.changed();
                let left = changed.as_ref().map_or(0, BTreeSet::len);
                if left > QUERIES_MAX {
                    continue;
                }
                let last: Vec<Key> = changed.take().unwrap_or_default().into_iter().collect();
                // It has its place before any batch that is handed over after the lock is given back.
                let reading = self.store.read(last.iter().cloned().map(Query::Get).collect());
                (last, reading)
            };
            keep(&mut changes, &last, reading.await?);
            return Ok(changes);
        }
        Err(BackupError::TooFast)
    }
}

/// Ends the noting when it is dropped.
struct Watch<'w>(&'w Watched);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        *self.0.changed() = None;
    }
}

fn keep(changes: &mut BTreeMap<Key, Option<Value>>, keys: &[Key], rows: Vec<Vec<(Key, Value)>>) -> usize {
    let mut bytes = 0;
    for (key, found) in keys.iter().zip(rows) {
        let value = found.into_iter().next().map(|(_, value)| value);
        bytes += key.len() + value.as_ref().map_or(0, |value| value.len());
        changes.insert(key.clone(), value);
    }
    bytes
}

fn merged(
    pages: &mut impl BufRead,
    changes: BTreeMap<Key, Option<Value>>,
    out: &mut impl Write,
) -> Result<Exported, BackupError> {
    let mut merge = Merge::begin(pages, out)?;
    for (key, value) in changes {
        merge.up_to(&key)?;
        if let Some(value) = value {
            merge.row(&key, &value)?;
        }
    }
    merge.end()
}

impl Store for Watched {
    fn read(&self, queries: Vec<Query>) -> Reading {
        self.store.read(queries)
    }

    fn commit(&self, batch: Batch) -> Receipt {
        let mut changed = self.changed();
        if let Some(changed) = changed.as_mut() {
            // One that is refused changes nothing: its keys are read again for nothing.
            changed.extend(batch.ops.iter().map(|op| match op {
                Op::Put { key, .. } | Op::Delete { key } => key.clone(),
            }));
        }
        self.store.commit(batch)
    }

    fn room(&self) -> Room {
        self.store.room()
    }

    fn health(&self) -> Health {
        self.store.health()
    }

    fn is_exclusive(&self) -> bool {
        self.store.is_exclusive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::export::import;
    use crate::memory::{Image, MemoryStore};

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    fn row(n: u32) -> (Key, Value) {
        (format!("row/{n:06}").into_bytes(), Value::from(format!("{{\"n\":{n}}}")))
    }

    fn image_of(text: &[u8]) -> Image {
        let store = MemoryStore::new();
        wait(import(&store, &mut &text[..])).unwrap();
        store.image()
    }

    /// A file that has the store changed whenever a page is written to it.
    struct Meddling<'s> {
        file: Cursor<Vec<u8>>,
        store: &'s Watched,
        n: u32,
    }

    impl Write for Meddling<'_> {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.n += 1;
            let (n, put) = (self.n, |n: u32, value: &'static str| Op::put(row(n).0, value));
            // Rows before, in and after the pages written; two that change together; one that goes, one that comes back.
            let ops = vec![
                put(n, "\"one\""),
                put(2_000 - n, "\"one\""),
                put(5_000 + n, "\"new\""),
                Op::delete(row(700 + n).0),
            ];
            let mut receipts = vec![self.store.commit(Batch::of(ops))];
            receipts.push(self.store.commit(Batch::of(vec![put(700 + n / 2, "\"back\"")])));
            for receipt in receipts {
                futures_util::future::FutureExt::now_or_never(receipt).unwrap().unwrap();
            }
            self.file.write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            self.file.flush()
        }
    }

    impl Read for Meddling<'_> {
        fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
            self.file.read(bytes)
        }
    }

    impl Seek for Meddling<'_> {
        fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
            self.file.seek(to)
        }
    }

    #[test]
    fn a_backup_holds_what_the_store_holds_at_its_end_whatever_was_changed_while_it_was_made() {
        let rows: Image = (0..2_500).map(row).collect();
        let memory = MemoryStore::open(rows);
        let store = Watched::new(Arc::new(memory.clone()));
        let mut scratch = Meddling { file: Cursor::default(), store: &store, n: 0 };
        let mut out = Vec::new();
        let done = wait(store.backup(&mut scratch, &mut out)).unwrap();
        assert!(scratch.n > 5, "it was changed {} times", scratch.n);
        let image = image_of(&out);
        assert_eq!((image.len() as u64, &image), (done.rows, &memory.image()));
        assert!(store.changed().is_none(), "nothing is noted any more");
        // Of one that nobody changes, too.
        let (mut scratch, mut out) = (Cursor::new(Vec::new()), Vec::new());
        wait(store.backup(&mut scratch, &mut out)).unwrap();
        assert_eq!(image_of(&out), memory.image());
    }

    #[test]
    fn one_backup_is_made_at_a_time_and_one_that_fails_leaves_the_store_as_it_was() {
        let store = Watched::new(Arc::new(MemoryStore::open((0..10).map(row).collect())));
        *store.changed() = Some(BTreeSet::new());
        let busy = wait(store.backup(&mut Cursor::new(Vec::new()), &mut Vec::new()));
        assert!(matches!(busy, Err(BackupError::Busy)));
        *store.changed() = None;
        let full = wait(store.backup(&mut Cursor::new(Vec::new()), &mut [0; 50].as_mut_slice()));
        assert!(matches!(full, Err(BackupError::Write(_))), "{full:?}");
        wait(store.backup(&mut Cursor::new(Vec::new()), &mut Vec::new())).unwrap();
    }
}
