//! Password, sessions and tokens. Only hashes are kept; whoever reads the store cannot sign in with what is in it.

use crate::limits::{SESSIONS_MAX, TOKENS_MAX};
use crate::person::rows::{SESSIONS, Scope, Session, TOKENS, Token};
use crate::person::{Person, publish};
use pritchel_actor::{Halt, Method, Refusal, Seconds, Turn, demand};
use serde::{Deserialize, Serialize};

/// Private, by the person: a new password.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetPassword {
    /// Its argon2id hash in PHC form.
    pub phc: String,
}

impl Method<Person> for SetPassword {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        person.password = Some(self.phc);
        Ok(())
    }
}

/// Private, by the node after it has checked the password: a new session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenSession {
    /// SHA-256 of its secret, hexadecimal.
    pub hash: String,
    /// Until when.
    pub until: Seconds,
    /// The browser, as it calls itself.
    pub browser: Option<String>,
}

impl Method<Person> for OpenSession {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        let now = turn.now();
        if person.sessions >= SESSIONS_MAX {
            for (hash, session) in SESSIONS.page(turn, pritchel_actor::Page::first(&[], SESSIONS_MAX as usize))? {
                if session.until <= now {
                    SESSIONS.remove(turn, &hash);
                    person.sessions = person.sessions.saturating_sub(1);
                }
            }
        }
        demand(person.sessions < SESSIONS_MAX, || {
            Refusal::new("too-many-sessions", format!("at most {SESSIONS_MAX} sessions are open"))
        })?;
        SESSIONS.put(turn, &self.hash, &Session { since: now, until: self.until, browser: self.browser });
        person.sessions += 1;
        Ok(())
    }
}

/// Private, by the person: ends a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CloseSession {
    /// SHA-256 of its secret, hexadecimal.
    pub hash: String,
}

impl Method<Person> for CloseSession {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        if SESSIONS.has(turn, &self.hash)? {
            SESSIONS.remove(turn, &self.hash);
            person.sessions = person.sessions.saturating_sub(1);
        }
        Ok(())
    }
}

/// Private, by the person: a new token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IssueToken {
    /// SHA-256 of its secret, hexadecimal.
    pub hash: String,
    /// What it is for.
    pub label: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Until when; `None` until it is dropped.
    pub until: Option<Seconds>,
}

impl Method<Person> for IssueToken {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        demand(person.tokens < TOKENS_MAX, || Refusal::new("too-many-tokens", format!("at most {TOKENS_MAX} tokens")))?;
        let token = Token { label: self.label, scopes: self.scopes, since: turn.now(), until: self.until };
        TOKENS.put(turn, &self.hash, &token);
        person.tokens += 1;
        Ok(())
    }
}

/// Private, by the person: drops a token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DropToken {
    /// SHA-256 of its secret, hexadecimal.
    pub hash: String,
}

impl Method<Person> for DropToken {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        if TOKENS.has(turn, &self.hash)? {
            TOKENS.remove(turn, &self.hash);
            person.tokens = person.tokens.saturating_sub(1);
        }
        Ok(())
    }
}
