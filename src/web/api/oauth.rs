//! OAuth 2 for clients: a person agrees on a page, the client exchanges a code for a token. Every client is public, so each
//! code is bound to it by PKCE; there are no client secrets and no other ways to a token.
//! - [`client`]: a client makes itself known; [`authorize`]: the person agrees; [`token`]: the client gets its token
//!
//! Source: RFC 6749, 7009, 7591, 7636, 8252, 8414, 9207.

pub mod authorize;
pub mod client;
pub mod token;

use crate::answer::WebError;
use crate::api::{AUTHORIZE, REGISTER, REVOKE, TOKEN};
use crate::domains::Site;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::CACHE_CONTROL;
use http::{HeaderValue, StatusCode};
use pritchel_actors::person::rows::Scope;
use serde_json::{Value, json};

/// The scopes there are.
const SCOPES: [Scope; 3] = [Scope::Read, Scope::Write, Scope::Git];

/// The word of a scope.
pub fn scope_word(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "read",
        Scope::Write => "write",
        Scope::Git => "git",
    }
}

/// The scopes of a list of words, each once. `None` if a word is none.
pub fn scopes(words: &str) -> Option<Vec<Scope>> {
    let mut found = Vec::new();
    for word in words.split_ascii_whitespace() {
        let scope = SCOPES.into_iter().find(|scope| scope_word(*scope) == word)?;
        if !found.contains(&scope) {
            found.push(scope);
        }
    }
    Some(found)
}

/// The words of scopes.
pub fn words(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope_word(*scope)).collect::<Vec<_>>().join(" ")
}

/// An error as clients of OAuth read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OauthError {
    /// Its name in the standard.
    pub error: &'static str,
    /// What was expected.
    pub description: String,
}

impl OauthError {
    /// An error of this name.
    pub fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { error, description: description.into() }
    }
}

impl From<WebError> for OauthError {
    fn from(error: WebError) -> Self {
        Self::new("invalid_request", error.detail)
    }
}

impl IntoResponse for OauthError {
    fn into_response(self) -> Response {
        let body = json!({"error": self.error, "error_description": self.description});
        unkept((StatusCode::BAD_REQUEST, Json(body)).into_response())
    }
}

/// An answer nobody may keep.
fn unkept(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// `GET /.well-known/oauth-authorization-server`.
pub async fn metadata(site: Site) -> Json<Value> {
    Json(json!({
        "issuer": site.origin,
        "authorization_endpoint": site.uri(AUTHORIZE),
        "token_endpoint": site.uri(TOKEN),
        "revocation_endpoint": site.uri(REVOKE),
        "registration_endpoint": site.uri(REGISTER),
        "scopes_supported": SCOPES.map(scope_word),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_words_each_once_and_no_other_word_is_one() {
        assert_eq!(scopes("read write read"), Some(vec![Scope::Read, Scope::Write]));
        assert_eq!(words(&[Scope::Read, Scope::Git]), "read git");
        assert_eq!(scopes(""), Some(Vec::new()));
        for text in ["admin", "read admin", "Read", "read,write"] {
            assert_eq!(scopes(text), None, "{text}");
        }
    }
}
