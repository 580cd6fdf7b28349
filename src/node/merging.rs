//! Git's part of a merge, as a job of the Repository actor: makes the commits, then moves the branch. And before there is a merge:
//! keeps each version of what is offered. A patch tracker has versions kept as well, of what goes into repositories of other servers: in
//! a repository of its own, into which the target is fetched first.

use crate::cli::limits::KEPT_ELSEWHERE_BYTES_MAX;
use crate::node::fetching::{place, pulled, source};
use crate::node::ports::WrittenByWeb;
use crate::node::quoting::looked_up;
use pritchel_actor::{ActorId, Later, ViewError};
use pritchel_actors::common::Visibility;
use pritchel_actors::patch_tracker::MergeMethod;
use pritchel_actors::patch_tracker::merge_request::Branch;
use pritchel_actors::patch_tracker::patch::Patch;
use pritchel_actors::patch_tracker::version_kept::KeptCommits;
use pritchel_actors::repository::merge::{MERGE_JOB, MergeWork, MergedRef};
use pritchel_actors::repository::refs::RefUpdate;
use pritchel_actors::repository::unfetched::Unfetched;
use pritchel_actors::repository::unmerged::Unmerged;
use pritchel_actors::repository::versions::{Brings, KeepVersion, target_ref};
use pritchel_actors::repository::view::ViewRepository;
use pritchel_actors::repository::{ProposeMerge, Repository};
use pritchel_deliver::Outside;
use pritchel_deliver::lanes::job::{Job, JobEnd, JobWorker};
use pritchel_git::apply::ApplyError;
use pritchel_git::maintain::{self, Depth};
use pritchel_git::merge::{self, MergeError, Method, Origin, Plan};
use pritchel_git::names::{ObjectId, RefName};
use pritchel_git::place::{PlaceError, Repo};
use pritchel_git::pull::{Source, Wanted};
use pritchel_git::read::{ReadError, Reader};
use pritchel_git::versions;
use pritchel_web::git::author::author;
use pritchel_web::git::closing::{Came, closed_by};
use pritchel_web::git::ensure_repo;
use pritchel_web::git::pushed::{default_branch, described, git_update_of, update_of};
use pritchel_web::ports::Front;

/// Does the jobs of [`MERGE_JOB`].
pub struct MergeWorker {
    written: WrittenByWeb,
    outside: Outside,
}

impl MergeWorker {
    /// With what the web knows of repositories, once it is put together, and with the way to other servers.
    pub fn new(written: WrittenByWeb, outside: Outside) -> Self {
        Self { written, outside }
    }
}

impl JobWorker for MergeWorker {
    fn kind(&self) -> &'static str {
        MERGE_JOB
    }

    fn work(&self, job: Job) -> Later<JobEnd> {
        let (front, outside) = (self.written.front(), self.outside.clone());
        Box::pin(async move {
            let Some(front) = front else { return JobEnd::Failed("this server has not started yet".to_owned()) };
            let work = match serde_json::from_value(job.args) {
                Ok(work) => work,
                Err(error) => return JobEnd::Failed(format!("expected a step of a merge: {error}")),
            };
            let done = match work {
                MergeWork::Prepare(merge) => prepare(&front, &outside, &job.actor, *merge).await,
                MergeWork::Move { update, by, closes } => {
                    moved(&front, &job.actor, update, (by.as_ref(), &closes)).await
                }
                MergeWork::Keep { under, keep, of } => kept(&front, &outside, (&job.actor, of), &under, *keep).await,
                MergeWork::Quote(quotes) => looked_up(&front, &job.actor, &quotes).await,
                MergeWork::Point { branch } => pointed(&front, &job.actor, branch).await,
                MergeWork::Forget { prefix } => forgotten(&front, &job.actor, prefix).await,
                MergeWork::Remove {} => removed(&front, &job.actor).await,
            };
            tried(done.unwrap_or_else(|end| end), job.attempt)
        })
    }
}

/// How often what another server was asked for is tried again by itself, while nobody is told.
const AGAIN: u32 = 2;

/// The end of a step. Another server that could not be reached may be there in a minute.
fn tried(end: JobEnd, attempt: u32) -> JobEnd {
    match end {
        JobEnd::Refused(why) if attempt < AGAIN && ["origin-unreachable", "git-busy"].contains(&&*why.code) => {
            JobEnd::Failed(why.summary)
        }
        end => end,
    }
}

pub(super) fn no_branch(name: &str) -> JobEnd {
    JobEnd::Refused(Unmerged::NoBranch(name.to_owned()).refusal())
}

pub(super) fn ref_name(name: &str) -> Result<RefName, JobEnd> {
    name.parse().map_err(|_| no_branch(name))
}

pub(super) fn commit_id(hash: &str) -> Result<ObjectId, JobEnd> {
    hash.parse().map_err(|error| JobEnd::Failed(format!("a version without a commit: {error}")))
}

/// The branch as git finds it, if whoever opened the merge request may see its repository. That of another server is fetched.
/// - `into`: the repository of ours that it is wanted in
async fn branch(
    front: &Front,
    outside: &Outside,
    (actor, into): (&ActorId, &Repo),
    author: &ActorId,
    branch: &Branch,
) -> Result<Origin, JobEnd> {
    let name = ref_name(&branch.name)?;
    if branch.repository == *actor {
        return Ok(Origin::Branch(into.clone(), name));
    }
    let (from, visibility) = source(front, outside, &branch.repository, author).await?;
    if visibility == Visibility::Private && !is_private(front, actor, author).await {
        return Err(JobEnd::Refused(Unfetched::IsPrivate.refusal()));
    }
    match from {
        None => Err(no_branch(&branch.name)),
        Some(Source::Near(repo)) => Ok(Origin::Branch(repo, name)),
        Some(from) => {
            let brought = pulled(front, into, &from, &Wanted::Branch(name.clone())).await?;
            brought.refs.get(&name).copied().map(Origin::Kept).ok_or_else(|| no_branch(&branch.name))
        }
    }
}

/// Whether what is kept for this actor stays among those whom a repository is shown to: what a patch tracker keeps for another server does not.
async fn is_private(front: &Front, actor: &ActorId, author: &ActorId) -> bool {
    let shown = front.node.look::<Repository, _>(actor, &ViewRepository { viewer: Some(author.clone()) }).await;
    shown.is_ok_and(|shown| shown.resource.visibility == Visibility::Private)
}

/// A branch that is on this server, as a place and a name, if whoever opened the merge request may see its repository.
pub(super) async fn located(
    front: &Front,
    actor: &ActorId,
    author: &ActorId,
    branch: &Branch,
) -> Result<(Repo, RefName), JobEnd> {
    if branch.repository != *actor {
        let view = ViewRepository { viewer: Some(author.clone()) };
        match front.node.look::<Repository, _>(&branch.repository, &view).await {
            Ok(_) => {}
            Err(ViewError::Refused(_) | ViewError::NoActor) => {
                return Err(JobEnd::Refused(Unmerged::OriginNotShown.refusal()));
            }
            Err(error) => return Err(JobEnd::Failed(error.to_string())),
        }
    }
    let repo = place(&front.repos, &branch.repository)?.ok_or_else(|| no_branch(&branch.name))?;
    Ok((repo, ref_name(&branch.name)?))
}

/// What git is to make of a merge.
pub(super) async fn plan(front: &Front, merge: &ProposeMerge, target: RefName, origin: Origin) -> Plan {
    let into = merge.target.strip_prefix("refs/heads/").unwrap_or(&merge.target);
    let what = merge.origin.as_ref().map_or_else(
        || format!("Merge patches into {into}"),
        |origin| format!("Merge branch '{}' into {into}", origin.short()),
    );
    Plan {
        origin,
        target,
        method: match merge.method {
            MergeMethod::Merge => Method::Merge,
            MergeMethod::Rebase => Method::Rebase,
            MergeMethod::Squash => Method::Squash,
            MergeMethod::FastForward => Method::FastForward,
        },
        message: match merge.method {
            MergeMethod::Squash => format!("{}\n\n{}\n", merge.title, merge.request),
            _ => format!("{what}\n\n{}\n\n{}\n", merge.title, merge.request),
        },
        by: author(front, &merge.by).await,
    }
}

/// Makes a branch that is there the default one. Done twice, it is the same.
async fn pointed(front: &Front, actor: &ActorId, branch: String) -> Result<JobEnd, JobEnd> {
    let repo = place(&front.repos, actor)?.ok_or_else(|| no_branch(&branch))?;
    let name = ref_name(&branch)?;
    let done = tokio::task::spawn_blocking(move || Reader::open(&repo)?.set_head(&name)).await;
    match done.map_err(|error| JobEnd::Failed(error.to_string()))? {
        Ok(()) => answer(&()),
        Err(ReadError::NotFound { .. } | ReadError::WrongKind { .. }) => Err(no_branch(&branch)),
        Err(error) => Err(JobEnd::Failed(error.to_string())),
    }
}

async fn prepare(front: &Front, outside: &Outside, actor: &ActorId, merge: ProposeMerge) -> Result<JobEnd, JobEnd> {
    let repo = place(&front.repos, actor)?.ok_or_else(|| no_branch(&merge.target))?;
    let origin = match (&merge.kept, &merge.origin) {
        (Some(kept), _) => Origin::Kept(commit_id(kept)?),
        (None, Some(from)) => branch(front, outside, (actor, &repo), &merge.author, from).await?,
        (None, None) => return Err(JobEnd::Failed("expected a version or a branch to merge".to_owned())),
    };
    let plan = plan(front, &merge, ref_name(&merge.target)?, origin).await;
    let made = tokio::task::spawn_blocking(move || merge::prepare(&repo, &plan)).await;
    match made.map_err(|error| JobEnd::Failed(error.to_string()))? {
        Ok(update) => answer(&update_of(&update)),
        Err(error) => Err(unmerged(error)),
    }
}

async fn kept(
    front: &Front,
    outside: &Outside,
    (actor, of): (&ActorId, Option<ActorId>),
    under: &str,
    keep: KeepVersion,
) -> Result<JobEnd, JobEnd> {
    let (repo, target) = match of {
        Some(of) => mirrored(front, outside, (actor, &of), &keep).await?,
        // Nothing has been pushed yet where there is no directory.
        None => (place(&front.repos, actor)?.ok_or_else(|| no_branch(&keep.target))?, ref_name(&keep.target)?),
    };
    let under = ref_name(under)?;
    let last = keep.last.as_deref().map(commit_id).transpose()?;
    let origin = match &keep.brings {
        Brings::Branch(from) => branch(front, outside, (actor, &repo), &keep.author, from).await?,
        Brings::Patches(patches) => {
            let by = author(front, &keep.author).await;
            let texts: Vec<&str> = patches.iter().map(Patch::as_str).collect();
            front.git.apply_patches(&repo, &target, &texts, &by).await.map(Origin::Kept).map_err(unapplied)?
        }
    };
    let kept = tokio::task::spawn_blocking(move || versions::keep(&repo, &origin, &target, &under, last)).await;
    let kept = kept.map_err(|error| JobEnd::Failed(error.to_string()))?.map_err(unmerged)?;
    answer(&kept.map(|kept| KeptCommits {
        base: kept.base.map(|base| base.to_string()),
        head: kept.head.to_string(),
        commits: kept.commits as u64,
    }))
}

/// The target of a repository of another server as it is now, in the git data of the tracker's own; and under which name it is there.
async fn mirrored(
    front: &Front,
    outside: &Outside,
    (tracker, of): (&ActorId, &ActorId),
    keep: &KeepVersion,
) -> Result<(Repo, RefName), JobEnd> {
    let (from, visibility) = source(front, outside, of, &keep.author).await?;
    if visibility == Visibility::Private {
        return Err(JobEnd::Refused(Unfetched::IsPrivate.refusal()));
    }
    let from = from.ok_or_else(|| no_branch(&keep.target))?;
    let repo = ensure_repo(front, tracker).await.map_err(|error| JobEnd::Failed(error.to_string()))?;
    with_room(front, &repo).await?;
    let (target, at) = (ref_name(&keep.target)?, ref_name(&target_ref(tracker, keep.number))?);
    let brought = pulled(front, &repo, &from, &Wanted::Branch(target.clone())).await?;
    let tip = brought.refs.get(&target).copied().ok_or_else(|| no_branch(&keep.target))?;
    let (into, name) = (repo.clone(), at.clone());
    let placed = tokio::task::spawn_blocking(move || versions::place(&into, &name, tip, true)).await;
    placed.map_err(|error| JobEnd::Failed(error.to_string()))?.map_err(unmerged)?;
    Ok((repo, at))
}

/// Refuses more where a tracker has as much as it may, and puts in order what came in many packs.
async fn with_room(front: &Front, repo: &Repo) -> Result<(), JobEnd> {
    let (repos, at) = (front.repos.clone(), repo.clone());
    let looked = tokio::task::spawn_blocking(move || {
        let depth = maintain::needs(&at).map_err(|error| error.to_string())?;
        Ok::<_, String>((repos.size_bytes(at.key()).map_err(|error| error.to_string())?, depth))
    });
    let (bytes, depth) = looked.await.map_err(|error| JobEnd::Failed(error.to_string()))?.map_err(JobEnd::Failed)?;
    if bytes > KEPT_ELSEWHERE_BYTES_MAX {
        return Err(JobEnd::Refused(Unmerged::TooLarge { limit: KEPT_ELSEWHERE_BYTES_MAX }.refusal()));
    }
    if depth == Depth::Full
        && let Err(error) = front.git.maintain(repo, depth).await
    {
        // It is good as it is, and tried again the next time.
        tracing::warn!(repository = %repo.key(), %error, "What a patch tracker keeps could not be put in order");
    }
    Ok(())
}

async fn removed(front: &Front, tracker: &ActorId) -> Result<JobEnd, JobEnd> {
    let Some(repo) = place(&front.repos, tracker)? else { return answer(&()) };
    let repos = front.repos.clone();
    let removed = tokio::task::spawn_blocking(move || repos.remove(repo.key())).await;
    match removed.map_err(|error| JobEnd::Failed(error.to_string()))? {
        Ok(()) | Err(PlaceError::Missing(_)) => answer(&()),
        Err(error) => Err(JobEnd::Failed(error.to_string())),
    }
}

async fn forgotten(front: &Front, actor: &ActorId, prefix: String) -> Result<JobEnd, JobEnd> {
    let Some(repo) = place(&front.repos, actor)? else { return answer(&true) };
    let all = tokio::task::spawn_blocking(move || versions::forget(&repo, &prefix)).await;
    answer(&all.map_err(|error| JobEnd::Failed(error.to_string()))?.map_err(unmerged)?)
}

/// Moves the branch.
/// - `by`, `said`: who had it merged, and what the merge request says it closes
async fn moved(
    front: &Front,
    actor: &ActorId,
    update: RefUpdate,
    (by, said): (Option<&ActorId>, &[(String, u64)]),
) -> Result<JobEnd, JobEnd> {
    let gone = || JobEnd::Refused(Unmerged::NoBranch(update.name.clone()).refusal());
    let repo = place(&front.repos, actor)?.ok_or_else(gone)?;
    let update = git_update_of(&update).ok_or_else(gone)?;
    let done = tokio::task::spawn_blocking(move || {
        merge::move_branch(&repo, &update).map(|()| (described(&repo, &update), default_branch(&repo)))
    });
    let (moved, default) = done.await.map_err(|error| JobEnd::Failed(error.to_string()))?.map_err(unmerged)?;
    let closes = match by.filter(|_| default.as_ref() == Some(&moved.update.name)) {
        Some(by) => closed_by(front, &Came { to: actor, by, moved: &moved, said }).await,
        None => Vec::new(),
    };
    answer(&MergedRef { moved, closes })
}

pub(super) fn answer(value: &impl serde::Serialize) -> Result<JobEnd, JobEnd> {
    serde_json::to_value(value).map(JobEnd::Done).map_err(|error| JobEnd::Failed(error.to_string()))
}

/// What is the request's own fault is refused, what is this server's may be better the next time.
pub(super) fn unmerged(error: MergeError) -> JobEnd {
    let why = match error {
        MergeError::Conflict(paths) => Unmerged::Conflict(paths),
        MergeError::NothingNew => Unmerged::NothingNew,
        MergeError::NotFastForward => Unmerged::NotFastForward,
        MergeError::NoBranch(name) => Unmerged::NoBranch(name.as_str().to_owned()),
        MergeError::Moved(_) => Unmerged::TargetMoved,
        MergeError::TooMany { limit } => Unmerged::TooManyCommits { limit },
        MergeError::TooLarge { limit } => Unmerged::TooLarge { limit },
        MergeError::Git(_) | MergeError::Disk(_) => return JobEnd::Failed(error.to_string()),
    };
    JobEnd::Refused(why.refusal())
}

fn unapplied(error: ApplyError) -> JobEnd {
    match error {
        ApplyError::Unfit { said } => JobEnd::Refused(Unmerged::Unfit(said).refusal()),
        ApplyError::NothingNew => JobEnd::Refused(Unmerged::NothingNew.refusal()),
        ApplyError::NoBranch(name) => no_branch(name.as_str()),
        other => JobEnd::Failed(other.to_string()),
    }
}
