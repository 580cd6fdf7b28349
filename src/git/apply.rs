//! Patches made into commits, by `git am` in a repository of its own that is thrown away: it borrows the objects of the target and
//! has no files but those that the patches touch: they lie there before git begins, since its three-way merge takes a file that it
//! does not know of for a local change. What comes of it is brought into the target as one pack; no reference moves.
//!
//! The same patches of the same people on the same commit make the same commits, so that a job may be done twice.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use git2::Repository;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::git::{Git, ServeError};
use crate::limits::{APPLY_TIME, GIT_SAID_LENGTH_MAX};
use crate::log::Person;
use crate::merge::{MergeError, tip};
use crate::names::{ObjectId, RefName};
use crate::pack::{self, PackError};
use crate::place::Repo;

/// Why patches were not made into commits. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// They do not fit: git said so.
    #[error("the patches do not fit: {said}")]
    Unfit {
        /// What git said, at most [`GIT_SAID_LENGTH_MAX`] characters.
        said: String,
    },
    /// All that they change has been changed already.
    #[error("the branch has all changes of the patches")]
    NothingNew,
    /// There is no such branch.
    #[error("there is no branch `{0}`")]
    NoBranch(RefName),
    /// No place in the pool, or git could not be started.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// Git did not end in time.
    #[error("`git am` did not end within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The objects could not be brought in.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The disk said no.
    #[error("the patches could not be applied: {0}")]
    Disk(#[from] io::Error),
}

impl From<git2::Error> for ApplyError {
    fn from(error: git2::Error) -> Self {
        Self::Pack(error.into())
    }
}

impl Git {
    /// Applies patches on top of a branch, one after the other, and brings the commits into the repository.
    /// - `patches`: as `git format-patch` writes them, oldest first
    /// - `by`: who commits; the time of each commit is that of its patch
    pub async fn apply_patches(
        &self,
        repo: &Repo,
        onto: &RefName,
        patches: &[&str],
        by: &Person,
    ) -> Result<ObjectId, ApplyError> {
        let _permit = self.serving_permit(repo).await?;
        let (at, name) = (repo.clone(), onto.clone());
        let tip = blocking(move || Ok(Repository::open_bare(at.path()).map(|git| tip(&git, &name))?)).await?;
        let tip = tip.map_err(|error| match error {
            MergeError::NoBranch(name) => ApplyError::NoBranch(name),
            MergeError::Git(error) => error.into(),
            other => io::Error::other(other.to_string()).into(),
        })?;
        let quarantine = Quarantine::new(self.home())?;
        self.in_quarantine(&quarantine, repo, &tip.to_string(), patches, by).await?;
        let (at, made) = (repo.clone(), quarantine.0.clone());
        let head = blocking(move || {
            let source = Repository::open(&made)?;
            let head = source.refname_to_id("HEAD")?;
            if head == tip {
                return Err(ApplyError::NothingNew);
            }
            pack::store(&at, &source, head, &[tip])?;
            Ok(head)
        });
        let head = head.await?;
        ObjectId::from_git(head).ok_or_else(|| io::Error::other("a commit without a name").into())
    }

    /// Runs `git am`.
    async fn in_quarantine(
        &self,
        quarantine: &Quarantine,
        repo: &Repo,
        tip: &str,
        patches: &[&str],
        by: &Person,
    ) -> Result<(), ApplyError> {
        let git = |args: &[&str]| {
            let mut command = self.command(&[
                // Thrown away: nothing of it has to outlive a power cut, and nothing may leave it.
                ("core.fsync", OsStr::new("none")),
                ("core.symlinks", OsStr::new("false")),
                ("core.autocrlf", OsStr::new("false")),
                ("commit.gpgSign", OsStr::new("false")),
                ("am.threeWay", OsStr::new("true")),
            ]);
            command.args(args).current_dir(&quarantine.0).env("GIT_CEILING_DIRECTORIES", self.home());
            command.env("GIT_COMMITTER_NAME", &by.name).env("GIT_COMMITTER_EMAIL", &by.email);
            command
        };
        must(run(git(&["init", "-q", "--template="]), &[]).await?)?;
        let alternates = quarantine.0.join(".git/objects/info/alternates");
        fs::write(alternates, format!("{}\n", repo.path().join("objects").display()))?;
        must(run(git(&["update-ref", "--no-deref", "HEAD", tip]), &[]).await?)?;
        must(run(git(&["read-tree", "HEAD"]), &[]).await?)?;
        let texts: Vec<&[u8]> = patches.iter().map(|patch| patch.as_bytes()).collect();
        let mut touched = Vec::new();
        // The names before and after: a patch that renames has both.
        for listing in [&["apply", "--numstat", "-z"][..], &["apply", "-R", "--numstat", "-z"]] {
            let listed = run(git(listing), &texts).await?;
            if !listed.status.success() {
                return Err(ApplyError::Unfit { said: said(&listed) });
            }
            touched.extend(touched_of(&listed.stdout));
        }
        // Both end with an error where a file is not there, which may be new; and git knows files by their times from then on.
        run(git(&["checkout-index", "-q", "-f", "-z", "--stdin"]), &[&touched]).await?;
        run(git(&["update-index", "-q", "--ignore-missing", "--refresh"]), &[]).await?;
        let am = ["am", "--3way", "--keep-cr", "--no-gpg-sign", "--committer-date-is-author-date"];
        let applied = run(git(&am), &texts).await?;
        if applied.status.success() { Ok(()) } else { Err(ApplyError::Unfit { said: said(&applied) }) }
    }
}

/// The names in what `git apply --numstat -z` lists, each followed by a NUL.
fn touched_of(listed: &[u8]) -> Vec<u8> {
    let rows = listed.split(|byte| *byte == 0).filter_map(|row| row.splitn(3, |byte| *byte == b'\t').nth(2));
    rows.flat_map(|name| [name, b"\0"].concat()).collect()
}

/// A directory that goes when it is let go of.
pub(crate) struct Quarantine(PathBuf);

impl Quarantine {
    pub(crate) fn new(home: &Path) -> Result<Self, ApplyError> {
        let mut token = [0; 8];
        getrandom::fill(&mut token).map_err(|error| io::Error::other(error.to_string()))?;
        let name: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
        let dir = home.join(format!("{QUARANTINE}{name}"));
        fs::create_dir(&dir)?;
        Ok(Self(dir))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Quarantine {
    fn drop(&mut self) {
        // What is left after a crash is cleared away at the next start.
        let _ = fs::remove_dir_all(&self.0);
    }
}

const QUARANTINE: &str = "apply-";

/// Clears away what a crash left. Called before any is made.
pub(crate) fn clear_quarantines(home: &Path) -> io::Result<()> {
    for entry in fs::read_dir(home)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(QUARANTINE)) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

async fn run(mut command: Command, input: &[&[u8]]) -> Result<Output, ApplyError> {
    command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(ServeError::Start)?;
    let stdin = child.stdin.take();
    let feed = async {
        let Some(mut stdin) = stdin else { return };
        for piece in input {
            // Git that has ended early says why itself.
            if stdin.write_all(piece).await.is_err() {
                break;
            }
        }
    };
    let both = async { tokio::join!(feed, child.wait_with_output()).1 };
    match tokio::time::timeout(APPLY_TIME, both).await {
        Ok(output) => Ok(output?),
        Err(_) => Err(ApplyError::TimedOut(APPLY_TIME)),
    }
}

/// What git said to what it could not apply, without its advice for whoever sits before it, and without what went well.
fn said(output: &Output) -> String {
    let done = String::from_utf8_lossy(&output.stdout);
    let conflicts = done.lines().filter(|line| line.starts_with("CONFLICT") || line.starts_with("Patch failed"));
    let wrong = String::from_utf8_lossy(&output.stderr);
    let lines = wrong.lines().chain(conflicts).map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("hint:"));
    let told: Vec<&str> = lines.filter(|line| !line.starts_with("When you have") && !line.starts_with("To ")).collect();
    told.join("; ").chars().filter(|c| !c.is_control()).take(GIT_SAID_LENGTH_MAX).collect()
}

/// What has no reason to fail did not.
fn must(output: Output) -> Result<(), ApplyError> {
    if output.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()).into())
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApplyError> + Send + 'static,
) -> Result<T, ApplyError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(io::Error::other(error.to_string()).into()),
    }
}
