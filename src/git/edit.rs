//! A file changed without a work tree: the commit is made in memory, and comes out as the request of a push. It is received as
//! every other push is, so what is decided about pushes, and what follows a crash, holds for it. Blocks.

use git2::{Buf, FileMode, ObjectType, Oid, Repository, Signature, Time, Tree};

use crate::limits::{EDITED_BYTES_MAX, EDITED_PATH_BYTES_MAX, EDITED_PATH_NAMES_MAX};
use crate::log::Person;
use crate::merge::{MergeError, tip};
use crate::names::{ObjectId, RefName, RefUpdate};
use crate::pack;
use crate::place::Repo;

/// A change of one file.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The branch whose newest commit is its parent. Where there is none, as in a repository to which nothing was pushed, it has no
    /// parent.
    pub branch: RefName,
    /// The name it is pushed to: the branch itself, another one that is not there yet, or an offer such as `refs/for/main/x`.
    pub onto: RefName,
    /// The file that was looked at, and the commit in which it was; `None` for a new one. It must still be the same on the branch.
    pub was: Option<(Vec<u8>, ObjectId)>,
    /// The path from now on, with what it holds; `None` for a file that goes, and with it directories in which nothing is left.
    pub put: Option<(Vec<u8>, Vec<u8>)>,
    /// The message.
    pub message: String,
    /// Who writes and commits it.
    pub by: Person,
}

/// A change as a push.
#[derive(Clone, Debug)]
pub struct Packed {
    /// What it moves.
    pub update: RefUpdate,
    /// The request `git-receive-pack` takes: a command, and a pack with the new objects.
    pub request: Vec<u8>,
}

/// Why there is nothing to push.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// Somebody else has changed the file meanwhile.
    #[error("somebody has changed this file meanwhile")]
    Moved,
    /// There is one already.
    #[error("there is a file or directory of this name already")]
    Exists,
    /// There is none, or it is no ordinary file.
    #[error("there is no ordinary file of this name")]
    NoFile,
    /// Git has no such path.
    #[error(
        "expected a path of at most {EDITED_PATH_BYTES_MAX} bytes and {EDITED_PATH_NAMES_MAX} names between slashes, none of them `.`, `..` or `.git`"
    )]
    Path,
    /// It holds that already.
    #[error("nothing is changed by this")]
    Same,
    /// It holds too much.
    #[error("expected at most {EDITED_BYTES_MAX} bytes in a file that is changed here")]
    TooLarge,
    /// The repository could not be read.
    #[error(transparent)]
    Git(#[from] MergeError),
}

impl From<git2::Error> for EditError {
    fn from(error: git2::Error) -> Self {
        Self::Git(error.into())
    }
}

/// A file as a tree has it.
type Found = Option<(Oid, i32)>;

/// Makes the commit of a change, as a push. Nothing is written to the repository.
pub fn packed(repo: &Repo, edit: &Edit) -> Result<Packed, EditError> {
    let git = pack::in_memory(repo)?;
    let parent = match tip(&git, &edit.branch) {
        Ok(tip) => Some(git.find_commit(tip)?),
        Err(MergeError::NoBranch(_)) if pack::tips(&git)?.is_empty() => None,
        Err(error) => return Err(error.into()),
    };
    let before = parent.as_ref().map(git2::Commit::tree_id);
    let after = changed(&git, before, edit)?;
    if Some(after) == before {
        return Err(EditError::Same);
    }
    let by = Signature::new(&edit.by.name, &edit.by.email, &Time::new(edit.by.time_s, edit.by.offset_min))?;
    let parents: Vec<_> = parent.iter().collect();
    let new = git.commit(None, &by, &by, &edit.message, &git.find_tree(after)?, &parents)?;
    let old = parent.as_ref().filter(|_| edit.onto == edit.branch).map(git2::Commit::id);
    let update =
        RefUpdate { name: edit.onto.clone(), old: old.and_then(ObjectId::from_git), new: ObjectId::from_git(new) };
    let request = request(&git, &update, new, parent.as_ref().map(git2::Commit::id))?;
    Ok(Packed { update, request })
}

/// The tree with the change in it.
fn changed(git: &Repository, before: Option<Oid>, edit: &Edit) -> Result<Oid, EditError> {
    let mut tree = before;
    let mut mode = i32::from(FileMode::Blob);
    let to = edit.put.as_ref().map(|(path, _)| path);
    if let Some((path, seen)) = &edit.was {
        let names = names(path)?;
        let now = found(git, before, &names)?;
        let seen = git.find_commit(seen.to_git()?).map_err(|_| EditError::Moved)?.tree_id();
        let (_, was) = now.ok_or(EditError::NoFile)?;
        if found(git, Some(seen), &names)? != now {
            return Err(EditError::Moved);
        }
        let plain = [FileMode::Blob.into(), FileMode::BlobExecutable.into()].contains(&was);
        // A link may go, but what it leads to is no text.
        let goes = to.is_none() && was == i32::from(FileMode::Link);
        if !plain && !goes {
            return Err(EditError::NoFile);
        }
        mode = was;
        if to != Some(path) {
            tree = with(git, before, &names, None)?;
        }
    }
    if let Some((path, bytes)) = &edit.put {
        let names = names(path)?;
        if bytes.len() > EDITED_BYTES_MAX {
            return Err(EditError::TooLarge);
        }
        let stays = edit.was.as_ref().is_some_and(|(was, _)| was == path);
        if !stays && found(git, tree, &names)?.is_some() {
            return Err(EditError::Exists);
        }
        tree = with(git, tree, &names, Some((git.blob(bytes)?, mode)))?;
    }
    match tree {
        Some(tree) => Ok(tree),
        None => Ok(git.treebuilder(None)?.write()?),
    }
}

/// The names of a path that git takes.
fn names(path: &[u8]) -> Result<Vec<&[u8]>, EditError> {
    let names: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    let good = |name: &&[u8]| {
        let control = name.iter().any(u8::is_ascii_control);
        !name.is_empty() && !control && *name != b"." && *name != b".." && !name.eq_ignore_ascii_case(b".git")
    };
    let fits = path.len() <= EDITED_PATH_BYTES_MAX && names.len() <= EDITED_PATH_NAMES_MAX;
    if fits && names.iter().all(good) { Ok(names) } else { Err(EditError::Path) }
}

/// What is at a path. A file on the way there is in the way of what would be below.
fn found(git: &Repository, tree: Option<Oid>, names: &[&[u8]]) -> Result<Found, EditError> {
    let (Some(tree), Some((name, rest))) = (tree, names.split_first()) else { return Ok(None) };
    let tree = git.find_tree(tree)?;
    let entry = tree.iter().find(|entry| entry.name_bytes() == *name).map(|entry| (entry.id(), entry.filemode()));
    match entry {
        entry if rest.is_empty() => Ok(entry),
        None => Ok(None),
        Some((id, mode)) if mode == i32::from(FileMode::Tree) => found(git, Some(id), rest),
        Some(_) => Err(EditError::Exists),
    }
}

/// A tree with something else at a path; `None` if nothing is left in it.
fn with(git: &Repository, tree: Option<Oid>, names: &[&[u8]], put: Found) -> Result<Option<Oid>, EditError> {
    let Some((name, rest)) = names.split_first() else { return Err(EditError::Path) };
    let tree: Option<Tree<'_>> = tree.map(|tree| git.find_tree(tree)).transpose()?;
    let mut builder = git.treebuilder(tree.as_ref())?;
    let put = if rest.is_empty() {
        put
    } else {
        let below = builder.get(name)?.filter(|entry| entry.kind() == Some(ObjectType::Tree)).map(|entry| entry.id());
        with(git, below, rest, put)?.map(|tree| (tree, FileMode::Tree.into()))
    };
    match put {
        // What git takes for no name is told as such.
        Some((id, mode)) => drop(builder.insert(*name, id, mode).map_err(|_| EditError::Path)?),
        None => builder.remove(*name)?,
    }
    Ok(if builder.is_empty() { None } else { Some(builder.write()?) })
}

/// One command, and the pack of what is reached from the new commit and not from its parent.
///
/// Source: git, `gitprotocol-pack`, "Reference Update Request and Packfile Transfer".
fn request(git: &Repository, update: &RefUpdate, new: Oid, parent: Option<Oid>) -> Result<Vec<u8>, EditError> {
    let old = update.old.map_or_else(|| Oid::ZERO_SHA1.to_string(), |old| old.to_string());
    let line = format!("{old} {new} {}\0report-status agent=pritchel\n", update.name.as_str());
    let mut request = format!("{:04x}{line}0000", line.len() + 4).into_bytes();
    let mut walk = git.revwalk()?;
    walk.push(new)?;
    if let Some(parent) = parent {
        walk.hide(parent)?;
    }
    let mut builder = git.packbuilder()?;
    builder.insert_walk(&mut walk)?;
    let mut pack = Buf::new();
    builder.write_buf(&mut pack)?;
    request.extend_from_slice(&pack);
    Ok(request)
}
