//! The person's Grants are taken back.

use crate::common::naming::origin_of;
use crate::limits::{REVOKED_EARLY_MAX, REVOKED_EARLY_OF_ONE_MAX, REVOKED_EARLY_S, UNDONE_MAX};
use crate::person::Person;
use crate::person::rows::{DELEGATIONS, EARLY_REVOKES, PERMITS};
use pritchel_actor::heeded;
use pritchel_actor::rows::pair_prefix;
use pritchel_actor::{ActId, ActorId, Halt, Method, Page, Refusal, RowKey, Turn};
use serde::{Deserialize, Serialize};

/// Marks Grants as dead. Only who gave them can; others in the list are left alone.
///
/// Source: ForgeFed, the Person's handler of `Revoke`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DropPermits {
    /// The Grants.
    pub grants: Vec<ActId>,
}

impl Method<Person> for DropPermits {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        self.drop_all(person, turn)
    }
}

impl DropPermits {
    /// Marks those of the Grants as dead that the caller gave.
    pub fn drop_all(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        let giver = turn.caller().id().clone();
        let (mut dropped, mut of_another) = (false, None);
        for grant in self.grants.iter().take(UNDONE_MAX) {
            match PERMITS.get(turn, grant)? {
                Some(mut permit) if heeded("not-its-grant", permit.giver == giver) => {
                    permit.live = false;
                    if let Some(delegate) = permit.delegate.take() {
                        DELEGATIONS.remove(turn, &delegate);
                    }
                    PERMITS.put(turn, grant, &permit);
                    dropped = true;
                }
                Some(permit) => of_another = Some((grant, permit.giver)),
                None if turn.look().seen(grant)?.is_none() => remember(person, turn, &giver, grant)?,
                None => {}
            }
        }
        match of_another.filter(|_| !dropped) {
            Some((grant, by)) => {
                let why = format!("{grant} was given by {by}, and only who gave a Grant takes it back");
                Err(Refusal::new("not-its-grant", why).into())
            }
            None => Ok(()),
        }
    }
}

/// A delivery that failed for long is sent again by itself: a Grant may come after its Revoke, and comes dead. What is
/// remembered of that is bounded, since anybody can take back what never was; beyond the bounds a Grant that comes late is
/// shown as live until it is used, and then refused by who gave it.
fn remember(person: &mut Person, turn: &mut Turn<'_>, giver: &ActorId, grant: &ActId) -> Result<(), Halt> {
    let key = (giver.clone(), grant.clone());
    if origin_of(grant.as_str()) != origin_of(giver.as_str()) || EARLY_REVOKES.has(turn, &key)? {
        return Ok(());
    }
    let own = pair_prefix(&giver.encode());
    if EARLY_REVOKES.page(turn, Page::first(&own, REVOKED_EARLY_OF_ONE_MAX))?.len() >= REVOKED_EARLY_OF_ONE_MAX {
        return Ok(());
    }
    if person.revoked_early >= REVOKED_EARLY_MAX {
        forget_old(person, turn)?;
    }
    if person.revoked_early < REVOKED_EARLY_MAX {
        person.revoked_early += 1;
        EARLY_REVOKES.put(turn, &key, &turn.now());
    }
    Ok(())
}

/// What was taken back that long ago and never came will not come.
fn forget_old(person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
    let all = Page::first(&[], pritchel_actor::limits::PAGE_MAX);
    for (key, since) in EARLY_REVOKES.page(turn, all)? {
        if turn.now() - since > REVOKED_EARLY_S {
            EARLY_REVOKES.remove(turn, &key);
            person.revoked_early = person.revoked_early.saturating_sub(1);
        }
    }
    Ok(())
}
