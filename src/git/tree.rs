//! Files and directories of a commit. Methods of [`Reader`], so they block. Paths are plain: names separated by `/`,
//! none of them empty, `.` or `..`; the empty path is the root. To git they are bytes: names that are not UTF-8 are shown with
//! replacement characters, and opened by [`TreeEntry::raw`].

use std::collections::HashMap;

use git2::{ObjectType, Oid, Tree};

use crate::limits::{
    BINARY_SNIFF_BYTES, BLOB_BYTES_MAX, LINK_BYTES_MAX, PATH_BYTES_MAX, PATH_DEPTH_MAX, SUBMODULES_BYTES_MAX,
    SUBMODULES_MAX, TREE_ENTRIES_MAX,
};
use crate::names::{ObjectId, excerpt};
use crate::read::{ReadError, Reader};

/// What an entry of a directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A directory.
    Directory,
    /// A commit of another repository.
    Submodule,
    /// A file.
    File,
    /// A file with its executable bit set.
    Executable,
    /// A symbolic link; its content is where it leads.
    Link,
}

/// One entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    /// Its name, without the directory, as people read it.
    pub name: String,
    /// The same as git has it.
    pub raw: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// Its object: a tree, a blob, or a commit that is elsewhere.
    pub id: ObjectId,
    /// Bytes in a file or link.
    pub size_bytes: Option<u64>,
}

/// A directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The id of the directory's tree; the same id is the same content, all the way down.
    pub id: ObjectId,
    /// Directories first, then the others, each by name. At most [`TREE_ENTRIES_MAX`].
    pub entries: Vec<TreeEntry>,
    /// How many entries there are in all.
    pub total: usize,
}

impl Listing {
    /// The entry that introduces the directory: of `README`, `readme.md` and the like the one that says most.
    pub fn readme(&self) -> Option<&TreeEntry> {
        const ENDINGS: [&str; 8] = ["md", "markdown", "txt", "", "rst", "adoc", "org", "html"];
        let rank = |entry: &&TreeEntry| {
            let lower = entry.name.to_ascii_lowercase();
            let (stem, ending) = lower.split_once('.').unwrap_or((&lower, ""));
            let file = matches!(entry.kind, EntryKind::File | EntryKind::Executable);
            if stem == "readme" && file { ENDINGS.iter().position(|known| *known == ending) } else { None }
        };
        self.entries
            .iter()
            .filter_map(|entry| Some((rank(&entry)?, entry)))
            .min_by_key(|(rank, _)| *rank)
            .map(|(_, e)| e)
    }
}

/// A file's content, as far as it was to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// All of it.
    Whole {
        /// The bytes.
        bytes: Vec<u8>,
        /// Whether it is binary, by git's rule: a NUL in the first [`BINARY_SNIFF_BYTES`] bytes.
        binary: bool,
    },
    /// It is larger than the caller wanted to read.
    TooLarge,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileAt {
    /// File, executable file or link.
    pub kind: EntryKind,
    /// Its blob.
    pub id: ObjectId,
    /// Its size.
    pub size_bytes: u64,
    /// Its content.
    pub content: Content,
}

/// Whether a content is binary, by git's rule: a NUL in the first [`BINARY_SNIFF_BYTES`] bytes.
pub fn is_binary(bytes: &[u8]) -> bool {
    bytes.iter().take(BINARY_SNIFF_BYTES).any(|byte| *byte == 0)
}

impl Reader {
    /// Lists a directory of a commit, with the sizes of its files.
    pub fn list(&self, commit: ObjectId, path: impl AsRef<[u8]>) -> Result<Listing, ReadError> {
        let mut listing = self.list_names(commit, path)?;
        let odb = self.repo.odb()?;
        for entry in &mut listing.entries {
            if !matches!(entry.kind, EntryKind::Directory | EntryKind::Submodule) {
                // A blob left out by a partial clone is no reason to show nothing.
                entry.size_bytes = odb.read_header(entry.id.to_git()?).ok().map(|(bytes, _)| bytes as u64);
            }
        }
        Ok(listing)
    }

    /// Lists a directory of a commit without looking at its files.
    pub fn list_names(&self, commit: ObjectId, path: impl AsRef<[u8]>) -> Result<Listing, ReadError> {
        let path = path.as_ref();
        let (id, kind) = self.entry_at(commit, path)?;
        let EntryKind::Directory = kind else {
            return Err(ReadError::WrongKind { name: named(path), expected: "directory", found: "file".into() });
        };
        let tree = self.tree_object(id)?;
        // git has no objects of id zero, nor trees with such entries that pass its checks
        let mut entries: Vec<TreeEntry> = tree.iter().filter_map(|entry| tree_entry(&entry)).collect();
        let total = entries.len();
        entries
            .sort_by(|a, b| (a.kind != EntryKind::Directory, &a.name).cmp(&(b.kind != EntryKind::Directory, &b.name)));
        entries.truncate(TREE_ENTRIES_MAX);
        let id = ObjectId::from_git(id).ok_or_else(|| not_found(path))?;
        Ok(Listing { id, entries, total })
    }

    /// Reads a file of a commit.
    /// - `bytes_max`: a larger file is not read, only described; at most [`BLOB_BYTES_MAX`]
    pub fn file(&self, commit: ObjectId, path: impl AsRef<[u8]>, bytes_max: usize) -> Result<FileAt, ReadError> {
        let path = path.as_ref();
        let (id, kind) = self.entry_at(commit, path)?;
        if matches!(kind, EntryKind::Directory | EntryKind::Submodule) {
            let found = if kind == EntryKind::Directory { "directory" } else { "submodule" };
            return Err(ReadError::WrongKind { name: named(path), expected: "file", found: found.into() });
        }
        let id = ObjectId::from_git(id).ok_or_else(|| not_found(path))?;
        let (size_bytes, content) = self.blob(id, bytes_max)?;
        Ok(FileAt { kind, id, size_bytes, content })
    }

    /// Reads a blob: its size, and its content if it has at most `bytes_max` bytes.
    pub fn blob(&self, id: ObjectId, bytes_max: usize) -> Result<(u64, Content), ReadError> {
        let (size, kind) = self.header(id.to_git()?, "blob")?;
        if kind != ObjectType::Blob {
            return Err(ReadError::WrongKind { name: id.to_string(), expected: "blob", found: kind.str().into() });
        }
        if size > bytes_max.min(BLOB_BYTES_MAX) {
            return Ok((size as u64, Content::TooLarge));
        }
        let bytes = self.repo.find_blob(id.to_git()?)?.content().to_vec();
        let binary = is_binary(&bytes);
        Ok((size as u64, Content::Whole { bytes, binary }))
    }

    /// The object and the kind of what lies at a path.
    pub fn kind_at(&self, commit: ObjectId, path: impl AsRef<[u8]>) -> Result<(ObjectId, EntryKind), ReadError> {
        let path = path.as_ref();
        let (id, kind) = self.entry_at(commit, path)?;
        Ok((ObjectId::from_git(id).ok_or_else(|| not_found(path))?, kind))
    }

    /// Where a symbolic link leads, as far as that is a text of at most [`LINK_BYTES_MAX`] bytes.
    pub fn link_target(&self, link: ObjectId) -> Result<Option<String>, ReadError> {
        match self.blob(link, LINK_BYTES_MAX)?.1 {
            Content::Whole { bytes, .. } => Ok(String::from_utf8(bytes).ok()),
            Content::TooLarge => Ok(None),
        }
    }

    /// The addresses of a commit's submodules by their paths, as its `.gitmodules` has them; at most [`SUBMODULES_MAX`]. Nobody has
    /// looked whether they are good for anything.
    pub fn submodules(&self, commit: ObjectId) -> Result<HashMap<String, String>, ReadError> {
        match self.file(commit, ".gitmodules", SUBMODULES_BYTES_MAX) {
            Ok(FileAt { content: Content::Whole { bytes, .. }, .. }) => {
                Ok(submodules_in(&String::from_utf8_lossy(&bytes)))
            }
            Ok(_) | Err(ReadError::NotFound { .. } | ReadError::WrongKind { .. }) => Ok(HashMap::new()),
            Err(error) => Err(error),
        }
    }

    /// Goes down a path from the root of a commit.
    fn entry_at(&self, commit: ObjectId, path: &[u8]) -> Result<(Oid, EntryKind), ReadError> {
        let names = split(path)?;
        let mut at = (self.commit(commit.to_git()?)?.tree_id(), EntryKind::Directory);
        for name in names {
            if at.1 != EntryKind::Directory {
                return Err(not_found(path));
            }
            let tree: Tree<'_> = self.tree_object(at.0)?;
            let entry = tree.get_name_bytes(name).ok_or_else(|| not_found(path))?;
            at = (entry.id(), kind_of(entry.filemode()).ok_or_else(|| not_found(path))?);
        }
        Ok(at)
    }
}

fn not_found(path: &[u8]) -> ReadError {
    ReadError::NotFound { what: "file or directory", name: named(path) }
}

/// The beginning of a path, as people read it.
fn named(path: &[u8]) -> String {
    excerpt(&String::from_utf8_lossy(path))
}

/// The names of a plain path.
pub(crate) fn split(path: &[u8]) -> Result<Vec<&[u8]>, ReadError> {
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<&[u8]> = path.split(|byte| *byte == b'/').take(PATH_DEPTH_MAX + 1).collect();
    let plain = |name: &&[u8]| !matches!(*name, b"" | b"." | b"..") && !name.contains(&0);
    if path.len() > PATH_BYTES_MAX || names.len() > PATH_DEPTH_MAX || !names.iter().all(plain) {
        return Err(ReadError::Path { found: named(path) });
    }
    Ok(names)
}

fn tree_entry(entry: &git2::TreeEntry<'_>) -> Option<TreeEntry> {
    Some(TreeEntry {
        name: String::from_utf8_lossy(entry.name_bytes()).into_owned(),
        raw: entry.name_bytes().to_vec(),
        kind: kind_of(entry.filemode())?,
        id: ObjectId::from_git(entry.id())?,
        size_bytes: None,
    })
}

/// The addresses in a `.gitmodules`: sections of lines `path = …` and `url = …`.
fn submodules_in(text: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for section in text.split('[').skip(1).take(SUBMODULES_MAX) {
        let value = |name: &str| {
            let mut lines = section.lines().filter_map(|line| line.split_once('='));
            lines.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().trim_matches('"').to_owned())
        };
        if let (Some(path), Some(url)) = (value("path"), value("url")) {
            found.insert(path, url);
        }
    }
    found
}

/// The kind behind a mode; libgit2 has already brought old modes to these.
fn kind_of(mode: i32) -> Option<EntryKind> {
    match mode {
        0o040_000 => Some(EntryKind::Directory),
        0o160_000 => Some(EntryKind::Submodule),
        0o120_000 => Some(EntryKind::Link),
        0o100_755 => Some(EntryKind::Executable),
        0o100_644 | 0o100_664 => Some(EntryKind::File),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_addresses_of_submodules_are_read_and_what_is_half_there_is_left_out() {
        let text = "[submodule \"cup\"]\n\tpath = things/cup\n\turl = https://a.example/cup.git\n[submodule \"x\"]\n\tpath = x\n[core]\n";
        let found = submodules_in(text);
        assert_eq!(found.len(), 1);
        assert_eq!(found["things/cup"], "https://a.example/cup.git");
        assert!(submodules_in("path = a\nurl = b").is_empty());
    }
}
