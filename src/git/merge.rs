//! Merging one branch into another, without a work tree. First the commits are made and nothing moves ([`prepare`]), then the
//! branch is moved from where it was found to where it goes ([`move_branch`]): either may be done again after a crash.
//! Everything here touches the disk and **blocks**.
//!
//! Objects of another repository are first brought into the one that merges, so that it stands for itself. What is made is
//! made in memory and written as one pack: only that is synced.

use std::io;

use git2::{Commit, ErrorCode, Index, MergeOptions, Oid, Repository, Revwalk, Signature, Sort, Time, Tree};

use crate::limits::{AUTHORS_NAMED_MAX, COMMITS_REMADE_MAX};
use crate::log::Person;
use crate::names::{ObjectId, RefName, RefUpdate};
use crate::pack::{self, PackError};
use crate::place::Repo;
use crate::push::sync_moved;

/// A way to merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// With a merge commit, always.
    Merge,
    /// Each commit anew on top of the target; merges among them are left out, as `git rebase` does.
    Rebase,
    /// One commit on top of the target.
    Squash,
    /// No commit is made.
    FastForward,
}

/// Where a fetched origin lies.
pub(crate) const FETCHED: &str = "refs/fetched/origin";

/// Where the commits are that are wanted.
#[derive(Clone, Debug)]
pub enum Origin {
    /// At the tip of a branch of a repository of this server, which may be the one that wants them.
    Branch(Repo, RefName),
    /// In the repository that wants them, as a version that was kept.
    Kept(ObjectId),
    /// In another repository of this server, as a version that was kept.
    KeptIn(Repo, ObjectId),
    /// In the repository that wants them, under `refs/fetched/origin`: a branch that was fetched from the same server as the target.
    Fetched,
}

/// What is to be merged.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is wanted.
    pub origin: Origin,
    /// The branch they go to.
    pub target: RefName,
    /// In which way.
    pub method: Method,
    /// The message of a commit that is made for all of them.
    pub message: String,
    /// Who commits.
    pub by: Person,
}

/// Why nothing was merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// Both sides changed the same places of these files.
    #[error("both sides changed {0:?}")]
    Conflict(Vec<String>),
    /// The target has it all.
    #[error("the target has all commits of the origin")]
    NothingNew,
    /// The target has commits that the origin has not.
    #[error("the target cannot just move forward")]
    NotFastForward,
    /// There is no such branch.
    #[error("there is no branch `{0}`")]
    NoBranch(RefName),
    /// More commits than are made anew.
    #[error("more than {limit} commits would be made anew")]
    TooMany {
        /// The bound.
        limit: usize,
    },
    /// What is new has more bytes than one push may have.
    #[error("more than {limit} bytes would be brought from the other repository")]
    TooLarge {
        /// The bound.
        limit: u64,
    },
    /// The branch is neither where it was nor where it goes.
    #[error("`{0}` was moved meanwhile")]
    Moved(RefName),
    /// libgit2 could not do it.
    #[error("the repository could not be read or written: {0}")]
    Git(#[from] git2::Error),
    /// The disk said no.
    #[error("the merge could not be brought to disk: {0}")]
    Disk(#[from] io::Error),
}

impl From<PackError> for MergeError {
    fn from(error: PackError) -> Self {
        match error {
            PackError::TooLarge { limit } => Self::TooLarge { limit },
            PackError::Git(error) => Self::Git(error),
            PackError::Disk(error) => Self::Disk(error),
        }
    }
}

/// Makes the commits of a merge and brings them onto the disk. Nothing refers to them yet.
/// - `repo`: the repository of the target
///
/// Answers where the target is, and where it would go.
pub fn prepare(repo: &Repo, plan: &Plan) -> Result<RefUpdate, MergeError> {
    let origin = bring(repo, &plan.origin)?;
    let git = pack::in_memory(repo)?;
    let target = tip(&git, &plan.target)?;
    if origin == target || git.graph_descendant_of(target, origin)? {
        return Err(MergeError::NothingNew);
    }
    let (ours, theirs) = (git.find_commit(target)?, git.find_commit(origin)?);
    let new = match plan.method {
        Method::FastForward if git.graph_descendant_of(origin, target)? => origin,
        Method::FastForward => return Err(MergeError::NotFastForward),
        Method::Merge => merged(&git, plan, &ours, &theirs, &[&ours, &theirs])?,
        Method::Squash => {
            let new = squashed(&git, plan, &ours, &theirs)?;
            // What the target has already, in one commit or in others, would be an empty one.
            if git.find_commit(new)?.tree_id() == ours.tree_id() { target } else { new }
        }
        Method::Rebase => rebased(&git, plan, target, origin)?,
    };
    if new == target {
        return Err(MergeError::NothingNew);
    }
    pack::store(repo, &git, new, &[target, origin])?;
    Ok(RefUpdate { name: plan.target.clone(), old: ObjectId::from_git(target), new: ObjectId::from_git(new) })
}

/// Moves a branch as [`prepare`] has found, if it is still there, and brings that onto the disk. Done twice it does nothing more.
pub fn move_branch(repo: &Repo, update: &RefUpdate) -> Result<(), MergeError> {
    let git = Repository::open_bare(repo.path())?;
    let moved = || MergeError::Moved(update.name.clone());
    let (Some(old), Some(new)) = (update.old, update.new) else { return Err(moved()) };
    let (old, new) = (old.to_git()?, new.to_git()?);
    let now = tip(&git, &update.name).map_err(|error| match error {
        MergeError::NoBranch(_) => moved(),
        other => other,
    })?;
    if now != new {
        match git.reference_matching(update.name.as_str(), new, true, old, "merge") {
            Err(error) if error.code() == ErrorCode::Modified => return Err(moved()),
            other => drop(other?),
        }
    }
    Ok(sync_moved(repo, std::slice::from_ref(update))?)
}

pub(crate) fn tip(git: &Repository, name: &RefName) -> Result<Oid, MergeError> {
    match git.refname_to_id(name.as_str()) {
        Err(error) if error.code() == ErrorCode::NotFound => Err(MergeError::NoBranch(name.clone())),
        found => Ok(found?),
    }
}

/// Brings what is wanted into a repository, if it is not there, and answers its newest commit.
pub(crate) fn bring(repo: &Repo, origin: &Origin) -> Result<Oid, MergeError> {
    match origin {
        Origin::Kept(commit) => Ok(commit.to_git()?),
        Origin::Fetched => {
            let name = FETCHED.parse().map_err(|_| git2::Error::from_str("a name of ours is none"))?;
            tip(&Repository::open_bare(repo.path())?, &name)
        }
        Origin::Branch(from, name) => {
            let source = Repository::open_bare(from.path())?;
            let tip = tip(&source, name)?;
            copied(repo, from, &source, tip)
        }
        Origin::KeptIn(from, commit) => copied(repo, from, &Repository::open_bare(from.path())?, commit.to_git()?),
    }
}

/// Has a commit with all that is behind it in a repository.
fn copied(repo: &Repo, from: &Repo, source: &Repository, commit: Oid) -> Result<Oid, MergeError> {
    if from.path() != repo.path() {
        let known = pack::tips(&Repository::open_bare(repo.path())?)?;
        pack::store(repo, source, commit, &known)?;
    }
    Ok(commit)
}

/// One commit with what both sides have, and these parents.
fn merged(
    git: &Repository,
    plan: &Plan,
    ours: &Commit<'_>,
    theirs: &Commit<'_>,
    parents: &[&Commit<'_>],
) -> Result<Oid, MergeError> {
    let index = git.merge_commits(ours, theirs, Some(MergeOptions::new().find_renames(true)))?;
    let tree = clean(git, index)?;
    let by = signature(&plan.by)?;
    Ok(git.commit(None, &by, &by, &plan.message, &tree, parents)?)
}

/// One commit on top of the target with what the origin brings: by whoever wrote its first commit, with all others who wrote some of it.
fn squashed(git: &Repository, plan: &Plan, ours: &Commit<'_>, theirs: &Commit<'_>) -> Result<Oid, MergeError> {
    let index = git.merge_commits(ours, theirs, Some(MergeOptions::new().find_renames(true)))?;
    let tree = clean(git, index)?;
    let mut walk = brought(git, ours.id(), theirs.id())?;
    let mut authors: Vec<Signature<'static>> = Vec::new();
    for id in walk.by_ref().take(COMMITS_REMADE_MAX) {
        let author = git.find_commit(id?)?.author().to_owned();
        if authors.len() < AUTHORS_NAMED_MAX && authors.iter().all(|one| one.email_bytes() != author.email_bytes()) {
            authors.push(author);
        }
    }
    let by = signature(&plan.by)?;
    let mut message = plan.message.clone();
    let others = authors.iter().skip(1).filter(|other| other.email_bytes() != by.email_bytes());
    for (at, other) in others.enumerate() {
        message.push_str(if at == 0 { "\n" } else { "" });
        message.push_str(&format!("Co-authored-by: {other}\n"));
    }
    let author = authors.first().unwrap_or(&by);
    Ok(git.commit(None, author, &by, &message, &tree, &[ours])?)
}

/// What the origin has and the target has not, oldest first.
fn brought(git: &Repository, target: Oid, origin: Oid) -> Result<Revwalk<'_>, MergeError> {
    let mut walk = git.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::REVERSE)?;
    walk.push(origin)?;
    walk.hide(target)?;
    Ok(walk)
}

/// The commits of the origin that the target has not, each anew, oldest first.
fn rebased(git: &Repository, plan: &Plan, target: Oid, origin: Oid) -> Result<Oid, MergeError> {
    let walk = brought(git, target, origin)?;
    let ids = walk.take(COMMITS_REMADE_MAX + 1).collect::<Result<Vec<_>, _>>()?;
    if ids.len() > COMMITS_REMADE_MAX {
        return Err(MergeError::TooMany { limit: COMMITS_REMADE_MAX });
    }
    let by = signature(&plan.by)?;
    let mut at = git.find_commit(target)?;
    for id in ids {
        let commit = git.find_commit(id)?;
        if commit.parent_count() > 1 {
            continue;
        }
        let index = git.cherrypick_commit(&commit, &at, 0, Some(&MergeOptions::new()))?;
        let tree = clean(git, index)?;
        // What the target has already in other words is left out.
        if tree.id() != at.tree_id() {
            let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
            let made = git.commit(None, &commit.author(), &by, &message, &tree, &[&at])?;
            at = git.find_commit(made)?;
        }
    }
    Ok(at.id())
}

/// The tree of a merge without conflicts.
fn clean(git: &Repository, mut index: Index) -> Result<Tree<'_>, MergeError> {
    if !index.has_conflicts() {
        return Ok(git.find_tree(index.write_tree_to(git)?)?);
    }
    let mut paths = Vec::new();
    for conflict in index.conflicts()? {
        let conflict = conflict?;
        let entry = conflict.our.or(conflict.their).or(conflict.ancestor);
        paths.extend(entry.map(|entry| String::from_utf8_lossy(&entry.path).into_owned()));
    }
    paths.sort();
    paths.dedup();
    Err(MergeError::Conflict(paths))
}

fn signature(person: &Person) -> Result<Signature<'static>, git2::Error> {
    Signature::new(&person.name, &person.email, &Time::new(person.time_s, person.offset_min))
}
