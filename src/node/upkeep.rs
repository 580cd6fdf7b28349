//! The job that puts a repository in order: git packs it while it is in use. It takes nothing from a push, which has been reported
//! when the job is asked for, and a repository has one such job at a time.

use pritchel_actor::{ActorId, Later, Value};
use pritchel_actors::common::naming::key;
use pritchel_actors::repository::maintain::MAINTAIN_JOB;
use pritchel_deliver::lanes::job::{Job, JobEnd, JobWorker};
use pritchel_git::git::Git;
use pritchel_git::maintain::Depth;
use pritchel_git::place::{PlaceError, Repo, RepoKey, Repos};
use std::sync::Arc;

/// Does the jobs of [`MAINTAIN_JOB`].
pub struct UpkeepWorker {
    git: Git,
    repos: Arc<Repos>,
}

impl UpkeepWorker {
    /// With the git of this server and the place of its repositories.
    pub fn new(git: Git, repos: Arc<Repos>) -> Self {
        Self { git, repos }
    }
}

impl JobWorker for UpkeepWorker {
    fn kind(&self) -> &'static str {
        MAINTAIN_JOB
    }

    fn work(&self, job: Job) -> Later<JobEnd> {
        let (git, repos) = (self.git.clone(), self.repos.clone());
        Box::pin(async move {
            let repo = match found(repos, &job.actor).await {
                Ok(Some(repo)) => repo,
                // It has been deleted meanwhile.
                Ok(None) => return JobEnd::Done(Value::Null),
                Err(why) => return JobEnd::Failed(why),
            };
            match git.maintain(&repo, Depth::Full).await {
                Ok(done) => {
                    let (before, after) = (done.packs_before, done.packs_after);
                    tracing::info!(repository = %job.actor, "`{}` was put in order: {before} packs before, {after} after", job.actor);
                    JobEnd::Done(Value::Null)
                }
                Err(error) => JobEnd::Failed(error.to_string()),
            }
        })
    }
}

/// The repository on disk. What a git that was killed left in it is cleared away when it is first looked up.
async fn found(repos: Arc<Repos>, actor: &ActorId) -> Result<Option<Repo>, String> {
    let key: RepoKey = key(actor).parse().map_err(|error| format!("`{actor}`: {error}"))?;
    let found = tokio::task::spawn_blocking(move || match repos.find(&key) {
        Ok(repo) => Ok(Some(repo)),
        Err(PlaceError::Missing(_)) => Ok(None),
        Err(error) => Err(error.to_string()),
    });
    found.await.map_err(|error| error.to_string())?
}
