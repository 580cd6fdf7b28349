//! Versions of what is offered to be merged: each is kept alive by a reference of its own below [`VERSIONS`], which no clone
//! gets, so that it can be looked at and merged after its branch has gone on, or has gone. Everything here **blocks**.

use std::fs;
use std::io;

use git2::{ErrorCode, Repository};

use crate::durable;
use crate::limits::{COMMITS_WALK_MAX, VERSIONS_REMOVED_MAX};
use crate::merge::{MergeError, Origin, bring, tip};
use crate::names::{ObjectId, RefName, RefUpdate};
use crate::place::Repo;
use crate::push::sync_moved;

/// Where references lie that are the server's own. `transfer.hideRefs` keeps them from clients.
pub const VERSIONS: &str = "refs/merge/";

/// A version as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where it left the target; `None` if the two have nothing in common.
    pub base: Option<ObjectId>,
    /// Its newest commit.
    pub head: ObjectId,
    /// How many commits the target has not, counted up to [`COMMITS_WALK_MAX`].
    pub commits: usize,
}

/// Keeps what stands at the origin now.
/// - `repo`: the repository of the target, where it is kept
/// - `under`: the reference that keeps it; what it pointed at before, from a try that was broken off, is let go
/// - `last`: the newest commit of the version before
///
/// Answers `None` if that is what stands there still. Done twice it does nothing more.
pub fn keep(
    repo: &Repo,
    origin: &Origin,
    target: &RefName,
    under: &RefName,
    last: Option<ObjectId>,
) -> Result<Option<Kept>, MergeError> {
    let git = Repository::open_bare(repo.path())?;
    let into = tip(&git, target)?;
    let head = bring(repo, origin)?;
    let head_id = ObjectId::from_git(head);
    if head_id.is_some() && head_id == last {
        return Ok(None);
    }
    // Opened anew: there may be another pack.
    let git = Repository::open_bare(repo.path())?;
    let base = match git.merge_base(into, head) {
        Ok(base) if base == head => return Err(MergeError::NothingNew),
        Ok(base) => Some(base),
        Err(error) if error.code() == ErrorCode::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let mut walk = git.revwalk()?;
    walk.push(head)?;
    walk.hide(into)?;
    let commits = walk.take(COMMITS_WALK_MAX).count();
    git.reference(under.as_str(), head, true, "kept")?;
    let update = RefUpdate { name: under.clone(), old: None, new: head_id };
    sync_moved(repo, std::slice::from_ref(&update))?;
    let Some(head) = head_id else { return Err(MergeError::NoBranch(under.clone())) };
    Ok(Some(Kept { base: base.and_then(ObjectId::from_git), head, commits }))
}

/// Where an offer stands that was pushed, and from where it has moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It is there now; before it was there, or nothing was.
    At(Option<ObjectId>),
    /// What is there has commits that the new one has not, and it was not forced.
    NotFastForward,
}

/// Moves the reference of an offer to what was pushed, and brings that onto the disk.
/// - `name`: below [`VERSIONS`]; it is the pusher's own, so that nobody else moves it meanwhile
pub fn place(repo: &Repo, name: &RefName, new: ObjectId, force: bool) -> Result<Placed, MergeError> {
    let git = Repository::open_bare(repo.path())?;
    let (to, old) = (new.to_git()?, optional(git.refname_to_id(name.as_str()))?);
    // Only a commit can be offered.
    git.find_commit(to)?;
    if let Some(old) = old
        && old != to
        && !force
        && !git.graph_descendant_of(to, old)?
    {
        return Ok(Placed::NotFastForward);
    }
    git.reference(name.as_str(), to, true, "offered")?;
    let update = RefUpdate { name: name.clone(), old: None, new: Some(new) };
    sync_moved(repo, std::slice::from_ref(&update))?;
    Ok(Placed::At(old.and_then(ObjectId::from_git)))
}

/// Takes an offer away that came to nothing.
pub fn withdraw(repo: &Repo, name: &RefName) -> Result<(), MergeError> {
    let git = Repository::open_bare(repo.path())?;
    if let Some(mut reference) = optional(git.find_reference(name.as_str()))? {
        reference.delete()?;
    }
    Ok(())
}

fn optional<T>(found: Result<T, git2::Error>) -> Result<Option<T>, git2::Error> {
    match found {
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        found => found.map(Some),
    }
}

/// Lets go of what is kept below a prefix: its commits go with the next repacking, unless something else has them.
/// Answers whether all are gone; one call removes at most [`VERSIONS_REMOVED_MAX`].
pub fn forget(repo: &Repo, prefix: &str) -> Result<bool, MergeError> {
    if !prefix.starts_with(VERSIONS) || !prefix.ends_with('/') {
        return Err(io::Error::other(format!("expected a prefix below {VERSIONS}, found {prefix}")).into());
    }
    let git = Repository::open_bare(repo.path())?;
    let mut names = Vec::new();
    for name in git.references_glob(&format!("{prefix}*"))?.names() {
        names.push(name?.to_owned());
        if names.len() > VERSIONS_REMOVED_MAX {
            break;
        }
    }
    for name in names.iter().take(VERSIONS_REMOVED_MAX) {
        if let Some(mut reference) = optional(git.find_reference(name))? {
            reference.delete()?;
        }
    }
    let all = names.len() <= VERSIONS_REMOVED_MAX;
    if all {
        // What is left of the directory; a version that is being kept there at this moment holds it.
        let dir = repo.path().join(prefix);
        match fs::remove_dir(&dir) {
            Ok(()) => durable::sync_if_there(&repo.path().join(VERSIONS))?,
            Err(_) => durable::sync_if_there(&dir)?,
        }
    }
    Ok(all)
}
