//! Values too large for a row: files named by their SHA-256, `<2 hex>/<64 hex>` under one directory.
//!
//! A blob is written and synced *before* the commit that names it, so a row never names what a power cut took: temporary file,
//! sync, rename, sync of its directory. It never changes. What no row names any more is removed by mark and sweep
//! ([`BlobStore::begin_sweep`]); a blob between its writing and its commit is kept by its [`Pin`].
//!
//! All calls block on the disk: from an asynchronous task they belong in `spawn_blocking`. The directory belongs to one process;
//! the lock of the store beside it guards both, so that one is opened first.

mod hash;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::limits::BLOB_BYTES_MAX;

pub use hash::{BlobHash, BlobRef, NotAHash};

/// Where unfinished blobs are written; cleared when the store is opened.
const UNFINISHED: &str = "tmp";

/// Why a blob was not kept, found or removed.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// Larger than [`BLOB_BYTES_MAX`].
    #[error("a blob has at most {BLOB_BYTES_MAX} bytes, found {found}")]
    TooLarge {
        /// The bytes given, or named by a reference.
        found: u64,
    },
    /// There is no such blob.
    #[error("the blob {0} is not there")]
    Missing(BlobHash),
    /// Its file has another size than the reference says.
    #[error("the blob {hash} should have {expected} bytes, its file has {found}")]
    WrongSize {
        /// Which blob.
        hash: BlobHash,
        /// The size its reference gives.
        expected: u64,
        /// The size of the file.
        found: u64,
    },
    /// Its file has other bytes than its name says.
    #[error("the file of the blob {expected} has the hash {found}")]
    Damaged {
        /// Its name.
        expected: BlobHash,
        /// What the file's bytes hash to.
        found: BlobHash,
    },
    /// A file in the directory is not a blob of ours. It is left alone.
    #[error("`{}` is not a blob", .0.display())]
    Stranger(PathBuf),
    /// Only one sweep runs at a time.
    #[error("another sweep is running")]
    Sweeping,
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
}

fn io_error(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BlobError {
    let path = path.to_path_buf();
    move |source| BlobError::Io { doing, path, source }
}

/// Large values by their hash. A clone is another handle.
#[derive(Clone)]
pub struct BlobStore {
    dir: Arc<PathBuf>,
    kept: Arc<Mutex<Kept>>,
}

/// What a sweep must not remove although no row names it yet.
#[derive(Default)]
struct Kept {
    /// Pins held, by blob.
    pinned: HashMap<BlobHash, usize>,
    /// While a sweep runs: all that was pinned since it began.
    since_sweep: Option<HashSet<BlobHash>>,
    /// Numbers the temporary files.
    written: u64,
}

/// Keeps a new blob from being swept until the commit that names it has been acknowledged or given up; then it is dropped.
#[must_use = "without its pin a blob can be swept before a row names it"]
pub struct Pin {
    blob: BlobRef,
    kept: Arc<Mutex<Kept>>,
}

impl Pin {
    /// What a row stores to name the blob.
    pub fn blob(&self) -> BlobRef {
        self.blob
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut kept = lock(&self.kept);
        if let Some(pins) = kept.pinned.get_mut(&self.blob.hash) {
            *pins -= 1;
            if *pins == 0 {
                kept.pinned.remove(&self.blob.hash);
            }
        }
    }
}

/// A sweep between mark and removal. Dropping it ends the sweep without removing anything.
pub struct Sweep {
    store: BlobStore,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Blobs removed.
    pub removed: u64,
    /// Their bytes.
    pub removed_bytes: u64,
    /// Blobs left.
    pub left: u64,
}

fn lock(kept: &Mutex<Kept>) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

impl BlobStore {
    /// Opens the blobs in `dir`, creating it where needed, and removes what an earlier process left unfinished.
    pub fn open(dir: &Path) -> Result<Self, BlobError> {
        let unfinished = dir.join(UNFINISHED);
        match fs::remove_dir_all(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(io_error("clearing", &unfinished)(error));
            }
            _ => {}
        }
        fs::create_dir_all(&unfinished).map_err(io_error("creating", &unfinished))?;
        sync_dir(dir)?;
        if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_dir(parent)?;
        }
        Ok(Self { dir: Arc::new(dir.to_path_buf()), kept: Arc::default() })
    }

    /// Keeps a value; it is durable when this returns. The same bytes are kept once. A damaged file is replaced.
    pub fn put(&self, bytes: &[u8]) -> Result<Pin, BlobError> {
        let found = bytes.len() as u64;
        if bytes.len() > BLOB_BYTES_MAX {
            return Err(BlobError::TooLarge { found });
        }
        let blob = BlobRef { hash: BlobHash::of(bytes), bytes: found };
        // Pinned before looking, so that a sweep cannot remove what we find.
        let (pin, number) = self.pin(blob);
        let path = self.path(&blob.hash);
        let home = self.home(&blob.hash);
        if self.get(&blob).is_err() {
            fs::create_dir_all(&home).map_err(io_error("creating", &home))?;
            let unfinished = self.dir.join(UNFINISHED).join(format!("{number}"));
            write_synced(&unfinished, bytes).map_err(io_error("writing", &unfinished))?;
            fs::rename(&unfinished, &path).map_err(io_error("renaming to", &path))?;
        }
        // Also for a blob that was there: who wrote it may not have come so far.
        sync_dir(&home)?;
        sync_dir(&self.dir)?;
        Ok(pin)
    }

    /// The bytes of a blob, with size and hash verified.
    pub fn get(&self, blob: &BlobRef) -> Result<Vec<u8>, BlobError> {
        if blob.bytes > BLOB_BYTES_MAX as u64 {
            return Err(BlobError::TooLarge { found: blob.bytes });
        }
        let path = self.path(&blob.hash);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(BlobError::Missing(blob.hash)),
            Err(error) => return Err(io_error("opening", &path)(error)),
        };
        let found = file.metadata().map_err(io_error("looking at", &path))?.len();
        if found != blob.bytes {
            return Err(BlobError::WrongSize { hash: blob.hash, expected: blob.bytes, found });
        }
        let mut bytes = Vec::new();
        file.take(blob.bytes).read_to_end(&mut bytes).map_err(io_error("reading", &path))?;
        let found = BlobHash::of(&bytes);
        if found != blob.hash {
            return Err(BlobError::Damaged { expected: blob.hash, found });
        }
        Ok(bytes)
    }

    /// Whether a directory of blobs, which nobody needs to have opened, holds this one with its size.
    pub fn lies_in(dir: &Path, blob: &BlobRef) -> bool {
        let path = dir.join(blob.hash.folder()).join(blob.hash.to_string());
        fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == blob.bytes)
    }

    /// Shows every blob, in no order. Files that are not ours are an error after all blobs were shown.
    pub fn list(&self, mut visit: impl FnMut(BlobRef)) -> Result<(), BlobError> {
        self.each(|blob| {
            visit(blob);
            Ok(())
        })
    }

    /// Begins a sweep. From here on new blobs are kept; then the caller reads which blobs its rows name, and ends with
    /// [`Sweep::remove_all_but`].
    pub fn begin_sweep(&self) -> Result<Sweep, BlobError> {
        let mut kept = lock(&self.kept);
        if kept.since_sweep.is_some() {
            return Err(BlobError::Sweeping);
        }
        kept.since_sweep = Some(kept.pinned.keys().copied().collect());
        drop(kept);
        Ok(Sweep { store: self.clone() })
    }

    fn pin(&self, blob: BlobRef) -> (Pin, u64) {
        let mut kept = lock(&self.kept);
        *kept.pinned.entry(blob.hash).or_default() += 1;
        if let Some(since) = &mut kept.since_sweep {
            since.insert(blob.hash);
        }
        kept.written += 1;
        (Pin { blob, kept: Arc::clone(&self.kept) }, kept.written)
    }

    fn home(&self, hash: &BlobHash) -> PathBuf {
        self.dir.join(hash.folder())
    }

    fn path(&self, hash: &BlobHash) -> PathBuf {
        self.home(hash).join(hash.to_string())
    }

    fn each(&self, mut visit: impl FnMut(BlobRef) -> Result<(), BlobError>) -> Result<(), BlobError> {
        let mut stranger = None;
        for folder in entries(&self.dir)? {
            if folder.file_name().is_some_and(|name| name == UNFINISHED) {
                continue;
            }
            if !folder.is_dir() {
                stranger = Some(folder);
                continue;
            }
            for path in entries(&folder)? {
                let hash = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
                match hash {
                    Some(hash) if self.path(&hash) == path => {
                        let bytes = fs::metadata(&path).map_err(io_error("looking at", &path))?.len();
                        visit(BlobRef { hash, bytes })?;
                    }
                    _ => stranger = Some(path),
                }
            }
        }
        stranger.map_or(Ok(()), |path| Err(BlobError::Stranger(path)))
    }
}

impl Sweep {
    /// Removes every blob that is not in `live`, not pinned and not new since the sweep began. Files that are not ours are
    /// left, and told as an error at the end.
    pub fn remove_all_but(self, live: &HashSet<BlobHash>) -> Result<Swept, BlobError> {
        let mut swept = Swept::default();
        let store = &self.store;
        store.each(|blob| {
            // The lock is held over look and removal, so that no pin comes between.
            let kept = lock(&store.kept);
            let new = kept.since_sweep.as_ref().is_some_and(|since| since.contains(&blob.hash));
            if new || live.contains(&blob.hash) {
                swept.left += 1;
                return Ok(());
            }
            let path = store.path(&blob.hash);
            fs::remove_file(&path).map_err(io_error("removing", &path))?;
            swept.removed += 1;
            swept.removed_bytes += blob.bytes;
            Ok(())
        })?;
        Ok(swept)
    }
}

impl Drop for Sweep {
    fn drop(&mut self) {
        lock(&self.store.kept).since_sweep = None;
    }
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, BlobError> {
    let list = fs::read_dir(dir).map_err(io_error("listing", dir))?;
    list.map(|entry| Ok(entry.map_err(io_error("listing", dir))?.path())).collect()
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_dir(path: &Path) -> Result<(), BlobError> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(io_error("syncing", path))
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn scene() -> (TempDir, BlobStore) {
        let dir = TempDir::new().unwrap();
        let store = BlobStore::open(&dir.path().join("blob")).unwrap();
        (dir, store)
    }

    fn listed(store: &BlobStore) -> HashSet<BlobHash> {
        let mut found = HashSet::new();
        store.list(|blob| assert!(found.insert(blob.hash))).unwrap();
        found
    }

    fn swept(store: &BlobStore, live: &[BlobRef]) -> Swept {
        let live = live.iter().map(|blob| blob.hash).collect();
        store.begin_sweep().unwrap().remove_all_but(&live).unwrap()
    }

    #[test]
    fn a_blob_is_kept_once_under_its_hash() {
        let (dir, store) = scene();
        let bytes = vec![7; 100_000];
        let (first, second) = (store.put(&bytes).unwrap().blob(), store.put(&bytes).unwrap().blob());
        assert_eq!(first, second);
        assert_eq!(store.get(&first).unwrap(), bytes);
        let hex = first.hash.to_string();
        assert!(dir.path().join("blob").join(&hex[..2]).join(&hex).is_file());
        assert_eq!(listed(&store), HashSet::from([first.hash]));
        assert_eq!(BlobStore::open(&dir.path().join("blob")).unwrap().get(&first).unwrap(), bytes, "reopened");
    }

    #[test]
    fn a_missing_cut_or_damaged_blob_is_told_apart_and_can_be_put_again() {
        let (_dir, store) = scene();
        let blob = store.put(b"some bytes").unwrap().blob();
        let path = store.path(&blob.hash);
        fs::write(&path, b"some bytez").unwrap();
        assert!(matches!(store.get(&blob), Err(BlobError::Damaged { expected, .. }) if expected == blob.hash));
        fs::write(&path, b"some").unwrap();
        assert!(matches!(store.get(&blob), Err(BlobError::WrongSize { expected: 10, found: 4, .. })));
        fs::remove_file(&path).unwrap();
        assert!(matches!(store.get(&blob), Err(BlobError::Missing(hash)) if hash == blob.hash));
        fs::write(&path, b"damaged").unwrap();
        drop(store.put(b"some bytes").unwrap());
        assert_eq!(store.get(&blob).unwrap(), b"some bytes");
    }

    #[test]
    fn a_blob_over_the_bound_is_refused() {
        let (_dir, store) = scene();
        let large = vec![0; BLOB_BYTES_MAX + 1];
        assert!(matches!(store.put(&large), Err(BlobError::TooLarge { found }) if found == large.len() as u64));
        let claims = BlobRef { hash: BlobHash::of(b""), bytes: u64::MAX };
        assert!(matches!(store.get(&claims), Err(BlobError::TooLarge { found: u64::MAX })));
        assert!(listed(&store).is_empty());
    }

    #[test]
    fn a_sweep_removes_what_no_row_names() {
        let (_dir, store) = scene();
        let [a, b, c] = [b"a", b"b", b"c"].map(|bytes| store.put(bytes).unwrap().blob());
        assert_eq!(swept(&store, &[a, c]), Swept { removed: 1, removed_bytes: 1, left: 2 });
        assert_eq!(listed(&store), HashSet::from([a.hash, c.hash]));
        assert!(matches!(store.get(&b), Err(BlobError::Missing(_))));
    }

    #[test]
    fn a_sweep_keeps_what_is_pinned_or_new() {
        let (_dir, store) = scene();
        let pinned = store.put(b"pinned, its commit is under way").unwrap();
        let old = store.put(b"old").unwrap().blob();
        let again = store.put(b"there before, put again").unwrap().blob();
        let sweep = store.begin_sweep().unwrap();
        drop(pinned);
        drop(store.put(b"there before, put again").unwrap());
        drop(store.put(b"new").unwrap());
        let swept_now = sweep.remove_all_but(&HashSet::new()).unwrap();
        assert_eq!((swept_now.removed, swept_now.left), (1, 3));
        assert!(store.get(&old).is_err() && store.get(&again).is_ok());
        assert_eq!(swept(&store, &[]).removed, 3, "the next sweep finds them unpinned");
    }

    #[test]
    fn only_one_sweep_runs_and_an_abandoned_one_ends() {
        let (_dir, store) = scene();
        let sweep = store.begin_sweep().unwrap();
        assert!(matches!(store.begin_sweep(), Err(BlobError::Sweeping)));
        drop(sweep);
        assert!(store.begin_sweep().is_ok());
    }

    #[test]
    fn what_was_left_unfinished_is_cleared_and_strangers_are_told() {
        let (dir, store) = scene();
        let blob = store.put(b"a").unwrap().blob();
        let home = dir.path().join("blob");
        fs::write(home.join("tmp/1"), "half").unwrap();
        let store = BlobStore::open(store.dir.as_path()).unwrap();
        assert!(!home.join("tmp/1").exists());
        fs::create_dir_all(home.join("zz")).unwrap();
        // Right name, wrong folder.
        fs::write(home.join("zz").join(blob.hash.to_string()), "a").unwrap();
        let told = store.begin_sweep().unwrap().remove_all_but(&HashSet::new()).unwrap_err();
        assert!(matches!(&told, BlobError::Stranger(path) if path.starts_with(home.join("zz"))), "{told}");
        assert!(matches!(store.get(&blob), Err(BlobError::Missing(_))), "the blob itself was swept");
        assert!(home.join("zz").join(blob.hash.to_string()).exists());
    }
}
