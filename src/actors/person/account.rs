//! Password, sessions and tokens. Only hashes are kept; whoever reads the store cannot sign in with what is in it.
//!
//! A token that the person makes is 40 hexadecimal digits and nothing else, as clients of other forges expect. Its first
//! [`MARK_CHARS`] are its mark: the directory leads from it to the person, and lists show it. The others are the secret.

use crate::limits::{SESSIONS_MAX, TOKEN_REPOSITORIES_MAX, TOKENS_MAX};
use crate::person::rows::{SESSIONS, Scope, Session, TOKENS, Token};
use crate::person::suspension::not_suspended;
use crate::person::{Person, publish};
use pritchel_actor::{ActorId, Halt, Method, Page, Refusal, Seconds, Turn, demand};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The directory's kind of rows: `{mark}/{the person's address}` → the person.
pub const TOKEN: &str = "token";
/// Characters of a token's mark.
pub const MARK_CHARS: usize = 10;
/// Seconds of a day.
const DAY_S: Seconds = 86_400;

/// The beginning of a day: when a session was seen and a token used is kept no closer.
pub fn day_of(at: Seconds) -> Seconds {
    at - at.rem_euclid(DAY_S)
}

/// Where the directory has a token of somebody.
fn token_place(mark: &str, person: &ActorId) -> String {
    format!("{mark}/{person}")
}

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
        end_sessions(person, turn, self.keep.as_ref())?;
        person.password = Some(self.phc);
        Ok(())
    }
}

/// Ends all sessions but this one.
pub fn end_sessions(person: &mut Person, turn: &mut Turn<'_>, keep: Option<&String>) -> Result<(), Halt> {
    for (hash, _) in SESSIONS.page(turn, Page::first(&[], SESSIONS_MAX as usize))? {
        if Some(&hash) != keep {
            end_session(person, turn, hash);
        }
    }
    Ok(())
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
        not_suspended(person)?;
        let now = turn.now();
        if person.sessions >= SESSIONS_MAX {
            let mut open = SESSIONS.page(turn, Page::first(&[], SESSIONS_MAX as usize))?;
            open.sort_by_key(|(_, session)| (session.until > now, session.since));
            let over = open.iter().take_while(|(_, session)| session.until <= now).count();
            for (hash, _) in open.into_iter().take(over.max(1)) {
                end_session(person, turn, hash);
            }
        }
        let session = Session { since: now, until: self.until, browser: self.browser, seen: None };
        SESSIONS.put(turn, &self.hash, &session);
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

/// Private, by the person: ends all sessions, or all but one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CloseSessions {
    /// The session that goes on: SHA-256 of its secret, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<String>,
}

impl Method<Person> for CloseSessions {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        end_sessions(person, turn, self.keep.as_ref())
    }
}

/// What somebody shows to be who they are, beside a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// A session of a browser.
    Session,
    /// A token.
    Token,
}

/// Private, by the node: a session was seen or a token used today.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NoteUse {
    /// Which of the two.
    pub what: Credential,
    /// SHA-256 of its secret, hexadecimal.
    pub hash: String,
}

impl Method<Person> for NoteUse {
    type Answer = ();

    fn turn(self, _person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        let today = Some(day_of(turn.now()));
        match self.what {
            Credential::Session => {
                if let Some(session) = SESSIONS.get(turn, &self.hash)? {
                    SESSIONS.put(turn, &self.hash, &Session { seen: today, ..session });
                }
            }
            Credential::Token => {
                if let Some(token) = TOKENS.get(turn, &self.hash)? {
                    TOKENS.put(turn, &self.hash, &Token { used: today, ..token });
                }
            }
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
    /// Its first characters, by which it is found alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// The repositories it is good for; everything, if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<ActorId>,
}

impl IssueToken {
    /// One that is good for everything within its scopes, and for ever.
    pub fn lasting(hash: String, label: &str, scopes: &[Scope]) -> Self {
        Self { hash, label: label.to_owned(), scopes: scopes.to_vec(), until: None, mark: None, only: Vec::new() }
    }
}

impl Method<Person> for IssueToken {
    type Answer = ();

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        not_suspended(person)?;
        demand(person.tokens < TOKENS_MAX, || Refusal::new("too-many-tokens", format!("at most {TOKENS_MAX} tokens")))?;
        demand(self.only.len() <= TOKEN_REPOSITORIES_MAX, || {
            let why = format!("a token is restricted to at most {TOKEN_REPOSITORIES_MAX} repositories");
            Refusal::new("too-many-repositories", why)
        })?;
        let now = turn.now();
        demand(self.until.is_none_or(|until| until > now), || {
            Refusal::new("token-ended", "a token that has ended already is of no use")
        })?;
        if let Some(mark) = &self.mark {
            let me = turn.me().clone();
            turn.directory(TOKEN, token_place(mark, &me), Some(json!({"actor": me})))?;
        }
        let IssueToken { hash, label, scopes, until, mark, only } = self;
        TOKENS.put(turn, &hash, &Token { label, scopes, since: now, until, mark, only, used: None });
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
        match TOKENS.get(turn, &self.hash)? {
            Some(token) => end_token(person, turn, &self.hash, &token),
            None => Ok(()),
        }
    }
}

/// Takes a token out of the box and, if it has a mark, out of the directory.
pub fn end_token(person: &mut Person, turn: &mut Turn<'_>, hash: &String, token: &Token) -> Result<(), Halt> {
    TOKENS.remove(turn, hash);
    person.tokens = person.tokens.saturating_sub(1);
    if let Some(mark) = &token.mark {
        let me = turn.me().clone();
        turn.directory(TOKEN, token_place(mark, &me), None)?;
    }
    Ok(())
}
