//! What one branch has that another has not: its commits, the files they change, and how, line by line. Bounded, and blocking.

use git2::{DiffOptions, Patch};

use crate::changes::Changes;
use crate::limits::{DIFF_FILE_BYTES_MAX, DIFF_LINES_MAX};
use crate::log::Range;
use crate::names::ObjectId;
use crate::place::Repo;
use crate::read::{ReadError, Reader};

/// What a branch brings, compared with where it left the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The commits, newest first.
    pub commits: Range,
    /// The files.
    pub changes: Changes,
    /// How they are changed, in the order of their paths, as far as [`DIFF_LINES_MAX`] goes.
    pub files: Vec<FileDiff>,
    /// Whether there is more than `files` says.
    pub cut: bool,
}

/// How the files of two commits differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The files.
    pub changes: Changes,
    /// How they are changed, in the order of their paths, as far as [`DIFF_LINES_MAX`] goes.
    pub files: Vec<FileDiff>,
    /// Whether there is more than `files` says.
    pub cut: bool,
}

/// How one file is changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDiff {
    /// Its path.
    pub path: String,
    /// Lines of a unified diff; `None` if it is no text, or longer than [`DIFF_FILE_BYTES_MAX`].
    pub lines: Option<Vec<DiffLine>>,
}

/// One line of a unified diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffLine {
    /// `@` for the head of a hunk, `+`, `-`, or a space.
    pub sign: char,
    /// The line without its sign and its end.
    pub text: String,
}

impl Reader {
    /// Opens a repository together with the objects of another one, to compare branches of both.
    pub fn open_with(repo: &Repo, other: &Repo) -> Result<Reader, ReadError> {
        if repo.path() == other.path() {
            return Reader::open(repo);
        }
        Reader::open_quarantined(repo, &other.path().join("objects"))
    }

    /// Compares two commits.
    /// - `newest`: commits to describe
    /// - errors: [`ReadError::TooMany`] if their histories are too long apart
    pub fn compare(&self, target: ObjectId, origin: ObjectId, newest: usize) -> Result<Comparison, ReadError> {
        let commits = self.commits_between(&[target], origin, newest, 0)?;
        let behind = self.commits_between(&[origin], target, 0, 0)?;
        if !commits.exact || !behind.exact {
            return Err(ReadError::TooMany { what: "commits", limit: crate::limits::COMMITS_WALK_MAX });
        }
        let base = match self.repo.merge_base(target.to_git()?, origin.to_git()?) {
            Ok(base) => Some(self.commit(base)?.tree_id()),
            Err(error) if error.code() == git2::ErrorCode::NotFound => None,
            Err(error) => return Err(error.into()),
        };
        let Difference { changes, files, cut } = self.trees(base, self.commit(origin.to_git()?)?.tree_id())?;
        Ok(Comparison { commits, changes, files, cut })
    }

    /// How the files of one commit differ from those of another, whatever lies between them.
    /// - `from`: without it, all is new
    pub fn difference(&self, from: Option<ObjectId>, to: ObjectId) -> Result<Difference, ReadError> {
        let from = from.map(|from| Ok::<_, ReadError>(self.commit(from.to_git()?)?.tree_id())).transpose()?;
        self.trees(from, self.commit(to.to_git()?)?.tree_id())
    }

    fn trees(&self, before: Option<git2::Oid>, after: git2::Oid) -> Result<Difference, ReadError> {
        let changes = self.changes(before, after)?;
        let mut paths: Vec<&String> = changes.added.iter().chain(&changes.modified).chain(&changes.removed).collect();
        paths.sort();
        let (mut files, mut left, mut cut) = (Vec::new(), DIFF_LINES_MAX, changes.cut);
        for path in paths {
            let old = before.map(|tree| self.text_at(tree, path)).transpose()?.unwrap_or_else(|| Some(Vec::new()));
            let new = self.text_at(after, path)?;
            let lines = match (old, new) {
                (Some(old), Some(new)) => Some(lines(&old, &new)?),
                _ => None,
            };
            let count = lines.as_ref().map_or(1, Vec::len);
            if count > left {
                cut = true;
                break;
            }
            left -= count;
            files.push(FileDiff { path: path.clone(), lines });
        }
        Ok(Difference { changes, files, cut })
    }

    /// The text of a file; nothing if there is none; `None` if it is too long, or no text.
    pub(crate) fn text_at(&self, tree: git2::Oid, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        let tree = self.tree_object(tree)?;
        let entry = match tree.get_path(std::path::Path::new(path)) {
            Err(error) if error.code() == git2::ErrorCode::NotFound => return Ok(Some(Vec::new())),
            entry => entry?,
        };
        if entry.kind() != Some(git2::ObjectType::Blob) {
            return Ok(None);
        }
        let (bytes, _) = self.header(entry.id(), "file")?;
        if bytes > DIFF_FILE_BYTES_MAX {
            return Ok(None);
        }
        let content = self.repo.find_blob(entry.id())?.content().to_owned();
        Ok((!content.contains(&0)).then_some(content))
    }
}

fn lines(old: &[u8], new: &[u8]) -> Result<Vec<DiffLine>, ReadError> {
    let mut options = DiffOptions::new();
    let patch = Patch::from_buffers(old, None, new, None, Some(&mut options))?;
    let mut lines = Vec::new();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end_matches(['\r', '\n']).to_owned();
    for hunk in 0..patch.num_hunks() {
        let (head, count) = patch.hunk(hunk)?;
        lines.push(DiffLine { sign: '@', text: text(head.header()) });
        for line in 0..count {
            let line = patch.line_in_hunk(hunk, line)?;
            // The rest are notes that a file ends without the end of a line.
            if matches!(line.origin(), '+' | '-' | ' ') {
                lines.push(DiffLine { sign: line.origin(), text: text(line.content()) });
            }
        }
    }
    Ok(lines)
}
