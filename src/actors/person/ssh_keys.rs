//! SSH keys: public ones, by which the person is known where git is spoken over SSH. They stand in the person's document, so that
//! repositories of other servers can check them too. Which people a key is of is found by the directory, where the turns here
//! write it. Followers are told of each change, so that what they have fetched of a key is not used for longer than they must.
//!
//! Source: ForgeFed, "SSH Key", "SSH Keys and Remote Push", "SSH Key Updates".

use crate::limits::{SSH_KEY_BYTES_MAX, SSH_KEY_NAME_CHARS_MAX, SSH_KEYS_MAX};
use crate::person::rows::{SSH_KEYS, SshKey};
use crate::person::{Person, publish, wire};
use pritchel_actor::{ActorId, Halt, Method, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The directory's kind of rows: `{fingerprint}/{the person's address}` → the person.
pub const SSH_KEY: &str = "ssh_key";

/// Where the directory has a key of somebody.
pub fn place(fingerprint: &str, person: &ActorId) -> String {
    format!("{fingerprint}/{person}")
}

/// The address of a person's key.
pub fn ssh_key_uri(person: &ActorId, fingerprint: &str) -> String {
    format!("{person}/ssh-keys/{fingerprint}")
}

/// Private, by the person: a key to push and fetch with. The same key again only changes its name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AddSshKey {
    /// SHA-256 of the key as SSH sends it, in base64 for addresses without padding.
    pub fingerprint: String,
    /// The key in OpenSSH's form, without a comment, as the node has read it.
    pub content: String,
    /// What the person calls it.
    pub name: String,
}

impl Method<Person> for AddSshKey {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        let named = (1..=SSH_KEY_NAME_CHARS_MAX).contains(&self.name.chars().count())
            && !self.name.chars().any(char::is_control);
        demand(named, || {
            let why = format!("expected a name of 1 to {SSH_KEY_NAME_CHARS_MAX} characters for the key");
            Refusal::new("ssh-key-name", why)
        })?;
        demand(self.content.len() <= SSH_KEY_BYTES_MAX, || {
            Refusal::new("ssh-key-too-long", format!("an SSH key has at most {SSH_KEY_BYTES_MAX} bytes"))
        })?;
        let before = SSH_KEYS.get(turn, &self.fingerprint)?;
        demand(before.is_some() || person.ssh_keys < SSH_KEYS_MAX, || {
            Refusal::new("too-many-ssh-keys", format!("at most {SSH_KEYS_MAX} SSH keys"))
        })?;
        if before.is_none() {
            person.ssh_keys += 1;
        }
        let since = before.as_ref().map_or(turn.now(), |before| before.since);
        let key = SshKey { name: self.name, content: self.content, since };
        SSH_KEYS.put(turn, &self.fingerprint, &key);
        let me = turn.me().clone();
        turn.directory(SSH_KEY, place(&self.fingerprint, &me), Some(json!({"actor": me})))?;
        match before {
            Some(before) if before == key => Ok(()),
            before => wire::ssh_key_changed(turn, &self.fingerprint, Some((&key, before.is_none()))),
        }
    }
}

/// Private, by the person: a key that no longer counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DropSshKey {
    /// Its fingerprint, as it was added.
    pub fingerprint: String,
}

impl Method<Person> for DropSshKey {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        if SSH_KEYS.has(turn, &self.fingerprint)? {
            SSH_KEYS.remove(turn, &self.fingerprint);
            person.ssh_keys = person.ssh_keys.saturating_sub(1);
            let me = turn.me().clone();
            turn.directory(SSH_KEY, place(&self.fingerprint, &me), None)?;
            wire::ssh_key_changed(turn, &self.fingerprint, None)?;
        }
        Ok(())
    }
}
