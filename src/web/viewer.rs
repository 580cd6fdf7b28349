//! Who asks: nobody in particular, a person by a session of a browser or a token of a client, an actor of another server by
//! a signature.
//! - [`Viewer`]: who asks, found out; [`Asking`]: the same, found out only if it matters

use crate::answer::WebError;
use crate::api::oauth::words;
use crate::domains::{Site, host_named};
use crate::limits::SECRET_BYTES_MAX;
use crate::ports::{Front, RawRequest};
use crate::session;
use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::FromRequestParts;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use pritchel_actor::ActorId;
use pritchel_actors::Person;
use pritchel_actors::common::naming::origin;
use pritchel_actors::person::Credential;
use pritchel_actors::person::account::MARK_CHARS;
use pritchel_actors::person::rows::{Scope, Token};
use pritchel_actors::person::view::{SessionOf, TokenOf};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    /// The actor, if it is known.
    pub actor: Option<ActorId>,
    /// How it is known.
    pub how: ViewerHow,
}

/// How it is known who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewerHow {
    /// It is not.
    Anybody,
    /// By a session of a browser.
    Session {
        /// SHA-256 of its secret, hexadecimal.
        hash: String,
    },
    /// By an access token.
    Token {
        /// What it may do where it is shown.
        scopes: Vec<Scope>,
        /// Whether it is for some repositories only: elsewhere it may do nothing.
        restricted: bool,
    },
    /// By a signature.
    Signature,
}

impl Viewer {
    /// Nobody in particular.
    pub const ANYBODY: Self = Self { actor: None, how: ViewerHow::Anybody };

    /// Whom views are shown to: a token that may not read shows what anybody sees.
    pub fn reader(&self) -> Option<&ActorId> {
        self.actor.as_ref().filter(|_| match &self.how {
            ViewerHow::Token { scopes, .. } => scopes.contains(&Scope::Read),
            _ => true,
        })
    }

    /// The person who asks by a token with this scope. The refusal says what is missing.
    pub fn by_token(&self, scope: Scope) -> Result<&ActorId, WebError> {
        match (&self.actor, &self.how) {
            (Some(actor), ViewerHow::Token { scopes, .. }) if scopes.contains(&scope) => Ok(actor),
            (_, ViewerHow::Token { restricted: true, .. }) => Err(restricted()),
            (_, ViewerHow::Token { scopes, .. }) => {
                let (wanted, found) = (words(&[scope]), words(scopes));
                let detail = format!("expected a token with the scope `{wanted}`, found one with `{found}`");
                Err(WebError::forbidden("scope-too-small", detail))
            }
            _ => Err(WebError::token_wanted("expected `Authorization: Bearer` with an access token, found none")),
        }
    }
}

/// A request whose asker is not yet known. Most of what is shown is shown to everybody, and checking a signature may
/// mean fetching the signer's key; so it is done when the answer depends on it.
#[derive(Clone, Debug)]
pub struct Asking {
    site: Site,
    request: RawRequest,
    /// Who asks, where this server found it out before it asked itself.
    known: Option<Viewer>,
}

impl Asking {
    /// Whether the request says who asks, in whichever way; perhaps wrongly.
    pub fn says_who(&self) -> bool {
        let headers = &self.request.headers;
        self.known.is_some()
            || bearer(headers).is_some()
            || is_signed(headers)
            || headers.contains_key(http::header::COOKIE)
    }

    /// Finds out who asks. A wrong token or signature is an error, a session that has ended is nobody.
    pub async fn viewer(&self, front: &Front) -> Result<Viewer, WebError> {
        if let Some(viewer) = &self.known {
            return Ok(viewer.clone());
        }
        let headers = &self.request.headers;
        if let Some(token) = bearer(headers) {
            return by_token(front, &self.site, token, &self.request.target).await;
        }
        if is_signed(headers) {
            let signer = front.ports.signer(self.request.clone()).await.map_err(|error| {
                let detail = format!("the signature is not good: {error}");
                WebError::new(StatusCode::UNAUTHORIZED, "signature-not-good", detail)
            })?;
            return Ok(signer.map_or(Viewer::ANYBODY, |actor| Viewer { actor: Some(actor), how: ViewerHow::Signature }));
        }
        match session::cookie_in(&front.settings, &self.site, headers) {
            Some(cookie) => by_session(front, &self.site, &cookie).await,
            None => Ok(Viewer::ANYBODY),
        }
    }
}

impl FromRequestParts<Front> for Asking {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, front: &Front) -> Result<Self, WebError> {
        let site = Site::from_request_parts(parts, front).await?;
        Ok(Self { site, request: raw(parts, bytes::Bytes::new()), known: parts.extensions.get().cloned() })
    }
}

impl FromRequestParts<Front> for Viewer {
    type Rejection = WebError;

    async fn from_request_parts(parts: &mut Parts, front: &Front) -> Result<Self, WebError> {
        Asking::from_request_parts(parts, front).await?.viewer(front).await
    }
}

/// The request as it came.
pub fn raw(parts: &Parts, body: bytes::Bytes) -> RawRequest {
    RawRequest {
        method: parts.method.as_str().to_owned(),
        target: parts.uri.path_and_query().map_or_else(|| parts.uri.path().to_owned(), |target| target.to_string()),
        host: host_named(parts).unwrap_or_default(),
        headers: parts.headers.clone(),
        body,
    }
}

/// SHA-256 of a secret, hexadecimal: what is kept of it.
pub fn hash_of(secret: &str) -> String {
    hash_of_bytes(secret.as_bytes())
}

/// SHA-256, hexadecimal.
pub fn hash_of_bytes(bytes: &[u8]) -> String {
    use std::fmt::Write;
    digest(&SHA256, bytes).as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// `{key}.{secret}` as the person and the secret's hash.
pub fn person_and_hash(site: &Site, text: &str) -> Option<(ActorId, String)> {
    if text.len() > SECRET_BYTES_MAX {
        return None;
    }
    let (key, secret) = text.split_once('.')?;
    Some((site.actor_at("people", key)?, hash_of(secret)))
}

/// What a token that is for some repositories is told elsewhere.
pub fn restricted() -> WebError {
    WebError::forbidden("token-restricted", "this token is for some repositories only, and not for this")
}

/// A token that is good, and whose.
#[derive(Clone, Debug)]
pub struct Held {
    /// The person.
    pub person: ActorId,
    /// SHA-256 of the token's secret, hexadecimal.
    pub hash: String,
    /// The token.
    pub token: Token,
}

/// A token that is good for something, wherever it is good.
#[derive(Clone, Debug)]
pub struct HeldFor {
    person: ActorId,
    only: Vec<ActorId>,
}

impl HeldFor {
    /// Whether it is for some repositories only.
    pub fn is_restricted(&self) -> bool {
        !self.only.is_empty()
    }

    /// Whose it is, if it is good on this repository.
    pub fn on(&self, repository: &ActorId) -> Result<ActorId, WebError> {
        match self.is_restricted() && !self.only.contains(repository) {
            true => Err(restricted()),
            false => Ok(self.person.clone()),
        }
    }
}

/// The token of a request about a repository at an address that is not below that of the repository.
/// - errors: there is none, it is not known, or it has not this scope
pub async fn held_for(front: &Front, site: &Site, headers: &HeaderMap, scope: Scope) -> Result<HeldFor, WebError> {
    let wanted =
        || WebError::token_wanted("expected `Authorization: token` or `Bearer` with an access token that is good");
    let text = bearer(headers).ok_or_else(wanted)?;
    let Held { person, token, .. } = held(front, site, text).await?.ok_or_else(wanted)?;
    if !token.scopes.contains(&scope) {
        let detail = format!("expected a token with the scope `{}`", words(&[scope]));
        return Err(WebError::forbidden("scope-too-small", detail));
    }
    Ok(HeldFor { person, only: token.only })
}

/// Whether a text is a token that a person made: 40 hexadecimal digits.
fn is_personal(text: &str) -> bool {
    text.len() == PERSONAL_TOKEN_CHARS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Characters of a token that a person made: 160 bits, of which the first 40 are its mark.
const PERSONAL_TOKEN_CHARS: usize = 40;

/// A new token of a person, and its mark.
pub fn personal_token(front: &Front) -> (String, String) {
    personal_token_of(&front.ports.seed())
}

/// The token of this seed, and its mark.
pub fn personal_token_of(seed: &[u8; 32]) -> (String, String) {
    let token: String = hash_of_bytes(seed).chars().take(PERSONAL_TOKEN_CHARS).collect();
    let mark = token.chars().take(MARK_CHARS).collect();
    (token, mark)
}

/// The token that was shown, if it is known here and has not ended. That it was used today is noted.
pub async fn held(front: &Front, site: &Site, text: &str) -> Result<Option<Held>, WebError> {
    let candidates = if is_personal(text) {
        let people = front.ports.token_people(text.chars().take(MARK_CHARS).collect()).await?;
        let here = people.into_iter().filter(|person| origin(person) == site.origin);
        here.map(|person| (person, hash_of(text))).collect()
    } else {
        Vec::from_iter(person_and_hash(site, text))
    };
    for (person, hash) in candidates {
        match front.node.look::<Person, _>(&person, &TokenOf { hash: hash.clone() }).await {
            Ok(Some(token)) => {
                session::note_use(front, &person, Credential::Token, &hash, token.used);
                return Ok(Some(Held { person, hash, token }));
            }
            Ok(None) | Err(pritchel_actor::ViewError::NoActor) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// Whether a request is for something under one of these actors.
/// - `target`: path and query
fn is_under(only: &[ActorId], site: &Site, target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    let own = only.iter().filter_map(|actor| actor.as_str().strip_prefix(site.origin.as_str()));
    own.filter_map(|own| path.strip_prefix(own)).any(|rest| rest.is_empty() || rest.starts_with('/'))
}

async fn by_token(front: &Front, site: &Site, token: &str, target: &str) -> Result<Viewer, WebError> {
    let wrong = || {
        let challenge = HeaderValue::from_static("Bearer realm=\"pritchel\", error=\"invalid_token\"");
        WebError::new(StatusCode::UNAUTHORIZED, "token-not-good", "the access token is unknown, dropped or has ended")
            .with(http::header::WWW_AUTHENTICATE, challenge)
    };
    let Held { person, token, .. } = held(front, site, token).await?.ok_or_else(wrong)?;
    let restricted = !token.only.is_empty();
    let here = !restricted || is_under(&token.only, site, target);
    let scopes = if here { token.scopes } else { Vec::new() };
    Ok(Viewer { actor: Some(person), how: ViewerHow::Token { scopes, restricted } })
}

async fn by_session(front: &Front, site: &Site, cookie: &str) -> Result<Viewer, WebError> {
    let Some((person, hash)) = person_and_hash(site, cookie) else { return Ok(Viewer::ANYBODY) };
    match front.node.look::<Person, _>(&person, &SessionOf { hash: hash.clone() }).await {
        Ok(Some(session)) => {
            session::note_session(front, &person, &hash, &session);
            Ok(Viewer { actor: Some(person), how: ViewerHow::Session { hash } })
        }
        Ok(None) | Err(pritchel_actor::ViewError::NoActor) => Ok(Viewer::ANYBODY),
        Err(error) => Err(error.into()),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    is_bearer(scheme).then(|| token.trim())
}

/// Whether a token follows: `token` is what clients of other forges write.
pub fn is_bearer(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token")
}

fn is_signed(headers: &HeaderMap) -> bool {
    let old = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("Signature "));
    old || headers.contains_key("signature") || headers.contains_key("signature-input")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_may_not_read_sees_what_anybody_sees() {
        let alice = ActorId::from("https://a.example/people/alice");
        let how = |scopes: &[Scope]| ViewerHow::Token { scopes: scopes.to_vec(), restricted: false };
        let with = |scopes: &[Scope]| Viewer { actor: Some(alice.clone()), how: how(scopes) };
        assert_eq!(with(&[Scope::Read]).reader(), Some(&alice));
        assert_eq!(with(&[Scope::Git]).reader(), None);
        assert_eq!(with(&[Scope::Write]).by_token(Scope::Write), Ok(&alice));
        assert_eq!(with(&[Scope::Read]).by_token(Scope::Write).unwrap_err().status, StatusCode::FORBIDDEN);
        assert_eq!(Viewer::ANYBODY.by_token(Scope::Read).unwrap_err().status, StatusCode::UNAUTHORIZED);
    }
    #[test]
    fn a_token_of_a_person_is_forty_digits_and_its_mark_their_beginning() {
        let (token, mark) = personal_token_of(&[7; 32]);
        assert!(is_personal(&token) && token.starts_with(&mark) && mark.len() == MARK_CHARS, "{token}");
        for text in ["", "key.secret", &token[1..], &token.to_uppercase(), &format!("{}g", &token[1..])] {
            assert!(!is_personal(text), "{text}");
        }
    }

    #[test]
    fn what_is_restricted_to_a_repository_is_good_for_what_lies_under_it_only() {
        let actor = ActorId::from("https://a.example/actor");
        let site = |origin: &str| {
            let host = origin.trim_start_matches("https://").to_owned();
            Site(crate::ports::ServedDomain { origin: origin.into(), host, display: None, actor: actor.clone() })
        };
        let only = [ActorId::from("https://a.example/repos/abc")];
        #[rustfmt::skip]
        let rows = [
            ("/repos/abc",             true),
            ("/repos/abc?x=/repos/d",  true),
            ("/repos/abc/tree/main",   true),
            ("/repos/abcd",            false),
            ("/repos/d?x=/repos/abc",  false),
            ("/people/alice/outbox",   false),
            ("/",                      false),
        ];
        for (target, under) in rows {
            assert_eq!(is_under(&only, &site("https://a.example"), target), under, "{target}");
        }
        assert!(!is_under(&only, &site("https://b.example"), "/repos/abc"), "of another domain");
    }
}
