//! Git's part of a merge, as a job of the Repository actor: makes the commits, then moves the branch.

use crate::node::ports::WrittenByWeb;
use pritchel_actor::{ActorId, Later, ViewError};
use pritchel_actors::Person;
use pritchel_actors::common::naming::{host, key};
use pritchel_actors::patch_tracker::MergeMethod;
use pritchel_actors::person::view::ViewPerson;
use pritchel_actors::repository::merge::{MERGE_JOB, MergeWork};
use pritchel_actors::repository::refs::RefUpdate;
use pritchel_actors::repository::unmerged::Unmerged;
use pritchel_actors::repository::view::ViewRepository;
use pritchel_actors::repository::{ProposeMerge, Repository};
use pritchel_deliver::lanes::job::{Job, JobEnd, JobWorker};
use pritchel_git::log::Person as Committer;
use pritchel_git::merge::{self, MergeError, Method, Plan};
use pritchel_git::names::RefName;
use pritchel_git::place::{PlaceError, Repo, RepoKey, Repos};
use pritchel_web::git_http::pushed::{described, git_update_of, update_of};
use pritchel_web::ports::Front;
use std::sync::Arc;

/// Does the jobs of [`MERGE_JOB`].
pub struct MergeWorker {
    written: WrittenByWeb,
}

impl MergeWorker {
    /// With what the web knows of repositories, once it is put together.
    pub fn new(written: WrittenByWeb) -> Self {
        Self { written }
    }
}

impl JobWorker for MergeWorker {
    fn kind(&self) -> &'static str {
        MERGE_JOB
    }

    fn work(&self, job: Job) -> Later<JobEnd> {
        let front = self.written.front();
        Box::pin(async move {
            let Some(front) = front else { return JobEnd::Failed("this server has not started yet".to_owned()) };
            let work = match serde_json::from_value(job.args) {
                Ok(work) => work,
                Err(error) => return JobEnd::Failed(format!("expected a step of a merge: {error}")),
            };
            let done = match work {
                MergeWork::Prepare(merge) => prepare(&front, &job.actor, merge).await,
                MergeWork::Move { update } => moved(&front, &job.actor, update).await,
            };
            done.unwrap_or_else(|end| end)
        })
    }
}

async fn prepare(front: &Front, actor: &ActorId, merge: ProposeMerge) -> Result<JobEnd, JobEnd> {
    let refused = |why: Unmerged| JobEnd::Refused(why.refusal());
    let no_branch = |name: &str| refused(Unmerged::NoBranch(name.to_owned()));
    let repo = place(&front.repos, actor)?.ok_or_else(|| no_branch(&merge.target))?;
    if merge.origin.repository != *actor {
        let view = ViewRepository { viewer: Some(merge.author.clone()) };
        match front.node.look::<Repository, _>(&merge.origin.repository, &view).await {
            Ok(_) => {}
            Err(ViewError::Refused(_) | ViewError::NoActor) => return Err(refused(Unmerged::OriginNotShown)),
            Err(error) => return Err(JobEnd::Failed(error.to_string())),
        }
    }
    let origin_repo = place(&front.repos, &merge.origin.repository)?.ok_or_else(|| no_branch(&merge.origin.name))?;
    let name = |name: &str| name.parse::<RefName>().map_err(|_| no_branch(name));
    let short = merge.origin.short();
    let into = merge.target.strip_prefix("refs/heads/").unwrap_or(&merge.target);
    let plan = Plan {
        origin_repo,
        origin: name(&merge.origin.name)?,
        target: name(&merge.target)?,
        method: match merge.method {
            MergeMethod::Merge => Method::Merge,
            MergeMethod::Rebase => Method::Rebase,
            MergeMethod::Squash => Method::Squash,
            MergeMethod::FastForward => Method::FastForward,
        },
        message: match merge.method {
            MergeMethod::Squash => format!("{}\n\n{}\n", merge.title, merge.request),
            _ => format!("Merge branch '{short}' into {into}\n\n{}\n\n{}\n", merge.title, merge.request),
        },
        by: committer(front, &merge.by).await,
    };
    let made = tokio::task::spawn_blocking(move || merge::prepare(&repo, &plan)).await;
    match made.map_err(|error| JobEnd::Failed(error.to_string()))? {
        Ok(update) => answer(&update_of(&update)),
        Err(error) => Err(unmerged(error)),
    }
}

async fn moved(front: &Front, actor: &ActorId, update: RefUpdate) -> Result<JobEnd, JobEnd> {
    let gone = || JobEnd::Refused(Unmerged::NoBranch(update.name.clone()).refusal());
    let repo = place(&front.repos, actor)?.ok_or_else(gone)?;
    let update = git_update_of(&update).ok_or_else(gone)?;
    let moved =
        tokio::task::spawn_blocking(move || merge::move_branch(&repo, &update).map(|()| described(&repo, &update)));
    match moved.await.map_err(|error| JobEnd::Failed(error.to_string()))? {
        Ok(moved) => answer(&moved),
        Err(error) => Err(unmerged(error)),
    }
}

fn answer(value: &impl serde::Serialize) -> Result<JobEnd, JobEnd> {
    serde_json::to_value(value).map(JobEnd::Done).map_err(|error| JobEnd::Failed(error.to_string()))
}

/// What is the request's own fault is refused, what is this server's may be better the next time.
fn unmerged(error: MergeError) -> JobEnd {
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

fn place(repos: &Arc<Repos>, actor: &ActorId) -> Result<Option<Repo>, JobEnd> {
    let Ok(key) = key(actor).parse::<RepoKey>() else { return Ok(None) };
    match repos.find(&key) {
        Ok(repo) => Ok(Some(repo)),
        Err(PlaceError::Missing(_)) => Ok(None),
        Err(error) => Err(JobEnd::Failed(error.to_string())),
    }
}

/// Whoever applies, as a commit names people. Nobody's mail address is known here: what stands in its place is the name by
/// which they are found.
async fn committer(front: &Front, by: &ActorId) -> Committer {
    let (mut name, mut handle) = (key(by).to_owned(), key(by).to_owned());
    if let Ok(person) = front.node.look::<Person, _>(by, &ViewPerson).await {
        name = person.display_name.map_or_else(|| person.name.clone(), |name| name.to_string());
        handle = person.name;
    }
    // git has its own use for these.
    let plain = |text: String| text.replace(['<', '>', '\n'], " ");
    let time_s = front.ports.now();
    Committer { name: plain(name), email: plain(format!("{handle}@{}", host(by))), time_s, offset_min: 0 }
}
