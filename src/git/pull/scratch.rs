//! The repository that git fetches into: inside the objects of the one that wants them, which it borrows. It goes when it is let go of.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{PullError, blocking};
use crate::durable;
use crate::limits::PULLED_REFS_MAX;
use crate::names::{ObjectId, RefName};
use crate::place::Repo;

/// What its name begins with: [`clear_leftovers`](crate::maintain::clear_leftovers) knows it.
const INCOMING: &str = "incoming-";

/// One such repository.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Makes one for this repository.
    pub async fn new(repo: &Repo) -> Result<Self, PullError> {
        let objects = repo.path().join("objects");
        let at = objects.clone();
        let made = blocking(move || made(&objects)).await;
        made.map_err(PullError::disk(&at))?
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Moves what was fetched over into the repository, and answers the references as they were fetched.
    pub async fn hand_over(self, repo: &Repo) -> Result<BTreeMap<RefName, ObjectId>, PullError> {
        let into = repo.path().join("objects/pack");
        let at = into.clone();
        blocking(move || handed_over(&self.0, &into)).await.map_err(PullError::disk(&at))?
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left is cleared away after the next start.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn made(objects: &Path) -> Result<Scratch, PullError> {
    let mut token = [0; 8];
    getrandom::fill(&mut token)
        .map_err(|error| io::Error::other(error.to_string()))
        .map_err(PullError::disk(objects))?;
    let name: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
    let path = objects.join(format!("{INCOMING}{name}"));
    fs::create_dir(&path).map_err(PullError::disk(&path))?;
    let scratch = Scratch(path);
    let mut options = git2::RepositoryInitOptions::new();
    options.bare(true).mkpath(false).external_template(false);
    git2::Repository::init_opts(&scratch.0, &options)?;
    let info = scratch.0.join("objects/info");
    fs::create_dir_all(&info).map_err(PullError::disk(&info))?;
    fs::write(info.join("alternates"), format!("{}\n", objects.display())).map_err(PullError::disk(&info))?;
    Ok(scratch)
}

fn handed_over(scratch: &Path, into: &Path) -> Result<BTreeMap<RefName, ObjectId>, PullError> {
    let git = git2::Repository::open_bare(scratch)?;
    let mut refs = BTreeMap::new();
    for reference in git.references()? {
        let reference = reference?;
        let name = reference.name().ok().and_then(|name| name.parse::<RefName>().ok());
        if let Some((name, id)) = name.zip(reference.target().and_then(ObjectId::from_git)) {
            refs.insert(name, id);
        }
        if refs.len() > PULLED_REFS_MAX {
            return Err(PullError::TooManyRefs { limit: PULLED_REFS_MAX });
        }
    }
    let objects = scratch.join("objects");
    let at = |error| PullError::disk(&objects)(error);
    let mut packs = Vec::new();
    for entry in fs::read_dir(&objects).map_err(at)? {
        let entry = entry.map_err(at)?;
        let name = entry.file_name();
        match name.to_str() {
            Some("info") => {}
            Some("pack") => {
                for file in fs::read_dir(entry.path()).map_err(at)? {
                    packs.push(file.map_err(at)?.path());
                }
            }
            // Only servers that do not know git send objects one by one.
            _ => return Err(PullError::NoRepository { said: "it offers files, and no git service".to_owned() }),
        }
    }
    let of = |kind: &'static str| packs.iter().filter(move |path| path.extension() == Some(OsStr::new(kind)));
    // A pack is there when its index is.
    for file in of("pack").chain(of("rev")).chain(of("idx")) {
        if let Some(name) = file.file_name() {
            fs::rename(file, into.join(name)).map_err(PullError::disk(file))?;
        }
    }
    durable::sync_dir(into).map_err(PullError::disk(into))?;
    Ok(refs)
}
