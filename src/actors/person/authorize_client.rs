//! AuthorizeClient: the person has agreed that a client may act for them.

use crate::limits::{CODE_S, CODES_MAX};
use crate::person::rows::{CODES, Code, Scope};
use crate::person::{Person, publish};
use pritchel_actor::{Halt, Method, Page, Refusal, Turn, demand};
use serde::{Deserialize, Serialize};

/// Private, by the person: a code that one client may redeem for a token, once, within [`CODE_S`] seconds.
///
/// Source: RFC 6749, 4.1; RFC 7636.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuthorizeClient {
    /// SHA-256 of the code's secret, hexadecimal.
    pub hash: String,
    /// SHA-256 of the client's id, hexadecimal.
    pub client: String,
    /// What the client calls itself.
    pub label: String,
    /// Where the code is sent.
    pub redirect: String,
    /// The S256 challenge whose verifier only the client knows.
    pub challenge: String,
    /// What the token will be able to do.
    pub scopes: Vec<Scope>,
}

impl Method<Person> for AuthorizeClient {
    type Answer = ();

    fn turn(self, _person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
        publish::only_oneself(turn)?;
        let now = turn.now();
        let kept = CODES.page(turn, Page::first(&[], CODES_MAX))?;
        let mut open = kept.len();
        for (hash, code) in kept {
            if code.until <= now {
                CODES.remove(turn, &hash);
                open -= 1;
            }
        }
        demand(open < CODES_MAX, || {
            Refusal::new("too-many-codes", format!("at most {CODES_MAX} codes are open at a time"))
        })?;
        let code = Code {
            client: self.client,
            label: self.label,
            redirect: self.redirect,
            challenge: self.challenge,
            scopes: self.scopes,
            until: now + CODE_S,
            spent: None,
        };
        CODES.put(turn, &self.hash, &code);
        Ok(())
    }
}
