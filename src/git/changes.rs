//! Which files one commit touches: two trees compared, directory by directory, without looking into files.
//! libgit2's own comparison has no bound on what it collects.

use std::collections::BTreeMap;

use git2::{ObjectType, Oid};

use crate::limits::{COMMIT_FILES_MAX, COMMIT_TREES_MAX, PATH_BYTES_MAX};
use crate::read::{ReadError, Reader};

/// The files that differ between two trees, by path. A renamed file is one removed and one added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Files that were not there before.
    pub added: Vec<String>,
    /// Files with another content, kind or mode.
    pub modified: Vec<String>,
    /// Files that are not there any more.
    pub removed: Vec<String>,
    /// Whether there are more: at most [`COMMIT_FILES_MAX`] are named, and at most [`COMMIT_TREES_MAX`] directories read.
    pub cut: bool,
}

/// One entry of a tree: what it is and its mode.
type Entry = (Oid, i32, bool);

/// Two directories still to be compared.
struct Pair {
    path: Vec<u8>,
    before: Option<Oid>,
    after: Option<Oid>,
}

impl Reader {
    /// Compares two trees; without a tree before, everything is added.
    pub(crate) fn changes(&self, before: Option<Oid>, after: Oid) -> Result<Changes, ReadError> {
        let mut changes = Changes::default();
        let mut pairs = vec![Pair { path: Vec::new(), before, after: Some(after) }];
        let mut trees = 0;
        while let Some(Pair { path, before, after }) = pairs.pop() {
            if before == after {
                continue;
            }
            trees += 1;
            if trees > COMMIT_TREES_MAX || path.len() > PATH_BYTES_MAX {
                changes.cut = true;
                break;
            }
            let mut both: BTreeMap<Vec<u8>, [Option<Entry>; 2]> = BTreeMap::new();
            for (side, tree) in [before, after].into_iter().enumerate() {
                let Some(tree) = tree else { continue };
                for entry in &self.tree_object(tree)? {
                    let found = (entry.id(), entry.filemode(), entry.kind() == Some(ObjectType::Tree));
                    both.entry(entry.name_bytes().to_vec()).or_default()[side] = Some(found);
                }
            }
            let mut below = Vec::new();
            for (name, [before, after]) in both {
                if before != after && !changes.compare(join(&path, &name), before, after, &mut below) {
                    return Ok(changes);
                }
            }
            // The last pair is taken first: so paths come out in order as far as directories go.
            pairs.extend(below.into_iter().rev());
        }
        Ok(changes)
    }
}

impl Changes {
    /// Notes one entry that differs. Tells whether there is room for more.
    fn compare(&mut self, path: Vec<u8>, before: Option<Entry>, after: Option<Entry>, below: &mut Vec<Pair>) -> bool {
        let tree = |entry: Option<Entry>| entry.filter(|entry| entry.2).map(|entry| entry.0);
        let file = |entry: Option<Entry>| entry.is_some_and(|entry| !entry.2);
        if self.added.len() + self.modified.len() + self.removed.len() == COMMIT_FILES_MAX
            && (file(before) || file(after))
        {
            self.cut = true;
            return false;
        }
        let name = || String::from_utf8_lossy(&path).into_owned();
        match (file(before), file(after)) {
            (false, true) => self.added.push(name()),
            (true, false) => self.removed.push(name()),
            (true, true) => self.modified.push(name()),
            (false, false) => {}
        }
        let (before, after) = (tree(before), tree(after));
        if before.is_some() || after.is_some() {
            below.push(Pair { path, before, after });
        }
        true
    }
}

fn join(path: &[u8], name: &[u8]) -> Vec<u8> {
    if path.is_empty() { name.to_vec() } else { [path, b"/", name].concat() }
}
