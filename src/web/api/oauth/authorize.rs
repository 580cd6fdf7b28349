//! The person is asked whether a client may act for them, and answers.
//!
//! Until the client and the address its code goes to are known to be good, errors are shown here; later ones are told to the
//! client, by sending the browser back to it.

use crate::answer::{WebError, WebResult, of_call};
use crate::api::AUTHORIZE;
use crate::api::fields::Fields;
use crate::api::oauth::client::Client;
use crate::api::oauth::{OauthError, scopes, words};
use crate::domains::Site;
use crate::limits::STATE_BYTES_MAX;
use crate::page::consent::{Consent, consent};
use crate::page::visit::Visit;
use crate::ports::Front;
use crate::viewer::{Viewer, ViewerHow, hash_of};
use crate::{csrf, session};
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use pritchel_actor::ActorId;
use pritchel_actors::Person;
use pritchel_actors::common::naming::key;
use pritchel_actors::person::AuthorizeClient;
use pritchel_actors::person::rows::Scope;
use url::Url;

/// What a client asks for, once it is known to be good.
struct Asked {
    client_id: String,
    client: Client,
    redirect: String,
    scopes: Vec<Scope>,
    challenge: String,
    state: Option<String>,
}

/// Why a client's question is not put to the person.
enum Wrong {
    /// Shown here: it is not known whom else to tell.
    Here(OauthError),
    /// Told to the client.
    There { redirect: String, state: Option<String>, error: OauthError },
}

impl From<OauthError> for Wrong {
    fn from(error: OauthError) -> Self {
        Self::Here(error)
    }
}

fn read(fields: &Fields) -> Result<Asked, Wrong> {
    let client_id = fields.get("client_id").unwrap_or_default().to_owned();
    let client = Client::of_id(&client_id)?;
    let redirect = client.redirect(fields.get("redirect_uri"))?;
    let state = fields.get("state").map(str::to_owned);
    if state.as_ref().is_some_and(|state| state.len() > STATE_BYTES_MAX) {
        return Err(OauthError::new(
            "invalid_request",
            format!("expected a `state` of at most {STATE_BYTES_MAX} bytes"),
        )
        .into());
    }
    let there = |error, why: &str| Wrong::There {
        redirect: redirect.clone(),
        state: state.clone(),
        error: OauthError::new(error, why),
    };
    if fields.get("response_type") != Some("code") {
        return Err(there("unsupported_response_type", "expected `code` as `response_type`"));
    }
    if fields.get("code_challenge_method") != Some("S256") {
        return Err(there("invalid_request", "expected `S256` as `code_challenge_method`"));
    }
    let challenge = fields.get("code_challenge").unwrap_or_default().to_owned();
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if challenge.len() != 43 || !challenge.bytes().all(is_base64) {
        return Err(there("invalid_request", "expected 43 characters of base64url as `code_challenge`"));
    }
    let scopes = scopes(fields.get("scope").unwrap_or("read")).filter(|scopes| !scopes.is_empty());
    let scopes = scopes.ok_or_else(|| there("invalid_scope", "expected `read`, `write` and `git` as `scope`"))?;
    Ok(Asked { client_id, client, redirect, scopes, challenge, state })
}

/// `GET /oauth/authorize`: asks the person.
pub async fn ask(visit: Visit, uri: Uri) -> WebResult {
    let fields = Fields::parse(uri.query().unwrap_or_default().as_bytes())?;
    let asked = match read(&fields) {
        Ok(asked) => asked,
        Err(wrong) => return told(&visit.site, wrong),
    };
    let hidden = [
        ("response_type", "code"),
        ("client_id", &asked.client_id),
        ("redirect_uri", &asked.redirect),
        ("scope", &words(&asked.scopes)),
        ("code_challenge", &asked.challenge),
        ("code_challenge_method", "S256"),
    ];
    let state = asked.state.as_deref().map(|state| ("state", state));
    let question = Consent {
        client: asked.client.name,
        redirect_uri: asked.redirect.clone(),
        scopes: asked.scopes.clone(),
        action: AUTHORIZE.to_owned(),
        hidden: hidden.into_iter().chain(state).map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
    };
    consent(&visit, &question).await
}

/// Only a session of a browser can agree: a token must not beget another.
fn signed_in(viewer: &Viewer) -> WebResult<&ActorId> {
    match (&viewer.actor, &viewer.how) {
        (Some(actor), ViewerHow::Session { .. }) => Ok(actor),
        _ => Err(WebError::new(StatusCode::UNAUTHORIZED, "sign-in", "sign in to give access to a client")),
    }
}

/// `POST /oauth/authorize`: the person has answered.
pub async fn decide(
    State(front): State<Front>,
    site: Site,
    viewer: Viewer,
    headers: HeaderMap,
    body: Body,
) -> WebResult {
    let fields = Fields::of_form(&headers, body).await?;
    let me = signed_in(&viewer)?;
    let cookie = session::cookie_in(&front.settings, &site, &headers);
    csrf::check(&headers, &site, cookie.as_deref(), fields.get(csrf::FIELD))?;
    let asked = match read(&fields) {
        Ok(asked) => asked,
        Err(wrong) => return told(&site, wrong),
    };
    if fields.get("answer") != Some("yes") {
        let error = OauthError::new("access_denied", "the person has refused");
        return told(&site, Wrong::There { redirect: asked.redirect, state: asked.state, error });
    }
    let secret = session::secret(&front);
    let authorize = AuthorizeClient {
        hash: hash_of(&secret),
        client: hash_of(&asked.client_id),
        label: asked.client.name,
        redirect: asked.redirect.clone(),
        challenge: asked.challenge,
        scopes: asked.scopes,
    };
    of_call(front.node.call::<Person, _>(me, me, authorize).await?, "ask again")?;
    let code = format!("{}.{secret}", key(me));
    back(&site, &asked.redirect, &[("code", &code)], asked.state.as_deref())
}

fn told(site: &Site, wrong: Wrong) -> WebResult {
    match wrong {
        Wrong::Here(error) => Err(WebError::new(StatusCode::BAD_REQUEST, error.error, error.description)),
        Wrong::There { redirect, state, error } => {
            let fields = [("error", error.error), ("error_description", error.description.as_str())];
            back(site, &redirect, &fields, state.as_deref())
        }
    }
}

/// Sends the browser back to the client.
fn back(site: &Site, redirect: &str, fields: &[(&str, &str)], state: Option<&str>) -> WebResult<Response> {
    let mut url = Url::parse(redirect).map_err(WebError::broken)?;
    {
        let mut query = url.query_pairs_mut();
        query.extend_pairs(fields);
        query.extend_pairs(state.map(|state| ("state", state)));
        query.append_pair("iss", &site.origin);
    }
    let mut response = StatusCode::SEE_OTHER.into_response();
    let location = HeaderValue::from_str(url.as_str()).map_err(WebError::broken)?;
    response.headers_mut().insert(LOCATION, location);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(change: (&str, &str)) -> Fields {
        let client = Client { name: "Kettle".into(), redirects: vec!["https://kettle.example/back".into()] };
        let id = client.id().unwrap();
        let challenge = "c".repeat(43);
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", &id),
            ("code_challenge_method", "S256"),
            ("code_challenge", &challenge),
            ("scope", "read write"),
            ("state", "s"),
        ] {
            query.append_pair(name, if name == change.0 { change.1 } else { value });
        }
        Fields::parse(query.finish().as_bytes()).unwrap()
    }

    #[test]
    fn a_good_question_is_put_and_a_wrong_one_told_to_whom_it_may_be_told() {
        let good = read(&question(("", ""))).ok().unwrap();
        assert_eq!((good.scopes, good.state.as_deref()), (vec![Scope::Read, Scope::Write], Some("s")));
        for (change, error) in [
            (("response_type", "token"), "unsupported_response_type"),
            (("code_challenge_method", "plain"), "invalid_request"),
            (("code_challenge", "short"), "invalid_request"),
            (("scope", "admin"), "invalid_scope"),
        ] {
            assert!(
                matches!(read(&question(change)), Err(Wrong::There { error: e, .. }) if e.error == error),
                "{change:?}"
            );
        }
        let here = read(&question(("client_id", "forged")));
        assert!(matches!(here, Err(Wrong::Here(e)) if e.error == "invalid_client"));
    }
}
