//! Git's part of forks and mirrors, as a job of the Repository actor; and where a repository is fetched from, for merge requests as
//! well. What is on this server is fetched from its disk, for whoever may see it; all else over HTTP, as everybody may.

use crate::node::ports::WrittenByWeb;
use pritchel_actor::{ActorId, Later, Refusal, Value, ViewError};
use pritchel_actors::Repository;
use pritchel_actors::common::Visibility;
use pritchel_actors::common::naming::key;
use pritchel_actors::limits::DRIFT_REFS_MAX;
use pritchel_actors::repository::copy::{CopyOf, Drift, FETCH_JOB, FetchWork};
use pritchel_actors::repository::unfetched::Unfetched;
use pritchel_actors::repository::unmerged::Unmerged;
use pritchel_actors::repository::view::ViewRepository;
use pritchel_deliver::Outside;
use pritchel_deliver::clones::CloneError;
use pritchel_deliver::documents::lookup::LookupError;
use pritchel_deliver::fetch::FetchError;
use pritchel_deliver::lanes::job::{Job, JobEnd, JobWorker};
use pritchel_git::names::{ObjectId, RefName, RefUpdate};
use pritchel_git::place::{PlaceError, Repo, RepoKey, Repos};
use pritchel_git::pull::{Brought, MoveError, PullError, Source, Wanted};
use pritchel_git::read::{ReadError, Reader};
use pritchel_web::domains::of_actor;
use pritchel_web::git::ensure_repo;
use pritchel_web::git::pushed::{all_described, git_update_of, update_of};
use pritchel_web::ports::Front;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Does the jobs of [`FETCH_JOB`].
pub struct FetchWorker {
    written: WrittenByWeb,
    outside: Outside,
}

impl FetchWorker {
    /// With what the web knows of repositories, once it is put together, and with the way to other servers.
    pub fn new(written: WrittenByWeb, outside: Outside) -> Self {
        Self { written, outside }
    }
}

impl JobWorker for FetchWorker {
    fn kind(&self) -> &'static str {
        FETCH_JOB
    }

    fn work(&self, job: Job) -> Later<JobEnd> {
        let (front, outside) = (self.written.front(), self.outside.clone());
        Box::pin(async move {
            let Some(front) = front else { return JobEnd::Failed("this server has not started yet".to_owned()) };
            let work = match serde_json::from_value(job.args) {
                Ok(work) => work,
                Err(error) => return JobEnd::Failed(format!("expected a step of a fetch: {error}")),
            };
            let done = match work {
                FetchWork::Copy(of) => copied(&front, &outside, &job.actor, &of).await,
                FetchWork::Compare(of) => compared(&front, &outside, &job.actor, &of).await,
                FetchWork::Move(drift) => moved(&front, &job.actor, drift).await,
            };
            done.unwrap_or_else(|end| end)
        })
    }
}

/// Where a repository is fetched from by whoever asks for it, and whether it is private; `None` if it is here and nothing has ever
/// been pushed there.
pub async fn source(
    front: &Front,
    outside: &Outside,
    of: &ActorId,
    by: &ActorId,
) -> Result<(Option<Source>, Visibility), JobEnd> {
    if of_actor(&front.settings, of).is_none() {
        return match outside.clones.find(of).await {
            Ok(from) => Ok((Some(Source::Far { url: from.url, addresses: from.addresses }), Visibility::Public)),
            Err(error) => Err(not_found(error)),
        };
    }
    let not_shown = || JobEnd::Refused(Unfetched::NotShown.refusal());
    let shown = match front.node.look::<Repository, _>(of, &ViewRepository { viewer: Some(by.clone()) }).await {
        Ok(shown) => shown,
        Err(ViewError::Refused(_) | ViewError::NoActor) => return Err(not_shown()),
        Err(error) => return Err(JobEnd::Failed(error.to_string())),
    };
    Ok((place(&front.repos, of)?.map(Source::Near), shown.resource.visibility))
}

/// The repository of an actor on disk, if anything was ever pushed to it.
pub fn place(repos: &Arc<Repos>, actor: &ActorId) -> Result<Option<Repo>, JobEnd> {
    let Ok(key) = key(actor).parse::<RepoKey>() else { return Ok(None) };
    match repos.find(&key) {
        Ok(repo) => Ok(Some(repo)),
        Err(PlaceError::Missing(_)) => Ok(None),
        Err(error) => Err(JobEnd::Failed(error.to_string())),
    }
}

/// Brings what is wanted into a repository of ours.
pub async fn pulled(front: &Front, repo: &Repo, from: &Source, wanted: &Wanted) -> Result<Brought, JobEnd> {
    let bytes = front.git.bounds().pack_bytes;
    front.git.pull(repo, from, wanted, bytes).await.map_err(|error| not_pulled(&error))
}

/// What does not pass is refused, and so is what may: whoever asked is told, and asks again when it thinks fit. Only what is this
/// server's own fault is tried again by itself.
fn not_pulled(error: &PullError) -> JobEnd {
    let why = error.to_string();
    JobEnd::Refused(match error {
        PullError::Unreachable { .. } => Unfetched::Unreachable(why).refusal(),
        PullError::NoRepository { .. } => Unfetched::NotARepository(why).refusal(),
        PullError::NoBranch(name) => Unmerged::NoBranch(name.as_str().to_owned()).refusal(),
        PullError::Broken { .. } => Unfetched::Broken(why).refusal(),
        PullError::TooLarge { .. } => Unfetched::TooLarge(why).refusal(),
        PullError::TooManyRefs { .. } => Unfetched::TooManyRefs(why).refusal(),
        PullError::Slow { .. } => Unfetched::Slow(why).refusal(),
        PullError::Serve(_) => Unfetched::Busy(why).refusal(),
        PullError::Disk { .. } | PullError::Git(_) => return JobEnd::Failed(why),
    })
}

fn not_found(error: CloneError) -> JobEnd {
    let passes = match &error {
        CloneError::Lookup(LookupError::Box(_)) => return JobEnd::Failed(error.to_string()),
        CloneError::Lookup(LookupError::NotFound(pritchel_actor::NotFound::Unavailable { .. })) => true,
        // What leads inward is never worth another try by itself.
        CloneError::Fetch(FetchError::NotPublic { .. }) => false,
        CloneError::Fetch(error) => !error.is_permanent(),
        _ => false,
    };
    let why = error.to_string();
    JobEnd::Refused(if passes { Unfetched::Unreachable(why).refusal() } else { Refusal::new(error.code(), why) })
}

/// What the other repository has by now, brought here.
async fn brought(front: &Front, outside: &Outside, actor: &ActorId, of: &CopyOf) -> Result<(Repo, Brought), JobEnd> {
    let (from, visibility) = match of.plain {
        false => source(front, outside, &of.of, &of.by).await?,
        true => match outside.clones.plain(of.of.as_str()).await {
            Ok(from) => (Some(Source::Far { url: from.url, addresses: from.addresses }), Visibility::Public),
            Err(error) => return Err(not_found(error)),
        },
    };
    if visibility == Visibility::Private && !of.private {
        return Err(JobEnd::Refused(Unfetched::IsPrivate.refusal()));
    }
    let repo = ensure_repo(front, actor).await.map_err(|error| JobEnd::Failed(error.to_string()))?;
    let Some(from) = from else { return Ok((repo, Brought::default())) };
    let brought = pulled(front, &repo, &from, &Wanted::All).await?;
    Ok((repo, brought))
}

async fn copied(front: &Front, outside: &Outside, actor: &ActorId, of: &CopyOf) -> Result<JobEnd, JobEnd> {
    let (repo, brought) = brought(front, outside, actor, of).await?;
    let at = repo.clone();
    let Brought { head, refs } = brought;
    // What is here already is left alone: a first try may have come as far, and somebody may have pushed since.
    let updates = blocking(move || {
        let reader = Reader::open(&at)?;
        let mut updates = Vec::new();
        for (name, id) in refs {
            if reader.target(&name)?.is_none() {
                updates.push(RefUpdate { name, old: None, new: Some(id) });
            }
        }
        Ok::<_, ReadError>(updates)
    });
    let updates = updates.await?.map_err(failed)?;
    front.git.move_refs(&repo, &updates).await.map_err(not_moved)?;
    point_head(&repo, head).await?;
    Ok(JobEnd::Done(Value::Null))
}

/// Finds out what has drifted: first what goes, which makes room for what comes.
async fn compared(front: &Front, outside: &Outside, actor: &ActorId, of: &CopyOf) -> Result<JobEnd, JobEnd> {
    let (repo, brought) = brought(front, outside, actor, of).await?;
    let there = brought.refs;
    let updates = blocking(move || Ok::<_, ReadError>(drift(&here(&repo)?, &there)));
    let updates = updates.await?.map_err(failed)?;
    let mut updates: Vec<RefUpdate> = updates.ok_or_else(|| JobEnd::Refused(Unfetched::Empty.refusal()))?;
    let more = updates.len() > DRIFT_REFS_MAX;
    updates.truncate(DRIFT_REFS_MAX);
    let updates = updates.iter().map(update_of).collect();
    let head = brought.head.map(|head| head.as_str().to_owned());
    answer(&Drift { updates, more, head })
}

/// All branches and tags.
fn here(repo: &Repo) -> Result<BTreeMap<RefName, ObjectId>, ReadError> {
    let reader = Reader::open(repo)?;
    let mut all = BTreeMap::new();
    for prefix in ["refs/heads/", "refs/tags/"] {
        let mut after = None;
        loop {
            let page = reader.refs(prefix, after.as_ref(), pritchel_git::limits::REFS_PAGE_MAX)?;
            after = page.next.clone();
            all.extend(page.refs.into_iter().map(|entry| (entry.name, entry.target)));
            if after.is_none() {
                break;
            }
        }
    }
    Ok(all)
}

/// What has to move for `here` to be as `there`; `None` where all would go.
fn drift(here: &BTreeMap<RefName, ObjectId>, there: &BTreeMap<RefName, ObjectId>) -> Option<Vec<RefUpdate>> {
    if there.is_empty() && !here.is_empty() {
        return None;
    }
    let gone = here.iter().filter(|(name, _)| !there.contains_key(*name));
    let gone = gone.map(|(name, id)| RefUpdate { name: name.clone(), old: Some(*id), new: None });
    let new = there.iter().filter(|(name, id)| here.get(*name) != Some(id));
    let new = new.map(|(name, id)| RefUpdate { name: name.clone(), old: here.get(name).copied(), new: Some(*id) });
    Some(gone.chain(new).collect())
}

async fn moved(front: &Front, actor: &ActorId, drift: Drift) -> Result<JobEnd, JobEnd> {
    let repo = place(&front.repos, actor)?.ok_or_else(|| JobEnd::Failed("the repository is gone".to_owned()))?;
    let updates: Vec<RefUpdate> = drift.updates.iter().filter_map(git_update_of).collect();
    let moved = front.git.move_refs(&repo, &updates).await.map_err(not_moved)?;
    let head = drift.head.and_then(|head| head.parse().ok());
    point_head(&repo, head).await?;
    answer(&blocking(move || all_described(&repo, &moved)).await?)
}

/// Has the default branch be the one it is there; else one that is here.
async fn point_head(repo: &Repo, head: Option<RefName>) -> Result<(), JobEnd> {
    let repo = repo.clone();
    let pointed = blocking(move || {
        let reader = Reader::open(&repo)?;
        let there = head.filter(|head| matches!(reader.target(head), Ok(Some(_))));
        let now = reader.head()?;
        let wanted = match there {
            Some(there) => Some(there),
            None if now.commit.is_some() => None,
            None => reader.branch_tips()?.into_iter().next().map(|(name, _)| name),
        };
        match wanted.filter(|wanted| *wanted != now.branch) {
            Some(wanted) => reader.set_head(&wanted),
            None => Ok(()),
        }
    });
    pointed.await?.map_err(failed)
}

fn not_moved(error: MoveError) -> JobEnd {
    match error {
        MoveError::Git { .. } => JobEnd::Refused(Unfetched::NotMoved(error.to_string()).refusal()),
        MoveError::Read(_) | MoveError::Disk(_) => JobEnd::Failed(error.to_string()),
    }
}

fn failed(error: impl std::fmt::Display) -> JobEnd {
    JobEnd::Failed(error.to_string())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, JobEnd> {
    tokio::task::spawn_blocking(work).await.map_err(failed)
}

fn answer(value: &impl serde::Serialize) -> Result<JobEnd, JobEnd> {
    serde_json::to_value(value).map(JobEnd::Done).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refs(all: &[(&str, char)]) -> BTreeMap<RefName, ObjectId> {
        let one = |(name, digit): &(&str, char)| {
            (format!("refs/{name}").parse().unwrap(), digit.to_string().repeat(40).parse().unwrap())
        };
        all.iter().map(one).collect()
    }

    #[test]
    fn what_goes_comes_before_what_moves_and_an_empty_origin_empties_nothing() {
        let here = refs(&[("heads/main", '1'), ("heads/a", '2'), ("tags/v1", '3')]);
        let there = refs(&[("heads/main", '4'), ("heads/a/b", '2'), ("tags/v1", '3')]);
        let moves = drift(&here, &there).unwrap();
        let shown: Vec<_> = moves.iter().map(|to| (to.name.as_str(), to.old.is_some(), to.new.is_some())).collect();
        let expected =
            [("refs/heads/a", true, false), ("refs/heads/a/b", false, true), ("refs/heads/main", true, true)];
        assert_eq!(shown, expected);
        assert_eq!(drift(&here, &here), Some(Vec::new()));
        assert_eq!(drift(&here, &BTreeMap::new()), None);
        assert_eq!(drift(&BTreeMap::new(), &BTreeMap::new()), Some(Vec::new()));
    }
}
