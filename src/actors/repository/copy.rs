//! A repository that began as a copy of another one, here or on another server: a fork, or a mirror that goes on. Git fetches in a
//! job; the repository decides when, and when to try again.
//! - [`struct@Copy`], [`Mirror`]: what is kept of it; [`FetchWork`]: what the worker is told
//! - [`BeginCopy`], [`CopyNow`], [`CopyAgain`]: what sets it going; [`Fetched`]: what came of it
//!
//! Source: ForgeFed, "Forks and Migrations", "Mirroring". How git fetches is left open there.

use crate::access::{COLLABORATORS, Role};
use crate::common::Visibility;
use crate::limits::{FORK_TRIES_S, MIRROR_EVERY_S, MIRROR_WAIT_MAX_S};
use crate::patch_tracker::wire::follow;
use crate::repository::Repository;
use crate::repository::mirror::MirrorMoved;
use crate::repository::refs::RefUpdate;
use pritchel_actor::{ActId, ActorId, Halt, Method, Outcome, Refusal, Rows, Seconds, TimerId, Turn, demand};
use serde::{Deserialize, Serialize};

/// The kind of job in which git fetches.
pub const FETCH_JOB: &str = "fetch";

/// The one repository that this one was copied from, by address: it is told when this one ends.
pub const SOURCES: Rows<ActorId, Seconds> = Rows::new("sources");

/// What git is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum FetchWork {
    /// Bring all there is, and make each branch and tag that is not here yet. Brings nothing.
    Copy(CopyOf),
    /// Bring all there is and move nothing. Brings a [`Drift`].
    Compare(CopyOf),
    /// Move these references. Brings a list of [`MovedRef`](crate::repository::report_push::MovedRef).
    Move(Drift),
}

/// What is copied, for whom, and for whose eyes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CopyOf {
    /// The other repository.
    pub of: ActorId,
    /// Who asked for it: only what this person may see is copied.
    pub by: ActorId,
    /// Whether the copy is private, too: what is private is copied into nothing else.
    pub private: bool,
    /// Whether git fetches at the address itself, which is of no actor.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plain: bool,
}

/// How far a mirror is from what it mirrors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// References that are to move.
    pub updates: Vec<RefUpdate>,
    /// Whether there are more of them.
    #[serde(default)]
    pub more: bool,
    /// The default branch there: its full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
}

/// What a repository was copied from, and how that went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Copy {
    /// The other repository.
    pub of: ActorId,
    /// Whether that is where git fetches, and no actor: nobody there knows of this copy.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub plain: bool,
    /// Who asked for it.
    pub by: ActorId,
    /// What makes it a mirror, if it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror: Option<Mirror>,
    /// When all that was there had come, last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Seconds>,
    /// When it was last begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<Seconds>,
    /// How often it has failed since it last went well.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failures: u32,
    /// Why it failed the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Refusal>,
    /// Whether git is at it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub busy: bool,
    /// Whether it is wanted once more when git is done.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// When it is begun again, and the timer for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<(TimerId, Seconds)>,
}

/// A mirror.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mirror {
    /// Seconds between two fetches that go well.
    pub every_s: Seconds,
    /// The `Follow` by which it hears of pushes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow: Option<ActId>,
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Copy {
    /// A copy that has not begun.
    pub fn new(of: ActorId, by: ActorId, mirrors: bool) -> Self {
        Self {
            of,
            plain: false,
            by,
            mirror: mirrors.then_some(Mirror { every_s: MIRROR_EVERY_S, follow: None }),
            done: None,
            tried: None,
            failures: 0,
            error: None,
            busy: false,
            again: false,
            next: None,
        }
    }

    /// A copy of what git finds at an address that is of no actor.
    pub fn import(url: ActorId, by: ActorId) -> Self {
        Self { plain: true, ..Self::new(url, by, false) }
    }

    /// The repository of which it is a copy; `None` if that is no actor.
    pub fn origin(&self) -> Option<&ActorId> {
        (!self.plain).then_some(&self.of)
    }

    /// Seconds until it is tried again after a failure: a mirror goes on for ever, more and more slowly; a fork gives up.
    fn wait_s(&self, why: &Refusal) -> Option<Seconds> {
        let failures = self.failures.max(1);
        match &self.mirror {
            Some(mirror) => {
                let longest = MIRROR_WAIT_MAX_S.max(mirror.every_s);
                Some(mirror.every_s.saturating_mul(1i64.checked_shl(failures.min(20)).unwrap_or(1)).min(longest))
            }
            None if PASSING.contains(&&*why.code) => FORK_TRIES_S.get(failures as usize - 1).copied(),
            None => None,
        }
    }
}

/// Why a fetch fails that may go well the next time.
const PASSING: [&str; 4] = ["origin-unreachable", "origin-slow", "fetch-failed", "git-busy"];

/// Refuses what would move a branch of a mirror, or of what is just being copied.
pub fn may_move(repository: &Repository) -> Result<(), Halt> {
    let Some(copy) = &repository.copy else { return Ok(()) };
    demand(copy.mirror.is_none(), || {
        Refusal::new("is-a-mirror", format!("this is a mirror of {}: what is pushed there comes here", copy.of))
    })?;
    demand(!copy.busy, || {
        Refusal::new("being-copied", format!("this is just being copied from {}: try again", copy.of))
    })
}

/// Has git fetch, unless it is at it: then once more after that.
pub(super) fn fetch(repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
    let private = repository.resource.visibility == Visibility::Private;
    let Some(copy) = &mut repository.copy else { return Ok(()) };
    if copy.busy {
        copy.again = true;
        return Ok(());
    }
    if let Some((timer, _)) = copy.next.take() {
        turn.cancel(timer)?;
    }
    (copy.busy, copy.again, copy.tried) = (true, false, Some(turn.now()));
    let of = CopyOf { of: copy.of.clone(), by: copy.by.clone(), private, plain: copy.plain };
    let compares = copy.mirror.is_some() && copy.done.is_some();
    work(turn, if compares { FetchWork::Compare(of) } else { FetchWork::Copy(of) })
}

fn work(turn: &mut Turn<'_>, work: FetchWork) -> Result<(), Halt> {
    let args = serde_json::to_value(&work).map_err(|error| Halt::Broken(error.to_string()))?;
    match work {
        FetchWork::Move(drift) => turn.job::<Repository>(FETCH_JOB, args, MirrorMoved { drift }),
        _ => turn.job::<Repository>(FETCH_JOB, args, Fetched {}),
    }
}

/// Has git move what has drifted.
pub(super) fn move_refs(turn: &mut Turn<'_>, drift: Drift) -> Result<(), Halt> {
    work(turn, FetchWork::Move(drift))
}

/// All is here that is there.
pub(super) fn brought(repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
    let Some(copy) = &mut repository.copy else { return Ok(()) };
    (copy.busy, copy.done, copy.failures, copy.error) = (false, Some(turn.now()), 0, None);
    if copy.again && copy.mirror.is_some() {
        return fetch(repository, turn);
    }
    match copy.mirror.as_ref().map(|mirror| mirror.every_s) {
        Some(every_s) => again_after(copy, turn, every_s),
        None => Ok(()),
    }
}

/// It did not go well.
pub(super) fn failed(repository: &mut Repository, turn: &mut Turn<'_>, why: Refusal) -> Result<(), Halt> {
    let Some(copy) = &mut repository.copy else { return Ok(()) };
    (copy.busy, copy.again, copy.failures) = (false, false, copy.failures.saturating_add(1));
    let wait_s = copy.wait_s(&why);
    copy.error = Some(why);
    match wait_s {
        Some(wait_s) => again_after(copy, turn, wait_s),
        None => Ok(()),
    }
}

/// Somebody has pushed to a copy that had failed: it is theirs now, and nothing is fetched into it any more.
pub(super) fn pushed(repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
    match repository.copy.as_mut().filter(|copy| copy.mirror.is_none()).and_then(|copy| copy.next.take()) {
        Some((timer, _)) => turn.cancel(timer),
        None => Ok(()),
    }
}

/// Begins it anew after some seconds, and not before.
pub(super) fn again_after(copy: &mut Copy, turn: &mut Turn<'_>, wait_s: Seconds) -> Result<(), Halt> {
    if let Some((timer, _)) = copy.next.take() {
        turn.cancel(timer)?;
    }
    copy.next = Some((turn.after::<Repository>(wait_s, CopyAgain {})?, turn.now().saturating_add(wait_s)));
    Ok(())
}

/// Private, called by the factory in the turn that launches the repository: begins to copy. A mirror follows what it mirrors, to
/// hear of pushes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeginCopy {}

impl Method<Repository> for BeginCopy {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let private = repository.resource.visibility == Visibility::Private;
        let now = turn.now();
        let Some(copy) = repository.copy.as_mut().filter(|copy| copy.tried.is_none()) else { return Ok(()) };
        let (of, plain) = (copy.of.clone(), copy.plain);
        if !private && !plain {
            // What is private is told to nobody.
            SOURCES.put(turn, &of, &now);
        }
        if let Some(mirror) = copy.mirror.as_mut().filter(|_| !private) {
            mirror.follow = Some(follow(turn, &of)?);
        }
        fetch(repository, turn)
    }
}

/// Private, from the node that shows the form: somebody wants it now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CopyNow {
    /// Who, as the node has authenticated them.
    pub by: ActorId,
}

impl Method<Repository> for CopyNow {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let now = turn.now();
        let collaborator = COLLABORATORS.get(turn, &self.by)?.filter(|collaborator| collaborator.holds(now));
        let role = collaborator.map(|collaborator| collaborator.role);
        demand(role >= Some(Role::Maintain), || {
            Refusal::new("role-too-small", format!("this needs the role {}, {} has {role:?}", Role::Maintain, self.by))
        })?;
        let wanted = repository.copy.as_ref().is_some_and(|copy| copy.mirror.is_some() || copy.done.is_none());
        demand(wanted, || Refusal::new("nothing-to-fetch", "it is no mirror, and no copy that has failed"))?;
        fetch(repository, turn)
    }
}

/// Private, by a timer of its own: the time has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CopyAgain {}

impl Method<Repository> for CopyAgain {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand(turn.caller().id() == turn.me(), || {
            Refusal::new("not-itself", "only the repository itself can do this")
        })?;
        fetch(repository, turn)
    }
}

/// Git has fetched, or could not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fetched {}

impl Method<Repository> for Fetched {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        match turn.outcome::<Option<Drift>>()? {
            Outcome::Done(Some(drift)) if !drift.updates.is_empty() => move_refs(turn, drift),
            Outcome::Done(_) => brought(repository, turn),
            Outcome::Refused(why) => failed(repository, turn, why),
            Outcome::Unknown => {
                let why = Refusal::new("fetch-failed", "git could not do it, for some reason of this server");
                failed(repository, turn, why)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_is_tried_for_ever_more_slowly_and_a_fork_some_times() {
        let copy = |mirrors, failures| {
            let copy = Copy::new("https://a.example/repos/tea".into(), "https://b.example/people/b".into(), mirrors);
            Copy { failures, ..copy }
        };
        let down = Refusal::new("origin-unreachable", "down");
        let gone = Refusal::new("not-a-repository", "gone");
        let (first, second) = (copy(true, 1).wait_s(&down), copy(true, 2).wait_s(&down));
        assert_eq!((first, second), (Some(2 * MIRROR_EVERY_S), Some(4 * MIRROR_EVERY_S)));
        assert_eq!(copy(true, 1000).wait_s(&gone), Some(MIRROR_WAIT_MAX_S));
        assert_eq!(copy(false, 1).wait_s(&down), Some(FORK_TRIES_S[0]));
        assert_eq!(copy(false, FORK_TRIES_S.len() as u32 + 1).wait_s(&down), None);
        assert_eq!(copy(false, 1).wait_s(&gone), None, "it will not be another the next time");
    }
}
