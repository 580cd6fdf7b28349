//! Jobs: work outside turns, such as a git operation. Whoever can do a kind of work registers as its worker; what it brings
//! comes back to the actor as the answer to its promise.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use pritchel_actor::message::{Message, What};
use pritchel_actor::{ActorId, Clock, Later, Outcome, PromiseId, Refusal, Seconds, Value};
use pritchel_box_store::BoxStore;
use pritchel_box_store::work::{Extra, Lease, Next, Task, TaskError, WorkError};

use crate::limits::{BACK_OFF_S, JOB_ATTEMPTS_MAX, RENEW_S};

/// Work to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Whose.
    pub actor: ActorId,
    /// Under which promise its result is awaited: the same at each attempt.
    pub promise: PromiseId,
    /// What is to be done.
    pub args: Value,
    /// How often it has failed.
    pub attempt: u32,
}

/// How work ended.
#[derive(Clone, Debug, PartialEq)]
pub enum JobEnd {
    /// It is done, and this is what it brought.
    Done(Value),
    /// It cannot be done, ever.
    Refused(Refusal),
    /// It failed, and may succeed later. After [`JOB_ATTEMPTS_MAX`] attempts its outcome is unknown.
    Failed(String),
}

/// Does one kind of work. The same job may be done twice, if this server stops in between: a worker finds out what is done.
pub trait JobWorker: Send + Sync + 'static {
    /// The kind of job.
    fn kind(&self) -> &'static str;
    /// Does it.
    fn work(&self, job: Job) -> Later<JobEnd>;
}

/// The workers by kind. Cheap to clone.
#[derive(Clone)]
pub struct Jobs {
    boxes: BoxStore,
    clock: Arc<dyn Clock>,
    workers: Arc<BTreeMap<&'static str, Arc<dyn JobWorker>>>,
}

impl Jobs {
    /// These workers, the last of each kind.
    pub fn new(boxes: BoxStore, clock: Arc<dyn Clock>, workers: Vec<Arc<dyn JobWorker>>) -> Self {
        let workers = workers.into_iter().map(|worker| (worker.kind(), worker)).collect();
        Self { boxes, clock, workers: Arc::new(workers) }
    }

    /// Does the head of a lane of jobs; the lease is renewed while that takes.
    pub async fn step(&self, lease: &mut Lease) -> Result<(Next, Extra), WorkError> {
        let Task::Job { actor, promise, job: kind, args } = Task::from_value(&lease.item.data)? else {
            return Err(TaskError::Other("expected a job".to_owned()).into());
        };
        let attempt = lease.item.attempt;
        let end = match self.workers.get(kind.as_str()) {
            None => JobEnd::Refused(Refusal::new("no-such-job", format!("nobody here does jobs of the kind {kind:?}"))),
            Some(worker) => {
                let job = Job { actor: actor.clone(), promise: promise.clone(), args, attempt };
                self.watched(lease, worker.work(job)).await?
            }
        };
        let now = self.clock.now();
        let outcome = match end {
            JobEnd::Done(value) => Outcome::Done(value),
            JobEnd::Refused(why) => Outcome::Refused(why),
            JobEnd::Failed(why) => {
                tracing::warn!(actor = %actor, attempt, "The job `{kind}` of `{actor}` failed: {why}");
                if attempt + 1 < JOB_ATTEMPTS_MAX {
                    return Ok((
                        Next::Again { at: now + wait(attempt), data: lease.item.data.clone() },
                        Extra::default(),
                    ));
                }
                Outcome::Unknown
            }
        };
        let message = Message { from: actor.clone(), at: now, what: What::Answer { promise, outcome } };
        Ok((Next::Done, Extra { post: vec![(actor, message)], ..Extra::default() }))
    }

    /// Waits for work in a task of its own, so that a worker that panics fails alone.
    async fn watched(&self, lease: &mut Lease, work: Later<JobEnd>) -> Result<JobEnd, WorkError> {
        let mut work = Working(tokio::spawn(work));
        loop {
            match tokio::time::timeout(Duration::from_secs(RENEW_S), &mut work.0).await {
                Ok(Ok(end)) => return Ok(end),
                Ok(Err(error)) => return Ok(JobEnd::Failed(format!("its worker failed: {error}"))),
                // Lost to somebody else, who does it now: the work here is broken off.
                Err(_) => self.boxes.renew(lease, self.clock.now()).await?,
            }
        }
    }
}

/// A task that ends with whoever waits for it.
struct Working(tokio::task::JoinHandle<JobEnd>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn wait(attempt: u32) -> Seconds {
    BACK_OFF_S[usize::try_from(attempt).unwrap_or_default().min(BACK_OFF_S.len() - 1)]
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::runner::Bell;
    use crate::testing::{NOW, Scene, actor};
    use pritchel_actor::effect::{Effect, TurnRecord};
    use pritchel_actor::{BoxError, Boxes};
    use serde_json::json;

    /// A worker that does as its arguments say, and keeps count.
    #[derive(Default)]
    struct Odd(Mutex<Vec<u32>>);

    impl JobWorker for Odd {
        fn kind(&self) -> &'static str {
            "odd"
        }

        fn work(&self, job: Job) -> Later<JobEnd> {
            self.0.lock().unwrap().push(job.attempt);
            Box::pin(async move {
                match job.args.as_str() {
                    Some("panic") => panic!("as it was told"),
                    Some("fail") => JobEnd::Failed("as it was told".to_owned()),
                    Some("later") if job.attempt < 2 => JobEnd::Failed("not yet".to_owned()),
                    Some("refuse") => JobEnd::Refused(Refusal::new("odd", "as it was told")),
                    _ => JobEnd::Done(json!(job.attempt)),
                }
            })
        }
    }

    /// Gives a near person a job and pumps for some hours; answers how it ended and how often it was tried.
    async fn done(kind: &str, args: &str) -> (Outcome<Value>, Vec<u32>) {
        let scene = Scene::new(&["people/a"]).await;
        let worker = Arc::new(Odd::default());
        let runner = scene.outside.runner(scene.turns.clone(), Bell::default(), vec![worker.clone()]);
        let me = actor("people/a");
        let mut stored = scene.near.boxes.open(&me).await.unwrap().unwrap();
        stored.header.turn += 1;
        let promise = PromiseId("p".to_owned());
        let effects = vec![Effect::Job { promise: promise.clone(), kind: kind.to_owned(), args: json!(args) }];
        let record = TurnRecord { actor: me.clone(), stored, rows: Vec::new(), consumed: None, effects, at: NOW };
        scene.near.boxes.commit(record).await.unwrap();
        for _ in 0..200 {
            runner.pump(Duration::from_secs(10)).await;
            scene.clock.pass(60);
        }
        assert_eq!(scene.near.boxes.next_due(), None);
        let mail: Result<Vec<_>, BoxError> = scene.near.boxes.mail(&me, None, 10).await;
        let answers = mail.unwrap().into_iter().map(|mail| match mail.message.what.clone() {
            What::Answer { promise: of, outcome } if of == promise => outcome,
            other => panic!("{other:?}"),
        });
        let [outcome] = answers.collect::<Vec<_>>().try_into().unwrap();
        let tried = worker.0.lock().unwrap().clone();
        (outcome, tried)
    }

    #[tokio::test]
    async fn a_job_is_answered_once_whatever_becomes_of_it() {
        let refused = |code: &str, why: &str| Outcome::Refused(Refusal::new(code, why));
        let all: Vec<u32> = (0..JOB_ATTEMPTS_MAX).collect();
        #[rustfmt::skip]
        let rows = [
            ("odd",   "",       Outcome::Done(json!(0)),                                                  vec![0]),
            ("odd",   "later",  Outcome::Done(json!(2)),                                                  vec![0, 1, 2]),
            ("odd",   "refuse", refused("odd", "as it was told"),                                         vec![0]),
            ("odd",   "fail",   Outcome::Unknown,                                                         all.clone()),
            ("odd",   "panic",  Outcome::Unknown,                                                         all),
            ("other", "",       refused("no-such-job", "nobody here does jobs of the kind \"other\""),    vec![]),
        ];
        for (kind, args, outcome, tried) in rows {
            assert_eq!(done(kind, args).await, (outcome, tried), "{kind} {args}");
        }
    }
}
