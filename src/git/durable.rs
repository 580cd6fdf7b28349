//! Getting files and names onto the disk. Git syncs the contents of its files (see [`crate::settings`]) but not the
//! directories that name them; here is what it leaves to us.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Syncs a directory, and with it the names in it.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Syncs a file or directory unless there is none.
pub(crate) fn sync_if_there(path: &Path) -> io::Result<()> {
    match File::open(path) {
        Ok(file) => file.sync_all(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // A reference `a/b` is asked for where `a` is a file.
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(()),
        Err(error) => Err(error),
    }
}

/// Syncs everything below a small directory of our own making, and the directory.
pub(crate) fn sync_tree(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_tree(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    sync_dir(dir)
}

/// Replaces `dir/name` as git does: a lock file that must not exist yet, synced, renamed into place; then the directory.
pub(crate) fn replace(dir: &Path, name: &str, contents: &[u8]) -> io::Result<()> {
    let lock = dir.join(format!("{name}.lock"));
    let mut file = File::create_new(&lock)?;
    let written =
        file.write_all(contents).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&lock, dir.join(name)));
    if let Err(error) = written {
        // The lock is ours; leaving it would block every later writer.
        let _ = fs::remove_file(&lock);
        return Err(error);
    }
    sync_dir(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_a_held_lock_is_respected() {
        let dir = tempfile::tempdir().unwrap();
        replace(dir.path(), "HEAD", b"one").unwrap();
        replace(dir.path(), "HEAD", b"two").unwrap();
        assert_eq!(fs::read(dir.path().join("HEAD")).unwrap(), b"two");
        fs::write(dir.path().join("HEAD.lock"), b"").unwrap();
        assert_eq!(replace(dir.path(), "HEAD", b"three").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(dir.path().join("HEAD")).unwrap(), b"two");
        assert!(dir.path().join("HEAD.lock").exists(), "another's lock is left alone");
    }

    #[test]
    fn what_is_not_there_needs_no_sync() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), b"").unwrap();
        sync_if_there(&dir.path().join("none")).unwrap();
        sync_if_there(&dir.path().join("file/below")).unwrap();
        sync_tree(dir.path()).unwrap();
        assert!(sync_dir(&dir.path().join("none")).is_err());
    }
}
