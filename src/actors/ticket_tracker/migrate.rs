//! A tracker that began as a copy of one on another server. A worker fetches what the other one tells, a page at a time; the tracker takes
//! some of it in each turn, and keeps where it stands: a server that stops in between goes on from there.
//! - [`Migration`]: what is kept of it; [`BeginMigration`], [`MigrateAgain`]: what sets it going; [`Migrated`]: what came of a step
//! - [`batch`]: what the worker brings; [`wire`]: how it reads that; [`take`]: how it is kept; [`steer`]: stopped and begun again by people; [`view`]: how it is shown
//!
//! Nobody can say through a copy who wrote what: all of it is the tracker's, with the name that the other server gives and the address it
//! has there.
//!
//! Source: ForgeFed, "Forks and Migrations"; protocol decision F-82; docs/decisions/0010.

pub mod batch;
pub mod steer;
pub mod take;
pub mod view;
pub mod wire;

use crate::access::{COLLABORATORS, Role};
use crate::limits::{MIGRATED_COMMENTS_MAX, MIGRATED_PAGES_MAX, MIGRATED_TICKETS_MAX, MIGRATION_TRIES_S};
use crate::ticket_tracker::TicketTracker;
use batch::{Brought, MigrateWork, Place};
use pritchel_actor::{ActId, ActorId, Halt, Method, Outcome, Refusal, Seconds, TimerId, Turn, demand};
use serde::{Deserialize, Serialize};

/// The kind of job in which a page is fetched.
pub const MIGRATE_JOB: &str = "migrate";

/// What a tracker is a copy of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A tracker on another server.
    Tracker(ActorId),
    /// A document that somebody has put there.
    Archive(String),
}

impl Source {
    /// Its address.
    pub fn uri(&self) -> &str {
        match self {
            Self::Tracker(tracker) => tracker.as_str(),
            Self::Archive(uri) => uri,
        }
    }
}

/// A copy, and how far it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Migration {
    /// Of what.
    pub of: Source,
    /// Who asked for it.
    pub by: ActorId,
    /// The `Create` that asked for it.
    pub create: ActId,
    /// Where it goes on, the last one first.
    pub at: Vec<Place>,
    /// How many tickets there are, as the other server has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Tickets that are here.
    #[serde(default)]
    pub tickets: u64,
    /// Comments that are here.
    #[serde(default)]
    pub comments: u64,
    /// What could not be read.
    #[serde(default)]
    pub skipped: u64,
    /// Pages read to their end.
    #[serde(default)]
    pub pages: u64,
    /// Whether the worker is at it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub busy: bool,
    /// How often it has failed since something came.
    #[serde(default)]
    pub failures: u32,
    /// Why it failed the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Refusal>,
    /// When it is tried again, and the timer for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<(TimerId, Seconds)>,
    /// When and how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<(Seconds, End)>,
}

/// How a copy ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// All that could be read is here.
    Whole,
    /// It failed too often, or for good.
    GivenUp,
    /// Somebody has stopped it.
    Stopped(ActorId),
}

impl Migration {
    /// A copy that has not begun.
    pub fn new(of: Source, by: ActorId, create: ActId) -> Self {
        let at = vec![Place { page: of.uri().to_owned(), issue: None, done: 0 }];
        Self {
            of,
            by,
            create,
            at,
            total: None,
            tickets: 0,
            comments: 0,
            skipped: 0,
            pages: 0,
            busy: false,
            failures: 0,
            error: None,
            next: None,
            ended: None,
        }
    }

    /// Whether more is to come.
    pub fn runs(&self) -> bool {
        self.ended.is_none()
    }

    /// How it stands, in one word.
    pub fn state(&self) -> &'static str {
        match &self.ended {
            None if self.next.is_some() => "waiting",
            None => "copying",
            Some((_, End::Whole)) => "done",
            Some((_, End::GivenUp)) => "failed",
            Some((_, End::Stopped(_))) => "stopped",
        }
    }

    /// Seconds until it is tried again after a failure; `None`: it is given up.
    fn wait_s(&self, why: &Refusal) -> Option<Seconds> {
        if !PASSING.contains(&&*why.code) {
            return None;
        }
        MIGRATION_TRIES_S.get(self.failures.max(1) as usize - 1).copied()
    }

    /// Moves on by what a step has brought.
    fn moved(&mut self, brought: &Brought) {
        let Some(mut place) = self.at.pop() else { return };
        place.done = place.done.saturating_add(brought.read);
        if brought.ended {
            self.pages += 1;
            let next = brought.next.clone().map(|page| Place { page, issue: place.issue.clone(), done: 0 });
            self.at.extend(next);
        } else {
            self.at.push(place);
        }
        if let Some((issue, page)) = brought.more.clone() {
            self.at.push(Place { page, issue: Some(issue), done: 0 });
        }
        self.total = brought.total.or(self.total);
    }

    /// Why no more of it is taken.
    fn too_much(&self) -> Option<Refusal> {
        let rows = [
            (self.tickets, MIGRATED_TICKETS_MAX, "tickets"),
            (self.comments, MIGRATED_COMMENTS_MAX, "comments"),
            (self.pages, MIGRATED_PAGES_MAX, "pages"),
        ];
        let (_, most, what) = rows.into_iter().find(|(count, most, _)| count >= most && !self.at.is_empty())?;
        Some(Refusal::new("too-much-to-copy", format!("at most {most} {what} are copied")))
    }
}

/// Why a step fails that may go well the next time.
const PASSING: [&str; 2] = ["origin-unreachable", "migration-failed"];

/// Refuses a new ticket while those of another tracker come: they keep their numbers.
pub fn may_open(tracker: &TicketTracker) -> Result<(), Halt> {
    let running = tracker.migration.as_ref().filter(|migration| migration.runs());
    demand(running.is_none(), || {
        let of = running.map_or("", |migration| migration.of.uri());
        Refusal::new("being-copied", format!("this is just being copied from {of}: try again when that has ended"))
    })
}

/// Has the next piece fetched, unless the worker is at it, nothing is left, or the tracker is archived: then that waits.
pub(super) fn fetch(tracker: &mut TicketTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
    let archived = tracker.resource.archived.is_some();
    let Some(migration) = tracker.migration.as_mut().filter(|migration| migration.runs() && !migration.busy) else {
        return Ok(());
    };
    if let Some((timer, _)) = migration.next.take() {
        turn.cancel(timer)?;
    }
    let Some(place) = migration.at.last().cloned() else {
        migration.ended = Some((turn.now(), End::Whole));
        return Ok(());
    };
    if archived {
        return Ok(());
    }
    migration.busy = true;
    let work = MigrateWork { place: place.clone() };
    let args = serde_json::to_value(&work).map_err(|error| Halt::Broken(error.to_string()))?;
    turn.job::<TicketTracker>(MIGRATE_JOB, args, Migrated { place })
}

/// It did not go well.
fn failed(migration: &mut Migration, turn: &mut Turn<'_>, why: Refusal) -> Result<(), Halt> {
    migration.failures = migration.failures.saturating_add(1);
    let wait_s = migration.wait_s(&why);
    migration.error = Some(why);
    match wait_s {
        Some(wait_s) => {
            let timer = turn.after::<TicketTracker>(wait_s, MigrateAgain {})?;
            migration.next = Some((timer, turn.now().saturating_add(wait_s)));
        }
        None => migration.ended = Some((turn.now(), End::GivenUp)),
    }
    Ok(())
}

/// Private, called by the factory in the turn that launches the tracker: begins to copy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeginMigration {}

impl Method<TicketTracker> for BeginMigration {
    type Answer = ();

    fn turn(self, tracker: &mut TicketTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        fetch(tracker, turn)
    }
}

/// Private, by a timer of its own: the time has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MigrateAgain {}

impl Method<TicketTracker> for MigrateAgain {
    type Answer = ();

    fn turn(self, tracker: &mut TicketTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand(turn.caller().id() == turn.me(), || Refusal::new("not-itself", "only the tracker itself can do this"))?;
        if let Some(migration) = &mut tracker.migration {
            // The timer that called is no longer one.
            migration.next = None;
        }
        fetch(tracker, turn)
    }
}

/// The worker has brought something, or could not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Migrated {
    /// Where it was at.
    pub place: Place,
}

impl Method<TicketTracker> for Migrated {
    type Answer = ();

    fn turn(self, tracker: &mut TicketTracker, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let outcome = turn.outcome::<Brought>()?;
        let Some(mut migration) = tracker.migration.take() else { return Ok(()) };
        migration.busy = false;
        let wanted = migration.runs() && migration.at.last() == Some(&self.place);
        match outcome {
            _ if !wanted => {}
            Outcome::Done(brought) => {
                take::all(tracker, &mut migration, turn, &brought.pieces)?;
                (migration.failures, migration.error) = (0, None);
                migration.moved(&brought);
                if let Some(why) = migration.too_much() {
                    failed(&mut migration, turn, why)?;
                }
            }
            Outcome::Refused(why) => failed(&mut migration, turn, why)?,
            Outcome::Unknown => {
                let why = Refusal::new("migration-failed", "it could not be fetched, for some reason of this server");
                failed(&mut migration, turn, why)?;
            }
        }
        let waits = migration.next.is_some();
        tracker.migration = Some(migration);
        if waits { Ok(()) } else { fetch(tracker, turn) }
    }
}

/// Refuses whoever is not known to maintain the tracker. The node says who asks.
pub(super) fn must_maintain(turn: &mut Turn<'_>, by: &ActorId) -> Result<(), Halt> {
    let now = turn.now();
    let collaborator = COLLABORATORS.get(turn, by)?.filter(|collaborator| collaborator.holds(now));
    let role = collaborator.map(|collaborator| collaborator.role);
    demand(role >= Some(Role::Maintain), || {
        Refusal::new("role-too-small", format!("this needs the role {}, {by} has {role:?}", Role::Maintain))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration() -> Migration {
        let of = Source::Tracker("https://old.example/trackers/tea".into());
        Migration::new(of, "https://a.example/people/a".into(), "https://a.example/people/a/outbox/1".into())
    }

    fn brought(read: u64, ended: bool, next: Option<&str>, more: Option<&str>) -> Brought {
        Brought {
            pieces: Vec::new(),
            read,
            ended,
            next: next.map(str::to_owned),
            more: more.map(|page| ("issue".to_owned(), page.to_owned())),
            total: None,
        }
    }

    /// Where it stands, the next one last.
    fn at(migration: &Migration) -> Vec<(&str, u64)> {
        migration.at.iter().map(|place| (place.page.rsplit('/').next().unwrap_or_default(), place.done)).collect()
    }

    #[test]
    fn further_comments_of_an_issue_come_before_the_page_goes_on() {
        let mut migration = migration();
        migration.moved(&brought(50, false, None, None));
        assert_eq!(at(&migration), [("tea", 50)]);
        migration.moved(&brought(7, false, None, Some("7/a")));
        assert_eq!(at(&migration), [("tea", 57), ("a", 0)]);
        migration.moved(&brought(100, true, Some("7/b"), None));
        assert_eq!(at(&migration), [("tea", 57), ("b", 0)]);
        assert_eq!(migration.at[1].issue.as_deref(), Some("issue"));
        migration.moved(&brought(3, true, None, None));
        migration.moved(&brought(3, true, Some("2"), Some("8/a")));
        assert_eq!(at(&migration), [("2", 0), ("a", 0)], "both, where the page ends with it");
        migration.moved(&brought(1, true, None, None));
        migration.moved(&brought(0, true, None, None));
        assert_eq!((at(&migration), migration.pages), (Vec::new(), 5));
    }

    #[test]
    fn what_passes_is_tried_again_more_slowly_and_then_given_up() {
        let (down, other) = (Refusal::new("origin-unreachable", "down"), Refusal::new("not-f3", "a page"));
        for (failures, expected) in [(1, Some(MIGRATION_TRIES_S[0])), (2, Some(MIGRATION_TRIES_S[1])), (99, None)] {
            let migration = Migration { failures, ..migration() };
            assert_eq!((migration.wait_s(&down), migration.wait_s(&other)), (expected, None), "{failures}");
        }
    }

    #[test]
    fn a_source_without_end_is_left() {
        let full = Migration { tickets: MIGRATED_TICKETS_MAX, ..migration() };
        assert_eq!(full.too_much().map(|why| why.code), Some("too-much-to-copy".to_owned()));
        assert_eq!(Migration { at: Vec::new(), ..full }.too_much(), None, "it was just enough");
        assert_eq!(Migration { pages: MIGRATED_PAGES_MAX - 1, ..migration() }.too_much(), None);
    }
}
