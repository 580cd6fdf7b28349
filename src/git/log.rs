//! History: which commits a push brought, a page of a branch's log, whether one commit comes after another.
//! Methods of [`Reader`], so they block. Walks go by commit time, as `git log` does, and end after
//! [`COMMITS_WALK_MAX`] commits; commits with wrong clocks are borne with as far as [`CLOCK_SLOP_COMMITS`] go.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use git2::{Commit, Oid};

use crate::changes::Changes;
use crate::limits::{
    BODY_LENGTH_MAX, CLOCK_SLOP_COMMITS, COMMITS_KNOWN_MAX, COMMITS_PAGE_MAX, COMMITS_PUSHED_MAX, COMMITS_WALK_MAX,
    PERSON_LENGTH_MAX, TITLE_LENGTH_MAX,
};
use crate::names::ObjectId;
use crate::read::{ReadError, Reader};

/// Who did something, and when. As it stands in the commit: nobody has proved it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Name, at most [`PERSON_LENGTH_MAX`] characters.
    pub name: String,
    /// E-mail address, or what stands in its place; at most [`PERSON_LENGTH_MAX`] characters.
    pub email: String,
    /// Seconds since 1970-01-01 UTC; may be negative.
    pub time_s: i64,
    /// Minutes east of UTC of the author's clock.
    pub offset_min: i32,
}

/// What is told of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitInfo {
    /// The commit.
    pub id: ObjectId,
    /// Its parents; a merge has several, the first commit of a history none.
    pub parents: Vec<ObjectId>,
    /// Who wrote the change.
    pub author: Person,
    /// Who made the commit.
    pub committer: Person,
    /// The first line of the message, at most [`TITLE_LENGTH_MAX`] characters.
    pub title: String,
    /// The rest of the message, at most [`BODY_LENGTH_MAX`] characters.
    pub body: String,
}

/// The commits between two points, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// The newest ones.
    pub newest: Vec<CommitInfo>,
    /// The earliest ones, newest of them first; none that is in `newest` already. Empty if `total` is not exact.
    pub earliest: Vec<CommitInfo>,
    /// How many there are.
    pub total: usize,
    /// Whether all were counted; if not there are at least `total`.
    pub exact: bool,
}

/// A reference that a push has moved, for [`Reader::commits_pushed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Where it was; `None` if it is new.
    pub old: Option<ObjectId>,
    /// Where it is: a commit, or a tag of one.
    pub new: ObjectId,
}

/// A page of a log, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogPage {
    /// The commits of this page.
    pub commits: Vec<CommitInfo>,
    /// What to skip for the next page; `None` on the last one.
    pub next_skip: Option<usize>,
}

impl Reader {
    /// The commits that are reached from `new` and from none of `known`: what a push brought.
    /// - `known`: the reference's old commit; for a new branch the newest commits of other branches; at most
    ///   [`COMMITS_KNOWN_MAX`]
    /// - `newest`, `earliest`: how many to describe from either end, at most [`COMMITS_PAGE_MAX`] each
    ///
    /// Those of `known` that are not there (an old commit may have been removed) are passed over.
    pub fn commits_between(
        &self,
        known: &[ObjectId],
        new: ObjectId,
        newest: usize,
        earliest: usize,
    ) -> Result<Range, ReadError> {
        if known.len() > COMMITS_KNOWN_MAX {
            return Err(ReadError::TooMany { what: "known commits", limit: COMMITS_KNOWN_MAX });
        }
        let mut walk = Walk::new(self);
        for id in known {
            match walk.meet(id.to_git()?, true) {
                Err(ReadError::NotFound { .. }) => {}
                met => met?,
            }
        }
        walk.meet(new.to_git()?, false)?;
        let exact = walk.run(COMMITS_WALK_MAX)?;
        let ids = walk.in_order();
        let (newest, earliest) = (newest.min(COMMITS_PAGE_MAX), earliest.min(COMMITS_PAGE_MAX));
        let split = newest.min(ids.len());
        let late = if exact { ids.len().saturating_sub(earliest).max(split) } else { ids.len() };
        Ok(Range {
            newest: self.describe(&ids[..split])?,
            earliest: self.describe(&ids[late..])?,
            total: ids.len(),
            exact,
        })
    }

    /// The commits that each reference of one push brought, in the order of `tips`.
    /// - A reference that was there before brought what is reached from its new place and not from its old one
    /// - A new one brought what is reached from nothing in `before`, from no reference of this push that was there before, and
    ///   from no new one that comes before it in `tips`: so each commit is told once
    /// - `before`: what branches were there before the push; those that are no commits, or are gone, are passed over
    /// - `newest`: how many to describe of each, at most [`COMMITS_PAGE_MAX`]
    ///
    /// One walk serves all new references, so it takes as long as there are commits, however many references there are. Beyond
    /// [`COMMITS_PUSHED_MAX`] commits, all together, the rest is not read, and what is told of it is not exact.
    pub fn commits_pushed(
        &self,
        before: &[ObjectId],
        tips: &[Tip],
        newest: usize,
    ) -> Result<Vec<Result<Range, ReadError>>, ReadError> {
        let mut left = COMMITS_PUSHED_MAX;
        let mut walk = Walk::new(self);
        let known = before.iter().copied().chain(tips.iter().filter(|tip| tip.old.is_some()).map(|tip| tip.new));
        for id in known.take(COMMITS_PUSHED_MAX) {
            // What cannot be read hides nothing; whoever walks there is told so.
            if let Ok(commit) = self.peel_to_commit(id, "") {
                walk.met_known(commit.to_git()?);
            }
        }
        let ranges = tips.iter().map(|tip| {
            let new = self.peel_to_commit(tip.new, &tip.new.to_string())?;
            let Some(old) = tip.old else { return self.reached(&mut walk, new, newest, &mut left) };
            let mut walk = Walk::new(self);
            if let Ok(commit) = self.peel_to_commit(old, "") {
                walk.met_known(commit.to_git()?);
            }
            self.reached(&mut walk, new, newest, &mut left)
        });
        Ok(ranges.collect())
    }

    /// What `walk` reaches from here and has not reached before. From then on it is known to it.
    fn reached(&self, walk: &mut Walk<'_>, new: ObjectId, newest: usize, left: &mut usize) -> Result<Range, ReadError> {
        walk.order.clear();
        let reached = walk.meet(new.to_git()?, false).and_then(|()| walk.run_for(COMMITS_WALK_MAX, left));
        let ids = if reached.is_ok() { walk.in_order() } else { Vec::new() };
        walk.know_all();
        let exact = reached?;
        let shown = newest.min(COMMITS_PAGE_MAX).min(ids.len());
        Ok(Range { newest: self.describe(&ids[..shown])?, earliest: Vec::new(), total: ids.len(), exact })
    }

    /// One page of the history of `tip`.
    /// - `skip`: commits to leave out, from [`LogPage::next_skip`]; `skip + limit` at most [`COMMITS_WALK_MAX`]
    /// - `limit`: 1 to [`COMMITS_PAGE_MAX`]
    pub fn log_page(&self, tip: ObjectId, skip: usize, limit: usize) -> Result<LogPage, ReadError> {
        let limit = limit.clamp(1, COMMITS_PAGE_MAX);
        let end = skip.saturating_add(limit);
        if end > COMMITS_WALK_MAX {
            return Err(ReadError::TooMany { what: "commits", limit: COMMITS_WALK_MAX });
        }
        let mut walk = Walk::new(self);
        walk.meet(tip.to_git()?, false)?;
        let all = walk.run(end)?;
        let ids: Vec<Oid> = walk.order.iter().skip(skip).take(limit).copied().collect();
        Ok(LogPage { commits: self.describe(&ids)?, next_skip: (!all).then_some(end) })
    }

    /// One commit.
    pub fn commit_info(&self, id: ObjectId) -> Result<CommitInfo, ReadError> {
        let commit = self.commit(id.to_git()?)?;
        let message = String::from_utf8_lossy(commit.message_bytes());
        let (title, body) = message.split_once('\n').unwrap_or((&message, ""));
        Ok(CommitInfo {
            id,
            parents: commit.parent_ids().filter_map(ObjectId::from_git).collect(),
            author: person(&commit.author()),
            committer: person(&commit.committer()),
            title: title.trim().chars().take(TITLE_LENGTH_MAX).collect(),
            body: body.trim().chars().take(BODY_LENGTH_MAX).collect(),
        })
    }

    /// The files that a commit touches, compared with its first parent.
    pub fn changes_of(&self, id: ObjectId) -> Result<Changes, ReadError> {
        let commit = self.commit(id.to_git()?)?;
        let before = commit.parent_id(0).ok().map(|parent| self.commit(parent)).transpose()?;
        self.changes(before.map(|parent| parent.tree_id()), commit.tree_id())
    }

    /// Whether `ancestor` is reached from `commit`, or is it. A push that moves a branch from `old` to `new` rewrites
    /// history unless `old` is an ancestor of `new`.
    pub fn is_ancestor(&self, ancestor: ObjectId, commit: ObjectId) -> Result<bool, ReadError> {
        let (ancestor, commit) = (ancestor.to_git()?, commit.to_git()?);
        // libgit2 would call an object that is not there no ancestor.
        self.commit(ancestor)?;
        self.commit(commit)?;
        Ok(ancestor == commit || self.repo.graph_descendant_of(commit, ancestor)?)
    }

    fn describe(&self, ids: &[Oid]) -> Result<Vec<CommitInfo>, ReadError> {
        ids.iter().filter_map(|id| ObjectId::from_git(*id)).map(|id| self.commit_info(id)).collect()
    }
}

fn person(signature: &git2::Signature<'_>) -> Person {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).chars().take(PERSON_LENGTH_MAX).collect();
    Person {
        name: text(signature.name_bytes()),
        email: text(signature.email_bytes()),
        time_s: signature.when().seconds(),
        offset_min: signature.when().offset_minutes(),
    }
}

/// A walk through history by commit time, with commits that are wanted and commits that are known and hide all behind
/// them.
struct Walk<'a> {
    reader: &'a Reader,
    met: HashMap<Oid, Met>,
    /// Newest first; of two of the same second the one met first.
    heap: BinaryHeap<(i64, Reverse<usize>, Oid)>,
    /// Wanted commits in the heap.
    wanted: usize,
    /// Wanted commits as they came out. Some may have been found to be known later.
    order: Vec<Oid>,
    /// Commits that were met as wanted since the walk last began.
    fresh: Vec<Oid>,
}

/// A commit that was met.
struct Met {
    /// How many were met before.
    place: usize,
    time_s: i64,
    parents: Vec<Oid>,
    known: bool,
    /// Has come out of the heap; its parents have been met.
    out: bool,
}

impl<'a> Walk<'a> {
    fn new(reader: &'a Reader) -> Self {
        Walk { reader, met: HashMap::new(), heap: BinaryHeap::new(), wanted: 0, order: Vec::new(), fresh: Vec::new() }
    }

    /// Meets a commit, for the first time or again. What turns out to be known makes known what is behind it.
    fn meet(&mut self, id: Oid, known: bool) -> Result<(), ReadError> {
        let Some(before) = self.met.get(&id) else {
            let commit: Commit<'_> = self.reader.commit(id)?;
            let place = self.met.len();
            let (time_s, parents) = (commit.time().seconds(), commit.parent_ids().collect());
            let met = Met { place, time_s, parents, known, out: false };
            self.heap.push((time_s, Reverse(place), id));
            self.met.insert(id, met);
            if !known {
                self.wanted += 1;
                self.fresh.push(id);
            }
            return Ok(());
        };
        if !known || before.known {
            return Ok(());
        }
        let mut found = vec![id];
        while let Some(id) = found.pop() {
            match self.met.get_mut(&id) {
                Some(met) if !met.known => {
                    met.known = true;
                    if met.out {
                        found.extend(&met.parents);
                    } else {
                        self.wanted -= 1;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Walks until nothing wanted is left, or `max` wanted commits are out, or too many were read. Tells whether nothing
    /// wanted is left.
    fn run(&mut self, max: usize) -> Result<bool, ReadError> {
        self.run_for(max, &mut (2 * COMMITS_WALK_MAX))
    }

    /// The same, where `left` more commits may be read.
    fn run_for(&mut self, max: usize, left: &mut usize) -> Result<bool, ReadError> {
        let mut slop = 0;
        while let Some((_, _, id)) = self.heap.peek().copied() {
            if self.wanted == 0 {
                slop += 1;
                if slop > CLOCK_SLOP_COMMITS {
                    break;
                }
            } else if self.order.len() == max || *left == 0 {
                return Ok(false);
            } else {
                slop = 0;
            }
            self.heap.pop();
            *left = left.saturating_sub(1);
            let Some(met) = self.met.get_mut(&id) else { continue };
            met.out = true;
            let (known, parents) = (met.known, met.parents.clone());
            if !known {
                self.wanted -= 1;
                self.order.push(id);
            }
            for parent in parents {
                self.meet(parent, known)?;
            }
        }
        Ok(true)
    }

    /// Meets a known commit, unless it cannot be read.
    fn met_known(&mut self, id: Oid) {
        if let Err(error) = self.meet(id, true) {
            tracing::debug!(%error, "A commit that is known cannot be read");
        }
    }

    /// From now on all that was met is known, for a walk from elsewhere that goes on with this one.
    fn know_all(&mut self) {
        for id in std::mem::take(&mut self.fresh) {
            if let Some(met) = self.met.get_mut(&id) {
                met.known = true;
            }
        }
        self.wanted = 0;
    }

    /// The wanted commits, newest first, none before one that builds on it, whatever the clocks say.
    fn in_order(&self) -> Vec<Oid> {
        let wanted = || self.order.iter().filter_map(|id| Some((*id, self.met.get(id)?))).filter(|(_, met)| !met.known);
        let mut children: HashMap<Oid, usize> = wanted().map(|(id, _)| (id, 0)).collect();
        for parent in wanted().flat_map(|(_, met)| &met.parents) {
            if let Some(count) = children.get_mut(parent) {
                *count += 1;
            }
        }
        let entry = |id: Oid, met: &Met| (met.time_s, Reverse(met.place), id);
        let mut ready: BinaryHeap<_> =
            wanted().filter(|(id, _)| children.get(id) == Some(&0)).map(|(id, met)| entry(id, met)).collect();
        let mut sorted = Vec::with_capacity(children.len());
        while let Some((_, _, id)) = ready.pop() {
            sorted.push(id);
            for parent in self.met.get(&id).into_iter().flat_map(|met| &met.parents) {
                let Some(count) = children.get_mut(parent) else { continue };
                *count -= 1;
                if *count == 0
                    && let Some(met) = self.met.get(parent)
                {
                    ready.push(entry(*parent, met));
                }
            }
        }
        sorted
    }
}
