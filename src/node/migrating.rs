//! Trackers of other servers, fetched for their copies here: one page at a time by the guarded client, handed over in pieces that a turn
//! can take. What is left of a page is kept in memory for the next piece; after a restart the page is fetched again, and the tracker knows
//! what it has.

use pritchel_actor::{ActorId, Later, Refusal};
use pritchel_actors::ticket_tracker::migrate::MIGRATE_JOB;
use pritchel_actors::ticket_tracker::migrate::batch::{Brought, MigrateWork, Place, not_f3};
use pritchel_deliver::Outside;
use pritchel_deliver::documents::far::FarError;
use pritchel_deliver::fetch::FetchError;
use pritchel_deliver::lanes::job::{Job, JobEnd, JobWorker};
use pritchel_vocab::Uri;
use pritchel_vocab::f3::read::{self, Page};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Pages kept in memory: as many as jobs are likely to be under way.
const PAGES_KEPT: usize = 4;

/// Whose page, and where it is.
type Key = (ActorId, String);
/// Pages, the newest last.
type Pages = VecDeque<(Key, Arc<Page>)>;

/// Does the jobs of [`MIGRATE_JOB`].
pub struct MigrateWorker {
    outside: Outside,
    allowed: bool,
    kept: Kept,
}

/// Pages of which a piece was brought.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Pages>>);

impl Kept {
    fn all(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, key: &Key) -> Option<Arc<Page>> {
        let mut all = self.all();
        let at = all.iter().position(|(kept, _)| kept == key)?;
        all.remove(at).map(|(_, page)| page)
    }

    fn put(&self, key: Key, page: Arc<Page>) {
        let mut all = self.all();
        all.push_back((key, page));
        while all.len() > PAGES_KEPT {
            all.pop_front();
        }
    }
}

impl MigrateWorker {
    /// With the way to other servers.
    /// - `allowed`: whether the operator has trackers copied
    pub fn new(outside: Outside, allowed: bool) -> Self {
        Self { outside, allowed, kept: Kept::default() }
    }
}

impl JobWorker for MigrateWorker {
    fn kind(&self) -> &'static str {
        MIGRATE_JOB
    }

    fn work(&self, job: Job) -> Later<JobEnd> {
        let (outside, kept, allowed) = (self.outside.clone(), self.kept.clone(), self.allowed);
        Box::pin(async move {
            if !allowed {
                let why = "this server copies no trackers of other servers any more, by its setting `migration`";
                return JobEnd::Refused(Refusal::new("migration-off", why));
            }
            let work: MigrateWork = match serde_json::from_value(job.args) {
                Ok(work) => work,
                Err(error) => return JobEnd::Failed(format!("expected a place in a tracker: {error}")),
            };
            let done = brought(&outside, &kept, job.actor, work.place).await;
            done.unwrap_or_else(|why| ended(why, job.attempt))
        })
    }
}

/// Why nothing was brought.
enum Unbrought {
    /// This server could not.
    Here(String),
    /// The other server did not give it.
    There(FarError),
    /// What it gave is no tracker.
    NotF3(String),
}

async fn brought(outside: &Outside, kept: &Kept, actor: ActorId, place: Place) -> Result<JobEnd, Unbrought> {
    let key = (actor, place.page.clone());
    let page = match kept.take(&key) {
        Some(page) => page,
        None => Arc::new(fetched(outside, &place).await?),
    };
    let (of, done) = (page.clone(), place.done);
    let brought = tokio::task::spawn_blocking(move || Brought::of(&of, done)).await.map_err(failed)?;
    if !brought.ended {
        kept.put(key, page);
    }
    serde_json::to_value(&brought).map(JobEnd::Done).map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> Unbrought {
    Unbrought::Here(error.to_string())
}

async fn fetched(outside: &Outside, place: &Place) -> Result<Page, Unbrought> {
    let uri = Uri::parse(&place.page).map_err(|why| Unbrought::NotF3(why.to_string()))?;
    let fetched = outside.f3(&uri).await.map_err(Unbrought::There)?;
    let issue = place.issue.clone();
    let read = tokio::task::spawn_blocking(move || {
        let from = Uri::parse(fetched.url.as_str()).map_err(|why| why.to_string())?;
        read::read(&fetched.body, &from, issue.as_deref()).map_err(|why| why.to_string())
    });
    read.await.map_err(failed)?.map_err(Unbrought::NotF3)
}

/// How often a page is asked for again by itself that was not asked for at all, since this server had asked that one often enough for
/// a while: a large tracker is some hundred pages, and that is nothing to tell people of.
const AGAIN: u32 = 3;

/// How a step ends without a page. What may be otherwise later is tried again by the tracker, which says so on its own page.
fn ended(why: Unbrought, attempt: u32) -> JobEnd {
    let error = match why {
        Unbrought::Here(why) => return JobEnd::Failed(why),
        Unbrought::NotF3(why) => return JobEnd::Refused(not_f3(why)),
        Unbrought::There(error @ FarError::Busy { .. }) if attempt < AGAIN => return JobEnd::Failed(error.to_string()),
        Unbrought::There(error) => error,
    };
    let why = error.to_string();
    JobEnd::Refused(match &error {
        // What leads inward is never worth another try.
        FarError::Fetch(FetchError::NotPublic { .. }) => Refusal::new(error.code(), why),
        FarError::Fetch(FetchError::ContentType { .. }) => not_f3(why),
        _ if error.is_transient() => Refusal::new("origin-unreachable", why),
        _ => Refusal::new(error.code(), why),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Arc<Page> {
        Arc::new(Page { total: None, items: Vec::new(), next: None })
    }

    #[test]
    fn only_so_many_pages_are_kept_and_each_for_its_own_tracker() {
        let kept = Kept::default();
        let key = |name: usize| {
            (ActorId::new(format!("https://a.example/trackers/{name}")), "https://old.example/t".to_owned())
        };
        for name in 0..=PAGES_KEPT {
            kept.put(key(name), page());
        }
        assert_eq!(kept.take(&key(0)), None, "the oldest made room");
        assert!(kept.take(&key(1)).is_some());
        assert_eq!(kept.take(&key(1)), None, "it is handed over once");
    }

    #[test]
    fn what_will_not_be_otherwise_is_not_asked_for_again() {
        let code = |error: FarError| match ended(Unbrought::There(error), AGAIN) {
            JobEnd::Refused(why) => why.code,
            other => panic!("{other:?}"),
        };
        let uri = || "https://old.example/t".to_owned();
        let busy = || FarError::Busy { uri: uri(), retry_after_s: 1 };
        assert_eq!(code(busy()), "origin-unreachable");
        let first = ended(Unbrought::There(busy()), 0);
        assert!(matches!(first, JobEnd::Failed(_)), "nobody is told of that: {first:?}");
        assert_eq!(code(FarError::Gone { uri: uri(), status: 404 }), "gone");
        assert_eq!(code(FarError::Own { uri: uri() }), "own-address");
        let inward =
            FetchError::NotPublic { host: "old.example".to_owned(), address: std::net::Ipv4Addr::LOCALHOST.into() };
        assert_eq!(code(inward.into()), "fetch-address-not-public");
        let page =
            FetchError::ContentType { host: "old.example".to_owned(), expected: "JSON", found: "text/html".to_owned() };
        assert_eq!(code(page.into()), "not-f3");
    }
}
