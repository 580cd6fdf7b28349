//! A push and its actor. While the objects are in quarantine the Repository actor decides and holds the refs; when git has
//! ended, by whatever way, those that moved are told to it, which publishes them and lets the refs go.
//!
//! What a crash leaves in between is found again: the actor knows which refs it holds, git knows where they are.

use crate::answer::WebError;
use crate::limits::{PUSH_TOLD_TRIES, PUSH_TOLD_WAIT_MS};
use crate::ports::Front;
use pritchel_actor::{ActorId, CallError, Outcome, ViewError};
use pritchel_actors::Repository;
use pritchel_actors::limits::PUSHED_COMMITS_MAX;
use pritchel_actors::repository::refs::{Held, RefUpdate};
use pritchel_actors::repository::report_push::{MovedRef, PushedCommit};
use pritchel_actors::repository::view::ViewHeld;
use pritchel_actors::repository::{ProposePush, ReportPush};
use pritchel_git::hook::{Decision, Proposal};
use pritchel_git::limits::COMMITS_KNOWN_MAX;
use pritchel_git::log::{CommitInfo, Person};
use pritchel_git::names::{ObjectId, RefName, RefUpdate as GitUpdate};
use pritchel_git::place::Repo;
use pritchel_git::push::{PushEnd, compare_refs, sync_moved};
use pritchel_git::read::{ReadError, Reader};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::JoinHandle;

/// A push under way.
#[derive(Clone)]
pub struct Push {
    pub(super) front: Front,
    pub(super) actor: ActorId,
    pub(super) repo: Repo,
    pub(super) by: ActorId,
    /// Its name, unique and unguessable.
    name: String,
}

impl Push {
    /// A push of this person to this repository.
    pub fn new(front: &Front, actor: ActorId, repo: Repo, by: ActorId) -> Self {
        let name = crate::session::secret(front);
        Self { front: front.clone(), actor, repo, by, name }
    }

    /// Asks the actor whether the refs may move. From then on it holds them.
    pub async fn decide(self, proposal: Proposal) -> Decision {
        let updates = proposal.updates.iter().map(update_of).collect();
        let propose = ProposePush { push: self.name, by: self.by, updates };
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

    /// Waits until git has ended and tells the actor what moved.
    pub async fn tell(self, done: JoinHandle<PushEnd>) {
        let end = match done.await {
            Ok(end) => end,
            Err(error) => {
                tracing::error!(repository = %self.actor, %error, "A push was lost sight of; it is found at the next start");
                return;
            }
        };
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
            moved.iter().map(|update| described(&repo, update)).collect::<Vec<_>>()
        });
        let Ok(moved) = described.await else {
            tracing::error!(repository = %self.actor, "The commits of a push could not be read");
            return;
        };
        let report = ReportPush { push: self.name, by: self.by, moved, proposed: names };
        let mut wait = Duration::from_millis(PUSH_TOLD_WAIT_MS);
        for _ in 0..PUSH_TOLD_TRIES {
            match self.front.node.call::<Repository, _>(&self.actor, &self.actor, report.clone()).await {
                Ok(Outcome::Done(())) => return,
                Ok(Outcome::Refused(why)) => {
                    tracing::error!(repository = %self.actor, %why, "A push could not be told");
                    return;
                }
                // Saying it twice does nothing more.
                Ok(Outcome::Unknown) | Err(CallError::Busy) => tokio::time::sleep(wait).await,
                Err(error) => {
                    tracing::warn!(repository = %self.actor, %error, "A push is told at the next start");
                    return;
                }
            }
            wait *= 2;
        }
        tracing::warn!(repository = %self.actor, "A push is told at the next start");
    }
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
    let repo = super::ensure_repo(front, actor).await?;
    let count = pushes.len();
    for ((name, by), held) in pushes {
        let proposed: Vec<GitUpdate> = held.iter().filter_map(|held| git_update_of(&held.update)).collect();
        let moved = compared(&repo, proposed.clone()).await.map_err(WebError::broken)?;
        let (synced, at) = (moved.clone(), repo.clone());
        let synced = tokio::task::spawn_blocking(move || sync_moved(&at, &synced)).await.map_err(WebError::broken)?;
        synced.map_err(WebError::broken)?;
        tracing::info!(repository = %actor, moved = moved.len(), "A push of before the last stop is told");
        let push = Push { front: front.clone(), actor: actor.clone(), repo: repo.clone(), by, name };
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

/// A moved ref with its newest commits. If they cannot be read, the push is told without them.
pub fn described(repo: &Repo, update: &GitUpdate) -> MovedRef {
    let bare = MovedRef { update: update_of(update), newest: Vec::new(), total: None };
    let Some(new) = update.new else { return bare };
    let known = |reader: &Reader| -> Result<Vec<ObjectId>, ReadError> {
        match update.old {
            Some(old) => Ok(vec![old]),
            // A new ref: what other branches have was told when they were pushed.
            None => {
                let others = reader.refs("refs/heads/", None, COMMITS_KNOWN_MAX)?.refs;
                Ok(others.into_iter().filter(|other| other.name != update.name).map(|other| other.target).collect())
            }
        }
    };
    let range = Reader::open(repo).and_then(|reader| {
        let commit = reader.resolve(update.name.as_str()).map_or(new, |resolved| resolved.commit);
        reader.commits_between(&known(&reader)?, commit, PUSHED_COMMITS_MAX, 0)
    });
    match range {
        Ok(range) => MovedRef {
            newest: range.newest.iter().map(commit_of).collect(),
            total: range.exact.then_some(range.total as u64),
            ..bare
        },
        Err(error) => {
            tracing::warn!(%error, name = update.name.as_str(), "A push is told without its commits");
            bare
        }
    }
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
