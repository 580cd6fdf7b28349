//! A push and its actor. While the objects are in quarantine the Repository actor decides and holds the refs; when git has
//! ended, by whatever way, those that moved are told to it, which publishes them and lets the refs go.
//!
//! What a crash leaves in between is found again: the actor knows which refs it holds, git knows where they are.

use crate::answer::WebError;
use crate::git::closing::{Came, closed_by};
use crate::git::ensure_repo;
use crate::git::offered::offers;
use crate::limits::{PUSH_TOLD_TRIES, PUSH_TOLD_WAIT_MS};
use crate::ports::Front;
use crate::powers::Bringing;
use pritchel_actor::{ActId, ActorId, CallError, Outcome, ViewError};
use pritchel_actors::Repository;
use pritchel_actors::limits::{PUSHED_COMMITS_MAX, REPORTED_BYTES_MAX, REPORTED_REFS_MAX};
use pritchel_actors::repository::refs::{Held, RefUpdate};
use pritchel_actors::repository::report_push::{MovedRef, PushedCommit};
use pritchel_actors::repository::view::ViewHeld;
use pritchel_actors::repository::{ProposePush, ReportPush};
use pritchel_git::hook::{Decision, Proposal};
use pritchel_git::log::{CommitInfo, Person, Tip};
use pritchel_git::names::{ObjectId, RefName, RefUpdate as GitUpdate};
use pritchel_git::place::Repo;
use pritchel_git::push::{Handlers, PushEnd, compare_refs, sync_moved};
use pritchel_git::read::{ReadError, Reader};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A push under way.
#[derive(Clone)]
pub struct Push {
    pub(super) front: Front,
    pub(super) actor: ActorId,
    pub(super) repo: Repo,
    pub(super) by: ActorId,
    /// The Grant it is by, if one was shown.
    capability: Option<ActId>,
    /// Whether it may offer something to be merged.
    offers: bool,
    /// Its name, unique and unguessable.
    name: String,
}

impl Push {
    /// A push of this person to this repository.
    pub fn new(front: &Front, actor: ActorId, repo: Repo, by: ActorId) -> Self {
        let name = crate::session::secret(front);
        Self { front: front.clone(), actor, repo, by, capability: None, offers: true, name }
    }

    /// The same push by a Grant that came to the pusher, who is here, over teams and projects; by none if there is none.
    #[must_use]
    pub fn holding(self, capability: Option<ActId>) -> Self {
        Self { capability, ..self }
    }

    /// The same push by a Grant that the pusher shows: it is what the push is judged by.
    #[must_use]
    pub fn by_grant(self, capability: ActId) -> Self {
        Self { capability: Some(capability), offers: false, ..self }
    }

    /// The same push, whose looks bring what the pusher holds, once that is found.
    #[must_use]
    pub(super) fn bringing(&self) -> Self {
        let Bringing(front) = Bringing::of(&self.front);
        Self { front, ..self.clone() }
    }

    /// What git is to do with this push. What is offered to be merged is offered by the pusher's own actor, who is here: by a Grant
    /// nothing is.
    pub fn handlers(self) -> Handlers {
        let (decide, ended) = (self.clone(), self.clone());
        Handlers {
            decide: Box::new(|proposal| Box::pin(decide.decide(proposal))),
            offers: self.offers.then(|| offers(self)),
            ended: Box::new(|end| Box::pin(ended.tell(end))),
        }
    }

    /// Asks the actor whether the refs may move. From then on it holds them.
    pub async fn decide(self, proposal: Proposal) -> Decision {
        let updates = proposal.updates.iter().map(update_of).collect();
        let forced = self.forced(&proposal).await;
        let propose = ProposePush { push: self.name, by: self.by, updates, capability: self.capability, forced };
        match self.front.node.call::<Repository, _>(&self.actor, &self.actor, propose).await {
            Ok(Outcome::Done(())) => Decision::Allow,
            Ok(Outcome::Refused(why)) => Decision::refuse(why.summary),
            Ok(Outcome::Unknown) => Decision::refuse("it is not known whether this push was allowed: push again"),
            Err(CallError::Busy) => Decision::refuse("this repository is busy: push again in a moment"),
            Err(CallError::Stopping) => Decision::refuse("this server is being stopped: push again in a minute"),
            Err(error) => {
                tracing::error!(repository = %self.actor, %error, "A push could not be decided");
                Decision::refuse("something is wrong with this server; it has been logged")
            }
        }
    }

    /// Names of what would give up what it has. What cannot be read counts as such: a rule that forbids it has the last word.
    async fn forced(&self, proposal: &Proposal) -> Vec<String> {
        let moved = |update: &&GitUpdate| update.old.is_some() && update.new.is_some();
        let updates: Vec<GitUpdate> = proposal.updates.iter().filter(moved).cloned().collect();
        if updates.is_empty() {
            return Vec::new();
        }
        let (repo, quarantine, all) = (self.repo.clone(), proposal.quarantine.clone(), updates.clone());
        let looked = tokio::task::spawn_blocking(move || {
            let reader = match &quarantine {
                Some(quarantine) => Reader::open_quarantined(&repo, quarantine)?,
                None => Reader::open(&repo)?,
            };
            let names = all.iter().filter(|update| gives_up(&reader, update).unwrap_or(true));
            Ok::<_, ReadError>(names.map(|update| update.name.as_str().to_owned()).collect())
        });
        let all = || updates.iter().map(|update| update.name.as_str().to_owned()).collect();
        match looked.await {
            Ok(Ok(forced)) => forced,
            Ok(Err(error)) => {
                tracing::warn!(repository = %self.actor, %error, "It is not known what a push gives up");
                all()
            }
            Err(_) => all(),
        }
    }

    /// Tells the actor what moved, now that git has ended.
    pub async fn tell(self, end: PushEnd) {
        if end.proposed.is_empty() {
            return;
        }
        if let Err(error) = end.synced {
            // The disk has failed. The refs stay held, and nobody is told of what may be lost.
            tracing::error!(repository = %self.actor, %error, "What was pushed is not on disk");
            return;
        }
        let moved = match end.moved {
            Ok(moved) => Ok(moved),
            Err(_) => compared(&self.repo, end.proposed.clone()).await,
        };
        match moved {
            Ok(moved) => self.report(end.proposed, moved).await,
            Err(error) => tracing::error!(repository = %self.actor, %error, "It is not known what a push moved"),
        }
    }

    async fn report(self, proposed: Vec<GitUpdate>, moved: Vec<GitUpdate>) {
        let names = proposed.iter().map(|update| update.name.as_str().to_owned()).collect();
        let repo = self.repo.clone();
        let described = tokio::task::spawn_blocking(move || {
            follow_head(&repo, &moved);
            (all_described(&repo, &moved), default_branch(&repo))
        });
        let Ok((moved, default)) = described.await else {
            tracing::error!(repository = %self.actor, "The commits of a push could not be read");
            return;
        };
        for (proposed, moved) in parts(names, moved) {
            let closes = match moved.iter().find(|moved| Some(&moved.update.name) == default.as_ref()) {
                Some(moved) => {
                    let came = Came { to: &self.actor, by: &self.by, moved, said: &[] };
                    closed_by(&self.front, &came).await
                }
                None => Vec::new(),
            };
            let report = ReportPush { push: self.name.clone(), by: self.by.clone(), moved, proposed, closes };
            if !self.report_part(report).await {
                return;
            }
        }
    }

    /// Reports some refs of the push. Answers whether the actor has taken it.
    async fn report_part(&self, report: ReportPush) -> bool {
        let mut wait = Duration::from_millis(PUSH_TOLD_WAIT_MS);
        for _ in 0..PUSH_TOLD_TRIES {
            match self.front.node.call::<Repository, _>(&self.actor, &self.actor, report.clone()).await {
                Ok(Outcome::Done(())) => return true,
                Ok(Outcome::Refused(why)) => {
                    tracing::error!(repository = %self.actor, %why, "A push could not be told");
                    return false;
                }
                // Saying it twice does nothing more.
                Ok(Outcome::Unknown) | Err(CallError::Busy) => tokio::time::sleep(wait).await,
                Err(error) => {
                    tracing::warn!(repository = %self.actor, %error, "A push is told at the next start");
                    return false;
                }
            }
            wait *= 2;
        }
        tracing::warn!(repository = %self.actor, "A push is told at the next start");
        false
    }
}

/// A push as the turns hear of it: so many refs at a time that one turn can publish what is told of them. What moved comes first,
/// in its order, and then the names of what did not.
fn parts(proposed: Vec<String>, moved: Vec<MovedRef>) -> Vec<(Vec<String>, Vec<MovedRef>)> {
    let names: BTreeSet<String> = moved.iter().map(|moved| moved.update.name.clone()).collect();
    let unmoved = proposed.into_iter().filter(|name| !names.contains(name)).map(|name| (name, None));
    let moved = moved.into_iter().map(|moved| (moved.update.name.clone(), Some(moved)));
    let mut parts: Vec<(Vec<String>, Vec<MovedRef>)> = Vec::new();
    let mut bytes = 0;
    for (name, moved) in moved.chain(unmoved) {
        let more = moved.iter().flat_map(|moved| &moved.newest).map(bytes_of).sum::<usize>();
        match parts.last_mut() {
            Some((names, of)) if names.len() < REPORTED_REFS_MAX && bytes + more <= REPORTED_BYTES_MAX => {
                bytes += more;
                names.push(name);
                of.extend(moved);
            }
            _ => {
                bytes = more;
                parts.push((vec![name], moved.into_iter().collect()));
            }
        }
    }
    parts
}

/// About how large a commit is as it is told.
fn bytes_of(commit: &PushedCommit) -> usize {
    let person = |(name, mail): &(String, String)| name.len() + mail.len();
    person(&commit.author) + person(&commit.committer) + commit.title.len() + commit.description.len()
}

/// Tells a Repository actor what became of the pushes it still holds refs for: at the start, before anybody can push.
/// - errors: the actor or its directory could not be read; the refs stay held
pub async fn recover_pushes(front: &Front, actor: &ActorId) -> Result<usize, WebError> {
    let held = match front.node.look::<Repository, _>(actor, &ViewHeld).await {
        Err(ViewError::NoActor) => return Ok(0),
        looked => looked?,
    };
    let mut pushes: BTreeMap<(String, ActorId), Vec<Held>> = BTreeMap::new();
    for held in held {
        pushes.entry((held.push.clone(), held.by.clone())).or_default().push(held);
    }
    if pushes.is_empty() {
        return Ok(0);
    }
    let repo = ensure_repo(front, actor).await?;
    let count = pushes.len();
    for ((name, by), held) in pushes {
        let proposed: Vec<GitUpdate> = held.iter().filter_map(|held| git_update_of(&held.update)).collect();
        let moved = compared(&repo, proposed.clone()).await.map_err(WebError::broken)?;
        let (synced, at) = (moved.clone(), repo.clone());
        let synced = tokio::task::spawn_blocking(move || sync_moved(&at, &synced)).await.map_err(WebError::broken)?;
        synced.map_err(WebError::broken)?;
        tracing::info!(repository = %actor, moved = moved.len(), "A push of before the last stop is told");
        // What it was allowed by has been judged before.
        let push = Push { name, ..Push::new(front, actor.clone(), repo.clone(), by) };
        push.report(proposed, moved).await;
    }
    Ok(count)
}

async fn compared(repo: &Repo, proposed: Vec<GitUpdate>) -> Result<Vec<GitUpdate>, ReadError> {
    let repo = repo.clone();
    let compared = tokio::task::spawn_blocking(move || compare_refs(&repo, &proposed));
    compared.await.map_err(|error| ReadError::Interrupted(error.to_string()))?
}

/// The first branch pushed becomes the default one, if the one `HEAD` names was never pushed.
fn follow_head(repo: &Repo, moved: &[GitUpdate]) {
    let mut branches = moved.iter().filter(|update| update.new.is_some() && update.name.as_branch().is_some());
    let Some(first) = branches.next() else { return };
    let followed = Reader::open(repo).and_then(|reader| match reader.head()?.commit {
        None => reader.set_head(&first.name),
        Some(_) => Ok(()),
    });
    if let Err(error) = followed {
        tracing::warn!(%error, "The default branch could not be set");
    }
}

/// The full name of the default branch.
/// The full name of the branch that `HEAD` names.
pub fn default_branch(repo: &Repo) -> Option<String> {
    let head = Reader::open(repo).and_then(|reader| reader.head()).ok()?;
    Some(head.branch.as_str().to_owned())
}

/// A moved ref with its newest commits.
pub fn described(repo: &Repo, update: &GitUpdate) -> MovedRef {
    let bare = MovedRef { update: update_of(update), newest: Vec::new(), total: None, forced: false };
    all_described(repo, std::slice::from_ref(update)).pop().unwrap_or(bare)
}

/// The moved refs of one push with their newest commits. What cannot be read is told without them.
///
/// A ref that was there before tells what came between its two hashes. What is new tells the commits that no branch had before
/// the push, each in one `Push`: that of the default branch, if it is pushed, or else of the first branch that has it.
///
/// Source: ForgeFed, "Push": `object` has the commits being pushed, from `hashBefore` to `hashAfter`. It does not say which
/// these are where there is no hash before; that each is told once is ours.
pub fn all_described(repo: &Repo, moved: &[GitUpdate]) -> Vec<MovedRef> {
    let mut moved = moved.to_vec();
    let told = Reader::open(repo).and_then(|reader| {
        let default = reader.head()?.branch;
        moved.sort_by_key(|update| (update.name != default, update.name.as_branch().is_none()));
        let tips: Vec<Tip> = moved.iter().filter_map(|to| Some(Tip { old: to.old, new: to.new? })).collect();
        reader.commits_pushed(&branches_before(&reader, &moved)?, &tips, PUSHED_COMMITS_MAX)
    });
    let mut told = told.unwrap_or_else(|error| {
        tracing::warn!(%error, "A push is told without its commits");
        Vec::new()
    });
    told.reverse();
    let reader = Reader::open(repo);
    let mut described = Vec::new();
    for update in &moved {
        let forced = reader.as_ref().is_ok_and(|reader| is_forced(reader, update));
        let bare = MovedRef { update: update_of(update), newest: Vec::new(), total: None, forced };
        let range = if update.new.is_some() { told.pop() } else { None };
        described.push(match range {
            None => bare,
            Some(Ok(range)) => MovedRef {
                newest: range.newest.iter().map(commit_of).collect(),
                total: range.exact.then_some(range.total as u64),
                ..bare
            },
            Some(Err(error)) => {
                tracing::warn!(%error, name = update.name.as_str(), "A push is told without its commits");
                bare
            }
        });
    }
    described
}

/// Whether a branch no longer has what it had, or a tag that was there is another one. What cannot be read is taken for an
/// ordinary push.
fn is_forced(reader: &Reader, update: &GitUpdate) -> bool {
    gives_up(reader, update).unwrap_or(false)
}

fn gives_up(reader: &Reader, update: &GitUpdate) -> Result<bool, ReadError> {
    let (Some(old), Some(new)) = (update.old, update.new) else { return Ok(false) };
    Ok(update.name.as_branch().is_none() || !reader.is_ancestor(old, new)?)
}

/// What the branches were at before this push: git has moved them by now.
fn branches_before(reader: &Reader, moved: &[GitUpdate]) -> Result<Vec<ObjectId>, ReadError> {
    let names: BTreeSet<&RefName> = moved.iter().map(|update| &update.name).collect();
    let others = reader.branch_tips()?.into_iter().filter(|(name, _)| !names.contains(name)).map(|(_, at)| at);
    let gone_or_moved = moved.iter().filter(|update| update.name.as_branch().is_some()).filter_map(|update| update.old);
    Ok(others.chain(gone_or_moved).collect())
}

fn commit_of(info: &CommitInfo) -> PushedCommit {
    let named = |person: &Person| (person.name.clone(), person.email.clone());
    PushedCommit {
        hash: info.id.to_string(),
        author: named(&info.author),
        created: info.author.time_s,
        committer: named(&info.committer),
        committed: info.committer.time_s,
        title: info.title.clone(),
        description: info.body.clone(),
    }
}

/// An update as the actor knows it.
pub fn update_of(update: &GitUpdate) -> RefUpdate {
    RefUpdate {
        name: update.name.as_str().to_owned(),
        old: update.old.map(|id| id.to_string()),
        new: update.new.map(|id| id.to_string()),
    }
}

/// What is held was a ref update once; if it no longer reads as one, it cannot have moved.
pub fn git_update_of(update: &RefUpdate) -> Option<GitUpdate> {
    let id = |text: &Option<String>| text.as_deref().map(str::parse::<ObjectId>).transpose().ok();
    Some(GitUpdate { name: update.name.parse::<RefName>().ok()?, old: id(&update.old)?, new: id(&update.new)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(name: &str, bytes: usize) -> MovedRef {
        let nobody = || (String::new(), String::new());
        let commit = PushedCommit {
            hash: String::new(),
            author: nobody(),
            created: 0,
            committer: nobody(),
            committed: 0,
            title: String::new(),
            description: "x".repeat(bytes),
        };
        let update = RefUpdate { name: name.to_owned(), old: None, new: Some("a".repeat(40)) };
        MovedRef { update, newest: vec![commit], total: Some(1), forced: false }
    }

    fn sizes(count: usize, bytes: usize, unmoved: usize) -> Vec<(usize, usize)> {
        let refs: Vec<MovedRef> = (0..count).map(|n| moved(&format!("refs/heads/b{n}"), bytes)).collect();
        let names = refs.iter().map(|moved| moved.update.name.clone());
        let names: Vec<String> = names.chain((0..unmoved).map(|n| format!("refs/heads/c{n}"))).collect();
        let parts = parts(names.clone(), refs);
        let told: BTreeSet<&String> = parts.iter().flat_map(|(names, _)| names).collect();
        assert_eq!(told, names.iter().collect(), "none is left out");
        parts.iter().map(|(names, moved)| (names.len(), moved.len())).collect()
    }

    #[test]
    fn a_push_is_reported_in_parts_that_one_turn_can_tell() {
        let refs = REPORTED_REFS_MAX;
        assert_eq!(sizes(0, 0, 0), []);
        assert_eq!(sizes(refs, 1, 0), [(refs, refs)]);
        assert_eq!(sizes(refs, 1, 1), [(refs, refs), (1, 0)]);
        assert_eq!(sizes(refs - 1, 1, 1), [(refs, refs - 1)]);
        assert_eq!(sizes(2, REPORTED_BYTES_MAX / 2, 0), [(2, 2)]);
        assert_eq!(sizes(2, REPORTED_BYTES_MAX / 2 + 1, 1), [(1, 1), (2, 1)]);
        assert_eq!(sizes(1, REPORTED_BYTES_MAX + 1, 0), [(1, 1)], "one ref is told whatever is told of it");
    }
}
