//! HTTP signatures: who sent a request. Two schemes, draft-cavage and RFC 9421, with one shape for both:
//! [`parse_any`] judges everything that needs no key and says whose key to fetch; [`Claim::verify`] settles the rest.
//! No clock is read here, time is given; nothing is fetched; no input panics.
//! - `cavage`, `rfc9421`: the schemes
//! - [`digest`]: the body's digest, compared with the raw bytes
//! - `clock`: the time a signature names, compared with the time given
//! - [`RequestParts`]: the parts of a request a signature can speak about
//! - [`SignatureError`]: the findings, each with a stable code

mod cavage;
mod cavage_header;
mod clock;
pub mod digest;
mod error;
mod request;
mod rfc9421;

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use url::Url;

pub use self::error::SignatureError;
pub use self::request::{NotAnOrigin, PublicOrigin, RequestParts};
use crate::key::{KeyKind, KeyPair, PublicKey};

/// The content type of what we deliver.
pub const CONTENT_TYPE_ACTIVITY: &str = "application/activity+json";
/// The `Accept` of a signed fetch. It is covered, so it must be sent as it stands.
pub const ACCEPT_ACTIVITY: &str =
    r#"application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams""#;

/// How a request is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// draft-cavage-http-signatures-12: what every peer understands.
    Cavage,
    /// RFC 9421, for peers known to understand it.
    Rfc9421,
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scheme::Cavage => "draft-cavage",
            Scheme::Rfc9421 => "RFC 9421",
        })
    }
}

/// An algorithm a signature names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Rsa,
    Ed25519,
}

/// A signature whose form, coverage, time, host and digest are in order: only the key is left to ask.
#[derive(Clone, Debug)]
pub struct Claim {
    scheme: Scheme,
    key_id: String,
    algorithm: Option<Algorithm>,
    covered: Vec<String>,
    created: Option<u64>,
    expires: Option<u64>,
    /// What may have been signed, likeliest first.
    bases: Vec<Vec<u8>>,
    signature: Vec<u8>,
}

/// A request that was signed with the key of `key_id`, as its fields say. Whose key that is, is for the caller to check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The scheme that verified: worth remembering for this peer.
    pub scheme: Scheme,
    /// The key id as sent, fragment included.
    pub key_id: String,
    /// Names of what was covered.
    pub covered: Vec<String>,
    /// When it was made, seconds since 1970; the earliest where several times are covered.
    pub created: Option<u64>,
    /// When it ends, seconds since 1970, if it says so.
    pub expires: Option<u64>,
}

impl Claim {
    /// The key id as sent, with or without a fragment: untrusted text until the fetched actor lists it.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Where the key is to be fetched: the key id without its fragment.
    pub fn key_url(&self) -> &str {
        self.key_id.split_once('#').map_or(&self.key_id, |(url, _)| url)
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Names of what is covered, in the order of the request.
    pub fn covered(&self) -> &[String] {
        &self.covered
    }

    /// When it was made, seconds since 1970.
    pub fn created(&self) -> Option<u64> {
        self.created
    }

    /// Checks the signature under the key that `key_id` leads to.
    ///
    /// Errors: [`SignatureError::AlgorithmNotOfKey`] when the named algorithm is not one of the key, else
    /// [`SignatureError::DoesNotVerify`].
    pub fn verify(&self, key: &PublicKey) -> Result<Verified, SignatureError> {
        let wrong_kind = |claimed| SignatureError::AlgorithmNotOfKey { claimed, key: key.kind().name() };
        match (self.algorithm, key.kind()) {
            (None, _) | (Some(Algorithm::Rsa), KeyKind::Rsa) | (Some(Algorithm::Ed25519), KeyKind::Ed25519) => {}
            (Some(Algorithm::Rsa), KeyKind::Ed25519) => return Err(wrong_kind("RSA")),
            (Some(Algorithm::Ed25519), KeyKind::Rsa) => return Err(wrong_kind("Ed25519")),
        }
        if !self.bases.iter().any(|base| key.verify(base, &self.signature).is_ok()) {
            return Err(SignatureError::DoesNotVerify { scheme: self.scheme, key_id: error::shortened(&self.key_id) });
        }
        Ok(Verified {
            scheme: self.scheme,
            key_id: self.key_id.clone(),
            covered: self.covered.clone(),
            created: self.created,
            expires: self.expires,
        })
    }
}

/// Finds the scheme of a request and judges its signature as far as is possible without a key.
/// - `now`: seconds since 1970
/// - answers at least one claim, at most [`crate::limits::SIGNATURES_TRIED_MAX`]; any that verifies is enough
/// - errors: [`SignatureError::Missing`] without a signature, else the first finding
pub fn parse_any(request: &RequestParts<'_>, now: u64) -> Result<Vec<Claim>, SignatureError> {
    if rfc9421::is_present(request.headers) {
        rfc9421::parse(request, now)
    } else if cavage::is_present(request.headers) {
        cavage::parse(request, now).map(|claim| vec![claim])
    } else {
        Err(SignatureError::Missing)
    }
}

/// Whether the headers carry a signature of either scheme, good or bad.
pub fn is_signed(headers: &HeaderMap) -> bool {
    rfc9421::is_present(headers) || cavage::is_present(headers)
}

/// The header for a 401 answer that tells which RFC 9421 signature we would take.
/// - `with_body`: whether the refused request was one that carries a body
pub fn accept_signature_header(with_body: bool) -> (HeaderName, HeaderValue) {
    let value = if with_body {
        r#"sig1=("@method" "@target-uri" "content-digest");created;keyid"#
    } else {
        r#"sig1=("@method" "@target-uri");created;keyid"#
    };
    (HeaderName::from_static("accept-signature"), HeaderValue::from_static(value))
}

/// Signs a request; the answered headers are all to be sent, unchanged.
/// - `key_id`: the URL under which peers find the public key, a plain URL of visible ASCII
/// - `body`: raw bytes for a POST (`Content-Type` is then [`CONTENT_TYPE_ACTIVITY`]), nothing for GET and HEAD (`Accept` is
///   then [`ACCEPT_ACTIVITY`])
/// - `now`: seconds since 1970
pub fn sign(
    scheme: Scheme,
    key: &KeyPair,
    key_id: &str,
    method: &Method,
    url: &Url,
    body: Option<&[u8]>,
    now: u64,
) -> Result<Vec<(HeaderName, HeaderValue)>, SignatureError> {
    signed(scheme, key, key_id, method, url, body.map_or(Sent::Accept(ACCEPT_ACTIVITY), Sent::Body), now)
}

/// Signs a GET or HEAD that asks for something else than activities: `accept` is its `Accept`. All else is as for [`sign`].
pub fn sign_asking(
    scheme: Scheme,
    key: &KeyPair,
    key_id: &str,
    method: &Method,
    url: &Url,
    accept: &str,
    now: u64,
) -> Result<Vec<(HeaderName, HeaderValue)>, SignatureError> {
    signed(scheme, key, key_id, method, url, Sent::Accept(accept), now)
}

/// What a request brings, or wants.
#[derive(Clone, Copy)]
enum Sent<'a> {
    Body(&'a [u8]),
    Accept(&'a str),
}

fn signed(
    scheme: Scheme,
    key: &KeyPair,
    key_id: &str,
    method: &Method,
    url: &Url,
    sent: Sent<'_>,
    now: u64,
) -> Result<Vec<(HeaderName, HeaderValue)>, SignatureError> {
    let refused = |what, found: &str| SignatureError::NotSignable { what, found: error::shortened(found) };
    let sound = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    if key_id.is_empty() || !key_id.bytes().all(sound) {
        return Err(refused("the key id", key_id));
    }
    let host = url.host_str().ok_or_else(|| refused("a URL without a host", url.as_str()))?;
    let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut headers = vec![(header::HOST, host), (header::DATE, clock::to_http_date(now))];
    let body = match sent {
        Sent::Body(body) => {
            headers.push((header::CONTENT_TYPE, CONTENT_TYPE_ACTIVITY.to_owned()));
            Some(body)
        }
        Sent::Accept(accept) => {
            headers.push((header::ACCEPT, accept.to_owned()));
            None
        }
    };
    match scheme {
        Scheme::Cavage => {
            headers.extend(body.map(|body| (HeaderName::from_static(digest::DIGEST), digest::digest_header(body))));
            let signature = cavage::sign(key, key_id, method.as_str(), target, &headers)?;
            headers.push((HeaderName::from_static("signature"), signature));
        }
        Scheme::Rfc9421 => {
            let target_uri = &url[..url::Position::AfterQuery];
            headers.extend(rfc9421::sign(key, key_id, method.as_str(), target_uri, body, now)?);
        }
    }
    let to_value = |(name, text): (HeaderName, String)| {
        let value = HeaderValue::from_str(&text).map_err(|_| refused("a value", &text))?;
        Ok((name, value))
    };
    headers.into_iter().map(to_value).collect()
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use self::tests::vectors;
