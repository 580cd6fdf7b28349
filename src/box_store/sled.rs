//! The embedded store: sled 0.34.7 under the group commit. The only file that names sled.
//!
//! What was measured and is therefore kept here (`docs/storage.md`):
//! - one database, its default tree, one thread that writes; never the asynchronous flush, which deadlocks beside writers;
//! - sled's `flush` on Linux is a `sync_file_range`, not an fsync: each group ends with an `fdatasync` of ours on its `db` file;
//! - sled never syncs its `conf` file or its directories: a new store is made beside its place, synced, and renamed into it;
//! - sled moves pages over a quarter of its segment size to files in `blobs/`, which it does not sync at all. Segments are
//!   therefore large enough for the largest leaf, and a store that finds such a file anyway stops;
//! - sled leaves what it replaces to crossbeam's epochs, which for a writer of large batches free less than it leaves: the thread
//!   that writes has them free the rest;
//! - sled takes a snapshot that a crash left unfinished for its newest, and then does not open: it is removed first.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sled::{Config, Db, IVec};

use crate::committer::{Engine, Fault, GroupCommit, Visit};
use crate::contract::{Key, Value};
use crate::limits::{CACHE_BYTES_MIN, SEGMENT_BYTES, SMALL_VALUE_BYTES};
use crate::pack::{Packer, unpack};

/// The embedded store.
pub type SledStore = GroupCommit<SledEngine>;

/// Written into each store; one of another version is not opened.
const FORMAT: &str = "pritchel store 2, sled 0.34\n";

/// Before rows were packed. Such a store is read as it is; once opened it may hold packed rows, so an older program must not
/// open it any more.
const FORMAT_BEFORE: &str = "pritchel store 1, sled 0.34\n";

/// sled's pool threads may hold its file, and so its lock, a little longer than the database that was dropped. Our own lock is
/// taken first, so whoever still has sled's is an earlier opening of this process.
const LINGERING_LOCK: Duration = Duration::from_secs(10);

/// Rows of which what they replaced, a handful of things each, fits what one collection frees: 512 things.
const ROWS_A_COLLECTION: usize = 32;

/// How often it is looked at.
const LINGERING_LOCK_STEP: Duration = Duration::from_millis(5);

/// Why a store was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("the store in `{}` is in use by another process", .0.display())]
    InUse(PathBuf),
    /// It was written by another version.
    #[error("the store in `{}` has the format `{found}`, this server reads `{}`", dir.display(), FORMAT.trim_end())]
    Format {
        /// Where.
        dir: PathBuf,
        /// The first line of its `format` file, or what is wrong with it.
        found: String,
    },
    /// The cache is too small to work with.
    #[error("a cache of {found} bytes is too small, at least {CACHE_BYTES_MIN} are needed")]
    Cache {
        /// The bytes given.
        found: u64,
    },
    /// The disk said no.
    #[error("{doing} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// The answer.
        source: io::Error,
    },
    /// sled said no.
    #[error("sled cannot open `{}`: {cause}", dir.display())]
    Engine {
        /// Where.
        dir: PathBuf,
        /// In sled's words.
        cause: String,
    },
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_path_buf();
    move |source| OpenError::Io { doing, path, source }
}

/// The disk format of [`SledStore`].
pub struct SledEngine {
    db: Db,
    /// sled's log, opened once more to be synced.
    log: File,
    dir: PathBuf,
    packer: Packer,
    /// Held as long as the store is open; released by the system when the process ends, however it ends.
    _lock: File,
}

impl GroupCommit<SledEngine> {
    /// Opens the store in `dir`, or makes a new one there. Blocks on the disk.
    /// - `cache_bytes`: memory for sled's page cache, at least [`CACHE_BYTES_MIN`]
    pub fn open(dir: &Path, cache_bytes: u64) -> Result<Self, OpenError> {
        let engine = SledEngine::open(dir, cache_bytes)?;
        Self::start(engine).map_err(io_error("starting the committer of", dir))
    }
}

impl SledEngine {
    /// Opens the files without a committer; see [`SledStore`] for the whole store.
    pub fn open(dir: &Path, cache_bytes: u64) -> Result<Self, OpenError> {
        if cache_bytes < CACHE_BYTES_MIN {
            return Err(OpenError::Cache { found: cache_bytes });
        }
        create_dir(dir)?;
        let lock = lock(dir)?;
        let home = dir.join("sled");
        if !home.try_exists().map_err(io_error("looking for", &home))? {
            create(dir, &home, cache_bytes)?;
        }
        check_format(&home)?;
        remove_unfinished_snapshots(&home)?;
        let db = open_db(&home, cache_bytes)?;
        let log_path = home.join("db");
        let log = File::options().write(true).open(&log_path).map_err(io_error("opening", &log_path))?;
        // Recovery may have written: what it found must not be lost later than what it found.
        log.sync_data().map_err(io_error("syncing", &log_path))?;
        let packer = Packer::new().map_err(io_error("preparing to pack rows for", &home))?;
        Ok(Self { db, log, dir: home, packer, _lock: lock })
    }

    fn blob_files(&self) -> io::Result<usize> {
        Ok(fs::read_dir(self.dir.join("blobs"))?.count())
    }
}

fn open_db(home: &Path, cache_bytes: u64) -> Result<Db, OpenError> {
    let deadline = Instant::now() + LINGERING_LOCK;
    let cause = loop {
        let config =
            Config::new().path(home).cache_capacity(cache_bytes).flush_every_ms(None).segment_size(SEGMENT_BYTES);
        let opened = catch_unwind(AssertUnwindSafe(|| config.open()));
        match opened {
            Ok(Ok(db)) => return Ok(db),
            Ok(Err(sled::Error::Io(error)))
                if error.to_string().starts_with("could not acquire lock") && Instant::now() < deadline =>
            {
                std::thread::sleep(LINGERING_LOCK_STEP);
            }
            Ok(Err(error)) => break error.to_string(),
            // sled panics on some damaged files.
            Err(_) => break "it panicked, the files are damaged".into(),
        }
    };
    Err(OpenError::Engine { dir: home.to_path_buf(), cause })
}

fn lock(dir: &Path) -> Result<File, OpenError> {
    let path = dir.join("lock");
    let file =
        File::options().create(true).write(true).truncate(false).open(&path).map_err(io_error("opening", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(dir.to_path_buf())),
        Err(TryLockError::Error(source)) => Err(io_error("locking", &path)(source)),
    }
}

/// Makes a new store beside its place and renames it into it, so that a power cut leaves a whole store or none.
fn create(dir: &Path, home: &Path, cache_bytes: u64) -> Result<(), OpenError> {
    let making = dir.join("sled.new");
    match fs::remove_dir_all(&making) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(io_error("removing the unfinished", &making)(error)),
    }
    create_dir(&making)?;
    let db = open_db(&making, cache_bytes)?;
    db.flush().map_err(|error| OpenError::Engine { dir: making.clone(), cause: error.to_string() })?;
    drop(db);
    fs::write(making.join("format"), FORMAT).map_err(io_error("writing the format of", &making))?;
    sync_tree(&making)?;
    fs::rename(&making, home).map_err(io_error("renaming", &making))?;
    sync(dir)
}

/// Writes the format of this program into a store of the one before, beside and then in its place.
fn mark(home: &Path) -> Result<(), OpenError> {
    let making = home.join("format.new");
    fs::write(&making, FORMAT).map_err(io_error("writing", &making))?;
    sync(&making)?;
    fs::rename(&making, home.join("format")).map_err(io_error("renaming", &making))?;
    sync(home)
}

fn check_format(home: &Path) -> Result<(), OpenError> {
    let found = match fs::read_to_string(home.join("format")) {
        Ok(found) if found == FORMAT => return Ok(()),
        Ok(found) if found == FORMAT_BEFORE => return mark(home),
        Ok(found) => found.lines().next().unwrap_or("").chars().take(100).collect(),
        Err(error) => format!("unreadable: {error}"),
    };
    Err(OpenError::Format { dir: home.to_path_buf(), found })
}

/// While it opens, sled writes `snap.<n>.generating` and renames it when it is whole. A process that ends in between leaves it,
/// and sled would read it as the newest snapshot. Snapshots only save time: without one the log is read from the start.
fn remove_unfinished_snapshots(home: &Path) -> Result<(), OpenError> {
    for entry in fs::read_dir(home).map_err(io_error("listing", home))? {
        let path = entry.map_err(io_error("listing", home))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(&path).map_err(io_error("removing the unfinished", &path))?;
        }
    }
    Ok(())
}

fn create_dir(dir: &Path) -> Result<(), OpenError> {
    fs::create_dir_all(dir).map_err(io_error("creating", dir))?;
    match dir.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync(parent),
        _ => Ok(()),
    }
}

/// Syncs every file and directory under `dir`, then `dir`.
fn sync_tree(dir: &Path) -> Result<(), OpenError> {
    for entry in fs::read_dir(dir).map_err(io_error("listing", dir))? {
        let entry = entry.map_err(io_error("listing", dir))?;
        let path = entry.path();
        if path.is_dir() { sync_tree(&path)? } else { sync(&path)? }
    }
    sync(dir)
}

fn sync(path: &Path) -> Result<(), OpenError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(io_error("syncing", path))
}

impl Engine for SledEngine {
    fn get(&self, key: &[u8]) -> Result<Option<Value>, Fault> {
        let found = self.db.get(key).map_err(|error| fault("reading", &error))?;
        found.map(|value| unpack(&value)).transpose()
    }

    fn range(&self, from: &[u8], to: &[u8], newest_first: bool, visit: &mut Visit<'_>) -> Result<(), Fault> {
        let mut rows = self.db.range(from..to);
        loop {
            let row = if newest_first { rows.next_back() } else { rows.next() };
            let Some(row) = row else { return Ok(()) };
            let (key, value) = row.map_err(|error| fault("reading", &error))?;
            if visit(key.to_vec(), unpack(&value)?) == ControlFlow::Break(()) {
                return Ok(());
            }
        }
    }

    fn write(&self, changes: HashMap<Key, Option<Value>>) -> Result<Duration, Fault> {
        let mut batch = sled::Batch::default();
        let (mut large, rows) = (false, changes.len());
        for (key, value) in changes {
            match value {
                Some(value) => {
                    let stored = self.packer.pack(&value);
                    large |= stored.len() > SMALL_VALUE_BYTES;
                    batch.insert(IVec::from(key), IVec::from(stored));
                }
                None => batch.remove(IVec::from(key)),
            }
        }
        self.db.apply_batch(batch).map_err(|error| fault("applying a batch", &error))?;
        free_replaced(rows);
        let start = Instant::now();
        self.db.flush().map_err(|error| fault("flushing", &error))?;
        self.log.sync_data().map_err(|error| Fault(format!("syncing sled's log: {error}")))?;
        let took = start.elapsed();
        if large && self.blob_files().map_err(|error| Fault(format!("listing sled's blobs: {error}")))? > 0 {
            return Err(Fault("sled has moved a page to `blobs/`, which it does not sync".into()));
        }
        Ok(took)
    }

    fn disk_bytes(&self) -> u64 {
        self.db.size_on_disk().unwrap_or(0)
    }
}

/// Frees the pages that a batch of so many rows has replaced, and what is left of earlier ones. By themselves epochs free at most
/// 8 bags of 64 things each at every 128th entrance of a thread, but a batch enters once and leaves several things for each row:
/// sled's memory grew by kilobytes a row. What a reader still sees stays until the next time.
fn free_replaced(rows: usize) {
    for _ in 0..=rows / ROWS_A_COLLECTION {
        crossbeam_epoch::pin().flush();
    }
}

fn fault(doing: &str, error: &sled::Error) -> Fault {
    Fault(format!("{doing}: {error}"))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::committer::Faulty;
    use crate::contract::{Batch, Op, Store, get, model, suite};
    use crate::limits::{KEY_BYTES_MAX, VALUE_BYTES_MAX};

    struct Place(TempDir);

    impl Place {
        fn new() -> Self {
            Self(TempDir::new().unwrap())
        }
    }

    impl suite::Subject for Place {
        type Store = GroupCommit<Faulty<SledEngine>>;

        fn open(&mut self) -> Self::Store {
            let engine = SledEngine::open(self.0.path(), CACHE_BYTES_MIN).unwrap();
            GroupCommit::start(Faulty::new(engine)).unwrap()
        }

        fn fail_next_write(&self, store: &Self::Store) {
            store.engine().fail_next_write();
        }
    }

    fn open(place: &Place) -> Result<SledStore, OpenError> {
        SledStore::open(place.0.path(), CACHE_BYTES_MIN)
    }

    async fn put(store: &SledStore, key: &str) {
        store.commit(Batch::of(vec![Op::put(key, "value")])).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn sled_keeps_the_contract() {
        suite::every_promise_holds(Place::new).await;
    }

    #[test]
    fn sled_agrees_with_a_map() {
        model::agrees_over_random_histories(Place::new, 24);
    }

    #[tokio::test]
    async fn a_second_opening_is_refused_until_the_first_is_closed() {
        let place = Place::new();
        let store = open(&place).unwrap();
        let refused = open(&place).err().unwrap();
        assert!(matches!(refused, OpenError::InUse(_)), "{refused}");
        assert!(refused.to_string().ends_with("is in use by another process"), "{refused}");
        put(&store, "a").await;
        drop(store);
        open(&place).unwrap();
    }

    #[test]
    fn a_store_of_another_format_is_not_opened() {
        let place = Place::new();
        drop(open(&place).unwrap());
        let format = place.0.path().join("sled/format");
        fs::write(&format, "pritchel store 9\n").unwrap();
        let refused = open(&place).err().unwrap().to_string();
        assert!(refused.contains("the format `pritchel store 9`, this server reads `pritchel store 2"), "{refused}");
        fs::remove_file(&format).unwrap();
        assert!(matches!(open(&place), Err(OpenError::Format { .. })));
        fs::write(&format, FORMAT).unwrap();
        open(&place).unwrap();
    }

    #[tokio::test]
    async fn a_store_from_before_packing_is_read_and_is_then_no_longer_one() {
        let place = Place::new();
        let text = "it is the same in both formats ".repeat(40);
        {
            // As that program wrote it.
            let store = open(&place).unwrap();
            store.engine().db.insert("old", text.as_bytes()).unwrap();
            store.engine().db.flush().unwrap();
        }
        let format = place.0.path().join("sled/format");
        fs::write(&format, FORMAT_BEFORE).unwrap();
        let store = open(&place).unwrap();
        assert_eq!(fs::read_to_string(&format).unwrap(), FORMAT);
        store.commit(Batch::of(vec![Op::put("new", text.clone())])).await.unwrap();
        for key in ["old", "new"] {
            assert_eq!(get(&store, key).await.unwrap().unwrap(), text);
        }
        let stored = store.engine().db.get("new").unwrap().unwrap();
        assert!(stored.len() * 4 < text.len(), "{} bytes", stored.len());
    }

    #[tokio::test]
    async fn a_creation_cut_short_is_begun_again() {
        let place = Place::new();
        let unfinished = place.0.path().join("sled.new");
        fs::create_dir_all(&unfinished).unwrap();
        fs::write(unfinished.join("conf"), "torn").unwrap();
        let store = open(&place).unwrap();
        put(&store, "a").await;
        assert!(!unfinished.exists());
    }

    #[tokio::test]
    async fn a_snapshot_cut_short_does_not_hinder_opening() {
        let place = Place::new();
        let store = open(&place).unwrap();
        put(&store, "a").await;
        drop(store);
        fs::write(place.0.path().join("sled/snap.7FFFFFFFFFFFFFFF.generating"), "half of").unwrap();
        let store = open(&place).unwrap();
        assert!(get(&store, "a").await.unwrap().is_some());
    }

    #[test]
    fn a_damaged_store_is_an_error_not_a_panic() {
        let place = Place::new();
        drop(open(&place).unwrap());
        let conf = place.0.path().join("sled/conf");
        let bytes = fs::read(&conf).unwrap();
        fs::write(&conf, &bytes[..bytes.len() - 4]).unwrap();
        let refused = open(&place).err().unwrap();
        assert!(matches!(refused, OpenError::Engine { .. }), "{refused}");
    }

    #[test]
    fn too_small_a_cache_is_refused() {
        let place = Place::new();
        let refused = SledStore::open(place.0.path(), 1_000).err().unwrap();
        assert!(matches!(refused, OpenError::Cache { found: 1_000 }), "{refused}");
    }

    /// Bytes that do not get fewer by packing.
    fn noise(seed: u64, bytes: usize) -> Vec<u8> {
        let mut state = seed | 1 << 40;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        };
        (0..bytes).map(|_| next()).collect()
    }

    #[test]
    fn what_a_batch_replaces_is_freed_while_others_are_written() {
        let place = Place::new();
        let engine = SledEngine::open(place.0.path(), CACHE_BYTES_MIN).unwrap();
        let freed = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        for batch in 0..20_u64 {
            let rows = (0..4_000_u64).map(|n| ((n * 20 + batch).to_be_bytes().to_vec(), Some(noise(n, 40).into())));
            engine.write(rows.collect()).unwrap();
            let seen = std::sync::Arc::clone(&freed);
            // Freed after all that was left before it.
            crossbeam_epoch::pin().defer(move || seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
        let freed = freed.load(std::sync::atomic::Ordering::Relaxed);
        assert!(freed >= 15, "of 20 batches {freed} are freed");
    }

    #[tokio::test]
    async fn leaves_full_of_the_largest_rows_stay_in_the_log() {
        let place = Place::new();
        let store = open(&place).unwrap();
        let row = |n: u64, fill: u8| {
            let mut key = vec![fill; KEY_BYTES_MAX - 8];
            key.extend((n * 7_919 % 64).to_be_bytes());
            Op::put([b"k".as_slice(), &key[1..]].concat(), noise(n, VALUE_BYTES_MAX))
        };
        for n in 0..400_u64 {
            store.commit(Batch::of(vec![row(n, 7), row(n / 3, 7)])).await.unwrap();
            if n % 5 == 0 {
                store.commit(Batch::of(vec![Op::delete(row(n / 2, 7).key().clone())])).await.unwrap();
            }
        }
        assert_eq!(store.engine().blob_files().unwrap(), 0);
    }

    #[tokio::test]
    async fn a_page_that_leaves_the_log_stops_the_store() {
        let place = Place::new();
        let store = open(&place).unwrap();
        fs::write(place.0.path().join("sled/blobs/0000000000000001"), "not synced").unwrap();
        put(&store, "small values cannot cause it").await;
        let large = Batch::of(vec![Op::put("a", noise(1, SMALL_VALUE_BYTES + 1))]);
        let stopped = store.commit(large).await.unwrap_err();
        assert!(stopped.to_string().contains("`blobs/`"), "{stopped}");
        assert!(get(&store, "a").await.is_err());
    }
}
