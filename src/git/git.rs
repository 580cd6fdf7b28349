//! The handle on the system git. Every git process of this server is started here: with an environment that holds
//! only what git needs, with our settings on its command line, and within a bounded pool.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::durable;
use crate::hook::{HookError, Listener};
use crate::limits::Bounds;
use crate::place::Repo;
use crate::pull::Pulls;
use crate::session::Talk;
use crate::settings::SETTINGS;

/// The oldest git this server works with (`core.fsync` is of 2.36, cruft packs are of 2.37).
pub const GIT_VERSION_MIN: (u32, u32) = (2, 38);

/// Why the handle could not be made.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// No git, or one that does not start.
    #[error("`git version` could not be run: {0}")]
    NoGit(io::Error),
    /// Too old, or not git.
    #[error("expected git {}.{} or newer, found `{found}`", GIT_VERSION_MIN.0, GIT_VERSION_MIN.1)]
    Version {
        /// What `git version` printed.
        found: String,
    },
    /// The run directory could not be prepared.
    #[error("`{path}`: {source}")]
    Disk {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The socket for hooks could not be opened.
    #[error(transparent)]
    Hook(#[from] HookError),
}

/// Why a request was not served. Nothing has been started, nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// All processes are taken; come back later.
    #[error("all {processes} git processes were busy for {waited_s} s")]
    Busy {
        /// The size of the pool.
        processes: usize,
        /// How long the request waited, in seconds; 0 if the queue was full.
        waited_s: u64,
    },
    /// The repository is no longer there.
    #[error("there is no repository at `{0}`")]
    Missing(PathBuf),
    /// Git could not be started.
    #[error("git could not be started: {0}")]
    Start(#[source] io::Error),
}

/// The system git. Cheap to clone; all clones share one pool, one run directory and one hook socket.
#[derive(Clone, Debug)]
pub struct Git {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) bounds: Bounds,
    pub(crate) listener: Listener,
    pub(crate) maintenance: Pool,
    pub(crate) pulling: Pool,
    pub(crate) pulls: Pulls,
    serving: Pool,
    pages: Pool,
    path: OsString,
    home: PathBuf,
    without_refs: PathBuf,
    hooks: PathBuf,
    hook_exe: PathBuf,
}

impl Git {
    /// Checks git's version and prepares `run_dir` (mode 0700): an empty home, the hooks, the hook socket.
    /// - `hook_exe`: absolute path of the program whose `git-hook pre-receive` command is
    ///   [`run_client`](crate::hook::run_client)
    ///
    /// Needs a tokio runtime. A run directory belongs to one server at a time.
    pub async fn open(run_dir: &Path, hook_exe: &Path, bounds: Bounds) -> Result<Git, GitError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| GitError::Disk { path, source }
        };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(run_dir).map_err(at(run_dir))?;
        fs::set_permissions(run_dir, fs::Permissions::from_mode(0o700)).map_err(at(run_dir))?;
        let run_dir = run_dir.canonicalize().map_err(at(run_dir))?;
        let (home, hooks) = (run_dir.join("home"), run_dir.join("hooks"));
        for dir in [&home, &hooks] {
            fs::create_dir_all(dir).map_err(at(dir))?;
        }
        let without_refs = run_dir.join("without-refs.git");
        write_without_refs(&without_refs).map_err(at(&without_refs))?;
        crate::apply::clear_quarantines(&home).map_err(at(&home))?;
        write_hook(&hooks).map_err(at(&hooks))?;
        let listener = Listener::bind(&run_dir.join("hook.sock"), bounds.decide_time)?;
        let path = std::env::var_os("PATH").unwrap_or_else(|| OsString::from("/usr/local/bin:/usr/bin:/bin"));
        let inner = Inner {
            serving: Pool::new(bounds.processes, bounds.queue),
            pages: Pool::new(bounds.pages, bounds.queue),
            maintenance: Pool::new(bounds.maintenance, bounds.queue),
            pulling: Pool::new(bounds.pulls, bounds.queue),
            pulls: Pulls::default(),
            hook_exe: hook_exe.to_owned(),
            bounds,
            listener,
            path,
            home,
            without_refs,
            hooks,
        };
        let git = Git { inner: Arc::new(inner) };
        git.check_version().await?;
        Ok(git)
    }

    /// What runs at this moment, by what it is for, and how much may.
    pub fn in_use(&self) -> [(&'static str, usize, usize); 4] {
        let of = |what, pool: &Pool| (what, pool.in_use(), pool.processes);
        [
            of("git processes for clones and pushes", &self.inner.serving),
            of("git processes for pages", &self.inner.pages),
            of("git processes that fetch from elsewhere", &self.inner.pulling),
            of("git processes that put repositories in order", &self.inner.maintenance),
        ]
    }

    /// The bounds it was opened with.
    pub fn bounds(&self) -> &Bounds {
        &self.inner.bounds
    }

    /// An empty directory of this server's own, in which git finds no repository by itself.
    pub(crate) fn home(&self) -> &Path {
        &self.inner.home
    }

    /// A repository without references and without objects of its own.
    pub(crate) fn without_refs(&self) -> &Path {
        &self.inner.without_refs
    }

    async fn check_version(&self) -> Result<(), GitError> {
        let output = self.command(&[]).arg("version").stdin(Stdio::null()).output().await.map_err(GitError::NoGit)?;
        let found = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        match parse_version(&found) {
            Some(version) if version >= GIT_VERSION_MIN => Ok(()),
            _ => Err(GitError::Version { found }),
        }
    }

    /// A git command in the clean environment, with our settings and then `settings` on top. Its working directory is
    /// the empty home, so it finds no repository by itself.
    pub(crate) fn command(&self, settings: &[(&str, &OsStr)]) -> Command {
        let inner = &self.inner;
        let mut command = Command::new("git");
        command
            .env_clear()
            .env("PATH", &inner.path)
            .env("HOME", &inner.home)
            .env("LC_ALL", "C")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            // A pushed `refs/replace/…` must not change what anybody is served, nor may git fetch on demand.
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_NO_LAZY_FETCH", "1")
            .current_dir(&inner.home)
            .kill_on_drop(true)
            .process_group(0);
        for (key, value) in SETTINGS {
            command.arg("-c").arg(format!("{key}={value}"));
        }
        command.arg("-c").arg(format!("receive.maxInputSize={}", inner.bounds.pack_bytes));
        for (key, value) in settings {
            let mut setting = OsString::from(format!("{key}="));
            setting.push(value);
            command.arg("-c").arg(setting);
        }
        command
    }

    /// A `receive-pack` whose `pre-receive` hook asks this server, under the given token.
    pub(crate) fn receive_pack(&self, repo: &Repo, token: &str, talk: Talk) -> Command {
        let inner = &self.inner;
        let offers = ("receive.procReceiveRefs", OsStr::new(crate::hook::OFFERS.trim_end_matches('/')));
        let mut command = self.command(&[("core.hooksPath", inner.hooks.as_os_str()), offers]);
        command
            .env(crate::hook::ENV_EXE, &inner.hook_exe)
            .env(crate::hook::ENV_SOCKET, inner.listener.socket())
            .env(crate::hook::ENV_TOKEN, token)
            .env(crate::hook::ENV_WAIT, inner.bounds.decide_time.as_secs().to_string())
            .arg("receive-pack");
        if talk == Talk::Rounds {
            command.arg("--stateless-rpc");
        }
        command.arg(repo.path());
        command
    }

    /// Waits for a place among the serving processes.
    pub(crate) async fn serving_permit(&self, repo: &Repo) -> Result<OwnedSemaphorePermit, ServeError> {
        self.permit_of(&self.inner.serving, repo).await
    }

    /// Waits for a place among the processes that pages ask: clones have others, so neither waits for the other.
    pub(crate) async fn page_permit(&self, repo: &Repo) -> Result<OwnedSemaphorePermit, ServeError> {
        self.permit_of(&self.inner.pages, repo).await
    }

    async fn permit_of(&self, pool: &Pool, repo: &Repo) -> Result<OwnedSemaphorePermit, ServeError> {
        let permit = pool.permit(self.inner.bounds.queue_wait).await?;
        // Looked at after the wait: the repository may have been removed meanwhile.
        if repo.path().join("HEAD").is_file() { Ok(permit) } else { Err(ServeError::Missing(repo.path().to_owned())) }
    }
}

/// Places for processes, and a bounded queue before them. The queue is first come, first served.
#[derive(Debug)]
pub(crate) struct Pool {
    permits: Arc<Semaphore>,
    processes: usize,
    waiting: AtomicUsize,
    queue: usize,
}

impl Pool {
    fn new(processes: usize, queue: usize) -> Pool {
        Pool { permits: Arc::new(Semaphore::new(processes)), processes, waiting: AtomicUsize::new(0), queue }
    }

    fn in_use(&self) -> usize {
        self.processes.saturating_sub(self.permits.available_permits())
    }

    pub(crate) async fn permit(&self, wait: Duration) -> Result<OwnedSemaphorePermit, ServeError> {
        let busy = |waited: Duration| ServeError::Busy { processes: self.processes, waited_s: waited.as_secs() };
        if let Ok(permit) = self.permits.clone().try_acquire_owned() {
            return Ok(permit);
        }
        let _place = Waiting::in_queue(&self.waiting, self.queue).ok_or_else(|| busy(Duration::ZERO))?;
        match tokio::time::timeout(wait, self.permits.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            // The semaphore is never closed; were it, nothing could run either.
            Ok(Err(_)) | Err(_) => Err(busy(wait)),
        }
    }
}

/// One place in the queue, given back when the request is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn in_queue(count: &'a AtomicUsize, max: usize) -> Option<Self> {
        let place = Waiting(count);
        (count.fetch_add(1, Ordering::AcqRel) < max).then_some(place)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Writes what git takes for a repository: a head that leads nowhere, and no references.
fn write_without_refs(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir.join("refs"))?;
    fs::create_dir_all(dir.join("objects"))?;
    fs::write(dir.join("HEAD"), "ref: refs/heads/none\n")
}

/// Writes the hooks that git runs. Each only passes on to the program named in its environment, so it never changes.
fn write_hook(hooks: &Path) -> io::Result<()> {
    for name in ["pre-receive", "proc-receive"] {
        let script = format!("#!/bin/sh\nexec \"${}\" git-hook {name}\n", crate::hook::ENV_EXE);
        let new = hooks.join(format!("{name}.new"));
        fs::write(&new, script)?;
        fs::set_permissions(&new, fs::Permissions::from_mode(0o700))?;
        fs::rename(&new, hooks.join(name))?;
    }
    durable::sync_dir(hooks)
}

/// `git version 2.47.3 (Apple Git-1)` is (2, 47).
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix("git version ")?.split(['.', ' ', '-']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_git_version_is_read_from_what_git_prints() {
        assert_eq!(parse_version("git version 2.47.3"), Some((2, 47)));
        assert_eq!(parse_version("git version 2.39.5 (Apple Git-154)"), Some((2, 39)));
        assert_eq!(parse_version("git version 2.50.0.rc1"), Some((2, 50)));
        for bad in ["", "git", "git version", "git version two.three", "hg version 2.47"] {
            assert_eq!(parse_version(bad), None, "{bad}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_queue_answers_busy_at_once_and_a_long_wait_in_the_end() {
        let pool = Arc::new(Pool::new(1, 1));
        let held = pool.permit(Duration::ZERO).await.unwrap();
        let waiting = tokio::spawn({
            let pool = pool.clone();
            async move { pool.permit(Duration::from_secs(7)).await }
        });
        tokio::task::yield_now().await;
        let error = pool.permit(Duration::from_secs(7)).await.unwrap_err();
        assert!(matches!(error, ServeError::Busy { processes: 1, waited_s: 0 }), "{error}");
        let error = waiting.await.unwrap().unwrap_err();
        assert!(matches!(error, ServeError::Busy { processes: 1, waited_s: 7 }), "{error}");
        drop(held);
        drop(pool.permit(Duration::ZERO).await.unwrap());
    }
}
