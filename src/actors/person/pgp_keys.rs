//! OpenPGP keys: public ones, by which the person signs commits. They open nothing: whoever has one of these is shown as who signed.
//! Which people a key is of is found by the directory, where the turns here write each of its ids.
//!
//! Source: RFC 9580, 10.1, "Transferable Public Keys"; git, `gpg.format`.

use crate::limits::{PGP_KEY_BYTES_MAX, PGP_KEY_IDS_MAX, PGP_KEYS_MAX};
use crate::person::rows::{PGP_KEYS, PgpKey};
use crate::person::{Person, publish};
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The directory's kind of rows: `{key id}/{the person's address}` → the person.
pub const PGP_KEY: &str = "pgp_key";

/// Where the directory has a key of somebody.
pub fn place(id: &str, person: &ActorId) -> String {
    format!("{id}/{person}")
}

/// Private, by the person: a key that signs commits. The same key again takes the place of what was known of it: it may have
/// got new parts, or have been revoked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddPgpKey {
    /// The fingerprint of its primary key, in lower hexadecimal digits.
    pub fingerprint: String,
    /// The key in its armour, without what others have signed of it, as the node has read it.
    pub content: String,
    /// Whose it says it is: its first user id, as plain text.
    pub name: String,
    /// The ids of its parts that sign, 16 lower hexadecimal digits each.
    pub ids: Vec<String>,
}

impl Method<Person> for AddPgpKey {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        let fits = self.content.len() <= PGP_KEY_BYTES_MAX && self.ids.len() <= PGP_KEY_IDS_MAX;
        demand(fits, || {
            let why =
                format!("an OpenPGP key has at most {PGP_KEY_BYTES_MAX} bytes and {PGP_KEY_IDS_MAX} parts that sign");
            Refusal::new("pgp-key-too-long", why)
        })?;
        let before = PGP_KEYS.get(turn, &self.fingerprint)?;
        demand(before.is_some() || person.pgp_keys < PGP_KEYS_MAX, || {
            Refusal::new("too-many-pgp-keys", format!("at most {PGP_KEYS_MAX} OpenPGP keys"))
        })?;
        match &before {
            Some(before) => forget(turn, before)?,
            None => person.pgp_keys += 1,
        }
        let since = before.map_or(turn.now(), |before| before.since);
        let me = turn.me().clone();
        for id in &self.ids {
            turn.directory(PGP_KEY, place(id, &me), Some(json!({"actor": me})))?;
        }
        PGP_KEYS.put(turn, &self.fingerprint, &PgpKey { name: self.name, content: self.content, ids: self.ids, since });
        Ok(())
    }
}

/// Private, by the person: a key that no longer counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DropPgpKey {
    /// Its fingerprint, as it was added.
    pub fingerprint: String,
}

impl Method<Person> for DropPgpKey {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        let Some(key) = PGP_KEYS.get(turn, &self.fingerprint)? else { return Ok(()) };
        PGP_KEYS.remove(turn, &self.fingerprint);
        person.pgp_keys = person.pgp_keys.saturating_sub(1);
        forget(turn, &key)
    }
}

/// Takes what the directory has of a key out of it.
pub fn forget(turn: &mut Turn<'_>, key: &PgpKey) -> Result<(), Halt> {
    let me = turn.me().clone();
    for id in &key.ids {
        turn.directory(PGP_KEY, place(id, &me), None)?;
    }
    Ok(())
}
