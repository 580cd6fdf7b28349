//! A mirror: what moves where it looks moves here, and is told. Its branches are nobody's to push to.
//! - [`MirrorMoved`], [`MoveAgain`]: git has moved what had drifted, or could not
//! - [`SourcePushed`]: something was pushed there; [`EditMirror`]: how often it looks, and when it is a mirror no more
//!
//! Source: ForgeFed, "Mirroring", steps 3 and 4.

use crate::access::{Role, require};
use crate::common::Visibility;
use crate::common::resource::{followers, spread};
use crate::hooks::news;
use crate::limits::{MERGE_RETRY_S, MIRROR_EVERY_MAX_S, MIRROR_EVERY_MIN_S, MIRROR_PUSHED_S};
use crate::repository::copy::{self, Copy, Drift, Mirror, again_after};
use crate::repository::report_push::MovedRef;
use crate::repository::wire::Pushed;
use crate::repository::{Repository, wire};
use crate::tie::wire::unfollow;
use pritchel_actor::{ActorId, Halt, Method, Outcome, Refusal, Seconds, Turn, demand};
use serde::{Deserialize, Serialize};

/// Git has moved references, or could not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MirrorMoved {
    /// What was to move.
    pub drift: Drift,
}

impl Method<Repository> for MirrorMoved {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let moved = match turn.outcome::<Vec<MovedRef>>()? {
            Outcome::Done(moved) => moved,
            Outcome::Refused(why) => return copy::failed(repository, turn, why),
            // They may have moved or not: nothing else is done until that is known.
            Outcome::Unknown => {
                turn.after::<Repository>(MERGE_RETRY_S, MoveAgain { drift: self.drift })?;
                return Ok(());
            }
        };
        let public = repository.resource.visibility != Visibility::Private;
        for moved in &moved {
            wire::push(turn, &Pushed::default(), moved, public)?;
            repository.pushes += 1;
            repository.pushed = Some(turn.now());
        }
        if !moved.is_empty() {
            news::moved(repository, turn, None, &moved)?;
            repository.upkeep.pushed(turn)?;
        }
        if let Some(copy) = repository.copy.as_mut().filter(|_| self.drift.more) {
            copy.again = true;
        }
        copy::brought(repository, turn)
    }
}

/// Private, by a timer of its own: moves what had drifted where that has failed for long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoveAgain {
    /// What is to move.
    pub drift: Drift,
}

impl Method<Repository> for MoveAgain {
    type Answer = ();

    fn turn(self, _: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand(turn.caller().id() == turn.me(), || {
            Refusal::new("not-itself", "only the repository itself can do this")
        })?;
        copy::move_refs(turn, self.drift)
    }
}

/// What it mirrors tells of a push. Nobody is answered.
///
/// Source: ForgeFed, "Mirroring", step 4.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourcePushed {}

impl Method<Repository> for SourcePushed {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let caller = turn.caller().id().clone();
        let now = turn.now();
        let mirrored = repository.copy.as_mut().filter(|copy| copy.mirror.is_some() && copy.of == caller);
        demand(mirrored.is_some(), || {
            Refusal::new("not-the-origin", format!("this repository does not mirror {caller}"))
        })?;
        let Some(copy) = mirrored else { return Ok(()) };
        // Whoever pushes often does not make this server fetch as often.
        let since = copy.tried.map_or(MIRROR_PUSHED_S, |tried| now.saturating_sub(tried));
        match MIRROR_PUSHED_S.saturating_sub(since) {
            wait_s @ 1.. if !copy.busy => again_after(copy, turn, wait_s),
            _ => copy::fetch(repository, turn),
        }
    }
}

/// Changes how often a mirror looks, or ends it: it is a repository like others then.
///
/// Source: ours; ForgeFed leaves open how a mirror is changed. `mirrorEvery`, in seconds, is a term of ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EditMirror {
    /// Seconds between two fetches, if that is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_s: Option<Seconds>,
    /// What it is to mirror: the same, or nothing any more.
    pub mirrors: Option<ActorId>,
}

impl Method<Repository> for EditMirror {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        require(repository, turn, Role::Admin)?;
        let not = || Refusal::new("not-a-mirror", "this repository mirrors nothing: a mirror is made by a factory");
        let Some((copy, mirror)) = of(repository) else { return Err(not().into()) };
        demand(self.mirrors.as_ref().is_none_or(|other| *other == copy.of), || {
            Refusal::new("mirrors-another", format!("it mirrors {}, and no other later", copy.of))
        })?;
        let every_s = self.every_s.unwrap_or(mirror.every_s);
        demand((MIRROR_EVERY_MIN_S..=MIRROR_EVERY_MAX_S).contains(&every_s), || {
            let why = format!("a mirror looks every {MIRROR_EVERY_MIN_S} to {MIRROR_EVERY_MAX_S} s, not {every_s}");
            Refusal::new("interval-not-allowed", why)
        })?;
        if let Some(copy) = &mut repository.copy {
            match self.mirrors {
                Some(_) => changed(copy, turn, Mirror { every_s, ..mirror })?,
                None => ended(copy, turn, mirror)?,
            }
        }
        spread(turn, vec![followers()])
    }
}

fn of(repository: &Repository) -> Option<(Copy, Mirror)> {
    let copy = repository.copy.clone()?;
    let mirror = copy.mirror.clone()?;
    Some((copy, mirror))
}

fn changed(copy: &mut Copy, turn: &mut Turn<'_>, mirror: Mirror) -> Result<(), Halt> {
    let every_s = mirror.every_s;
    copy.mirror = Some(mirror);
    if copy.busy {
        return Ok(());
    }
    again_after(copy, turn, every_s)
}

fn ended(copy: &mut Copy, turn: &mut Turn<'_>, mirror: Mirror) -> Result<(), Halt> {
    copy.mirror = None;
    copy.again = false;
    if let Some((timer, _)) = copy.next.take() {
        turn.cancel(timer)?;
    }
    if let Some(follow) = &mirror.follow {
        unfollow(turn, &copy.of, follow)?;
    }
    Ok(())
}
