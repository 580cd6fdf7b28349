//! Objects brought into a repository as one pack, which is on disk when it is told of. What is made in memory
//! ([`in_memory`]) and what is copied from another repository of this server go the same way, so that only what was
//! written has to be synced.

use std::io::{self, Write};
use std::path::Path;

use git2::{ErrorCode, Indexer, Oid, Repository};

use crate::durable::{sync_dir, sync_if_there};
use crate::limits::MERGE_PACK_BYTES_MAX;
use crate::place::Repo;

/// Why objects could not be brought in.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// What is new has more bytes than one push may have.
    #[error("more than {limit} bytes would be brought in")]
    TooLarge {
        /// The bound.
        limit: u64,
    },
    /// libgit2 could not do it.
    #[error("the repository could not be read or written: {0}")]
    Git(#[from] git2::Error),
    /// The disk said no.
    #[error("the objects could not be brought to disk: {0}")]
    Disk(#[from] io::Error),
}

/// How far above the objects on disk those in memory stand: what is written goes to the first that takes it.
const MEMORY_FIRST: i32 = 1000;

/// Opens a repository so that what is made in it stays in memory until [`store`] writes it.
pub(crate) fn in_memory(repo: &Repo) -> Result<Repository, git2::Error> {
    let git = Repository::open_bare(repo.path())?;
    // The store of objects keeps its backends; this name for it is not needed any more.
    git.odb()?.add_new_mempack_backend(MEMORY_FIRST)?;
    Ok(git)
}

/// Writes what is reached from `new` and from none of `known` into a repository, as one pack.
/// - `source`: where the objects are, which may be the repository itself with some in memory
/// - `known`: commits that the repository has; those that `source` does not know are passed over
pub(crate) fn store(repo: &Repo, source: &Repository, new: Oid, known: &[Oid]) -> Result<(), PackError> {
    let mut walk = source.revwalk()?;
    walk.push(new)?;
    for known in known {
        if source.find_commit(*known).is_ok() {
            walk.hide(*known)?;
        }
    }
    let mut builder = source.packbuilder()?;
    builder.insert_walk(&mut walk)?;
    if builder.object_count() == 0 {
        return Ok(());
    }
    let packs = repo.path().join("objects/pack");
    let own = Repository::open_bare(repo.path())?;
    let odb = own.odb()?;
    let mut indexer = Indexer::new(Some(&odb), &packs, 0o444, false)?;
    let (mut bytes, mut failed) = (0, None);
    let whole = builder.foreach(|part| {
        bytes += part.len() as u64;
        failed = indexer.write_all(part).err();
        failed.is_none() && bytes <= MERGE_PACK_BYTES_MAX
    });
    match (failed, bytes > MERGE_PACK_BYTES_MAX) {
        (Some(error), _) => return Err(error.into()),
        (None, true) => return Err(PackError::TooLarge { limit: MERGE_PACK_BYTES_MAX }),
        (None, false) => whole?,
    }
    let name = indexer.commit()?;
    Ok(sync_pack(&packs, &name)?)
}

fn sync_pack(packs: &Path, name: &str) -> io::Result<()> {
    for ending in ["pack", "idx"] {
        sync_if_there(&packs.join(format!("pack-{name}.{ending}")))?;
    }
    sync_dir(packs)
}

/// What a repository's branches point at: what it has, as far as another one needs to know.
pub(crate) fn tips(git: &Repository) -> Result<Vec<Oid>, git2::Error> {
    let mut tips = Vec::new();
    for reference in git.references_glob("refs/heads/*")? {
        match reference {
            Ok(reference) => tips.extend(reference.target()),
            Err(error) if error.code() == ErrorCode::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(tips)
}
