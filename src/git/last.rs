//! The last commit of each entry of a directory: which commit of the history made it what it is. One walk for all entries, not
//! one for each.
//!
//! Every commit on the way carries the entries that are still to be explained. A parent whose directory is the same object takes
//! all of them, unread; else each parent in turn takes those that are the same there. What no parent has so was made by this
//! commit. The commit-graph, where there is one, gives parents, order and root trees without a commit being read. A history that
//! has been walked before is not walked again: from a tip that is remembered, its answer goes on.
//!
//! This is what `git log -1 -- <entry>` answers for each entry.

use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use git2::{Odb, Oid};
use gix_commitgraph::Graph;

use crate::cache::Cache;
use crate::limits::{LAST_BYTES_MAX, LAST_COMMITS_MAX, LAST_TIME, LAST_TIPS, LAST_TITLE_LENGTH_MAX, TREE_BYTES_MAX};
use crate::names::ObjectId;
use crate::place::RepoKey;
use crate::read::{ReadError, Reader};
use crate::tree::split;

/// A commit, as a directory shows it beside what it made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastCommit {
    /// The commit.
    pub id: ObjectId,
    /// The first line of its message, at most [`LAST_TITLE_LENGTH_MAX`] characters.
    pub title: String,
    /// Who wrote it, as it says.
    pub author: String,
    /// When it was made, in seconds since 1970-01-01 UTC, as it says.
    pub time_s: i64,
}

/// The last commits of a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastCommits {
    /// By the name of the entry, as git has it. What is not found within the bounds is missing.
    pub of: HashMap<Vec<u8>, Arc<LastCommit>>,
    /// Whether all were found.
    pub whole: bool,
}

type Asked = (RepoKey, Vec<u8>, ObjectId);

/// What was found before.
pub struct LastMemory {
    answers: Cache<Asked, Arc<LastCommits>>,
    /// The tips a directory was last walked from.
    tips: Cache<(RepoKey, Vec<u8>), Vec<ObjectId>>,
}

impl Default for LastMemory {
    fn default() -> Self {
        Self { answers: Cache::new(LAST_BYTES_MAX), tips: Cache::new(LAST_BYTES_MAX / 8) }
    }
}

impl LastMemory {
    fn keep(&self, asked: Asked, answer: &Arc<LastCommits>) {
        let (repo, path, tip) = asked.clone();
        let names: usize =
            answer.of.iter().map(|(name, commit)| name.len() + commit.title.len() + commit.author.len() + 180).sum();
        self.answers.put(asked, answer.clone(), names + path.len() + 200);
        if answer.whole {
            let (place, bytes) = ((repo, path), 300);
            let mut tips = self.tips.get(&place).unwrap_or_default();
            tips.retain(|known| *known != tip);
            tips.insert(0, tip);
            tips.truncate(LAST_TIPS);
            let bytes = bytes + place.1.len();
            self.tips.put(place, tips, bytes);
        }
    }

    fn known(&self, repo: &RepoKey, path: &[u8]) -> HashMap<Oid, Arc<LastCommits>> {
        let tips = self.tips.get(&(repo.clone(), path.to_vec())).unwrap_or_default();
        let answer = |tip: ObjectId| self.answers.get(&(repo.clone(), path.to_vec(), tip));
        tips.into_iter().filter_map(|tip| Some((tip.to_git().ok()?, answer(tip)?))).collect()
    }
}

impl Reader {
    /// The last commit of each entry of a directory, seen from a commit.
    /// - `memory`: what was found before, where this is put, too
    ///
    /// Bounded by [`LAST_COMMITS_MAX`] commits and [`LAST_TIME`]: entries whose commit lies beyond are left out.
    pub fn last_commits(
        &self,
        memory: &LastMemory,
        repo: &RepoKey,
        tip: ObjectId,
        path: &[u8],
    ) -> Result<Arc<LastCommits>, ReadError> {
        let asked = (repo.clone(), path.to_vec(), tip);
        if let Some(found) = memory.answers.get(&asked) {
            return Ok(found);
        }
        let walk = Walk {
            reader: self,
            odb: self.repo.odb()?,
            graph: self.graph(),
            names: split(path)?,
            known: memory.known(repo, path),
            found: HashMap::new(),
            begun: Instant::now(),
        };
        let found = Arc::new(walk.run(tip.to_git()?)?);
        memory.keep(asked, &found);
        Ok(found)
    }

    /// What a directory shows of one commit.
    pub fn brief(&self, commit: ObjectId) -> Result<LastCommit, ReadError> {
        described(self, commit.to_git()?)
    }

    /// The commit-graph of the repository; `None` if there is none, or none that can be read.
    fn graph(&self) -> Option<Graph> {
        let info = self.repo.path().join("objects/info");
        let there = info.join("commit-graph").exists() || info.join("commit-graphs/commit-graph-chain").exists();
        if !there {
            return None;
        }
        let opened = Graph::from_info_dir(&info, gix_hash::Kind::Sha1);
        opened.map_err(|error| tracing::debug!(%error, "A commit-graph cannot be read")).ok()
    }
}

/// What a walk has to know of a commit.
struct Node {
    parents: Vec<Oid>,
    tree: Oid,
    time_s: i64,
    /// Its place in the order of history; what the commit-graph does not have comes after all that it has.
    generation: u32,
}

/// An entry of a tree.
struct Entry<'a> {
    name: &'a [u8],
    /// Mode and object, as git writes them.
    what: (&'a [u8], &'a [u8]),
}

/// What is still to be explained at a commit: names, with mode and object.
type Wanted = Vec<Arc<Name>>;

struct Name {
    name: Vec<u8>,
    mode: Vec<u8>,
    id: Vec<u8>,
}

struct Walk<'a> {
    reader: &'a Reader,
    odb: Odb<'a>,
    graph: Option<Graph>,
    /// The names that lead from the root to the directory.
    names: Vec<&'a [u8]>,
    known: HashMap<Oid, Arc<LastCommits>>,
    found: HashMap<Vec<u8>, Found>,
    begun: Instant,
}

/// Where an entry was explained.
enum Found {
    Here(Oid),
    Before(Arc<LastCommit>),
}

impl Walk<'_> {
    fn run(mut self, tip: Oid) -> Result<LastCommits, ReadError> {
        let first = self.node(tip)?;
        let Some(dir) = self.directory(first.tree)? else { return Ok(LastCommits::default()) };
        let tree = self.tree(dir)?;
        let name = |entry: Entry<'_>| {
            Arc::new(Name { name: entry.name.into(), mode: entry.what.0.into(), id: entry.what.1.into() })
        };
        let wanted: Wanted = entries(&tree).map(name).collect();
        let mut left = wanted.len();
        // What a commit has to explain, by commit; the heap says whose turn it is: children before their parents.
        let mut open: HashMap<Oid, (Node, Oid, Wanted)> = HashMap::new();
        let mut heap = BinaryHeap::from([(first.generation, first.time_s, tip)]);
        open.insert(tip, (first, dir, wanted));
        let mut visited = 0;
        while let Some((_, _, id)) = heap.pop() {
            // A clock that is wrong can bring a commit up twice.
            let Some((node, dir, wanted)) = open.remove(&id) else { continue };
            visited += 1;
            if visited > LAST_COMMITS_MAX || (visited % 64 == 0 && self.begun.elapsed() > LAST_TIME) {
                break;
            }
            let rest = match self.known.get(&id).cloned() {
                Some(known) => self.remembered(&known, wanted, &mut left),
                None => wanted,
            };
            let rest = self.hand_over(&node, dir, rest, &mut open, &mut heap)?;
            left -= rest.len();
            self.found.extend(rest.into_iter().map(|entry| (entry.name.clone(), Found::Here(id))));
        }
        self.described(left == 0)
    }

    /// Takes what an earlier walk from this commit has explained; what it has not is left.
    fn remembered(&mut self, known: &LastCommits, wanted: Wanted, left: &mut usize) -> Wanted {
        let mut rest = Wanted::new();
        for entry in wanted {
            match known.of.get(&entry.name) {
                Some(commit) => {
                    self.found.insert(entry.name.clone(), Found::Before(commit.clone()));
                    *left -= 1;
                }
                None => rest.push(entry),
            }
        }
        rest
    }

    /// Hands each entry over to the first parent that has it so. What is left was made here.
    fn hand_over(
        &self,
        node: &Node,
        dir: Oid,
        mut wanted: Wanted,
        open: &mut HashMap<Oid, (Node, Oid, Wanted)>,
        heap: &mut BinaryHeap<(u32, i64, Oid)>,
    ) -> Result<Wanted, ReadError> {
        for parent in &node.parents {
            if wanted.is_empty() {
                break;
            }
            // A history that is cut short ends where it is cut.
            let Ok(before) = self.node(*parent) else { continue };
            let Some(there) = self.directory(before.tree)? else { continue };
            let taken = if there == dir {
                std::mem::take(&mut wanted)
            } else {
                let (same, other) = self.shared(there, wanted)?;
                wanted = other;
                same
            };
            if taken.is_empty() {
                continue;
            }
            heap.push((before.generation, before.time_s, *parent));
            open.entry(*parent).or_insert_with(|| (before, there, Wanted::new())).2.extend(taken);
        }
        Ok(wanted)
    }

    /// Parts entries into those that a directory has just so, and the others.
    fn shared(&self, dir: Oid, wanted: Wanted) -> Result<(Wanted, Wanted), ReadError> {
        let tree = self.tree(dir)?;
        let there: HashMap<&[u8], (&[u8], &[u8])> = entries(&tree).map(|entry| (entry.name, entry.what)).collect();
        let same = |entry: &Arc<Name>| there.get(entry.name.as_slice()) == Some(&(&entry.mode[..], &entry.id[..]));
        Ok(wanted.into_iter().partition(same))
    }

    fn node(&self, id: Oid) -> Result<Node, ReadError> {
        let graph = self.graph.as_ref();
        if let Some(graph) = graph
            && let Ok(name) = gix_hash::oid::try_from_bytes(id.as_bytes())
            && let Some(commit) = graph.commit_by_id(name)
        {
            let parents: Option<Vec<Oid>> = commit
                .iter_parents()
                .map(|parent| Oid::from_bytes(graph.id_at(parent.ok()?).as_bytes()).ok())
                .collect();
            if let (Some(parents), Ok(tree)) = (parents, Oid::from_bytes(commit.root_tree_id().as_bytes())) {
                let time_s = i64::try_from(commit.committer_timestamp()).unwrap_or(i64::MAX);
                return Ok(Node { parents, tree, time_s, generation: commit.generation() });
            }
        }
        let commit = self.reader.commit(id)?;
        let parents = commit.parent_ids().collect();
        Ok(Node { parents, tree: commit.tree_id(), time_s: commit.time().seconds(), generation: u32::MAX })
    }

    /// The directory, below a root.
    fn directory(&self, root: Oid) -> Result<Option<Oid>, ReadError> {
        let mut at = root;
        for name in &self.names {
            let tree = self.tree(at)?;
            let entry = entries(&tree).find(|entry| entry.name == *name && entry.what.0 == b"40000");
            let Some(entry) = entry else { return Ok(None) };
            at = Oid::from_bytes(entry.what.1)?;
        }
        Ok(Some(at))
    }

    fn tree(&self, id: Oid) -> Result<Vec<u8>, ReadError> {
        let object = self.odb.read(id)?;
        let bytes = object.data().len();
        if bytes > TREE_BYTES_MAX {
            return Err(ReadError::TooLarge { what: "tree", id, bytes, limit: TREE_BYTES_MAX });
        }
        Ok(object.data().to_vec())
    }

    /// Reads the commits that were found, each once.
    fn described(self, whole: bool) -> Result<LastCommits, ReadError> {
        let mut commits: HashMap<Oid, Arc<LastCommit>> = HashMap::new();
        let mut of = HashMap::with_capacity(self.found.len());
        for (name, found) in self.found {
            let commit = match found {
                Found::Before(commit) => commit,
                Found::Here(id) => match commits.get(&id) {
                    Some(commit) => commit.clone(),
                    None => {
                        let commit = Arc::new(described(self.reader, id)?);
                        commits.insert(id, commit.clone());
                        commit
                    }
                },
            };
            of.insert(name, commit);
        }
        Ok(LastCommits { of, whole })
    }
}

fn described(reader: &Reader, id: Oid) -> Result<LastCommit, ReadError> {
    let commit = reader.commit(id)?;
    let message = String::from_utf8_lossy(commit.message_bytes());
    let title = message.lines().next().unwrap_or_default().trim().chars().take(LAST_TITLE_LENGTH_MAX).collect();
    let author = String::from_utf8_lossy(commit.author().name_bytes()).chars().take(LAST_TITLE_LENGTH_MAX).collect();
    let id = ObjectId::from_git(id).ok_or_else(|| ReadError::NotFound { what: "commit", name: id.to_string() })?;
    Ok(LastCommit { id, title, author, time_s: commit.time().seconds() })
}

/// The entries of a tree as git keeps it: mode, a space, the name, a zero, the id. What is broken ends it.
fn entries(tree: &[u8]) -> impl Iterator<Item = Entry<'_>> {
    let mut rest = tree;
    std::iter::from_fn(move || {
        let space = rest.iter().position(|byte| *byte == b' ')?;
        let end = space + 1 + rest[space + 1..].iter().position(|byte| *byte == 0)?;
        let id = rest.get(end + 1..end + 21)?;
        let entry = Entry { name: &rest[space + 1..end], what: (&rest[..space], id) };
        rest = &rest[end + 21..];
        Some(entry)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_up_to_where_it_is_broken() {
        let mut tree = b"40000 docs\0".to_vec();
        tree.extend([1; 20]);
        tree.extend(b"100644 a b\0");
        tree.extend([2; 20]);
        let names = |tree: &[u8]| entries(tree).map(|entry| entry.name.to_vec()).collect::<Vec<_>>();
        assert_eq!(names(&tree), [b"docs".to_vec(), b"a b".to_vec()]);
        assert_eq!(names(&tree[..tree.len() - 1]), [b"docs".to_vec()]);
        assert_eq!(names(b""), Vec::<Vec<u8>>::new());
    }
}
