//! What keeps a repository fast, and what clears up after a crash. Run by the caller, after pushes and at night; git does
//! none of it by itself here. The steps are child processes within a small pool of their own.
//!
//! Repacking keeps what nothing refers to for two weeks, as cruft packs: a push that runs meanwhile may build on it,
//! having passed git's check just before. (`repack -ad` would delete it.)

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant, SystemTime};

use crate::durable;
use crate::git::{Git, ServeError};
use crate::limits::PACKS_BEFORE_REPACK;
use crate::output;
use crate::place::Repo;
use crate::process::{self, Ended, Exit, Terms};
use crate::push::sync_packed_refs;

/// How much is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// After a push: pack the references, extend the commit-graph. Some milliseconds.
    Light,
    /// Also repack into one pack with a bitmap. About a second for 50 MB.
    Full,
}

/// A step of maintenance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// `git pack-refs`: references in one file.
    PackRefs,
    /// `git repack`: one pack and its bitmap, so that a clone starts 4 to 6 times sooner.
    Repack,
    /// `git commit-graph write`: history with filters of changed paths.
    CommitGraph,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maintained {
    /// The steps in order, and how long each took.
    pub steps: Vec<(Step, Duration)>,
    /// Packs before.
    pub packs_before: usize,
    /// Packs after; a cruft pack counts.
    pub packs_after: usize,
    /// Whether there is a bitmap now. Git silently makes none when a `.keep` file holds a pack back.
    pub bitmap: bool,
}

/// Why maintenance ended early. What was done until then stays; nothing is lost.
#[derive(Debug, thiserror::Error)]
pub enum MaintainError {
    /// No place in the pool, or git could not be started.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A step failed.
    #[error("{step:?} ended with {:?}: {}", ended.exit, ended.stderr.trim_end())]
    Step {
        /// The step.
        step: Step,
        /// How it ended.
        ended: Ended,
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

impl Git {
    /// Maintains a repository while it is in use.
    pub async fn maintain(&self, repo: &Repo, depth: Depth) -> Result<Maintained, MaintainError> {
        let _permit = self.inner.maintenance.permit(self.bounds().maintenance_time).await?;
        let packs_before = count_packs(repo)?;
        let mut steps = Vec::new();
        let order: &[Step] = match depth {
            Depth::Light => &[Step::PackRefs, Step::CommitGraph],
            Depth::Full => &[Step::PackRefs, Step::Repack, Step::CommitGraph],
        };
        for step in order {
            let start = Instant::now();
            self.step(repo, *step).await?;
            steps.push((*step, start.elapsed()));
        }
        let bitmap = pack_files(repo)?.iter().any(|path| path.extension() == Some(OsStr::new("bitmap")));
        Ok(Maintained { steps, packs_before, packs_after: count_packs(repo)?, bitmap })
    }

    async fn step(&self, repo: &Repo, step: Step) -> Result<(), MaintainError> {
        let args: &[&str] = match step {
            Step::PackRefs => &["pack-refs", "--all"],
            Step::Repack => &["repack", "--cruft", "--cruft-expiration=2.weeks.ago", "-d", "-b", "-q"],
            Step::CommitGraph => {
                &["commit-graph", "write", "--reachable", "--changed-paths", "--split", "--no-progress"]
            }
        };
        let mut command = self.command(&[]);
        command.arg("--git-dir").arg(repo.path()).args(args);
        let started = process::start(command, false).map_err(ServeError::Start)?;
        let time = self.bounds().maintenance_time;
        let terms = Terms {
            stop_when_client_gone: false,
            time,
            idle: time,
            end_input_first: false,
            keep_back: Arc::new(AtomicBool::new(false)),
        };
        // Nobody listens: what these steps write to standard output is of no use.
        let (sender, _) = output::output();
        let (ended, _) = process::attend(started, None, &sender, terms).await;
        if ended.exit != Exit::Code(0) {
            return Err(MaintainError::Step { step, ended });
        }
        let at = repo.path().to_owned();
        let synced = tokio::task::spawn_blocking(move || sync_names(&at, step)).await;
        synced.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(self::at(repo.path()))
    }
}

/// Brings the names that a step made onto the disk, before a push can sync the removal of what they replace.
fn sync_names(root: &Path, step: Step) -> io::Result<()> {
    match step {
        Step::PackRefs => sync_packed_refs(root),
        Step::Repack => durable::sync_dir(&root.join("objects/pack")),
        // Only makes things faster; what is lost of it is written again.
        Step::CommitGraph => Ok(()),
    }
}

/// How much a repository needs: full from [`PACKS_BEFORE_REPACK`] packs on. Blocks.
pub fn needs(repo: &Repo) -> Result<Depth, MaintainError> {
    Ok(if count_packs(repo)? >= PACKS_BEFORE_REPACK { Depth::Full } else { Depth::Light })
}

/// Removes what killed git processes left: quarantines, half-written packs, `.keep` files, locks. A lock that stays would
/// block its branch for ever. Returns what was removed. Blocks.
/// - `before`: only what was last touched before this moment, or (by a clock that was wrong) in the future. The start of the
///   server, as [`Repos::find`](crate::place::Repos::find) has it; while it serves, longer ago than a push may take.
pub fn clear_leftovers(repo: &Repo, before: SystemTime) -> Result<Vec<PathBuf>, MaintainError> {
    let mut removed = Vec::new();
    let mut dirs = vec![repo.path().to_owned()];
    while let Some(dir) = dirs.pop() {
        for entry in list(&dir)? {
            let is_dir = entry.is_dir();
            if is_leftover(repo, &entry, is_dir) {
                if is_of_before(&entry, before) {
                    let gone = if is_dir { fs::remove_dir_all(&entry) } else { fs::remove_file(&entry) };
                    gone.map_err(at(&entry))?;
                    removed.push(entry);
                }
            } else if is_dir {
                dirs.push(entry);
            }
        }
    }
    Ok(removed)
}

fn is_leftover(repo: &Repo, path: &Path, is_dir: bool) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let inside = path.strip_prefix(repo.path()).unwrap_or(path);
    if inside.starts_with("objects") {
        let temporary = ["tmp_objdir-", "incoming-", "tmp_", ".tmp-"].iter().any(|start| name.starts_with(start));
        return temporary || (!is_dir && (name.ends_with(".lock") || is_gits_keep(path)));
    }
    // No reference can have a name that ends so.
    !is_dir && name.ends_with(".lock")
}

/// A `.keep` file that `receive-pack` put beside a pack it was just taking in; one that a person put there says
/// something else.
fn is_gits_keep(path: &Path) -> bool {
    path.extension() == Some(OsStr::new("keep"))
        && fs::read(path).is_ok_and(|contents| contents.starts_with(b"receive-pack "))
}

fn is_of_before(path: &Path, moment: SystemTime) -> bool {
    let modified = fs::symlink_metadata(path).and_then(|meta| meta.modified());
    modified.is_ok_and(|at| at < moment || at > SystemTime::now())
}

fn count_packs(repo: &Repo) -> Result<usize, MaintainError> {
    Ok(pack_files(repo)?.iter().filter(|path| path.extension() == Some(OsStr::new("pack"))).count())
}

fn pack_files(repo: &Repo) -> Result<Vec<PathBuf>, MaintainError> {
    list(&repo.path().join("objects/pack"))
}

/// The entries of a directory; none if git removes it meanwhile.
fn list(dir: &Path) -> Result<Vec<PathBuf>, MaintainError> {
    match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        entries => {
            entries.and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect()).map_err(at(dir))
        }
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> MaintainError + use<'_> {
    move |source| MaintainError::Disk { path: path.to_owned(), source }
}
