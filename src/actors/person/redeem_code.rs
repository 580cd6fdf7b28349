//! RedeemCode: a client exchanges its code for a token.

use crate::limits::TOKENS_MAX;
use crate::person::account::end_token;
use crate::person::rows::{CODES, Code, Scope, TOKENS, Token};
use crate::person::suspension::not_suspended;
use crate::person::{Person, publish};
use pritchel_actor::{Halt, Method, Page, Seconds, Turn};
use serde::{Deserialize, Serialize};

/// Private, by the node for a client: a token for a code. A code is good for one try, whether that is right or wrong; one
/// that is shown again was stolen from one side or the other, so its token is dropped.
///
/// Source: RFC 6749, 4.1.2 and 10.5; of `redirect_uri` OAuth 2.1, 4.1.3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RedeemCode {
    /// SHA-256 of the code's secret, hexadecimal.
    pub hash: String,
    /// SHA-256 of the client's id, hexadecimal.
    pub client: String,
    /// Where the client says that the code was sent, if it says so: the verifier shows already that it is the one that asked.
    pub redirect: Option<String>,
    /// The S256 challenge of the verifier that the client has shown.
    pub challenge: String,
    /// SHA-256 of the token's secret, hexadecimal.
    pub token: String,
    /// Until when the token holds.
    pub until: Seconds,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Redeemed {
    /// The token holds, with these scopes.
    Issued(Vec<Scope>),
    /// The code is unknown, spent, over, or another's.
    NotGood,
    /// The person has as many tokens as they may.
    TooManyTokens,
}

impl Method<Person> for RedeemCode {
    type Answer = Redeemed;

    fn turn(self, person: &mut Person, turn: &mut Turn<'_>) -> Result<Redeemed, Halt> {
        not_suspended(person)?;
        publish::only_oneself(turn)?;
        let Some(code) = CODES.get(turn, &self.hash)? else { return Ok(Redeemed::NotGood) };
        if let Some(token) = &code.spent {
            if let Some(issued) = TOKENS.get(turn, token)? {
                end_token(person, turn, token, &issued)?;
            }
            return Ok(Redeemed::NotGood);
        }
        if !self.fits(&code, turn.now()) {
            CODES.remove(turn, &self.hash);
            return Ok(Redeemed::NotGood);
        }
        if person.tokens >= TOKENS_MAX {
            drop_ended(person, turn)?;
        }
        if person.tokens >= TOKENS_MAX {
            return Ok(Redeemed::TooManyTokens);
        }
        let (scopes, since) = (code.scopes.clone(), turn.now());
        let token = Token {
            label: code.label.clone(),
            scopes: scopes.clone(),
            since,
            until: Some(self.until),
            mark: None,
            only: Vec::new(),
            used: None,
        };
        TOKENS.put(turn, &self.token, &token);
        person.tokens += 1;
        CODES.put(turn, &self.hash, &Code { spent: Some(self.token), ..code });
        Ok(Redeemed::Issued(scopes))
    }
}

impl RedeemCode {
    fn fits(&self, code: &Code, now: Seconds) -> bool {
        now < code.until
            && code.client == self.client
            && self.redirect.as_ref().is_none_or(|redirect| code.redirect == *redirect)
            && code.challenge == self.challenge
    }
}

/// Drops tokens that have ended.
fn drop_ended(person: &mut Person, turn: &mut Turn<'_>) -> Result<(), Halt> {
    let now = turn.now();
    for (hash, token) in TOKENS.page(turn, Page::first(&[], pritchel_actor::limits::PAGE_MAX))? {
        if token.until.is_some_and(|until| until <= now) {
            end_token(person, turn, &hash, &token)?;
        }
    }
    Ok(())
}
