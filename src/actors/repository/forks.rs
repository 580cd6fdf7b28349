//! Forks of a repository, as far as their factories have told it of them: a list, newest first.
//!
//! Source: ForgeFed, "Forks and Migrations", step 5; the repository's `Accept` handler.

use crate::access::view::may_see;
use crate::limits::FORKS_MAX;
use crate::repository::{Repository, wire};
use pritchel_actor::{
    ActId, ActorId, Halt, Header, Look, Method, Page, Refusal, RowKey, Rows, Seconds, Turn, View, demand,
};
use serde::{Deserialize, Serialize};

/// Forks by number, from 1: a number is used once.
pub const FORKS: Rows<u64, Fork> = Rows::new("forks");
/// The number of a fork by its address.
pub const FORK_NUMBERS: Rows<ActorId, u64> = Rows::new("fork_numbers");
/// Forks that mirror this repository.
pub const MIRRORED_BY: Rows<ActorId, Seconds> = Rows::new("mirrored_by");

/// A fork.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// Its address.
    pub id: ActorId,
    /// When its factory told of it.
    pub at: Seconds,
}

/// A factory has made a copy of this repository. It is listed if it says so itself: what is private says so to nobody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForkMade {
    /// The `Create` that asked for it.
    pub create: ActId,
    /// What was made.
    pub fork: Option<ActorId>,
}

impl Method<Repository> for ForkMade {
    type Answer = ();

    fn turn(self, repository: &mut Repository, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let (me, now) = (turn.me().clone(), turn.now());
        let Some(asked) = turn.known_act(&self.create)?.as_deref().and_then(|create| wire::asked(create, &me)) else {
            let why = format!("{} asked for no copy of this repository", self.create);
            return Err(Refusal::new("not-a-fork", why).into());
        };
        demand(asked.factory.as_ref() == Some(turn.caller().id()), || {
            Refusal::new("not-the-factory", "only the factory that was asked says what it has made")
        })?;
        demand(self.fork.is_some(), || {
            Refusal::new("nothing-made", "expected what was made as `result`, found nothing")
        })?;
        demand(asked.mirrors.as_ref().is_none_or(|of| *of == me), || {
            Refusal::new("mirrors-another", "it mirrors another repository than it is a copy of")
        })?;
        let Some(fork) = self.fork else { return Ok(()) };
        let found = turn.document(fork.as_str())?.found;
        demand(found.is_ok_and(|document| wire::is_copy(&document, &me)), || {
            Refusal::new("not-a-fork", format!("{fork} does not say that it is a copy of this repository"))
        })?;
        if FORK_NUMBERS.has(turn, &fork)? {
            return Ok(());
        }
        demand(repository.forks < FORKS_MAX, || {
            Refusal::new("too-many-forks", format!("at most {FORKS_MAX} forks are listed"))
        })?;
        let number = turn.number();
        FORKS.put(turn, &number, &Fork { id: fork.clone(), at: now });
        FORK_NUMBERS.put(turn, &fork, &number);
        repository.forks += 1;
        if asked.mirrors.is_some() {
            MIRRORED_BY.put(turn, &fork, &now);
        }
        Ok(())
    }
}

/// Takes a fork that has ended off the list. Answers whether it stood there.
pub fn ended(repository: &mut Repository, turn: &mut Turn<'_>, fork: &ActorId) -> Result<bool, Halt> {
    let Some(number) = FORK_NUMBERS.get(turn, fork)? else { return Ok(false) };
    FORKS.remove(turn, &number);
    FORK_NUMBERS.remove(turn, fork);
    MIRRORED_BY.remove(turn, fork);
    repository.forks = repository.forks.saturating_sub(1);
    Ok(true)
}

/// A page of forks, newest first.
#[derive(Clone, Debug)]
pub struct ViewForks {
    /// Who looks; `None` is anybody.
    pub viewer: Option<ActorId>,
    /// Forks of numbers below this one.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

impl View<Repository> for ViewForks {
    type Answer = (u64, Vec<(u64, Fork)>);

    fn look(&self, repository: &Repository, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        may_see(repository, look, self.viewer.as_ref())?;
        let after = self.before.map(|before| before.encode()).unwrap_or_default();
        let page = Page { prefix: &[], after: &after, limit: self.limit, newest_first: true };
        Ok((repository.forks, FORKS.page(look, page)?))
    }
}
