//! A client exchanges its code for a token, and gives a token back.

use crate::answer::WebError;
use crate::api::fields::Fields;
use crate::api::oauth::{OauthError, unkept, words};
use crate::domains::Site;
use crate::limits::{TOKEN_S, VERIFIER_BYTES_MAX, VERIFIER_BYTES_MIN};
use crate::ports::Front;
use crate::session;
use crate::viewer::{Held, hash_of, held, person_and_hash};
use aws_lc_rs::digest::{SHA256, digest};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, StatusCode};
use pritchel_actor::{CallError, Outcome};
use pritchel_actors::Person;
use pritchel_actors::common::naming::key;
use pritchel_actors::person::{DropToken, RedeemCode, Redeemed};
use serde_json::{Value, json};

/// Why there is no token: in the words of OAuth, or because this server cannot give one now.
enum Refused {
    Oauth(OauthError),
    Web(WebError),
}

impl From<OauthError> for Refused {
    fn from(error: OauthError) -> Self {
        Self::Oauth(error)
    }
}

impl From<WebError> for Refused {
    fn from(error: WebError) -> Self {
        Self::Web(error)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Oauth(error) => error.into_response(),
            Self::Web(error) => error.into_response(),
        }
    }
}

/// `POST /oauth/token`.
pub async fn redeem(State(front): State<Front>, site: Site, headers: HeaderMap, body: Body) -> Response {
    match redeemed(&front, &site, &headers, body).await {
        Ok(token) => unkept(Json(token).into_response()),
        Err(refused) => refused.into_response(),
    }
}

async fn redeemed(front: &Front, site: &Site, headers: &HeaderMap, body: Body) -> Result<Value, Refused> {
    let refuse = |error, why: &str| Refused::from(OauthError::new(error, why));
    let fields = Fields::of_form(headers, body).await.map_err(OauthError::from)?;
    let need = |name: &str| fields.need(name).map_err(OauthError::from);
    if need("grant_type")? != "authorization_code" {
        return Err(refuse("unsupported_grant_type", "expected `authorization_code` as `grant_type`"));
    }
    let verifier = need("code_verifier")?;
    if !(VERIFIER_BYTES_MIN..=VERIFIER_BYTES_MAX).contains(&verifier.len()) {
        let why = format!("expected a `code_verifier` of {VERIFIER_BYTES_MIN} to {VERIFIER_BYTES_MAX} bytes");
        return Err(refuse("invalid_request", &why));
    }
    let not_good = || refuse("invalid_grant", "expected a code that is fresh, unspent, and this client's");
    let (person, hash) = person_and_hash(site, need("code")?).ok_or_else(not_good)?;
    let secret = session::secret(front);
    let call = RedeemCode {
        hash,
        client: hash_of(need("client_id")?),
        redirect: fields.get("redirect_uri").map(str::to_owned),
        challenge: challenge_of(verifier),
        token: hash_of(&secret),
        until: front.ports.now() + TOKEN_S,
    };
    match front.node.call::<Person, _>(&person, &person, call).await {
        Ok(Outcome::Done(Redeemed::Issued(scopes))) => Ok(json!({
            "access_token": format!("{}.{secret}", key(&person)),
            "token_type": "Bearer",
            "expires_in": TOKEN_S,
            "scope": words(&scopes),
            // Whose token it is: what a client of ActivityPub asks next.
            "me": person,
        })),
        Ok(Outcome::Done(Redeemed::TooManyTokens)) => {
            Err(refuse("invalid_grant", "the person has as many tokens as they may: one must be dropped"))
        }
        Ok(Outcome::Done(Redeemed::NotGood) | Outcome::Refused(_)) | Err(CallError::NoActor) => Err(not_good()),
        Ok(Outcome::Unknown) => Err(WebError::later("not-known", "ask for access again", 2).into()),
        Err(error) => Err(WebError::from(error).into()),
    }
}

/// The S256 challenge of a verifier.
///
/// Source: RFC 7636, 4.2.
pub fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// `POST /oauth/revoke`: whoever holds a token may drop it. Unknown tokens are answered the same.
pub async fn revoke(State(front): State<Front>, site: Site, headers: HeaderMap, body: Body) -> Response {
    let fields = match Fields::of_form(&headers, body).await {
        Ok(fields) => fields,
        Err(error) => return OauthError::from(error).into_response(),
    };
    let held = match fields.get("token") {
        Some(token) => held(&front, &site, token).await,
        None => Ok(None),
    };
    let held = match held {
        Ok(held) => held,
        Err(error) => return error.into_response(),
    };
    if let Some(Held { person, hash, .. }) = held {
        match front.node.call::<Person, _>(&person, &person, DropToken { hash }).await {
            Ok(_) | Err(CallError::NoActor) => {}
            Err(error) => return WebError::from(error).into_response(),
        }
    }
    unkept(StatusCode::OK.into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    #[test]
    fn the_challenge_is_that_of_the_standard() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge_of(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
