//! Where repositories lie: `<root>/<key>.git`, bare. A key never comes from a title or an owner, so renaming and
//! transferring move nothing, and it holds only letters and digits, so that no key is a path.
//! The functions touch the disk and block: call them where blocking is allowed.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use crate::durable;
use crate::limits::{Bounds, KEY_LENGTH_MAX, SIZE_FILES_MAX};
use crate::maintain::clear_leftovers;
use crate::names::{RefName, excerpt};
use crate::settings::SETTINGS;

/// Name of a repository on disk: 1 to [`KEY_LENGTH_MAX`] lower-case letters `a-z` and digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoKey(String);

impl RepoKey {
    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for RepoKey {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let good = (1..=KEY_LENGTH_MAX).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        if good { Ok(RepoKey(text.to_owned())) } else { Err(PlaceError::Key { found: excerpt(text) }) }
    }
}

impl std::fmt::Display for RepoKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a repository could not be made, found, measured or removed.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// The key is not one.
    #[error("expected a repository key of 1 to {KEY_LENGTH_MAX} characters a-z and 0-9, found `{found}`")]
    Key {
        /// The first characters of what was found.
        found: String,
    },
    /// The default branch must be a branch.
    #[error("expected a branch as default branch, found `{found}`")]
    Branch {
        /// The reference that was given.
        found: RefName,
    },
    /// There is no repository with this key.
    #[error("there is no repository `{0}`")]
    Missing(RepoKey),
    /// There is one already; it was left as it is.
    #[error("there is a repository `{0}` already")]
    Exists(RepoKey),
    /// Counting was given up.
    #[error("repository `{key}` has more than {SIZE_FILES_MAX} files")]
    TooManyFiles {
        /// The repository.
        key: RepoKey,
    },
    /// libgit2 could not make it.
    #[error("repository `{key}` could not be made: {source}")]
    Git {
        /// The repository.
        key: RepoKey,
        /// What libgit2 says.
        source: git2::Error,
    },
    /// The disk said no.
    #[error("`{path}`: {source}")]
    Disk {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// A repository that was there when it was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repo {
    key: RepoKey,
    path: PathBuf,
}

impl Repo {
    /// Its key.
    pub fn key(&self) -> &RepoKey {
        &self.key
    }

    /// Its directory, absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// One that is made for a moment, and is in no place where repositories lie.
    pub(crate) fn thrown_away(path: &Path) -> Repo {
        Repo { key: RepoKey("thrown".to_owned()), path: path.to_owned() }
    }
}

/// The directory of all repositories.
#[derive(Clone, Debug)]
pub struct Repos {
    root: PathBuf,
    /// When it was opened: no git process of this server is older.
    opened: SystemTime,
    /// Repositories that have been looked up since, and so have been cleared of what the last stop left.
    cleared: Arc<Mutex<HashMap<RepoKey, Arc<OnceLock<()>>>>>,
}

impl Repos {
    /// Opens the directory, makes it if needed, and clears away what a crash left of repositories half made or half
    /// removed. One server at a time may have it open.
    pub fn open(root: &Path) -> Result<Repos, PlaceError> {
        fs::create_dir_all(root).map_err(at(root))?;
        let root = root.canonicalize().map_err(at(root))?;
        let opened = SystemTime::now();
        for entry in fs::read_dir(&root).map_err(at(&root))? {
            let entry = entry.map_err(at(&root))?;
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(NEW) || name.starts_with(GONE)) {
                fs::remove_dir_all(entry.path()).map_err(at(&entry.path()))?;
            }
        }
        Ok(Repos { root, opened, cleared: Arc::default() })
    }

    /// Makes an empty bare repository whose `HEAD` names `default_branch`. It appears whole, durable, or not at all.
    pub fn create(&self, key: &RepoKey, default_branch: &RefName) -> Result<Repo, PlaceError> {
        if default_branch.as_branch().is_none() {
            return Err(PlaceError::Branch { found: default_branch.clone() });
        }
        let path = self.path_of(key);
        if path.exists() {
            return Err(PlaceError::Exists(key.clone()));
        }
        let new = self.root.join(format!("{NEW}{key}"));
        // Two makers of one key: the directory decides, the second one fails here.
        fs::create_dir(&new).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => PlaceError::Exists(key.clone()),
            _ => PlaceError::Disk { path: new.clone(), source },
        })?;
        let made = init(&new, default_branch)
            .map_err(|source| PlaceError::Git { key: key.clone(), source })
            .and_then(|()| durable::sync_tree(&new).map_err(at(&new)))
            .and_then(|()| fs::rename(&new, &path).map_err(at(&path)));
        if let Err(error) = made {
            // Best effort: `open` clears it away at the latest.
            let _ = fs::remove_dir_all(&new);
            return Err(error);
        }
        durable::sync_dir(&self.root).map_err(at(&self.root))?;
        Ok(Repo { key: key.clone(), path })
    }

    /// Whether a repository lies in a directory that nobody has opened: nothing is made or cleared away.
    pub fn lies_in(root: &Path, key: &RepoKey) -> bool {
        root.join(format!("{key}.git")).join("HEAD").is_file()
    }

    /// Whether there is a repository with this key.
    pub fn exists(&self, key: &RepoKey) -> bool {
        self.path_of(key).join("HEAD").is_file()
    }

    /// The keys of all repositories.
    pub fn keys(&self) -> Result<Vec<RepoKey>, PlaceError> {
        let mut keys = Vec::new();
        for entry in fs::read_dir(&self.root).map_err(at(&self.root))? {
            let name = entry.map_err(at(&self.root))?.file_name();
            keys.extend(name.to_str().and_then(|name| name.strip_suffix(".git")?.parse::<RepoKey>().ok()));
        }
        Ok(keys)
    }

    /// Looks a repository up. The first time, what git processes of before the last stop left in it is cleared away: after a
    /// power cut a lock may lie there that nobody holds, and would block its branch for ever.
    pub fn find(&self, key: &RepoKey) -> Result<Repo, PlaceError> {
        if !self.exists(key) {
            return Err(PlaceError::Missing(key.clone()));
        }
        let repo = Repo { key: key.clone(), path: self.path_of(key) };
        self.clear_once(&repo);
        Ok(repo)
    }

    /// Nobody gets a repository before it is cleared; who wants another one does not wait.
    fn clear_once(&self, repo: &Repo) {
        let cleared = {
            let mut cleared = self.cleared.lock().unwrap_or_else(PoisonError::into_inner);
            cleared.entry(repo.key.clone()).or_default().clone()
        };
        cleared.get_or_init(|| match clear_leftovers(repo, self.opened) {
            Ok(removed) if removed.is_empty() => {}
            Ok(removed) => tracing::info!(repository = %repo.key, ?removed, "What the last stop left was cleared away"),
            // It can still be read, and most likely be pushed to.
            Err(error) => {
                tracing::warn!(repository = %repo.key, %error, "What the last stop left could not be cleared away")
            }
        });
    }

    /// Removes a repository. It disappears at once and durably; then its files are deleted.
    pub fn remove(&self, key: &RepoKey) -> Result<(), PlaceError> {
        let path = self.find(key)?.path;
        let gone = self.root.join(format!("{GONE}{key}"));
        if gone.exists() {
            fs::remove_dir_all(&gone).map_err(at(&gone))?;
        }
        fs::rename(&path, &gone).map_err(at(&path))?;
        durable::sync_dir(&self.root).map_err(at(&self.root))?;
        fs::remove_dir_all(&gone).map_err(at(&gone))
    }

    /// Sum of the sizes of all its files, in bytes. A file that git removes meanwhile counts as nothing.
    pub fn size_bytes(&self, key: &RepoKey) -> Result<u64, PlaceError> {
        let mut dirs = vec![self.find(key)?.path];
        let (mut total, mut files) = (0u64, 0usize);
        while let Some(dir) = dirs.pop() {
            let entries = match fs::read_dir(&dir) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries.map_err(at(&dir))?,
            };
            for entry in entries {
                let entry = entry.map_err(at(&dir))?;
                files += 1;
                if files > SIZE_FILES_MAX {
                    return Err(PlaceError::TooManyFiles { key: key.clone() });
                }
                match entry.metadata() {
                    Ok(meta) if meta.is_dir() => dirs.push(entry.path()),
                    Ok(meta) => total = total.saturating_add(meta.len()),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(source) => return Err(PlaceError::Disk { path: entry.path(), source }),
                }
            }
        }
        Ok(total)
    }

    fn path_of(&self, key: &RepoKey) -> PathBuf {
        self.root.join(format!("{key}.git"))
    }
}

/// Half made and half removed repositories. No key begins with a dot.
const NEW: &str = ".new-";
const GONE: &str = ".gone-";

fn init(path: &Path, default_branch: &RefName) -> Result<(), git2::Error> {
    let mut options = git2::RepositoryInitOptions::new();
    options.bare(true).mkpath(false).external_template(false).initial_head(default_branch.as_str());
    let repo = git2::Repository::init_opts(path, &options)?;
    let mut config = repo.config()?.open_level(git2::ConfigLevel::Local)?;
    for (key, value) in SETTINGS {
        config.set_str(key, value)?;
    }
    config.set_str("receive.maxInputSize", &Bounds::default().pack_bytes.to_string())
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> PlaceError + use<'_> {
    move |source| PlaceError::Disk { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> RepoKey {
        text.parse().unwrap()
    }

    fn main_branch() -> RefName {
        RefName::branch("main").unwrap()
    }

    #[test]
    fn a_key_holds_letters_and_digits_so_no_key_is_a_path() {
        let longest = "k".repeat(KEY_LENGTH_MAX);
        for good in ["a", "0", "tea4two", &longest] {
            assert!(good.parse::<RepoKey>().is_ok(), "{good}");
        }
        let too_long = "k".repeat(KEY_LENGTH_MAX + 1);
        for bad in ["", ".", "..", "../x", "a/b", "a.git", "A", "ä", "a b", "a\0", "-a", "%2e%2e", &too_long] {
            assert!(matches!(bad.parse::<RepoKey>(), Err(PlaceError::Key { .. })), "{bad}");
        }
    }

    #[test]
    fn a_new_repository_is_bare_has_its_default_branch_and_every_setting() {
        let dir = tempfile::tempdir().unwrap();
        let repos = Repos::open(dir.path()).unwrap();
        let repo = repos.create(&key("tea"), &RefName::branch("trunk").unwrap()).unwrap();
        assert_eq!(repo.path(), dir.path().canonicalize().unwrap().join("tea.git"));
        assert!(repos.exists(&key("tea")));
        assert_eq!(fs::read_to_string(repo.path().join("HEAD")).unwrap().trim(), "ref: refs/heads/trunk");
        let git = git2::Repository::open_bare(repo.path()).unwrap();
        let config = git.config().unwrap().open_level(git2::ConfigLevel::Local).unwrap().snapshot().unwrap();
        assert!(config.get_bool("core.bare").unwrap());
        for (name, value) in SETTINGS {
            assert_eq!(config.get_str(name).unwrap(), *value, "{name}");
        }
        assert_eq!(config.get_str("core.fsync").unwrap(), "all");
        assert_eq!(config.get_i64("receive.maxInputSize").unwrap(), 1 << 30);
    }

    #[test]
    fn a_repository_is_made_once_and_removed_once() {
        let dir = tempfile::tempdir().unwrap();
        let repos = Repos::open(dir.path()).unwrap();
        repos.create(&key("tea"), &main_branch()).unwrap();
        assert!(matches!(repos.create(&key("tea"), &main_branch()), Err(PlaceError::Exists(_))));
        repos.remove(&key("tea")).unwrap();
        assert!(!repos.exists(&key("tea")));
        assert!(matches!(repos.remove(&key("tea")), Err(PlaceError::Missing(_))));
        assert!(matches!(repos.size_bytes(&key("tea")), Err(PlaceError::Missing(_))));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left behind");
    }

    #[test]
    fn a_tag_cannot_be_the_default_branch() {
        let dir = tempfile::tempdir().unwrap();
        let repos = Repos::open(dir.path()).unwrap();
        let tag = "refs/tags/v1".parse().unwrap();
        assert!(matches!(repos.create(&key("tea"), &tag), Err(PlaceError::Branch { .. })));
        assert!(!repos.exists(&key("tea")));
    }

    #[test]
    fn what_a_crash_left_half_made_is_cleared_when_the_directory_is_opened() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join(".new-tea/refs")).unwrap();
        fs::create_dir_all(dir.path().join(".gone-cup/refs")).unwrap();
        fs::create_dir_all(dir.path().join("other")).unwrap();
        let repos = Repos::open(dir.path()).unwrap();
        assert!(!dir.path().join(".new-tea").exists() && !dir.path().join(".gone-cup").exists());
        assert!(dir.path().join("other").exists());
        repos.create(&key("tea"), &main_branch()).unwrap();
    }

    #[test]
    fn the_size_counts_every_file() {
        let dir = tempfile::tempdir().unwrap();
        let repos = Repos::open(dir.path()).unwrap();
        let repo = repos.create(&key("tea"), &main_branch()).unwrap();
        let before = repos.size_bytes(&key("tea")).unwrap();
        fs::write(repo.path().join("objects/pack/x.pack"), vec![0; 1000]).unwrap();
        assert_eq!(repos.size_bytes(&key("tea")).unwrap(), before + 1000);
    }
}
