//! What another repository has, brought into one of ours: over HTTP from another server, or from this one's disk. Git fetches into a
//! repository of its own inside the objects of the one that wants it, under a name that is cleared away after a crash, and only a
//! whole fetch hands its packs over. No reference moves by it: that is a step of its own, [`Git::move_refs`].
//!
//! Git is given the addresses it may connect to and looks no name up itself; it follows no redirect, asks for no password and speaks
//! no protocol but the one it is told. Time, silence, bytes and references have bounds.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::git::{Git, ServeError};
use crate::limits::{LISTED_BYTES_MAX, MOVE_TIME, PULLED_REFS_MAX};
use crate::names::{ObjectId, RefName, RefUpdate};
use crate::place::{Repo, RepoKey};
use crate::push::{compare_refs, sync_moved};
use crate::read::ReadError;

mod listing;
mod scratch;
mod watched;

use listing::Listed;
use scratch::Scratch;
use watched::{Ran, Watch};

/// Where it is fetched from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A repository of this server.
    Near(Repo),
    /// One of another server.
    Far {
        /// Where it is cloned from: `https`, or `http` for this computer where that is allowed.
        url: String,
        /// What the host is, as far as its name does not say it: git connects to these and to no other.
        addresses: Vec<SocketAddr>,
    },
}

/// What is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All branches and tags.
    All,
    /// One branch.
    Branch(RefName),
}

/// What has come. The objects are in the repository; nothing refers to them yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// The default branch there, if it says so.
    pub head: Option<RefName>,
    /// The branches and tags there, as far as they were wanted.
    pub refs: BTreeMap<RefName, ObjectId>,
}

/// How far a fetch is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// What git said last, such as `Receiving objects:  45% (450/1000)`.
    pub said: String,
    /// Bytes that have come.
    pub bytes: u64,
}

/// Why nothing was fetched. What had come is thrown away, and no reference has moved.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// No place in the pool, or git could not be started.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// No connection, or the other server failed.
    #[error("the other server could not be asked: {said}")]
    Unreachable {
        /// What git said, at most [`GIT_SAID_LENGTH_MAX`](crate::limits::GIT_SAID_LENGTH_MAX) characters.
        said: String,
    },
    /// The other server answers, and has no repository for everybody there.
    #[error("there is no repository that everybody may fetch: {said}")]
    NoRepository {
        /// What git said, or what was found.
        said: String,
    },
    /// It has no such branch.
    #[error("there is no branch `{0}`")]
    NoBranch(RefName),
    /// What it has is broken: git refuses it.
    #[error("git refuses what came: {said}")]
    Broken {
        /// What git said.
        said: String,
    },
    /// More bytes than one fetch may bring.
    #[error("more than {limit} bytes would come")]
    TooLarge {
        /// The bound.
        limit: u64,
    },
    /// More branches and tags than are taken.
    #[error("more than {limit} branches and tags")]
    TooManyRefs {
        /// The bound.
        limit: usize,
    },
    /// Nothing moved for too long, or it took too long altogether.
    #[error("nothing came for {idle_s} s, or it took longer than {limit_s} s")]
    Slow {
        /// Seconds in which something must come.
        idle_s: u64,
        /// Seconds for all of it.
        limit_s: u64,
    },
    /// The disk said no.
    #[error("`{path}`: {source}")]
    Disk {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The repository could not be read or written.
    #[error("the repository could not be read or written: {0}")]
    Git(#[from] git2::Error),
}

impl PullError {
    fn disk(path: &Path) -> impl FnOnce(io::Error) -> Self + use<'_> {
        move |source| Self::Disk { path: path.to_owned(), source }
    }
}

/// Why references did not move as they should.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// Git could not do it: it says why.
    #[error("git could not move them: {said}")]
    Git {
        /// What git said.
        said: String,
    },
    /// They could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The disk said no.
    #[error("they could not be brought to disk: {0}")]
    Disk(#[from] io::Error),
}

/// The fetches under way, for whoever shows them.
#[derive(Debug, Default)]
pub(crate) struct Pulls(Mutex<HashMap<RepoKey, Progress>>);

impl Pulls {
    fn note(&self, key: &RepoKey, progress: Option<Progress>) {
        let mut pulls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Some(progress) => drop(pulls.insert(key.clone(), progress)),
            None => drop(pulls.remove(key)),
        }
    }
}

/// A fetch that is shown as long as this lives.
struct Shown<'a>(&'a Pulls, &'a RepoKey);

impl Drop for Shown<'_> {
    fn drop(&mut self) {
        self.0.note(self.1, None);
    }
}

impl Git {
    /// How far the fetch into a repository is, if one is under way.
    pub fn pulling(&self, key: &RepoKey) -> Option<Progress> {
        self.inner.pulls.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Brings what is wanted into a repository. Done twice, the second one finds it there.
    /// - `bytes`: what may come at most
    pub async fn pull(&self, repo: &Repo, from: &Source, wanted: &Wanted, bytes: u64) -> Result<Brought, PullError> {
        let _permit = self.inner.pulling.permit(self.bounds().queue_wait).await?;
        self.inner.pulls.note(repo.key(), Some(Progress::default()));
        let _shown = Shown(&self.inner.pulls, repo.key());
        let listed = self.list(repo, from, wanted, bytes).await?;
        if let Wanted::Branch(branch) = wanted
            && !listed.refs.contains_key(branch)
        {
            return Err(PullError::NoBranch(branch.clone()));
        }
        if listed.refs.len() > PULLED_REFS_MAX {
            return Err(PullError::TooManyRefs { limit: PULLED_REFS_MAX });
        }
        if listed.refs.is_empty() || has_all(repo, &listed).await? {
            return Ok(Brought { head: listed.head, refs: listed.refs });
        }
        let scratch = Scratch::new(repo).await?;
        let mut command = self.fetching(from);
        command.arg("--git-dir").arg(scratch.path()).args(["fetch", "--progress", "--no-tags"]).args([
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-recurse-submodules",
        ]);
        command.arg(place(from));
        match wanted {
            Wanted::All => command.args(["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]),
            Wanted::Branch(branch) => command.arg(format!("+{branch}:{branch}")),
        };
        let ran = self.run(repo, command, Some(&scratch), bytes).await?;
        if !ran.good {
            return Err(failed(&ran, from));
        }
        let refs = scratch.hand_over(repo).await?;
        Ok(Brought { head: listed.head, refs })
    }

    /// Asks what there is.
    async fn list(&self, repo: &Repo, from: &Source, wanted: &Wanted, bytes: u64) -> Result<Listed, PullError> {
        let mut command = self.fetching(from);
        command.args(["ls-remote", "--symref"]).arg(place(from));
        match wanted {
            Wanted::All => command.args(["HEAD", "refs/heads/*", "refs/tags/*"]),
            Wanted::Branch(branch) => command.arg(branch.as_str()),
        };
        let ran = self.run(repo, command, None, bytes).await?;
        match (ran.good, ran.out.len() > LISTED_BYTES_MAX) {
            (_, true) => Err(PullError::TooManyRefs { limit: PULLED_REFS_MAX }),
            (false, _) => Err(failed(&ran, from)),
            (true, false) => Ok(Listed::read(&ran.out)),
        }
    }

    /// Runs git and shows how far it is.
    async fn run(
        &self,
        repo: &Repo,
        command: Command,
        scratch: Option<&Scratch>,
        bytes: u64,
    ) -> Result<Ran, PullError> {
        let bounds = self.bounds();
        let watch = Watch { time: bounds.fetch_time, idle: bounds.idle_time, bytes };
        let show = |progress: Progress| self.inner.pulls.note(repo.key(), Some(progress));
        watched::run(command, &watch, scratch.map(Scratch::path), show).await
    }

    /// A git that may speak with one other and nobody else.
    fn fetching(&self, from: &Source) -> Command {
        let resolved = match from {
            Source::Near(_) => None,
            Source::Far { url, addresses } => resolution(url, addresses),
        };
        let idle = OsString::from(self.bounds().idle_time.as_secs().max(1).to_string());
        let mut settings = vec![
            ("http.followRedirects", OsStr::new("false")),
            ("http.proxy", OsStr::new("")),
            ("http.lowSpeedLimit", OsStr::new("1")),
            ("http.lowSpeedTime", idle.as_os_str()),
            ("credential.helper", OsStr::new("")),
            ("transfer.bundleURI", OsStr::new("false")),
            ("fetch.uriProtocols", OsStr::new("")),
            // One fetch makes one pack, as one push does.
            ("fetch.unpackLimit", OsStr::new("1")),
            ("fetch.fsck.badTimezone", OsStr::new("ignore")),
            ("fetch.fsck.missingSpaceBeforeDate", OsStr::new("ignore")),
            ("fetch.fsck.zeroPaddedFilemode", OsStr::new("ignore")),
        ];
        if let Some(resolved) = &resolved {
            settings.push(("http.curloptResolve", resolved.as_os_str()));
        }
        let mut command = self.command(&settings);
        let protocols = if matches!(from, Source::Near(_)) { "file" } else { "http:https" };
        command.env("GIT_ALLOW_PROTOCOL", protocols);
        command
    }

    /// Moves references, all or none, and brings that onto the disk: first what goes, then what comes or moves. What is where it is
    /// to go already is left alone, so that doing it twice does nothing more. Answers those that are now where they were to go.
    pub async fn move_refs(&self, repo: &Repo, updates: &[RefUpdate]) -> Result<Vec<RefUpdate>, MoveError> {
        let (place, wanted) = (repo.clone(), updates.to_vec());
        let moved = blocking(move || compare_refs(&place, &wanted)).await??;
        let due: Vec<&RefUpdate> = updates.iter().filter(|update| !moved.contains(update)).collect();
        let (gone, new): (Vec<&RefUpdate>, Vec<&RefUpdate>) = due.into_iter().partition(|update| update.new.is_none());
        for part in [gone, new] {
            if !part.is_empty() {
                self.update_refs(repo, &part).await?;
            }
        }
        let (place, wanted) = (repo.clone(), updates.to_vec());
        blocking(move || {
            sync_moved(&place, &wanted)?;
            Ok(compare_refs(&place, &wanted)?)
        })
        .await?
    }

    async fn update_refs(&self, repo: &Repo, updates: &[&RefUpdate]) -> Result<(), MoveError> {
        let mut input = String::new();
        for RefUpdate { name, old, new } in updates {
            let id = |id: &Option<ObjectId>| id.map_or_else(|| "0".repeat(40), |id| id.to_string());
            // Nothing can go wrong in writing to a text.
            let _ = writeln!(input, "update {name} {} {}", id(new), id(old));
        }
        let mut command = self.command(&[]);
        command.arg("--git-dir").arg(repo.path()).args(["update-ref", "--stdin"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let stdin = child.stdin.take();
        let feed = async {
            if let Some(mut stdin) = stdin {
                // Git that has ended early says why itself.
                let _ = stdin.write_all(input.as_bytes()).await;
            }
        };
        let both = async { tokio::join!(feed, child.wait_with_output()).1 };
        let output = tokio::time::timeout(MOVE_TIME, both).await.map_err(io::Error::other)??;
        if output.status.success() {
            return Ok(());
        }
        Err(MoveError::Git { said: watched::said(&String::from_utf8_lossy(&output.stderr)) })
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, io::Error> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)
}

/// Whether all that is listed is in the repository, reached from its references, and nothing has to be fetched.
async fn has_all(repo: &Repo, listed: &Listed) -> Result<bool, PullError> {
    let (place, refs) = (repo.clone(), listed.refs.clone());
    let looked = blocking(move || -> Result<bool, git2::Error> {
        let git = git2::Repository::open_bare(place.path())?;
        // An object may be there without what it needs; what a reference of the same name points at is whole.
        Ok(refs.iter().all(|(name, id)| {
            let found = git.refname_to_id(name.as_str());
            found.is_ok_and(|found| ObjectId::from_git(found) == Some(*id))
        }))
    });
    Ok(looked.await.map_err(PullError::disk(repo.path()))??)
}

/// Where git is told to fetch from.
fn place(from: &Source) -> &OsStr {
    match from {
        Source::Near(repo) => repo.path().as_os_str(),
        Source::Far { url, .. } => OsStr::new(url),
    }
}

/// `host:port:address,…` as curl has it; nothing where the host is an address itself.
fn resolution(url: &str, addresses: &[SocketAddr]) -> Option<OsString> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    if authority.starts_with('[') {
        return None;
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, if scheme == "http" { 80u16 } else { 443 }),
    };
    if host.parse::<std::net::IpAddr>().is_ok() || addresses.is_empty() {
        return None;
    }
    let addresses: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
    Some(format!("{host}:{port}:{}", addresses.join(",")).into())
}

/// Why git did not fetch, from what it says. Its words are those of the C locale.
fn failed(ran: &Ran, from: &Source) -> PullError {
    let said = watched::said(&ran.said);
    let has = |words: &[&str]| words.iter().any(|words| ran.said.contains(words));
    if has(&["fsck error", "index-pack failed", "did not send all necessary objects", "inflate:", "bad object"]) {
        return PullError::Broken { said };
    }
    let none = ["not found", "is this a git repository", "could not read Username", "Authentication failed"];
    let refused = ["not appear to be a git repository", "error: 401", "error: 403", "error: 410", "error: 30"];
    if has(&none) || has(&refused) || matches!(from, Source::Near(_)) {
        return PullError::NoRepository { said };
    }
    PullError::Unreachable { said }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_is_told_the_addresses_of_a_name_and_needs_none_for_an_address() {
        let addresses: Vec<SocketAddr> = vec!["8.8.8.8:443".parse().unwrap(), "[2606:4700::1]:443".parse().unwrap()];
        #[rustfmt::skip]
        let rows = [
            ("https://a.example/repos/tea.git",       Some("a.example:443:8.8.8.8,2606:4700::1")),
            ("https://a.example:8443/repos/tea.git",  Some("a.example:8443:8.8.8.8,2606:4700::1")),
            ("http://a.localhost/tea",                Some("a.localhost:80:8.8.8.8,2606:4700::1")),
            ("http://127.0.0.1:3000/tea",             None),
            ("http://[::1]:3000/tea",                 None),
            ("nothing",                               None),
        ];
        for (url, expected) in rows {
            assert_eq!(resolution(url, &addresses).as_deref(), expected.map(OsStr::new), "{url}");
        }
        assert_eq!(resolution("https://a.example/", &[]), None);
    }

    #[test]
    fn why_git_did_not_fetch_is_told_apart() {
        let far = Source::Far { url: "https://a.example/tea".into(), addresses: Vec::new() };
        let of = |said: &str| {
            let ran = Ran { good: false, out: Vec::new(), said: said.to_owned() };
            match failed(&ran, &far) {
                PullError::Unreachable { .. } => "unreachable",
                PullError::NoRepository { .. } => "none",
                PullError::Broken { .. } => "broken",
                other => panic!("{other}"),
            }
        };
        #[rustfmt::skip]
        let rows = [
            ("fatal: repository 'https://a.example/tea/' not found",                                             "none"),
            ("fatal: https://a.example/info/refs not valid: could not determine hash algorithm; is this a git repository?", "none"),
            ("fatal: could not read Username for 'https://a.example': terminal prompts disabled",                "none"),
            ("fatal: unable to access 'https://a.example/': The requested URL returned error: 301",              "none"),
            ("fatal: unable to access 'https://a.example/': The requested URL returned error: 500",              "unreachable"),
            ("fatal: unable to access 'https://a.example/': Failed to connect to a.example port 443",            "unreachable"),
            ("error: object 1: missingEmail: bad\nfatal: fsck error in packed object",                           "broken"),
        ];
        for (said, expected) in rows {
            assert_eq!(of(said), expected, "{said}");
        }
    }
}
