//! Password, sessions and tokens. Only hashes are kept; whoever reads the store cannot sign in with what is in it.

use crate::limits::{SESSIONS_MAX, TOKENS_MAX};
use crate::person::rows::{SESSIONS, Scope, Session, TOKENS, Token};
use crate::person::{Person, publish};
use pritchel_actor::{Halt, Method, Page, Refusal, Seconds, Turn, demand};
use serde::{Deserialize, Serialize};

/// Private, by the person or the operator: a new password. It ends every session but one: somebody else may have known the old
/// password, or have the browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetPassword {
    /// Its argon2id hash in PHC form.
    pub phc: String,
    /// The session that goes on: SHA-256 of its secret, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<String>,
}

impl Method<Person> for SetPassword {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        for (hash, _) in SESSIONS.page(turn, Page::first(&[], SESSIONS_MAX as usize))? {
            if Some(&hash) != self.keep.as_ref() {
                end_session(person, turn, hash);
            }
        }
        person.password = Some(self.phc);
        Ok(())
    }
}

fn end_session(person: &mut Person, turn: &mut Turn<'_>, hash: String) {
    SESSIONS.remove(turn, &hash);
    person.sessions = person.sessions.saturating_sub(1);
}

/// Private, by the node after it has checked the password: a new session. Of too many the oldest ends, so that whoever has
/// none at hand can sign in.
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
            let mut open = SESSIONS.page(turn, Page::first(&[], SESSIONS_MAX as usize))?;
            open.sort_by_key(|(_, session)| (session.until > now, session.since));
            let over = open.iter().take_while(|(_, session)| session.until <= now).count();
            for (hash, _) in open.into_iter().take(over.max(1)) {
                end_session(person, turn, hash);
            }
        }
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
            end_session(person, turn, self.hash);
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
