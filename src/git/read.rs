//! Reading a repository with git2: `HEAD`, references, and what a name stands for. Plain data out.
//!
//! Everything of [`Reader`] touches the disk and **blocks**: call it where blocking is allowed (`spawn_blocking`), and
//! open one for each task. Objects come from strangers: sizes are looked at before anything is read into memory.
//! History is in [`crate::log`], files are in [`crate::tree`].

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use git2::{ErrorCode, ObjectType, Oid, Repository};

use crate::durable;
use crate::limits::{COMMIT_BYTES_MAX, ID_PREFIX_MIN, REFS_PAGE_MAX, REFS_SCAN_MAX, TREE_BYTES_MAX};
use crate::names::{ObjectId, RefName, excerpt};
use crate::place::Repo;

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no such branch, commit, file …
    #[error("there is no {what} `{name}`")]
    NotFound {
        /// The kind of thing.
        what: &'static str,
        /// What was looked for.
        name: String,
    },
    /// It is there, but it is something else.
    #[error("expected a {expected}, `{name}` is a {found}")]
    WrongKind {
        /// The name it was looked for by.
        name: String,
        /// The kind that was wanted.
        expected: &'static str,
        /// The kind that it is.
        found: String,
    },
    /// An object is larger than what is read at all.
    #[error("{what} {id} has {bytes} bytes, at most {limit} are read")]
    TooLarge {
        /// The kind of object.
        what: &'static str,
        /// Its id.
        id: Oid,
        /// Its size.
        bytes: usize,
        /// The bound.
        limit: usize,
    },
    /// More would have to be looked through than is allowed.
    #[error("more than {limit} {what} would have to be read")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// The path leads nowhere a path may lead.
    #[error("expected a path of plain names, found `{found}`")]
    Path {
        /// The first characters of what was found.
        found: String,
    },
    /// libgit2 could not read it.
    #[error("the repository could not be read: {0}")]
    Git(#[from] git2::Error),
    /// The disk said no.
    #[error("`{path}`: {source}")]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The reading task did not end by itself.
    #[error("reading was interrupted: {0}")]
    Interrupted(String),
}

/// What `HEAD` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The default branch.
    pub branch: RefName,
    /// Its newest commit; `None` while nothing has been pushed to it.
    pub commit: Option<ObjectId>,
}

/// A reference and what it points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefInfo {
    /// The reference.
    pub name: RefName,
    /// The object it points at: for an annotated tag the tag itself.
    pub target: ObjectId,
    /// For an annotated tag, what it tags in the end.
    pub peeled: Option<ObjectId>,
}

/// Some references in the order of their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefPage {
    /// The references of this page.
    pub refs: Vec<RefInfo>,
    /// Where the next page begins: give it as `after`. `None` on the last page.
    pub next: Option<RefName>,
    /// How many references with the prefix there are in all.
    pub total: usize,
}

/// What a name given by a person stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The commit.
    pub commit: ObjectId,
    /// The branch or tag, if the name is one; `None` if it is a commit id.
    pub name: Option<RefName>,
}

/// A repository opened for reading.
pub struct Reader {
    pub(crate) repo: Repository,
    path: PathBuf,
}

impl Reader {
    /// Opens a repository.
    pub fn open(repo: &Repo) -> Result<Reader, ReadError> {
        let path = repo.path().to_owned();
        Ok(Reader { repo: Repository::open_bare(&path)?, path })
    }

    /// Opens a repository together with the objects of a push that are in quarantine. See
    /// [`Proposal::quarantine`](crate::hook::Proposal::quarantine).
    pub fn open_quarantined(repo: &Repo, quarantine: &Path) -> Result<Reader, ReadError> {
        let reader = Reader::open(repo)?;
        let text = quarantine.to_str().ok_or_else(|| ReadError::Path { found: quarantine.display().to_string() })?;
        reader.repo.odb()?.add_disk_alternate(text)?;
        Ok(reader)
    }

    /// The default branch and its newest commit.
    pub fn head(&self) -> Result<Head, ReadError> {
        let head = self.repo.find_reference("HEAD")?;
        let name = head.symbolic_target()?.unwrap_or_default().to_owned();
        let branch = RefName::try_from(name.clone()).map_err(|_| ReadError::WrongKind {
            name: "HEAD".into(),
            expected: "branch",
            found: excerpt(&name),
        })?;
        let commit = self.target(&branch)?;
        Ok(Head { branch, commit })
    }

    /// Makes an existing branch the default branch; in a repository without references any branch. Durable when it returns.
    pub fn set_head(&self, branch: &RefName) -> Result<(), ReadError> {
        if branch.as_branch().is_none() {
            let found = "reference of another kind".to_owned();
            return Err(ReadError::WrongKind { name: branch.to_string(), expected: "branch", found });
        }
        let empty = self.repo.references()?.next().is_none();
        if self.target(branch)?.is_none() && !empty {
            return Err(ReadError::NotFound { what: "branch", name: branch.to_string() });
        }
        let contents = format!("ref: {branch}\n");
        durable::replace(&self.path, "HEAD", contents.as_bytes())
            .map_err(|source| ReadError::Disk { path: self.path.join("HEAD"), source })
    }

    /// What a reference points at now, `None` if there is no such reference.
    pub fn target(&self, name: &RefName) -> Result<Option<ObjectId>, ReadError> {
        match self.repo.find_reference(name.as_str()) {
            Ok(reference) => match reference.resolve() {
                Ok(direct) => Ok(direct.target().and_then(ObjectId::from_git)),
                Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
                Err(error) => Err(error.into()),
            },
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Where all branches are, in no order; of more than [`REFS_SCAN_MAX`] references not all.
    pub fn branch_tips(&self) -> Result<Vec<(RefName, ObjectId)>, ReadError> {
        let mut tips = Vec::new();
        for reference in self.repo.references_glob("refs/heads/*")?.take(REFS_SCAN_MAX) {
            let reference = reference?;
            // A name that is not UTF-8 cannot have been pushed here.
            let Some(name) = reference.name().ok().and_then(|name| name.parse::<RefName>().ok()) else { continue };
            if let Some(target) = reference.target().and_then(ObjectId::from_git) {
                tips.push((name, target));
            }
        }
        Ok(tips)
    }

    /// A page of references in the order of their names.
    /// - `prefix`: only names that begin so, such as `refs/heads/`; all of `refs/` if empty
    /// - `after`: only names behind this one
    /// - `limit`: at most [`REFS_PAGE_MAX`]
    ///
    /// Looks through all references with the prefix, at most [`REFS_SCAN_MAX`].
    pub fn refs(&self, prefix: &str, after: Option<&RefName>, limit: usize) -> Result<RefPage, ReadError> {
        let limit = limit.clamp(1, REFS_PAGE_MAX);
        // The first `limit + 1` names; libgit2 gives loose references before packed ones, so all must be seen.
        let mut first = BTreeMap::new();
        let mut total = 0;
        for (seen, reference) in self.repo.references()?.enumerate() {
            if seen == REFS_SCAN_MAX {
                return Err(ReadError::TooMany { what: "references", limit: REFS_SCAN_MAX });
            }
            let reference = reference?;
            // A name that is not UTF-8 cannot have been pushed here.
            let Ok(name) = reference.name() else { continue };
            let Some(target) = reference.target().and_then(ObjectId::from_git) else { continue };
            if !name.starts_with(prefix) {
                continue;
            }
            let Ok(name) = name.parse::<RefName>() else { continue };
            total += 1;
            if after.is_some_and(|after| name <= *after) {
                continue;
            }
            first.insert(name, target);
            if first.len() > limit + 1 {
                first.pop_last();
            }
        }
        let more = first.len() > limit;
        if more {
            first.pop_last();
        }
        let refs = first.into_iter().map(|(name, target)| self.ref_info(name, target));
        let refs = refs.collect::<Result<Vec<_>, _>>()?;
        let next = if more { refs.last().map(|last| last.name.clone()) } else { None };
        Ok(RefPage { refs, next, total })
    }

    fn ref_info(&self, name: RefName, target: ObjectId) -> Result<RefInfo, ReadError> {
        let id = target.to_git()?;
        let (_, kind) = self.repo.odb()?.read_header(id)?;
        let peeled = if kind == ObjectType::Tag {
            let tagged = self.repo.find_tag(id)?.into_object().peel(ObjectType::Any)?;
            ObjectId::from_git(tagged.id())
        } else {
            None
        };
        Ok(RefInfo { name, target, peeled })
    }

    /// Finds the commit that a name stands for: a full reference, a branch, a tag, a commit id, or the first
    /// [`ID_PREFIX_MIN`] or more digits of one, in this order. Git's other notations (`main~3`, `:/text`) are not read.
    pub fn resolve(&self, name: &str) -> Result<Resolved, ReadError> {
        let missing = || ReadError::NotFound { what: "branch, tag or commit", name: excerpt(name) };
        for candidate in [name.to_owned(), format!("refs/heads/{name}"), format!("refs/tags/{name}")] {
            let Ok(reference) = RefName::try_from(candidate) else { continue };
            if let Some(target) = self.target(&reference)? {
                return Ok(Resolved { commit: self.peel_to_commit(target, name)?, name: Some(reference) });
            }
        }
        let hex = name.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !hex || !(ID_PREFIX_MIN..=40).contains(&name.len()) {
            return Err(missing());
        }
        let object = match self.repo.find_object_by_prefix(name, Some(ObjectType::Commit)) {
            Ok(object) => object,
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::Ambiguous) => return Err(missing()),
            Err(error) => return Err(error.into()),
        };
        Ok(Resolved { commit: ObjectId::from_git(object.id()).ok_or_else(missing)?, name: None })
    }

    pub(crate) fn peel_to_commit(&self, id: ObjectId, name: &str) -> Result<ObjectId, ReadError> {
        let object = self.repo.find_object(id.to_git()?, None)?;
        let found = |kind: Option<ObjectType>| kind.map_or("unknown", |kind| kind.str()).to_owned();
        let wrong = |kind| ReadError::WrongKind { name: excerpt(name), expected: "commit", found: found(kind) };
        match object.peel(ObjectType::Commit) {
            Ok(commit) => ObjectId::from_git(commit.id()).ok_or_else(|| wrong(None)),
            Err(error) if matches!(error.code(), ErrorCode::Peel | ErrorCode::InvalidSpec) => {
                Err(wrong(object.peel(ObjectType::Any).ok().and_then(|object| object.kind()).or(object.kind())))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Reads a commit whose size is within bounds.
    pub(crate) fn commit(&self, id: Oid) -> Result<git2::Commit<'_>, ReadError> {
        self.check_size(id, "commit", ObjectType::Commit, COMMIT_BYTES_MAX)?;
        Ok(self.repo.find_commit(id)?)
    }

    /// Reads a tree whose size is within bounds.
    pub(crate) fn tree_object(&self, id: Oid) -> Result<git2::Tree<'_>, ReadError> {
        self.check_size(id, "tree", ObjectType::Tree, TREE_BYTES_MAX)?;
        Ok(self.repo.find_tree(id)?)
    }

    fn check_size(&self, id: Oid, what: &'static str, wanted: ObjectType, limit: usize) -> Result<(), ReadError> {
        let (bytes, kind) = self.header(id, what)?;
        if kind != wanted {
            return Err(ReadError::WrongKind { name: id.to_string(), expected: what, found: kind.str().to_owned() });
        }
        if bytes > limit { Err(ReadError::TooLarge { what, id, bytes, limit }) } else { Ok(()) }
    }

    /// Size and kind of an object.
    pub(crate) fn header(&self, id: Oid, what: &'static str) -> Result<(usize, ObjectType), ReadError> {
        match self.repo.odb()?.read_header(id) {
            Ok(header) => Ok(header),
            Err(error) if error.code() == ErrorCode::NotFound => {
                Err(ReadError::NotFound { what, name: id.to_string() })
            }
            Err(error) => Err(error.into()),
        }
    }
}
