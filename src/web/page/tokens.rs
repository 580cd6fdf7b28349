//! Access tokens in a person's settings: what there is, and a new one.

use crate::answer::{WebError, WebResult};
use crate::limits::{LABEL_CHARS_MAX, SHOWN_ITEMS, TOKEN_DAYS};
use crate::page::fields::{Fields, wrong};
use crate::page::parts::{Day, When, Who};
use crate::page::settings::ask;
use crate::page::visit::{Me, Visit};
use crate::page::who::{Kind, Names};
use crate::viewer::{hash_of, personal_token};
use pritchel_actor::{ActorId, Seconds};
use pritchel_actors::person::IssueToken;
use pritchel_actors::person::rows::{Permit, Scope, Token};
use std::collections::BTreeSet;

/// Where the names of fields begin whose rest is the address of a repository.
const REPOSITORY: &str = "repository:";

/// A token as it is listed.
pub struct TokenRow {
    /// SHA-256 of its secret, hexadecimal.
    pub hash: String,
    /// How it begins, if a person made it.
    pub mark: Option<String>,
    /// What it is for.
    pub label: String,
    /// What it may do.
    pub scopes: String,
    /// The repositories it is good for; everything, if there are none.
    pub only: Vec<Who>,
    /// Since when.
    pub since: When,
    /// Until when.
    pub until: Option<Day>,
    /// Whether that is over.
    pub ended: bool,
    /// The day of its last use.
    pub used: Option<Day>,
}

/// Tokens as they are listed, the newest first.
pub async fn listed(names: &mut Names<'_>, now: Seconds, tokens: Vec<(String, Token)>) -> Vec<TokenRow> {
    let mut rows = Vec::with_capacity(tokens.len());
    for (hash, token) in tokens {
        rows.push(TokenRow {
            hash,
            mark: token.mark,
            label: token.label,
            scopes: token.scopes.iter().map(|scope| word(*scope)).collect::<Vec<_>>().join(", "),
            only: names.all(&token.only).await,
            since: When(token.since),
            until: token.until.map(Day),
            ended: token.until.is_some_and(|until| until <= now),
            used: token.used.map(Day),
        });
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.since.0));
    rows
}

/// The repositories here that a token can be restricted to: those the person has access to.
pub async fn choices(visit: &Visit, names: &mut Names<'_>, permits: &[Permit], now: Seconds) -> Vec<Who> {
    let held = permits.iter().filter(|permit| permit.holds(now)).map(|permit| &permit.resource);
    let here = held.filter(|actor| Kind::of(&visit.front.settings, actor) == Some(Kind::REPOSITORY));
    let distinct: BTreeSet<&ActorId> = here.collect();
    let mut all = Vec::new();
    for actor in distinct.into_iter().take(2 * SHOWN_ITEMS) {
        all.push(names.who(actor).await);
    }
    all.sort_by(|a, b| a.label.cmp(&b.label));
    all
}

/// What a scope is called.
pub fn word(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "read",
        Scope::Write => "write",
        Scope::Git => "git",
    }
}

/// Makes the token a form describes, and answers it. Only its hash is kept.
pub async fn make(visit: &Visit, me: &Me, fields: &Fields) -> WebResult<String> {
    let label: String = fields.need("label")?.chars().take(LABEL_CHARS_MAX).collect();
    let scopes: Vec<Scope> =
        [Scope::Read, Scope::Write, Scope::Git].into_iter().filter(|scope| fields.ticked(word(*scope))).collect();
    if scopes.is_empty() {
        return Err(wrong("a token that may do nothing is of no use: tick what it may do"));
    }
    let until = until(fields.text("days"), visit.front.ports.now())?;
    let only = fields.named_by(REPOSITORY).map(ActorId::new).collect::<Vec<_>>();
    if let Some(other) = only.iter().find(|actor| Kind::of(&visit.front.settings, actor) != Some(Kind::REPOSITORY)) {
        return Err(wrong(format!("expected repositories of this server, found {other}")));
    }
    let (token, mark) = personal_token(&visit.front);
    ask(visit, me, IssueToken { hash: hash_of(&token), label, scopes, until, mark: Some(mark), only }).await?;
    Ok(token)
}

/// When a token ends that holds for so many days from now; without a number it holds until it is dropped.
fn until(days: Option<&str>, now: Seconds) -> Result<Option<Seconds>, WebError> {
    let Some(days) = days else { return Ok(None) };
    let number = days.parse::<i64>().ok().filter(|number| TOKEN_DAYS.contains(number));
    let number = number.ok_or_else(|| {
        let (least, most) = (TOKEN_DAYS.start(), TOKEN_DAYS.end());
        wrong(format!("expected a number of days from {least} to {most}, or none, found {days:?}"))
    })?;
    Ok(Some(now + number * 86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_for_so_many_days_or_until_it_is_dropped() {
        assert_eq!(until(None, 1000), Ok(None));
        assert_eq!(until(Some("30"), 1000), Ok(Some(1000 + 30 * 86_400)));
        for days in ["0", "-1", "x", "1000000", "9223372036854775807"] {
            assert_eq!(until(Some(days), 1000).unwrap_err().code, "form-field", "{days}");
        }
    }
}
