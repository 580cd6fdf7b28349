//! The job that takes a step with an actor's keys. The actor itself decides when, and tells the others: it is brought its own
//! document as it is after the step.

use std::sync::Arc;

use pritchel_actor::{ActorId, Later, Value};
use pritchel_actors::common::keys::wire::{KEY_JOB, KeyWork};

use super::KeyRing;
use crate::lanes::job::{Job, JobEnd, JobWorker};

/// Who writes the documents of our own actors.
pub trait OwnDocuments: Send + Sync + 'static {
    /// The document of one of them, as everybody may see it, with the keys it has now.
    /// - errors: why there is none now
    fn document(&self, actor: ActorId) -> Later<Result<Value, String>>;
}

/// Does the jobs of [`KEY_JOB`].
pub struct KeyWorker {
    keys: KeyRing,
    documents: Arc<dyn OwnDocuments>,
}

impl KeyWorker {
    /// With the keys of this server, and whoever shows them.
    pub fn new(keys: KeyRing, documents: Arc<dyn OwnDocuments>) -> Self {
        Self { keys, documents }
    }
}

impl JobWorker for KeyWorker {
    fn kind(&self) -> &'static str {
        KEY_JOB
    }

    fn work(&self, job: Job) -> Later<JobEnd> {
        let (keys, documents) = (self.keys.clone(), self.documents.clone());
        Box::pin(async move {
            let work: KeyWork = match serde_json::from_value(job.args) {
                Ok(work) => work,
                Err(error) => return JobEnd::Failed(format!("expected a step with keys: {error}")),
            };
            if let Err(error) = keys.step(&job.actor, &work.rotation, work.step).await {
                return JobEnd::Failed(error.to_string());
            }
            tracing::info!(actor = %job.actor, "The keys of `{}`: {:?} is done", job.actor, work.step);
            match documents.document(job.actor).await {
                Ok(document) => JobEnd::Done(document),
                Err(why) => JobEnd::Failed(why),
            }
        })
    }
}
