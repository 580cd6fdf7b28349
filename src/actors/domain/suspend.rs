//! Suspend and Reinstate: people of this server whom administrators shut out, and let in again; and whose accounts they delete, which can
//! be undone for some days.

use crate::domain::Domain;
use crate::domain::audit::{self, Did};
use crate::limits::{DELETION_UNDONE_S, RULE_WORDS_CHARS_MAX, SUSPENDED_MAX};
use crate::person::{BeReinstated, BeSuspended, Person};
use pritchel_actor::{
    ActorId, Halt, Header, Look, Method, Page, Ref, Refusal, RowKey, Rows, Seconds, Turn, View, demand,
};
use serde::{Deserialize, Serialize};

/// Who is suspended.
pub const SUSPENDED: Rows<ActorId, Suspended> = Rows::new("suspended");

/// That somebody is suspended, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspended {
    /// Since when.
    pub since: Seconds,
    /// By whom.
    pub by: ActorId,
    /// Whether what they have said is not shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Why, for administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// When the account ends, if it is to be deleted, or when it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Seconds>,
    /// Whether it has.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gone: bool,
}

/// Private, from the node for an administrator: suspends somebody, or changes whether what they said is shown and
/// whether the account is deleted. A deletion comes [`DELETION_UNDONE_S`] after it was first asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspend {
    /// A person of this server, as the node has seen.
    pub person: ActorId,
    /// Whether what they have said is not shown.
    #[serde(default)]
    pub hidden: bool,
    /// Why, for administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Whether the account is deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete: bool,
}

impl Method<Domain> for Suspend {
    type Answer = ();

    fn turn(self, domain: &mut Domain, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let by = turn.caller().id().clone();
        demand(by != self.person, || Refusal::new("not-oneself", "nobody suspends themselves"))?;
        demand(self.why.as_ref().is_none_or(|why| why.chars().count() <= RULE_WORDS_CHARS_MAX), || {
            Refusal::new("too-long", format!("at most {RULE_WORDS_CHARS_MAX} characters for a reason"))
        })?;
        let before = SUSPENDED.get(turn, &self.person)?;
        demand(before.as_ref().is_none_or(|before| !before.gone), || {
            Refusal::new("account-deleted", format!("the account of {} is deleted", self.person))
        })?;
        if before.is_none() {
            demand(domain.moderation.suspended < SUSPENDED_MAX, || {
                Refusal::new("too-many-suspended", format!("at most {SUSPENDED_MAX} people are suspended"))
            })?;
            domain.moderation.suspended += 1;
        }
        let ends = before.as_ref().and_then(|before| before.ends).or(Some(turn.now() + DELETION_UNDONE_S));
        let ends = ends.filter(|_| self.delete);
        let since = before.map_or(turn.now(), |before| before.since);
        let row = Suspended { since, by, hidden: self.hidden, why: self.why.clone(), ends, gone: false };
        SUSPENDED.put(turn, &self.person, &row);
        let person: Ref<Person> = turn.look().introduce(&self.person);
        turn.call(&person, BeSuspended { hidden: self.hidden, ends })?;
        let did = if self.delete { Did::DeletePerson } else { Did::Suspend };
        audit::write(domain, turn, did, self.person.as_str(), self.why)
    }
}

/// Private, from the node for an administrator: lets somebody in again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reinstate {
    /// Who.
    pub person: ActorId,
}

impl Method<Domain> for Reinstate {
    type Answer = ();

    fn turn(self, domain: &mut Domain, turn: &mut Turn<'_>) -> Result<(), Halt> {
        demand(SUSPENDED.has(turn, &self.person)?, || {
            Refusal::new("not-suspended", format!("{} is not suspended", self.person))
        })?;
        let gone = SUSPENDED.get(turn, &self.person)?.is_some_and(|row| row.gone);
        demand(!gone, || Refusal::new("account-deleted", format!("the account of {} is deleted", self.person)))?;
        SUSPENDED.remove(turn, &self.person);
        domain.moderation.suspended = domain.moderation.suspended.saturating_sub(1);
        let person: Ref<Person> = turn.look().introduce(&self.person);
        turn.call(&person, BeReinstated {})?;
        audit::write(domain, turn, Did::Reinstate, self.person.as_str(), None)
    }
}

/// Private, from a person whose suspension has ended with their account: what was hidden stays hidden.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuspendedLeft {}

impl Method<Domain> for SuspendedLeft {
    type Answer = ();

    fn turn(self, domain: &mut Domain, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let person = turn.caller().id().clone();
        let Some(mut row) = SUSPENDED.get(turn, &person)?.filter(|row| row.ends.is_some()) else { return Ok(()) };
        if row.hidden {
            row.gone = true;
            SUSPENDED.put(turn, &person, &row);
            return Ok(());
        }
        SUSPENDED.remove(turn, &person);
        domain.moderation.suspended = domain.moderation.suspended.saturating_sub(1);
        Ok(())
    }
}

/// Who is suspended, in the order of their addresses. For administrators, and for the node, which hides what they said.
#[derive(Clone, Debug)]
pub struct ViewSuspended {
    /// Those after this one.
    pub after: Option<ActorId>,
    /// At most so many.
    pub limit: usize,
}

impl View<Domain> for ViewSuspended {
    type Answer = Vec<(ActorId, Suspended)>;

    fn look(&self, _: &Domain, _: &Header, look: &mut Look<'_, '_>) -> Result<Self::Answer, Halt> {
        let after = self.after.as_ref().map(RowKey::encode).unwrap_or_default();
        SUSPENDED.page(look, Page { prefix: &[], after: &after, limit: self.limit, newest_first: false })
    }
}
