//! Clients make themselves known. What a client says of itself *is* its id, written so that it can be read again: anybody may
//! register, so a table of clients would hold nothing that is worth more than the client's own word, and would grow.
//!
//! Source: RFC 7591; RFC 8252 for where a code may be sent.

use crate::api::oauth::{OauthError, unkept};
use crate::fed::body;
use crate::limits::{CLIENT_BYTES_MAX, CLIENT_ID_BYTES_MAX, CLIENT_NAME_CHARS_MAX, REDIRECTS_MAX};
use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

/// A client, as it says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// What it calls itself.
    #[serde(rename = "n")]
    pub name: String,
    /// Where codes may be sent.
    #[serde(rename = "r")]
    pub redirects: Vec<String>,
}

impl Client {
    /// Its id.
    pub fn id(&self) -> Option<String> {
        serde_json::to_vec(self).ok().map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The client of an id. Everything is checked as when it registered.
    pub fn of_id(id: &str) -> Result<Self, OauthError> {
        let unknown = || OauthError::new("invalid_client", "expected the `client_id` that registration gave");
        if id.len() > CLIENT_ID_BYTES_MAX {
            return Err(unknown());
        }
        let bytes = URL_SAFE_NO_PAD.decode(id).map_err(|_| unknown())?;
        let client: Self = serde_json::from_slice(&bytes).map_err(|_| unknown())?;
        client.checked().map_err(|_| unknown())
    }

    fn checked(self) -> Result<Self, OauthError> {
        let wrong = |error, why: String| Err(OauthError::new(error, why));
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > CLIENT_NAME_CHARS_MAX || name.chars().any(char::is_control) {
            let why = format!("expected a `client_name` of 1 to {CLIENT_NAME_CHARS_MAX} characters");
            return wrong("invalid_client_metadata", why);
        }
        if self.redirects.is_empty() || self.redirects.len() > REDIRECTS_MAX {
            return wrong("invalid_redirect_uri", format!("expected 1 to {REDIRECTS_MAX} `redirect_uris`"));
        }
        match self.redirects.iter().find(|redirect| !is_redirect(redirect)) {
            Some(found) => {
                let found: String = found.chars().take(80).collect();
                let why =
                    "expected an `https` address, an `http` one of loopback, or a scheme with a dot, without fragment";
                wrong("invalid_redirect_uri", format!("{why}; found `{found}`"))
            }
            None => Ok(self),
        }
    }

    /// Where the code is to be sent: what is asked for, if it was registered; what was registered, if it is but one.
    pub fn redirect(&self, asked: Option<&str>) -> Result<String, OauthError> {
        match (asked, self.redirects.as_slice()) {
            (Some(asked), known) if known.iter().any(|known| is_same(known, asked)) => Ok(asked.to_owned()),
            (None, [only]) => Ok(only.clone()),
            _ => Err(OauthError::new("invalid_request", "expected a `redirect_uri` that was registered")),
        }
    }
}

/// Whether codes may be sent there.
fn is_redirect(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    if url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return false;
    }
    match url.scheme() {
        "https" => url.host_str().is_some(),
        "http" => is_loopback(&url),
        scheme => scheme.contains('.'),
    }
}

fn is_loopback(url: &Url) -> bool {
    matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"))
}

/// Whether it is the address that was registered: exactly, but for the port on loopback, which a program takes as it finds it.
fn is_same(known: &str, asked: &str) -> bool {
    if known == asked {
        return true;
    }
    let (Ok(mut known), Ok(mut asked)) = (Url::parse(known), Url::parse(asked)) else { return false };
    let local = known.scheme() == "http" && is_loopback(&known) && is_loopback(&asked);
    local && known.set_port(None).is_ok() && asked.set_port(None).is_ok() && known == asked
}

/// `POST /oauth/register`.
pub async fn register(headers: HeaderMap, body: Body) -> Response {
    match registered(&headers, body).await {
        Ok(answer) => unkept((StatusCode::CREATED, Json(answer)).into_response()),
        Err(error) => error.into_response(),
    }
}

async fn registered(headers: &HeaderMap, body: Body) -> Result<Value, OauthError> {
    let metadata = body::document(&body::read(headers, body, CLIENT_BYTES_MAX).await?)?;
    let text = |term: &str| metadata.get(term).and_then(Value::as_str);
    let only = |term: &str, word: &str| match metadata.get(term) {
        None => true,
        Some(Value::Array(words)) => words.iter().any(|found| found == word),
        Some(found) => found == word,
    };
    for (term, word) in
        [("token_endpoint_auth_method", "none"), ("grant_types", "authorization_code"), ("response_types", "code")]
    {
        if !only(term, word) {
            return Err(OauthError::new("invalid_client_metadata", format!("expected `{word}` in `{term}`")));
        }
    }
    let redirects = metadata.get("redirect_uris").and_then(Value::as_array).cloned().unwrap_or_default();
    let redirects: Vec<String> = redirects.iter().filter_map(|uri| uri.as_str().map(str::to_owned)).collect();
    let name = text("client_name").unwrap_or("A client without a name").to_owned();
    let client = Client { name, redirects }.checked()?;
    let id = client.id().filter(|id| id.len() <= CLIENT_ID_BYTES_MAX);
    let id = id.ok_or_else(|| OauthError::new("invalid_client_metadata", "expected less to be said of the client"))?;
    Ok(json!({
        "client_id": id,
        "client_name": client.name,
        "redirect_uris": client.redirects,
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(redirects: &[&str]) -> Client {
        Client { name: "Kettle".into(), redirects: redirects.iter().map(|uri| (*uri).to_owned()).collect() }
    }

    #[test]
    fn a_client_is_read_from_its_id_as_it_registered() {
        let kettle = client(&["https://kettle.example/back"]);
        assert_eq!(Client::of_id(&kettle.id().unwrap()), Ok(kettle));
        let bad = client(&["javascript:alert(1)"]).id().unwrap();
        for id in ["", "x", "%", &bad, &"a".repeat(CLIENT_ID_BYTES_MAX + 1)] {
            assert_eq!(Client::of_id(id).unwrap_err().error, "invalid_client", "{id:.20}");
        }
    }

    #[test]
    fn a_code_is_sent_only_where_nobody_else_listens() {
        #[rustfmt::skip]
        let rows = [
            ("https://kettle.example/back",       true),
            ("https://kettle.example/back?a=b",   true),
            ("http://127.0.0.1:7000/back",        true),
            ("http://[::1]/back",                 true),
            ("com.example.kettle:/back",          true),
            ("http://kettle.example/back",        false),
            ("https://kettle.example/back#x",     false),
            ("https://a@kettle.example/back",     false),
            ("javascript:alert(1)",               false),
            ("data:text/html,x",                  false),
            ("file:///etc/passwd",                false),
            ("/back",                             false),
            ("",                                  false),
        ];
        for (redirect, good) in rows {
            assert_eq!(client(&[redirect]).checked().is_ok(), good, "{redirect}");
        }
    }

    #[test]
    fn only_a_registered_address_is_used_and_on_loopback_any_port_of_it() {
        let kettle = client(&["https://kettle.example/back", "http://127.0.0.1/back"]);
        #[rustfmt::skip]
        let rows = [
            (Some("https://kettle.example/back"),   true),
            (Some("https://kettle.example/back/"),  false),
            (Some("https://kettle.example:8/back"), false),
            (Some("https://evil.example/back"),     false),
            (Some("http://127.0.0.1:7000/back"),    true),
            (Some("http://127.0.0.1:7000/other"),   false),
            (None,                                  false),
        ];
        for (asked, good) in rows {
            assert_eq!(kettle.redirect(asked).is_ok(), good, "{asked:?}");
        }
        assert!(client(&["https://kettle.example/back"]).redirect(None).is_ok());
    }
}
