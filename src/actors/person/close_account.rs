//! CloseAccount: a person goes for ever.

use crate::common::naming::host;
use crate::domain::{Domain, NAME, PersonLeft};
use crate::limits::{CODES_MAX, PGP_KEYS_MAX, SSH_KEYS_MAX, TOKENS_MAX};
use crate::person::account::{end_sessions, end_token};
use crate::person::pgp_keys::forget;
use crate::person::rows::{CODES, PGP_KEYS, PICTURES, SSH_KEYS, TOKENS};
use crate::person::ssh_keys::{SSH_KEY, place};
use crate::person::{Person, publish, wire};
use pritchel_actor::{Halt, Method, Page, Ref, Turn};
use serde::{Deserialize, Serialize};

/// Private, by the person: ends the account. Followers and those who were followed are told by a `Delete`; whatever would sign the
/// person in, or says who they are, is taken away. What they published stays where it was told, and what they made goes on: whether
/// anybody is left to administer it is asked before.
///
/// Source: ActivityPub, "Delete Activity".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CloseAccount {}

impl Method<Person> for CloseAccount {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        close(person, turn)
    }
}

/// Ends the account.
pub(super) fn close(person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
    let me = turn.me().clone();
    wire::person_left(turn)?;
    end_sessions(person, turn, None)?;
    for (hash, token) in TOKENS.page(turn, Page::first(&[], TOKENS_MAX as usize))? {
        end_token(person, turn, &hash, &token)?;
    }
    for (hash, _) in CODES.page(turn, Page::first(&[], CODES_MAX))? {
        CODES.remove(turn, &hash);
    }
    for (fingerprint, _) in SSH_KEYS.page(turn, Page::first(&[], SSH_KEYS_MAX as usize))? {
        SSH_KEYS.remove(turn, &fingerprint);
        turn.directory(SSH_KEY, place(&fingerprint, &me), None)?;
    }
    for (fingerprint, key) in PGP_KEYS.page(turn, Page::first(&[], PGP_KEYS_MAX as usize))? {
        PGP_KEYS.remove(turn, &fingerprint);
        forget(turn, &key)?;
    }
    if let Some(picture) = person.picture.take() {
        PICTURES.remove(turn, &picture.hash);
    }
    turn.directory(NAME, format!("{}@{}", person.name, host(&me)), None)?;
    let domain: Ref<Domain> = turn.look().introduce(&person.domain);
    let alarm = person.alarm.take();
    *person = Person {
        followers: person.followers,
        alarm,
        ..Person::new(&person.name, &person.domain, person.published, None, false)
    };
    turn.call(&domain, PersonLeft {})?;
    turn.end();
    Ok(())
}
