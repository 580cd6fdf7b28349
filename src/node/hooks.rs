//! The job that tells a webhook something: one attempt, whose end the hook's own actor notes. What is told, and the secret, are asked of
//! that actor when it is sent, so that neither lies in a queue of work.

use crate::cli::limits::HOOKS_AT_ONCE_MAX;
use crate::node::ports::WrittenByWeb;
use pritchel_actor::{ActorId, Later, ViewError};
use pritchel_actors::hooks::send::{HOOK_JOB, HookAttempt, HookBody, HookEnd, HookWork};
use pritchel_actors::hooks::view::{HookToSend, ViewHookWork};
use pritchel_actors::{PatchTracker, Repository, ResourceKind, TicketTracker};
use pritchel_deliver::Outside;
use pritchel_deliver::hooks::{HookAnswer, HookPost};
use pritchel_deliver::lanes::job::{Job, JobEnd, JobWorker};
use pritchel_web::api::hooks::written;
use pritchel_web::ports::Front;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Does the jobs of [`HOOK_JOB`].
pub struct HookWorker {
    written: WrittenByWeb,
    outside: Outside,
    slots: Arc<Semaphore>,
}

impl HookWorker {
    /// With what the web knows of people and repositories, once it is put together, and with the way out.
    pub fn new(written: WrittenByWeb, outside: Outside) -> Self {
        Self { written, outside, slots: Arc::new(Semaphore::new(HOOKS_AT_ONCE_MAX)) }
    }
}

impl JobWorker for HookWorker {
    fn kind(&self) -> &'static str {
        HOOK_JOB
    }

    fn work(&self, job: Job) -> Later<JobEnd> {
        let (front, outside, slots) = (self.written.front(), self.outside.clone(), self.slots.clone());
        Box::pin(async move {
            let Some(front) = front else { return JobEnd::Failed("this server has not started yet".to_owned()) };
            let work: HookWork = match serde_json::from_value(job.args) {
                Ok(work) => work,
                Err(error) => return JobEnd::Failed(format!("expected a delivery of a hook: {error}")),
            };
            // Receivers that keep us waiting leave room for the jobs of git.
            let end = match slots.try_acquire() {
                Err(_) => HookEnd::Busy,
                Ok(_slot) => match sent(&front, &outside, &job.actor, work).await {
                    Ok(attempt) => HookEnd::Attempted(Box::new(attempt)),
                    Err(why) => return JobEnd::Failed(why),
                },
            };
            match serde_json::to_value(&end) {
                Ok(value) => JobEnd::Done(value),
                Err(error) => JobEnd::Failed(error.to_string()),
            }
        })
    }
}

async fn sent(front: &Front, outside: &Outside, actor: &ActorId, work: HookWork) -> Result<HookAttempt, String> {
    let Some(of) = to_send(front, actor, work).await? else {
        return Ok(HookAttempt { error: Some("the hook is gone".to_owned()), ..HookAttempt::default() });
    };
    let made = match &of.detail.body {
        HookBody::Made(made) => made.clone(),
        HookBody::News(news) => written(front, actor, &of, news).await,
    };
    if of.hook.signed && of.secret.is_none() {
        let why = "its secret has not come with the data of this server: set it anew".to_owned();
        return Ok(HookAttempt { made: Some(made), error: Some(why), ..HookAttempt::default() });
    }
    let HookToSend { hook, secret, delivery, .. } = of;
    let post = HookPost {
        url: hook.url,
        event: delivery.event.as_str().to_owned(),
        exact: made.exact.clone(),
        name: delivery.name,
        secret,
        body: made.json.clone(),
    };
    let HookAnswer { request, code, response, body, error, took_ms, again } = outside.tell_hook(post).await;
    Ok(HookAttempt { made: Some(made), request, code, response, body, error, took_ms, again })
}

async fn to_send(front: &Front, actor: &ActorId, work: HookWork) -> Result<Option<HookToSend>, String> {
    let (node, view) = (&front.node, ViewHookWork(work));
    let found = match ResourceKind::of(actor) {
        Some(ResourceKind::Repository) => node.look::<Repository, _>(actor, &view).await,
        Some(ResourceKind::TicketTracker) => node.look::<TicketTracker, _>(actor, &view).await,
        Some(ResourceKind::PatchTracker) => node.look::<PatchTracker, _>(actor, &view).await,
        _ => return Ok(None),
    };
    match found {
        Ok(found) => Ok(found),
        Err(ViewError::NoActor | ViewError::Refused(_)) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}
